"""The carrier asks what a leg should be doing: one domain call, one document.

An address that is only told something ("the caller left the queue") never changes anything
because it was called: a leg that we redirect makes the carrier call it too, and the carrier then
throws the answer away.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from calls import steps
from calls.carrier import addresses
from calls.models import Leg
from calls.services import lifecycle, offers, queueing
from calls.states import LEG_OVER, LegState
from calls.webhooks.admission import CarrierRequest

SECONDS_BEFORE_QUEUEING_AGAIN = 10
QUEUE_TROUBLE = {"queue-full", "error", "system-error"}
GOODBYE = "Thank you. Goodbye."


def step_for(request: CarrierRequest, now: datetime) -> steps.Step:
    """What this leg should be doing now."""
    if _is_over(request):
        return _over(request, now)
    try:
        return _ASK[request.kind.name](request, now)
    except ObjectDoesNotExist:
        return _stranger(request, now)


def _voice(request: CarrierRequest, now: datetime) -> steps.Step:
    return lifecycle.arrive(
        sid=request.call_sid,
        from_number=request.params.get("From", ""),
        to_number=request.params.get("To", ""),
        caller_name=request.params.get("CallerName", ""),
        now=now,
    )


def _wait(request: CarrierRequest, now: datetime) -> steps.Step:
    return queueing.wait_announcement(leg_id=_leg_id(request), now=now)


def _queue_left(request: CarrierRequest, now: datetime) -> steps.Step:
    """Redirected by us: whoever did it has given the leg its next document already."""
    result = request.params.get("QueueResult", "")
    if result.startswith("redirected"):
        return steps.Nothing()
    if result in QUEUE_TROUBLE:
        # Straight back into a queue that has no room would go round as fast as the carrier can.
        again = addresses.resume(_leg_id(request))
        return steps.OneMoment(resume_url=again, seconds=SECONDS_BEFORE_QUEUEING_AGAIN)
    return _next(request, now)


def _agent(request: CarrierRequest, now: datetime) -> steps.Step:
    return offers.agent_answered(leg_id=_leg_id(request), now=now)


def _agent_key(request: CarrierRequest, now: datetime) -> steps.Step:
    digits = request.params.get("Digits", "")
    return offers.agent_pressed(leg_id=_leg_id(request), digits=digits, now=now)


def _next(request: CarrierRequest, now: datetime) -> steps.Step:
    leg = Leg.objects.select_related("call").get(id=_leg_id(request))
    return lifecycle.next_step(leg=leg, now=now)


def _voicemail(_request: CarrierRequest, _now: datetime) -> steps.Step:
    return steps.Say(text=GOODBYE)


def _resume(request: CarrierRequest, now: datetime) -> steps.Step:
    if request.leg_id is not None:
        return _next(request, now)
    if request.params.get("Direction") == "inbound":
        # The very first request may have been the one that failed.
        return _voice(request, now)
    return lifecycle.resume(sid=request.call_sid, now=now)


_ASK: dict[str, Callable[[CarrierRequest, datetime], steps.Step]] = {
    "voice": _voice,
    "wait": _wait,
    "queue-left": _queue_left,
    "agent": _agent,
    "agent-key": _agent_key,
    "room-left": _next,
    "voicemail": _voicemail,
    "resume": _resume,
}


def _is_over(request: CarrierRequest) -> bool:
    hung_up = request.params.get("QueueResult") == "hangup"
    return hung_up or request.params.get("CallStatus") in LEG_OVER


def _over(request: CarrierRequest, now: datetime) -> steps.Step:
    """The carrier asks once more as the caller hangs up; nobody is there to hear the answer."""
    said = request.params.get("CallStatus", "")
    state = LegState(said) if said in LEG_OVER else LegState.COMPLETED
    known = {"id": request.leg_id} if request.leg_id else {"sid": request.call_sid}
    leg = Leg.objects.select_related("call").filter(**known).first()
    if leg is not None and leg.is_live:
        lifecycle.leg_progress(leg=leg, state=state, sequence=None, now=now)
    return steps.Nothing()


def _stranger(request: CarrierRequest, now: datetime) -> steps.Step:
    """A leg that we know nothing of: a caller is received like any other, a line of ours let go."""
    if request.params.get("Direction") == "inbound":
        return _voice(request, now)
    return steps.HangUp()


def _leg_id(request: CarrierRequest) -> UUID:
    if request.leg_id is None:
        raise Leg.DoesNotExist
    return request.leg_id
