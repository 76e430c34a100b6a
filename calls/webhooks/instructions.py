"""The carrier asks what a leg should be doing: one domain call, one document.

An address that is only told something ("the caller left the queue") never changes anything
because it was called: what it is told is either foregone (see calls.webhooks.foregone) or asked of
the same function that answers everybody else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from calls import steps
from calls.carrier import addresses
from calls.models import Leg
from calls.services import (
    answering,
    arriving,
    connecting,
    glance,
    holding,
    lifecycle,
    queueing,
    standing_by,
    trying_out,
)
from calls.services import as_usual as usually
from calls.webhooks.admission import CarrierRequest


@dataclass(frozen=True, slots=True)
class Usual:
    """The answer to a question about which nothing is out of the ordinary."""

    step: steps.Step
    is_news: bool = False  # the worker does what follows from it


def as_usual(request: CarrierRequest, now: datetime) -> Usual | None:
    """None where it has to be looked at closely, and nothing was changed. In no transaction."""
    look = _AS_USUAL.get(request.kind.name)
    return look(request, now) if look else None


def _new_caller(request: CarrierRequest, now: datetime) -> Usual | None:
    step = usually.arrives(now=now, **_who_rings(request))
    return Usual(step) if step else None


def _round_of_music(request: CarrierRequest, now: datetime) -> Usual | None:
    usual = queueing.usual_round(leg_id=_leg_id(request), now=now)
    return Usual(*usual) if usual else None


def _asked_for_key(request: CarrierRequest, now: datetime) -> Usual | None:  # noqa: ARG001
    prompt = glance.prompt_for_key(_leg_id(request))
    return Usual(prompt, is_news=True) if prompt else None


def _pressed_key(request: CarrierRequest, now: datetime) -> Usual | None:
    digits = request.params.get("Digits", "")
    step = usually.takes(leg_id=_leg_id(request), digits=digits, now=now)
    return Usual(step) if step else None


_AS_USUAL: dict[str, Callable[[CarrierRequest, datetime], Usual | None]] = {
    "voice": _new_caller,
    "wait": _round_of_music,
    "agent": _asked_for_key,
    "agent-key": _pressed_key,
}


def step_for(request: CarrierRequest, now: datetime) -> steps.Step:
    """What this leg should be doing now."""
    try:
        step = _ASK[request.kind.name](request, now)
    except ObjectDoesNotExist:
        return _stranger(request, now)
    return _or_back(request, step, now)


def _or_back(request: CarrierRequest, step: steps.Step, now: datetime) -> steps.Step:
    """A leg that is only lent to the call goes back instead of being ended."""
    if request.leg_id is None or not isinstance(step, steps.Say | steps.HangUp):
        return step
    leg = Leg.objects.filter(pk=request.leg_id, standby__isnull=False).first()
    return standing_by.rather_than_end(leg, step, now) if leg is not None else step


def _voice(request: CarrierRequest, now: datetime) -> steps.Step:
    return arriving.arrive(now=now, **_who_rings(request))


def _browser(request: CarrierRequest, now: datetime) -> steps.Step:
    params = request.params
    if params.get("test") and not params.get("leg"):
        return trying_out.begin()
    return connecting.came(
        sid=request.call_sid,
        address=params.get("From", ""),
        leg_id=params.get("leg", ""),
        now=now,
    )


def _browser_test(request: CarrierRequest, now: datetime) -> steps.Step:  # noqa: ARG001
    return trying_out.said(request.params.get("RecordingUrl", ""))


def _is_browser(request: CarrierRequest) -> bool:
    """One of our agents', and no caller."""
    return request.params.get("From", "").startswith(addresses.BROWSER)


def _who_rings(request: CarrierRequest) -> dict[str, str]:
    return {
        "sid": request.call_sid,
        "from_number": request.params.get("From", ""),
        "to_number": request.params.get("To", ""),
        "caller_name": request.params.get("CallerName", ""),
    }


def _wait(request: CarrierRequest, now: datetime) -> steps.Step:
    return queueing.wait_announcement(leg_id=_leg_id(request), now=now)


def _agent(request: CarrierRequest, now: datetime) -> steps.Step:
    is_machine = request.params.get("AnsweredBy", "").startswith(("machine", "fax"))
    return answering.answered(leg_id=_leg_id(request), is_machine=is_machine, now=now)


def _agent_key(request: CarrierRequest, now: datetime) -> steps.Step:
    digits = request.params.get("Digits", "")
    return answering.pressed(leg_id=_leg_id(request), digits=digits, now=now)


def _standby(request: CarrierRequest, now: datetime) -> steps.Step:
    return standing_by.asked(line_id=_leg_id(request), now=now)


def _standby_key(request: CarrierRequest, now: datetime) -> steps.Step:
    digits = request.params.get("Digits", "")
    return standing_by.pressed(line_id=_leg_id(request), digits=digits, now=now)


def _next(request: CarrierRequest, now: datetime) -> steps.Step:
    leg = Leg.objects.select_related("call").get(id=_leg_id(request))
    return lifecycle.next_step(leg=leg, now=now)


def _left(request: CarrierRequest, now: datetime) -> steps.Step:
    leg = Leg.objects.select_related("call").get(id=_leg_id(request))
    return lifecycle.next_step(leg=leg, now=now, on_leaving=True)


def _hold(request: CarrierRequest, now: datetime) -> steps.Step:  # noqa: ARG001
    return holding.music(leg_id=_leg_id(request))


def _announcement(request: CarrierRequest, now: datetime) -> steps.Step:  # noqa: ARG001
    return holding.message(order_id=request.order_id)


def _resume(request: CarrierRequest, now: datetime) -> steps.Step:
    if request.leg_id is not None:
        return _next(request, now)
    if _is_browser(request):
        return _browser(request, now)
    if request.params.get("Direction") == "inbound":
        # The very first request may have been the one that failed.
        return _voice(request, now)
    of_standby = standing_by.asked_by_sid(sid=request.call_sid, now=now)
    return of_standby or lifecycle.resume(sid=request.call_sid, now=now)


_ASK: dict[str, Callable[[CarrierRequest, datetime], steps.Step]] = {
    "voice": _voice,
    "browser": _browser,
    "browser-test": _browser_test,
    "wait": _wait,
    "queue-left": _left,
    "agent": _agent,
    "agent-key": _agent_key,
    "room-left": _left,
    "standby": _standby,
    "standby-key": _standby_key,
    "resume": _resume,
    "hold": _hold,
    "announcement": _announcement,
}


def _stranger(request: CarrierRequest, now: datetime) -> steps.Step:
    """A leg that we know nothing of: a caller is received like any other, a line of ours let go."""
    if _is_browser(request):
        return _browser(request, now)
    if request.params.get("Direction") == "inbound":
        return _voice(request, now)
    return steps.HangUp()


def _leg_id(request: CarrierRequest) -> UUID:
    if request.leg_id is None:
        raise Leg.DoesNotExist
    return request.leg_id
