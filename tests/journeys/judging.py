"""What must be true of every day, whatever happened in it: callers are safe, records are true."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.db.models import F, Q

from calls.models import (
    Call,
    CarrierEvent,
    Change,
    Command,
    Leg,
    Offer,
    Parking,
    StandbyLeg,
    Transfer,
    Waiting,
    Watch,
    WrapUp,
)
from calls.states import (
    TRANSFER_OPEN,
    CallState,
    ChangeState,
    LegRole,
    NewsState,
    OrderState,
    TransferState,
)
from sandbox.core.calls import Call as Line
from sandbox.core.calls import Direction
from tests.journeys.company import (
    LONGEST_LIE,
    Company,
    differences,
    held_for_nothing,
    voices_of_the_held,
)
from tests.journeys.ears import APOLOGY, Listener
from tests.journeys.pulls import Pulls
from tests.journeys.world import World

# Two agents in one room who were both offered the call: the first one's line is being ended.
LONGEST_CROWD = 45.0
# Something that somebody did to a live call is carried out, or not: at the latest when what had to
# be said before has not been said in time (90 s).
LONGEST_CHANGE = timedelta(seconds=120)
# An end that we were not told of: half a minute until the reconciler looks, at lines that are not
# quite young, and what it finds is asked about one by one.
LONGEST_UNHEARD = 50.0
# An order is settled at the latest so long after it makes no sense any more: one that waits for an
# announcement, of whose end we were not told, when this world next sweeps.
ORDER_GRACE = timedelta(seconds=35)
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
        world.watchers.append(self.note_trouble)
        self.company = Company(world, lambda: self.calm_since)
        self._crowded_since: dict[str, float] = {}
        self._lied_since: dict[str, float] = {}
        self._held_since: dict[str, float] = {}

    def note_trouble(self) -> None:
        """Also called where trouble may be over before the next look: what happens in troubled
        times is not judged."""
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
        self._people_are_treated_as_we_say()
        self._records_make_sense()
        self._nothing_failed()
        self._ends_are_known()
        self._steps_end_with_their_change()
        if self.calm_for > ORDER_GRACE.total_seconds():
            self._orders_end()

    def _is_served(self, caller: Listener) -> None:
        """Who hears nothing for long is seen by `company` at every instant."""
        assert not caller.has_heard(APOLOGY), f"{caller.name} heard an application error"

    def _nobody_crowds_a_room(self) -> None:
        """Others are brought in: by a transfer, or as a third; only one was offered the call."""
        offered = set(Leg.objects.live().filter(offer__isnull=False).values_list("sid", flat=True))
        crowded = []
        for room in self.world.carrier.conferences.values():
            agents = [p for p in room.present() if p.call.sid in offered]
            if not room.ended and len(agents) > 1:
                crowded.append(f"two agents in {room.friendly_name}")
        self._lasts(self._crowded_since, crowded, LONGEST_CROWD)

    def _people_are_treated_as_we_say(self) -> None:
        lies = [*differences(self.world), *voices_of_the_held(self.world)]
        longest = LONGEST_LIE if self.was_troubled else NEAR
        self._lasts(self._lied_since, lies, longest)
        self._lasts(self._held_since, held_for_nothing(self.world), LONGEST_LIE)

    def _lasts(self, since: dict[str, float], so: list[str], longest: float) -> None:
        now = self.world.carrier.now
        for what in set(since) - set(so):
            del since[what]
        for what in so:
            began = max(since.setdefault(what, now), self.calm_since)
            assert now - began <= longest, f"{what} since {since[what]}, it is {now}"

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

    def _steps_end_with_their_change(self) -> None:
        """What comes after a step that failed is not asked, and does not wait to be."""
        failed = Command.objects.filter(change__state=ChangeState.FAILED)
        after = failed.filter(Q(asked_at__gt=F("change__settled_at")) | Q(state=OrderState.PENDING))
        assert not after.exists(), [f"after a step had failed: {order}" for order in after]

    def _orders_end(self) -> None:
        overdue = Command.objects.filter(
            state=OrderState.PENDING, give_up_at__lt=self.world.now - ORDER_GRACE
        )
        assert not overdue.exists(), [str(order) for order in overdue]
        going_on = Change.objects.filter(
            state=ChangeState.GOING_ON, asked_at__lt=self.world.now - LONGEST_CHANGE
        )
        assert not going_on.exists(), [str(change) for change in going_on]

    # at the end of the day

    def live_records_are_true(self) -> None:
        """Who is on the line, and who is in which room, here and at the carrier."""
        live = [line for line in self.world.carrier.calls.values() if not line.ended]
        lines = {line.sid: line for line in live if _is_ours(line)}
        legs = {leg.sid: leg for leg in Leg.objects.live()}
        kept_open = set(StandbyLeg.objects.live().values_list("sid", flat=True))
        assert set(legs) | kept_open == set(lines), (list(legs.values()), list(lines.values()))
        for sid, leg in legs.items():
            assert leg.in_room == self._is_in_a_room(lines[sid or ""]), f"{leg} in a room?"
            assert leg.state == lines[sid or ""].status
        assert not differences(self.world), differences(self.world)
        assert not voices_of_the_held(self.world), voices_of_the_held(self.world)
        assert not held_for_nothing(self.world), held_for_nothing(self.world)
        self._what_goes_on_has_its_people()

    def _what_goes_on_has_its_people(self) -> None:
        for transfer in Transfer.objects.filter(state__in=TRANSFER_OPEN):
            second = transfer.to_leg
            is_there = second is not None and second.is_live
            assert is_there or transfer.state == TransferState.SEEKING, transfer
        parked = set(Parking.objects.filter(ended_at=None).values_list("call_id", flat=True))
        assert parked == set(
            Call.objects.filter(state=CallState.PARKED).values_list("id", flat=True)
        ), "who is parked has a parking, and nobody else"
        watched = set(Watch.objects.filter(ended_at=None).values_list("leg_id", flat=True))
        inside = Leg.objects.live().filter(role=LegRole.SUPERVISOR, in_room=True)
        assert watched == set(inside.values_list("id", flat=True)), "who watches is on record"

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
        assert not Change.objects.filter(state=ChangeState.GOING_ON).exists()
        assert not Transfer.objects.filter(state__in=TRANSFER_OPEN).exists()
        assert not Parking.objects.filter(ended_at=None).exists()
        assert not Watch.objects.filter(ended_at=None).exists()
        assert not StandbyLeg.objects.live().exists()
        self._nothing_failed()
        self._every_leg_ended_as_the_carrier_says()

    def _every_leg_ended_as_the_carrier_says(self) -> None:
        whole = Leg.objects.filter(sid__isnull=False, standby=None)
        legs: dict[str | None, Leg | StandbyLeg] = {leg.sid: leg for leg in whole}
        legs |= {leg.sid: leg for leg in StandbyLeg.objects.filter(sid__isnull=False)}
        lines = self.world.carrier.calls
        assert set(legs) <= set(lines)
        for sid, leg in legs.items():
            line = lines[sid or ""]
            assert leg.state == line.status, f"{leg}: {leg.state}, the carrier says {line.status}"
        if not self.was_troubled:
            unknown = [line for sid, line in lines.items() if sid not in legs and _is_ours(line)]
            assert not unknown, unknown
            self._durations_agree(legs.values())

    def _durations_agree(self, legs: Iterable[Leg | StandbyLeg]) -> None:
        for leg in legs:
            line = self.world.carrier.calls[leg.sid or ""]
            assert leg.ended_at is not None
            assert abs(leg.ended_at.timestamp() - (line.ended_at or 0)) <= NEAR, f"{leg}'s end"
            ours = (leg.ended_at - leg.answered_at).total_seconds() if leg.answered_at else 0.0
            assert abs(ours - (line.duration or 0)) <= NEAR, f"{leg}: {ours}, not {line.duration}"


def _is_ours(line: Line) -> bool:
    return line.direction is Direction.INBOUND or line.to.startswith((AGENTS, OUTSIDERS, "client:"))


def _jobs(status: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select task_name || args::text from procrastinate_jobs where status = %s", [status]
        )
        return [row[0] for row in cursor.fetchall()]
