"""What must be true of every day, whatever happened in it: callers are safe, records are true."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection

from calls.models import Call, CarrierEvent, Command, Leg, Offer, Waiting, WrapUp
from calls.states import CallState, LegRole, NewsState, OrderState
from sandbox.core.calls import Call as Line
from sandbox.core.calls import Direction
from tests.journeys.ears import APOLOGY, Listener
from tests.journeys.pulls import Pulls
from tests.journeys.world import World

# Silence on an answered line that no trouble explains. The longest path: news of an agent's end is
# lost (30 s until the reconciler looks), and the way back to the music takes its own time.
LONGEST_SILENCE = 60.0
# Two agents in one room: the first one's line is being ended.
LONGEST_CROWD = 45.0
# An end that we were not told of: half a minute until the reconciler looks, at lines that are not
# quite young, and what it finds is asked about one by one.
LONGEST_UNHEARD = 50.0
# An order is settled at the latest so long after it makes no sense any more.
ORDER_GRACE = timedelta(seconds=15)
AGENTS = "+1555800"
# Those whom agents call.
OUTSIDERS = "+1555300"
# Seconds by which two records of the same moment may differ where nothing went wrong.
NEAR = 2.0


class Failures(logging.Handler):
    """Errors that the product caught and wrote down: none is expected."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class Judge:
    """`look()` after every step; `dust_has_settled()` when all faults are off for some minutes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.failures = Failures()
        self.was_troubled = False
        self.calm_since = world.carrier.now
        self.pulls = Pulls(world, AGENTS)
        self._crowded_since: dict[str, float] = {}

    def note_trouble(self) -> None:
        """Called before and after time passes: what happens in troubled times is not judged."""
        self.pulls.note_trouble()
        faults, outage = self.world.carrier.faults, self.world.outage
        asked = (faults.rest_429, faults.rest_5xx, faults.rest_timeout, faults.rest_refused)
        if any(asked) or faults.rest_next or faults.webhook_next or outage.web or outage.worker:
            self.was_troubled = True
            self.calm_since = self.world.carrier.now
        if faults.callback_lost or faults.callback_late or faults.callback_reordered:
            self.was_troubled = True

    @property
    def calm_for(self) -> float:
        return self.world.carrier.now - self.calm_since

    def look(self, callers: Iterable[Listener]) -> None:
        for caller in callers:
            self._is_served(caller)
        self._nobody_crowds_a_room()
        self._records_make_sense()
        self._nothing_failed()
        self._ends_are_known()
        if self.calm_for > ORDER_GRACE.total_seconds():
            self._orders_end()

    def _is_served(self, caller: Listener) -> None:
        assert not caller.has_heard(APOLOGY), f"{caller.name} heard an application error"
        for quiet in caller.quiets:
            too_long = quiet.longer_than(
                LONGEST_SILENCE, calm_since=self.calm_since, now=self.world.carrier.now
            )
            assert not too_long, f"{caller.name} heard nothing: {quiet}"

    def _nobody_crowds_a_room(self) -> None:
        now = self.world.carrier.now
        crowded = set()
        for room in self.world.carrier.conferences.values():
            agents = [p for p in room.present() if p.call.to.startswith(AGENTS)]
            if not room.ended and len(agents) > 1:
                crowded.add(room.sid)
                since = max(self._crowded_since.setdefault(room.sid, now), self.calm_since)
                assert now - since <= LONGEST_CROWD, f"two agents in {room.friendly_name}"
        self._crowded_since = {s: m for s, m in self._crowded_since.items() if s in crowded}

    def _records_make_sense(self) -> None:
        in_line = set(Waiting.objects.in_line().values_list("call_id", flat=True))
        waiting = set(Call.objects.filter(state=CallState.WAITING).values_list("id", flat=True))
        assert in_line == waiting, "who is waiting has a place in line, and nobody else"
        here = Leg.objects.live().filter(role=LegRole.CUSTOMER)
        assert not here.filter(call__state=CallState.ENDED).exists()
        open_offers = Offer.objects.open()
        assert not open_offers.filter(leg__ended_at__isnull=False).exists()
        assert not open_offers.exclude(call__state=CallState.WAITING).exists()
        unanswered = Call.objects.filter(state=CallState.TALKING, answered_at__isnull=True)
        assert not unanswered.exists()

    def _nothing_failed(self) -> None:
        failed = CarrierEvent.objects.filter(state=NewsState.FAILED)
        assert not failed.exists(), [f"{event.kind}: {event.note}" for event in failed]
        assert not self.failures.said, self.failures.said
        assert not _jobs("failed"), _jobs("failed")

    def _ends_are_known(self) -> None:
        now, lines = self.world.carrier.now, self.world.carrier.calls
        for leg in Leg.objects.live().filter(sid__isnull=False):
            line = lines[leg.sid or ""]
            unheard = now - max(line.ended_at or now, self.calm_since)
            assert unheard <= LONGEST_UNHEARD, f"{leg} ended {unheard} s ago"

    def _orders_end(self) -> None:
        overdue = Command.objects.filter(
            state=OrderState.PENDING, give_up_at__lt=self.world.now - ORDER_GRACE
        )
        assert not overdue.exists(), [str(order) for order in overdue]

    # at the end of the day

    def live_records_are_true(self) -> None:
        """Who is on the line, and who is in which room, here and at the carrier."""
        live = [line for line in self.world.carrier.calls.values() if not line.ended]
        lines = {line.sid: line for line in live if _is_ours(line)}
        legs = {leg.sid: leg for leg in Leg.objects.live()}
        assert set(legs) == set(lines), (list(legs.values()), list(lines.values()))
        for sid, leg in legs.items():
            assert leg.in_room == self._is_in_a_room(lines[sid or ""]), f"{leg} in a room?"
            assert leg.state == lines[sid or ""].status

    def _is_in_a_room(self, line: Line) -> bool:
        rooms = self.world.carrier.conferences.values()
        return any(line in [p.call for p in room.present()] for room in rooms if not room.ended)

    def all_is_over(self) -> None:
        """Nothing is left open, and what was written down is what happened."""
        lines = [line for line in self.world.carrier.calls.values() if _is_ours(line)]
        assert all(line.ended for line in lines)
        assert not Leg.objects.live().exists()
        assert not Call.objects.exclude(state=CallState.ENDED).exists()
        assert not Offer.objects.open().exists()
        assert not Waiting.objects.in_line().exists()
        assert not WrapUp.objects.filter(finished_at__isnull=True).exists()
        assert not Command.objects.filter(state=OrderState.PENDING).exists()
        assert not CarrierEvent.objects.filter(state=NewsState.PENDING).exists()
        self._nothing_failed()
        self._every_leg_ended_as_the_carrier_says()

    def _every_leg_ended_as_the_carrier_says(self) -> None:
        legs = {leg.sid: leg for leg in Leg.objects.filter(sid__isnull=False)}
        lines = self.world.carrier.calls
        assert set(legs) <= set(lines)
        for sid, leg in legs.items():
            line = lines[sid or ""]
            assert leg.state == line.status, f"{leg}: {leg.state}, the carrier says {line.status}"
        if not self.was_troubled:
            unknown = [line for sid, line in lines.items() if sid not in legs and _is_ours(line)]
            assert not unknown, unknown
            self._durations_agree(legs.values())

    def _durations_agree(self, legs: Iterable[Leg]) -> None:
        for leg in legs:
            line = self.world.carrier.calls[leg.sid or ""]
            assert leg.ended_at is not None
            assert abs(leg.ended_at.timestamp() - (line.ended_at or 0)) <= NEAR, f"{leg}'s end"
            ours = (leg.ended_at - leg.answered_at).total_seconds() if leg.answered_at else 0.0
            assert abs(ours - (line.duration or 0)) <= NEAR, f"{leg}: {ours}, not {line.duration}"


def _is_ours(line: Line) -> bool:
    return line.direction is Direction.INBOUND or line.to.startswith((AGENTS, OUTSIDERS))


def _jobs(status: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select task_name || args::text from procrastinate_jobs where status = %s", [status]
        )
        return [row[0] for row in cursor.fetchall()]
