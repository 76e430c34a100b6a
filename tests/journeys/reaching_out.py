"""Dana dials Ruth: her own line first, then Ruth's; and what each of them hears."""

from collections.abc import Callable
from dataclasses import dataclass

from agents.services import dialling
from agents.services.dialling import Target
from calls import plans
from calls.models import Call, Change, Leg, Queue, TimelineEvent, WrapUp
from calls.services import changing, lifecycle
from sandbox.core.sounds import Ringback
from tests.journeys.ears import Listener
from tests.journeys.people import Colleague, Outsider
from tests.journeys.talks import hear_each_other
from tests.journeys.world import World


@dataclass(slots=True)
class Reaching:
    """Dana at her desk, Ruth outside; `dials()` and the rest follows."""

    world: World
    queue: Queue
    dana: Colleague
    ruth: Outsider

    def dials(self, **more: object) -> Call:
        to = Target(number=self.ruth.phone.number, **more)  # type: ignore[arg-type] # a test's
        user = self.dana.agent.user
        call = dialling.dial(agent=self.dana.fresh(), to=to, by=user, now=self.world.now)
        self.world.settle()
        return call

    @property
    def call(self) -> Call:
        return Call.objects.filter(direction="outbound").latest("arrived_at")

    @property
    def own_leg(self) -> Leg:
        return self.call.legs.filter(user=self.dana.agent.user).latest("planned_at")

    @property
    def customer_leg(self) -> Leg | None:
        return self.call.legs.filter(role="customer").first()

    @property
    def wrap_up(self) -> WrapUp | None:
        return WrapUp.objects.filter(call=self.call).first()

    @property
    def told(self) -> list[str]:
        """The sentences of the call's story."""
        return list(
            TimelineEvent.objects.filter(call=self.call)
            .order_by("id")
            .values_list("text", flat=True)
        )

    def does(self, planning: Callable[..., plans.Plan], *args: object) -> Change:
        """Dana changes the call, and everything that follows happens. Raises CannotNow."""
        made = changing.change(
            call_id=self.call.pk,
            planning=lambda scene: planning(scene, *args),
            by=self.dana.agent.user,
            now=self.world.now,
        )
        self.world.settle()
        return Change.objects.get(pk=made.change.pk)

    def cancels(self) -> None:
        """Dana presses the button on her desk."""
        user = self.dana.agent.user
        lifecycle.end_call(call_id=self.call.pk, by=user, reason="by Dana", now=self.world.now)
        self.world.settle()

    def until_ringing(self) -> None:
        self.world.run_until(lambda: is_called(self.ruth))

    def until_talking(self) -> None:
        self.world.run_until(lambda: hear_each_other(self.ruth.phone, self.dana.phone))


def reaching(
    world: World, *, available: bool = True, browser: bool = False, **queue: object
) -> Reaching:
    """Dana answers her own telephone after two seconds, Ruth hers after three."""
    billing = world.queue("Billing", **queue)
    dana = world.agent("Dana", billing, available=False, browser=browser)
    if available:
        dana.takes_break()
    dana.answers_after(2)
    ruth = Outsider(world, world.caller("Ruth"))
    ruth.answers_after(3)
    return Reaching(world, billing, dana, ruth)


def hears_ringing(person: Listener) -> bool:
    return any(isinstance(sound, Ringback) for sound in person.hearing)


def is_called(who: Colleague | Outsider) -> bool:
    """Their telephone rings, or somebody is on it."""
    return who.phone.call is not None
