"""The inbox: carrier news that was written down is applied, one piece at a time.

Late, repeated and reordered news does no harm: a leg only moves forward, the room's news is
numbered, and what no longer makes sense is kept as stale. A piece that cannot be applied is tried
a few times, then kept as failed and shown; it never holds up the others.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from calls import wake
from calls.about import about
from calls.models import Call, CarrierEvent, Leg, StandbyLeg
from calls.services import (
    arriving,
    glance,
    legs,
    lifecycle,
    offers,
    recordings,
    room_news,
    standing_by,
    trying_out,
    voicemails,
)
from calls.states import LEG_OVER, LegRole, LegState, NewsState

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
PAUSE = timedelta(seconds=2)
# News of a caller may overtake the request that tells us of the caller.
UNKNOWN_PATIENCE = timedelta(seconds=15)

# Addresses that want an answer; they bring news when nobody is left to hear it.
ASKED_AS_IT_ENDED = (
    "voice",
    "browser",
    "wait",
    "queue-left",
    "agent-key",
    "room-left",
    "resume",
)

Verdict = tuple[NewsState, str]
APPLIED: Verdict = (NewsState.APPLIED, "")


class NotYet(Exception):
    """What the news is about is not known here; it may be in a moment."""


def apply_pending(*, limit: int, now: datetime) -> int:
    """Believe what the carrier has told, oldest first; how many pieces were looked at."""
    looked_at = last = 0
    while looked_at < limit and (last := _take_next(last, now)):
        looked_at += 1
    return looked_at


def _take_next(after: int, now: datetime) -> int:
    """The piece that is next after this one is believed; its number, 0 where there is none."""
    event_id = 0
    try:
        with transaction.atomic():
            event = _claim(_NEXT, [after, now])
            if event is None:
                return 0
            event_id = event.id
            with about(call_id=event.call_id, leg_id=event.leg_id, call_sid=event.call_sid):
                _settle(event, _verdict(event, now), now)
    except OperationalError:
        raise
    except Exception as error:
        if not event_id:
            raise
        logger.exception("carrier news %s could not be applied", event_id)
        _try_later(event_id, f"{type(error).__name__}: {error}", now)
    return event_id


# Every piece of news is taken by one of these: as statements they cost a third.
_NEXT = """
select * from calls_carrierevent
where state = 'pending' and id > %s and (not_before is null or not_before <= %s)
order by id limit 1 for update skip locked
"""
_THIS = """
select * from calls_carrierevent where state = 'pending' and id = %s for update skip locked
"""


def _claim(statement: str, values: Sequence[object]) -> CarrierEvent | None:
    """Ours alone while this transaction lasts; None where another worker has it."""
    for event in CarrierEvent.objects.raw(statement, values):
        return event
    return None


def _verdict(event: CarrierEvent, now: datetime) -> Verdict:
    apply = _BY_KIND.get(event.kind)
    if apply is None:
        return NewsState.APPLIED, "recorded"
    try:
        return apply(event, now)
    except NotYet as reason:
        if now - event.received_at < UNKNOWN_PATIENCE:
            return NewsState.PENDING, str(reason)
        return _learn_of_caller(event) or (NewsState.STALE, str(reason))


def _learn_of_caller(event: CarrierEvent) -> Verdict | None:
    """Somebody rang while we did not answer, and has hung up: they are on record all the same."""
    params = event.params
    if event.kind != "number-status" or params.get("CallStatus") not in LEG_OVER:
        return None
    arriving.arrive(
        sid=event.call_sid,
        from_number=params.get("From", ""),
        to_number=params.get("To", ""),
        caller_name=params.get("CallerName", ""),
        now=event.received_at,
    )
    leg = Leg.objects.get(sid=event.call_sid)
    _learn_duration(leg, _number(params.get("CallDuration")))
    event.call_id = leg.call_id
    return NewsState.APPLIED, "the first that was heard of this caller"


def _settle(event: CarrierEvent, verdict: Verdict, now: datetime) -> None:
    event.state, note = verdict
    event.note = note or event.note
    event.attempts += 1
    if event.state == NewsState.PENDING:
        event.not_before = now + PAUSE
    else:
        event.applied_at = now
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [getattr(event, field) for field in _SETTLED] + [event.pk])


# What the carrier said is not written again.
_SETTLED = ("state", "note", "attempts", "not_before", "applied_at", "call_id")
_SETTLE = f"""
update calls_carrierevent set {", ".join(f"{field} = %s" for field in _SETTLED)} where id = %s
"""  # noqa: S608


@transaction.atomic
def _try_later(event_id: int, why: str, now: datetime) -> None:
    event = _claim(_THIS, [event_id])
    if event is None:
        return
    event.attempts += 1
    event.note, event.not_before = why[:1000], now + PAUSE
    if event.attempts >= MOST_ATTEMPTS:
        event.state = NewsState.FAILED
    event.save()


@transaction.atomic
def try_again(*, event_ids: Collection[int], now: datetime) -> int:
    """News that could not be applied gets its attempts anew, in its old place; how many pieces."""
    failed = CarrierEvent.objects.filter(pk__in=event_ids, state=NewsState.FAILED)
    tried = failed.update(state=NewsState.PENDING, attempts=0, not_before=now)
    if tried:
        wake.inbox()
    return tried


def _status(event: CarrierEvent, now: datetime) -> Verdict:
    """How a leg is getting on; it may be the first that we hear of the carrier's name for it."""
    leg = _leg(event)
    state = LegState(event.params["CallStatus"])
    if event.call_sid and not legs.learn_sid(leg, event.call_sid):
        return NewsState.STALE, f"the leg is {leg.sid}, not {event.call_sid}"
    legs.let_go_if_given_up(leg, state, now)
    moved = lifecycle.leg_progress(
        leg=leg,
        state=state,
        sequence=event.sequence,
        now=now,
        sip_code=_number(event.params.get("SipResponseCode")),
    )
    _learn_duration(leg, _number(event.params.get("CallDuration")))
    return APPLIED if moved else (NewsState.STALE, f"the leg is {leg.state}")


def _learn_duration(leg: Leg, seconds: int | None) -> None:
    """Nothing tells when a caller's line was answered, but at its end, how long it was up."""
    if leg.role != LegRole.CUSTOMER or leg.ended_at is None or not seconds:
        return
    began = leg.ended_at - timedelta(seconds=seconds)
    if leg.answered_at is None or began < leg.answered_at:
        leg.answered_at = began
        leg.save(update_fields=["answered_at"])


def _conference(event: CarrierEvent, now: datetime) -> Verdict:
    """Who entered or left a call's room."""
    try:
        call = legs.lock_call(event.call_id or UUID(int=0))
    except Call.DoesNotExist:
        raise NotYet("no such call") from None
    here = legs.here(call)
    news = room_news.read(event, here)
    applied = room_news.apply(call, news, here, now)
    status = event.params.get("ParticipantCallStatus", "")
    if news.leg is not None and status in LEG_OVER:
        standing_by.leg_is(news.leg, LegState(status), sequence=None, now=now)
    return APPLIED if applied else (NewsState.STALE, "overtaken by later news of the room")


def _recording(event: CarrierEvent, now: datetime) -> Verdict:
    """A caller's message is ready to be heard, or there is none."""
    params = event.params
    if params.get("RecordingStatus", "completed") != "completed":
        return NewsState.APPLIED, f"recording {params['RecordingStatus']}"
    leg = _leg(event)
    voicemail = voicemails.left(
        leg=leg,
        recording_sid=params["RecordingSid"],
        recording_url=params.get("RecordingUrl", ""),
        seconds=_number(params.get("RecordingDuration")) or 0,
        now=now,
    )
    return APPLIED if voicemail else (NewsState.STALE, "nothing was said, or it is known already")


def _call_recording(event: CarrierEvent, now: datetime) -> Verdict:
    """How the recording of a call is getting on; ours by the id in our own address."""
    params, leg = event.params, _leg(event)
    try:
        stale = recordings.told(
            leg=leg,
            recording_id=UUID(params["recording"]),
            sid=params["RecordingSid"],
            status=params.get("RecordingStatus", "completed"),
            seconds=_number(params.get("RecordingDuration")),
            now=now,
        )
    except recordings.Unclear as unclear:
        raise NotYet(str(unclear)) from None
    return (NewsState.STALE, stale) if stale else APPLIED


def _test_recording(event: CarrierEvent, now: datetime) -> Verdict:
    """Somebody has tried out their microphone."""
    trying_out.recorded(recording_sid=event.params["RecordingSid"], now=now)
    return APPLIED


def _message_left(event: CarrierEvent, now: datetime) -> Verdict:
    """A caller has spoken, and hears our goodbye or has hung up."""
    verdict = _recording(event, now) if "RecordingSid" in event.params else APPLIED
    is_over = event.params.get("CallStatus") in LEG_OVER
    return _said_in_passing(event, now) if is_over else verdict


def _said_in_passing(event: CarrierEvent, now: datetime) -> Verdict:
    """A question that the carrier asked once more as the leg ended."""
    said = event.params.get("CallStatus", "")
    state = LegState(said) if said in LEG_OVER else LegState.COMPLETED
    leg = _leg(event)
    moved = standing_by.leg_is(leg, state, sequence=None, now=now)
    return APPLIED if moved else (NewsState.STALE, f"the leg is {leg.state}")


def _standby(event: CarrierEvent, now: datetime) -> Verdict:
    """How a leg that is kept open between calls is getting on."""
    try:
        moved = standing_by.heard(
            line_id=event.leg_id or UUID(int=0),
            state=LegState(event.params["CallStatus"]),
            sid=event.call_sid,
            sip_code=_number(event.params.get("SipResponseCode")),
            now=now,
        )
    except StandbyLeg.DoesNotExist:
        raise NotYet("no such standby leg") from None
    return APPLIED if moved else (NewsState.STALE, "that is known of the standby leg")


def _agent(event: CarrierEvent, now: datetime) -> Verdict:
    """Somebody answered the agent's line, and has been asked for a key."""
    if event.params.get("CallStatus") in LEG_OVER:
        return _said_in_passing(event, now)
    leg = _leg(event)
    offers.agent_answered(leg_id=leg.id, now=now)
    return APPLIED


def _answered_by(event: CarrierEvent, now: datetime) -> Verdict:
    """Of a customer whom an agent dialled: a machine is not talked to."""
    if not event.params.get("AnsweredBy", "").startswith(("machine", "fax")):
        return APPLIED
    try:
        lifecycle.machine_answered(leg_id=_leg(event).id, by=None, now=now)
    except lifecycle.CallIsOver:
        return NewsState.STALE, "the call is over"
    return APPLIED


def _wait(event: CarrierEvent, now: datetime) -> Verdict:
    """The first round of music: the caller's line is up, and the greeting was said."""
    if event.params.get("CallStatus") in LEG_OVER:
        return _said_in_passing(event, now)
    glance.remember_first_round(leg_id=_leg(event).id, now=event.received_at)
    return APPLIED


def _leg(event: CarrierEvent) -> Leg:
    known = Q(sid=event.call_sid) if event.leg_id is None else Q(pk=event.leg_id)
    leg = Leg.objects.select_related("call").filter(known).first()
    if leg is None:
        raise NotYet("no such leg")
    event.call_id = leg.call_id
    return leg


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


_BY_KIND: dict[str, Callable[[CarrierEvent, datetime], Verdict]] = {
    "status": _status,
    "number-status": _status,
    "browser-status": _status,
    **dict.fromkeys(("standby-status", "standby", "standby-key"), _standby),
    "conference": _conference,
    "recording": _recording,
    "call-recording": _call_recording,
    "test-recording": _test_recording,
    **dict.fromkeys(ASKED_AS_IT_ENDED, _said_in_passing),
    "agent": _agent,
    "answered-by": _answered_by,
    "wait": _wait,
    "voicemail": _message_left,
}
