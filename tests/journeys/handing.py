"""Ruth is handed on: what agents do about it at their desks, and what everybody hears."""

from collections.abc import Callable
from dataclasses import dataclass, field

from agents.services import handoffs
from agents.services.handoffs import Target
from calls import plans
from calls.models import Change, PhoneNumber, Queue, Transfer
from calls.services import parking, transfers
from calls.services.changing import Changed
from calls.states import TransferState
from sandbox.people.person import Person
from tests.journeys.ears import Listener
from tests.journeys.people import Colleague, Outsider
from tests.journeys.talks import (
    Talk,
    hear_each_other,
    hear_nothing_of_each_other,
    hears_music,
    talking,
)
from tests.journeys.world import World


@dataclass(slots=True)
class Handing:
    """Ruth talks with Dana, who wants Omar, or somebody else, to have a say."""

    talk: Talk
    ruth: Listener = field(init=False)
    dana: Colleague = field(init=False)
    omar: Colleague = field(init=False)

    def __post_init__(self) -> None:
        self.ruth = self.talk.ruth.person
        self.dana, self.omar = self.talk.agents["Dana"], self.talk.agents["Omar"]

    @property
    def world(self) -> World:
        return self.talk.world

    @property
    def transfer(self) -> Transfer:
        return Transfer.objects.filter(call=self.talk.call).latest("id")

    # what Dana does

    def consults(self, to: Target | None = None) -> Change:
        return self._does(handoffs.start_warm, to or Target(user=self.omar.agent.user))

    def sends_on(self, to: Target | None = None) -> Change:
        return self._does(handoffs.start_blind, to or Target(user=self.omar.agent.user))

    def adds(self, to: Target) -> Change:
        return self._does(handoffs.add, to)

    def swaps(self) -> Change:
        return self._says(transfers.swap)

    def brings_all_together(self) -> Change:
        return self._says(transfers.three_way)

    def completes(self) -> Change:
        return self._says(transfers.complete)

    def cancels(self) -> Change:
        return self._says(transfers.cancel)

    def leaves(self) -> Change:
        return self._says(transfers.leave)

    def parks(self) -> Change:
        return self._says(parking.park)

    def drops_omar(self) -> Change:
        omar = self.talk.leg_of(self.omar).pk
        return self.talk.does(plans.drop, omar, by=self.dana.agent.user)

    def _does(self, verb: Callable[..., Changed], to: Target) -> Change:
        dana = self.dana.agent.user
        return self._settled(verb(call_id=self.talk.call.pk, to=to, by=dana, now=self.world.now))

    def _says(self, verb: Callable[..., Changed]) -> Change:
        dana = self.dana.agent.user
        return self._settled(verb(call_id=self.talk.call.pk, by=dana, now=self.world.now))

    def _settled(self, made: Changed) -> Change:
        self.world.settle()
        return Change.objects.get(pk=made.change.pk)

    # how far it has come

    def until(self, state: TransferState) -> None:
        self.world.run_until(lambda: self.transfer.state == state, within=120)

    def consulting(self, to: Target | None = None) -> None:
        """Omar, or whoever is asked, is there, and talks with Dana."""
        self.consults(to)
        self.until(TransferState.CONSULTING)
        self.world.run(1)

    def ruth_is_with(self, *others: Person) -> bool:
        return all(hear_each_other(self.ruth, other) for other in others)

    def ruth_hears_only_music(self) -> bool:
        phones = [colleague.phone for colleague in self.talk.agents.values()]
        return hears_music(self.ruth) and all(
            hear_nothing_of_each_other(self.ruth, phone) for phone in phones
        )


def handing(world: World, *agents: str, browsers: object = False, **queue: object) -> Handing:
    """Ruth talks with Dana; Omar is free."""
    begun = Handing(talking(world, agents=("Dana", "Omar", *agents), browsers=browsers, **queue))
    begun.omar.goes_available()
    return begun


def another_queue(world: World, name: str, *members: Colleague) -> Queue:
    queue = world.queue(name)
    for member in members:
        member.agent.memberships.create(queue=queue)
    return queue


def outsider(world: World) -> Outsider:
    """A lawyer, whose telephone is answered."""
    lawyer = Outsider(world, world.caller("Lawyer"))
    lawyer.answers_after(2)
    return lawyer


def our_number(queue: Queue) -> str:
    return PhoneNumber.objects.get(queue=queue).e164


# How Omar does not come ---------------------------------------------------------------------------


def rejected(at: Handing) -> None:
    at.omar.rejects_after(2)


def busy(at: Handing) -> None:
    at.omar.is_busy()


def never_answered(at: Handing) -> None:
    at.omar.lets_it_ring()


def unreachable(at: Handing) -> None:
    at.omar.cannot_be_reached()


def a_mailbox(at: Handing) -> None:
    at.omar.confirms_by_key()
    at.omar.answers_after(2)
