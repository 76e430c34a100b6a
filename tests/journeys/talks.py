"""A call in which people talk, and what each of them hears of the others."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from calls import plans
from calls.models import Call, Change, Leg, Queue
from calls.services import changing
from sandbox.core.sounds import Plays, Says
from sandbox.people.person import Person
from tests.journeys.browsers import Browser
from tests.journeys.ears import Listener, is_quiet
from tests.journeys.people import Colleague, Visit
from tests.journeys.world import World


@dataclass(slots=True)
class Talk:
    """Ruth, who called, and the agents and others with her, by what they hear."""

    world: World
    queue: Queue
    ruth: Visit
    agents: dict[str, Colleague] = field(default_factory=dict)

    @property
    def call(self) -> Call:
        return self.ruth.call

    def leg_of(self, who: Colleague | Visit) -> Leg:
        """Their line in this call, over or not."""
        if isinstance(who, Visit):
            return who.leg
        return self.call.legs.filter(user=who.agent.user).latest("planned_at")

    def does(
        self,
        planning: Callable[..., plans.Plan],
        *args: object,
        by: User | None = None,
        **more: object,
    ) -> Change:
        """Somebody changes the call, and everything that follows happens. Raises CannotNow."""

        def planned(scene: plans.Scene) -> plans.Plan:
            return planning(scene, *args, **more)

        made = changing.change(call_id=self.call.pk, planning=planned, by=by, now=self.world.now)
        self.world.settle()
        return Change.objects.get(pk=made.change.pk)


def talking(
    world: World, *, agents: tuple[str, ...] = ("Dana",), browsers: object = False, **queue: object
) -> Talk:
    """Ruth talks with the first of these agents; the others are at their desks, on a break."""
    billing = world.queue("Billing", **queue)
    talk = Talk(world, billing, Visit(world, world.caller("Ruth")))
    for number, name in enumerate(agents):
        talk.agents[name] = world.agent(
            name, billing, available=number == 0, browser=bool(browsers)
        )
    first = talk.agents[agents[0]]
    first.answers_after(2)
    if isinstance(first.phone, Browser):
        first.phone.accepts = 2.0
    talk.ruth.person.lifts(billing.numbers.get().e164)
    world.settle()
    world.run_until(lambda: hear_each_other(talk.ruth.person, first.phone))
    return talk


def hears(one: Person, other: Person) -> bool:
    """Whether the other's voice comes through to this person now."""
    return one.call is not None and any(
        other.call is not None and other.call.sid in getattr(sound, "heard", ())
        for sound in one.hearing
    )


def hear_each_other(one: Person, other: Person) -> bool:
    return hears(one, other) and hears(other, one)


def hear_nothing_of_each_other(one: Person, other: Person) -> bool:
    return not hears(one, other) and not hears(other, one)


def hears_music(person: Listener) -> bool:
    return any(isinstance(sound, Plays) for sound in person.hearing)


def is_told(person: Listener, words: str) -> bool:
    return any(isinstance(sound, Says) and words in sound.text for sound in person.hearing)


def hears_nothing(person: Listener) -> bool:
    return is_quiet(person.hearing)


def company_of(*people: Listener) -> str:
    """Who is with whom, who hears music and who nothing: “Dana & Omar, Ruth: music”."""
    there = sorted((each for each in people if each.through), key=lambda each: each.name)
    groups = {" & ".join(other.name for other in there if _is_with(each, other)) for each in there}
    alone = [f"{each.name}: {_alone(each)}" for each in there if not _company(each, there)]
    return ", ".join(sorted({group for group in groups if "&" in group} | set(alone)))


def _company(one: Listener, there: list[Listener]) -> list[Listener]:
    return [other for other in there if other is not one and hear_each_other(one, other)]


def _is_with(one: Listener, other: Listener) -> bool:
    return one is other or hear_each_other(one, other)


def _alone(person: Listener) -> str:
    return "music" if hears_music(person) else "nothing" if hears_nothing(person) else "words"
