"""Dana calls Billing and reaches Ana: one call, point by point, so that one can stop anywhere."""

from calls.models import Queue
from sandbox.core.calls import CallStatus
from sandbox.core.orders import CallOrder
from tests.journeys.judging import Judge
from tests.journeys.people import Colleague, Visit
from tests.journeys.world import World

ELSEWHERE = "+15559990000"
GREETING = "Welcome to billing. We are glad that you call."
IN_LINE = (
    "dialling",
    "greeting",
    "waiting",
    "agent's phone queued",
    "agent's phone rings",
    "agent asked for a key",
    "agent alone in the room",
)
POINTS = (*IN_LINE, "talking")


class Story:
    """`to(point)` lets the call go on until it is there. Ana answers and presses only when told."""

    def __init__(self, world: World, **queue_fields: object) -> None:
        self.world = world
        self.judge = Judge(world)
        self.billing: Queue = world.queue("Billing", greeting=GREETING, **queue_fields)
        self.ana: Colleague = world.agent("Ana", self.billing, confirm_by_key=True, available=False)
        self.ana.takes_break()
        self.dana = Visit(world, world.caller("Dana"))

    def to(self, point: str) -> None:
        for each in POINTS:
            self._go_on(each, last=each == point)
            if each == point:
                return
        raise ValueError(point)

    def _go_on(self, point: str, *, last: bool) -> None:
        match point:
            case "dialling":
                self.dana.person.lifts(self.billing.numbers.get().e164)
                if last:
                    self.world.outage.next["voice"] = "slow"
                    self.world.run(2)
            case "greeting":
                self._until_dana_hears(GREETING)
            case "waiting":
                self._until_dana_hears("next in line")
            case "agent's phone queued":
                self.world.carrier.config.cps = 0.2
                self._somebody_else_is_called()
                self.ana.goes_available()
                self.world.run_until(lambda: self._ana_is(CallStatus.QUEUED))
            case "agent's phone rings":
                self.world.run_until(lambda: self._ana_is(CallStatus.RINGING))
                self.world.run_until(lambda: self.ana.phone.call is not None)
            case "agent asked for a key":
                self.ana.picks_up()
                self.world.run_until(lambda: self.ana.phone.has_heard("Press 1"))
            case "agent alone in the room":
                self.ana.presses("1")
                self.world.run_until(self._ana_is_in_a_room)
            case "talking":
                self.world.run_until(lambda: self.dana.hears(self.ana.phone))

    def _until_dana_hears(self, words: str) -> None:
        self.world.run_until(lambda: self.dana.person.has_heard(words))

    def _ana_is(self, status: CallStatus) -> bool:
        calls = self.world.carrier.calls.values()
        return any(c.to == self.ana.phone.number and c.status is status for c in calls)

    def _ana_is_in_a_room(self) -> bool:
        line = self.ana.phone.call
        rooms = self.world.carrier.conferences.values()
        return any(line in [p.call for p in room.present()] for room in rooms)

    def _somebody_else_is_called(self) -> None:
        """The account's only start of these seconds is used up, by another program of its."""
        order = CallOrder(to=ELSEWHERE, from_=self.billing.numbers.get().e164)
        self.world.carrier.create_call(self.world.account, order)
