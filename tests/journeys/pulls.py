"""How long whoever takes a call is alone in the room until the caller is there.

Slower layers cover for each other: a caller who is not brought in at once comes with the next round
of announcements, or when the claim is looked at. Who is served in the end is not enough to know
that each layer still works: on a day on which nothing goes wrong, the pull itself must be quick.
"""

from dataclasses import dataclass, field
from uuid import UUID

from calls.models import Leg
from calls.states import LegRole, OfferState
from sandbox.core.calls import Call as Line
from sandbox.core.conferences import Conference
from sandbox.core.faults import Faults
from tests.journeys.world import Outage, World

# From the agent's coming into the room until the caller's, while all is well: it takes the carrier
# a tenth of a second here, and us nothing.
LONGEST_PULL = 1.0
# So long after the last trouble, nothing of it is left that could hold a pull up.
DUST = 60.0
ROOM_NAME = "call-"


@dataclass(slots=True)
class Pull:
    """An agent is alone in the room of a call whose customer is on the line."""

    began: float
    customer: Line


@dataclass(slots=True)
class Pulls:
    """Looks whenever something has happened."""

    world: World
    agents: str
    _trouble_until: float = 0.0
    _under_way: dict[str, Pull] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.world.watchers.append(self.look)

    def note_trouble(self) -> None:
        """Also called where trouble may be over before the next look."""
        faults = self.world.carrier.faults
        is_well = self.world.outage == Outage() and faults == Faults(dice=faults.dice)
        if not is_well or self.world.driver.ambush is not None:
            self._trouble_until = self.world.carrier.now

    def look(self) -> None:
        self.note_trouble()
        alone: set[str] = set()
        for room in self.world.carrier.conferences.values():
            lines = [person.call for person in room.present()] if not room.ended else []
            if len(lines) == 1 and _is_agents(lines[0], self.agents):
                alone.add(lines[0].sid)
                self._is_alone(lines[0], room)
        self._under_way = {sid: pull for sid, pull in self._under_way.items() if sid in alone}

    def _is_alone(self, line: Line, room: Conference) -> None:
        now = self.world.carrier.now
        if line.sid not in self._known:
            self._known.add(line.sid)
            customer = self._customer_of(room)
            if customer is not None:
                self._under_way[line.sid] = Pull(now, customer)
        pull = self._under_way.get(line.sid)
        if pull is None or pull.customer.ended or self._was_troubled(pull):
            return
        too_long = now - pull.began > LONGEST_PULL and _is_coming_for_somebody(line)
        assert not too_long, f"{line.to} waits for the caller since {pull.began}, it is {now}"

    def _was_troubled(self, pull: Pull) -> bool:
        return pull.began < max(self._trouble_until, self.world.failed_at) + DUST

    def _customer_of(self, room: Conference) -> Line | None:
        call_id = UUID(room.friendly_name.removeprefix(ROOM_NAME))
        leg = Leg.objects.live().filter(call=call_id, role=LegRole.CUSTOMER).first()
        return None if leg is None else self.world.carrier.calls[leg.sid or ""]


def _is_coming_for_somebody(line: Line) -> bool:
    """The agent took the call, and neither they nor the caller were sent elsewhere since."""
    leg = Leg.objects.live().filter(sid=line.sid, offer__state=OfferState.ACCEPTED)
    return leg.filter(offer__waiting__left_at__isnull=True).exists()


def _is_agents(line: Line, agents: str) -> bool:
    return line.to.startswith((agents, "client:")) or line.from_.startswith("client:")
