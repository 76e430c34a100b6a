"""Asking the carrier to ring a standby leg, or to end it: looked at, asked, answered.

As with orders, the ringing is marked as asked before it is, and never asked twice.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from calls.carrier import gateway
from calls.models import StandbyLeg
from calls.services import keeping_open, looking, orders, standing_by
from calls.states import LegState, Verb

RING_SECONDS = 30
# For so long it makes sense to ask for it to be rung.
PATIENCE = timedelta(seconds=30)


@transaction.atomic
def prepare(*, line_id: UUID, now: datetime) -> orders.Question | None:
    """What to ask the carrier about the line now; None where there is nothing to be asked."""
    line = _locked(line_id)
    if line.let_go_at is not None:
        return _to_end(line, now)
    if not line.is_live or line.sid is not None:
        return None
    if line.asked_at is not None:
        _over(line, "stopped before the answer came", now, given_up=True)
        return None
    line.asked_at = now
    line.save(update_fields=["asked_at"])
    limit = int(standing_by.LONGEST.total_seconds())
    return _question(line, Verb.STAND_BY, {"timeout": RING_SECONDS, "time_limit": limit})


def _to_end(line: StandbyLeg, now: datetime) -> orders.Question | None:
    """One that was never asked for ends here; one whose name is not known yet is ended when it
    is."""
    if line.sid is None:
        if line.is_live and line.asked_at is None:
            _over(line, "not wanted any more", now, state=LegState.CANCELED)
        return None
    return _question(line, Verb.HANG_UP, {}) if line.is_live or line.given_up else None


def _question(line: StandbyLeg, verb: Verb, params: dict[str, int]) -> orders.Question:
    return orders.Question(
        verb=verb,
        sid=line.sid,
        to=line.standby.address,
        from_=line.standby.our_number,
        params=params,
        leg_id=line.pk,
        call_id=line.pk,
        order_id=line.pk,
        room="",
        conference_sid="",
    )


@transaction.atomic
def settle(*, line_id: UUID, verb: Verb, outcome: gateway.Outcome, now: datetime) -> orders.Settled:
    """What the carrier answered is kept, and what follows from it is done."""
    line = _locked(line_id)
    match outcome:
        case gateway.Done(sid=sid, status=status):
            standing_by.heard(line_id=line_id, state=LegState(status), sid=sid, now=now)
        case gateway.AlreadyOver() | gateway.TooLate():
            return orders.Settled(look=True)
        case gateway.Passing(message=message) if _is_worth_asking(line, verb, now):
            _keep(line, message, again=verb == Verb.STAND_BY)
            return orders.Settled(again_in=_pause(line, now))
        case gateway.Refused(message=message) | gateway.Passing(message=message):
            if verb == Verb.STAND_BY:
                _over(line, message, now)
            _keep(line, message)
        case gateway.NoAnswer(message=message):
            _over(line, message, now, given_up=True)
    return orders.Settled()


def _is_worth_asking(line: StandbyLeg, verb: Verb, now: datetime) -> bool:
    """What is to be ended is asked about until it is over."""
    return verb == Verb.HANG_UP or now < line.planned_at + PATIENCE


def _pause(line: StandbyLeg, now: datetime) -> timedelta:
    return orders.pause_of((now - (line.let_go_at or line.planned_at)).total_seconds())


def _keep(line: StandbyLeg, answer: str, *, again: bool = False) -> None:
    line.answer = answer[:200]
    if again:
        line.asked_at = None
    line.save(update_fields=["answer", "asked_at"])


def _over(
    line: StandbyLeg,
    why: str,
    now: datetime,
    *,
    state: LegState = LegState.FAILED,
    given_up: bool = False,
) -> None:
    """Without the carrier's word."""
    line.answer, line.given_up = why[:200], given_up
    line.save(update_fields=["answer", "given_up"])
    standing_by.heard(line_id=line.pk, state=state, now=now)


def look(line_id: UUID) -> bool:
    """Read the leg at the carrier and apply what it says. True where that was news.

    Reads over the network, so never inside a transaction. Raises gateway.CarrierTrouble.
    """
    line = StandbyLeg.objects.get(pk=line_id)
    if line.sid is None or not line.is_live:
        return False
    state, now = looking.state_of(line.sid)
    return standing_by.heard(line_id=line_id, state=state, now=now)


def _locked(line_id: UUID) -> StandbyLeg:
    return keeping_open.locked(line_id)[1]
