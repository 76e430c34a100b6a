"""A supervisor's line on a call: what it does, who hears it, and the record of every minute of it.

Who hears them is what the carrier said last. Whatever comes late, fails or is in doubt leaves them
heard by fewer people, never by more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from calls import outbox, steps
from calls.models import Call, Command, HelpRequest, Leg, Watch
from calls.plans import TALKERS
from calls.plans.watching import COACHED, WATCHED
from calls.services import legs
from calls.states import LegRole, LegState, OrderState, Verb, WatchMode
from calls.timeline import name_of, note

NOTHING_TO_HEAR = "Nobody is talking on this call any more. Goodbye."
NO_KEY = "Nobody pressed a key. Goodbye."
KEY = "1"
# Marks an order that makes somebody heard by fewer, because another one did not work.
SAFETY = "safety"
_STRICTNESS = {WatchMode.BARGE: 0, WatchMode.WHISPER: 1, WatchMode.LISTEN: 2}
_FAILED = (OrderState.REFUSED, OrderState.UNKNOWN, OrderState.GAVE_UP, OrderState.DROPPED)


# What the line does -------------------------------------------------------------------------------


@transaction.atomic
def answered(*, leg_id: UUID, now: datetime) -> steps.Step:
    """The supervisor's phone was answered: it joins, or asks for a key."""
    call, leg = _locked(leg_id)
    legs.advance(leg=leg, state=LegState.IN_PROGRESS, sequence=None, now=now)
    return next_step(leg, call)


@transaction.atomic
def pressed(*, leg_id: UUID, digits: str, now: datetime) -> steps.Step:
    """A key was pressed, or none: then nobody is there."""
    call, leg = _locked(leg_id)
    if not leg.is_live or not digits.startswith(KEY):
        return steps.Say(text=NO_KEY)
    leg.accepted_at = leg.accepted_at or now
    leg.save(update_fields=["accepted_at"])
    return next_step(leg, call)


def next_step(leg: Leg, call: Call) -> steps.Step:
    """What the line should be doing now; changes nothing."""
    if not leg.is_live or call.state not in WATCHED:
        return steps.Say(text=NOTHING_TO_HEAR)
    if leg.confirm_by_key and leg.accepted_at is None and leg.joined_at is None:
        text = "A call for you to listen to. Press 1 to join."
        return steps.AskForKey(leg_id=leg.id, text=text)
    return _join(leg, call)


def _join(leg: Leg, call: Call) -> steps.JoinRoom:
    """Into the room in the mode that was asked for; whoever comes back just listens."""
    asked = _asked(leg)
    wanted = _wanted(leg, asked)
    coached = _coached(call, asked.get("coach_leg") or None)
    if wanted is WatchMode.WHISPER and (coached is None or _is_another(coached, asked)):
        wanted = WatchMode.LISTEN
    coach = coached.sid if coached and wanted is not WatchMode.BARGE else None
    return steps.JoinRoom(
        leg_id=leg.id,
        call_id=call.id,
        room=call.room,
        muted=wanted is WatchMode.LISTEN,
        coach_sid=coach or "",
    )


def _wanted(leg: Leg, asked: dict[str, Any]) -> WatchMode:
    if leg.joined_at is not None:
        return WatchMode.LISTEN
    return WatchMode(asked.get("mode", WatchMode.LISTEN))


def _asked(leg: Leg) -> dict[str, Any]:
    """What the line was rung for."""
    order = Command.objects.filter(leg=leg, verb=Verb.DIAL).only("params").first()
    return order.params if order else {}


def _coached(call: Call, wanted: str | None) -> Leg | None:
    """The agent's line to whisper to, were one to whisper: the one asked for, if it is there."""
    there = [
        leg
        for role in COACHED
        for leg in legs.here(call)
        if leg.role == role and leg.in_room and leg.sid
    ]
    chosen = [leg for leg in there if str(leg.id) == wanted]
    return next(iter(chosen + there), None)


def _is_another(coached: Leg, asked: dict[str, Any]) -> bool:
    return bool(asked.get("coach_leg")) and str(coached.id) != asked["coach_leg"]


def why_not_dial(call: Call) -> str:
    """Why the line need not be rung any more; empty where it does."""
    return "" if call.state in WATCHED else "nobody is talking any more"


# Who hears them -----------------------------------------------------------------------------------


def came_in(call: Call, leg: Leg, now: datetime) -> None:
    """The supervisor's line is in the room, and hears. The call is locked."""
    if call.state not in WATCHED:
        legs.order_hang_up(leg, "nobody is talking any more", now)
    if not leg.is_private:
        _answer_help(call, leg, now)


def found(call: Call, leg: Leg, now: datetime) -> None:
    """The line was found in the room, and nothing says who hears it: what it was rung for."""
    if leg.in_room and not Watch.objects.filter(leg=leg, ended_at__isnull=True).exists():
        came_back = Watch.objects.filter(leg=leg).exists()
        mode = WatchMode.LISTEN if came_back else WatchMode(_asked(leg).get("mode", "listen"))
        since = now if came_back else leg.answered_at or now
        _begin(call, leg, mode, at=min(since, now), now=now)


def treated(
    call: Call,
    leg: Leg,
    *,
    muted: bool,
    coaching: bool,
    coached: Leg | None,
    at: datetime,
    now: datetime,
) -> None:
    """The carrier says who hears the supervisor, `at` by its clock. The call is locked."""
    if not leg.is_live or not leg.in_room:
        return
    mode = WatchMode.LISTEN if muted else WatchMode.WHISPER if coaching else WatchMode.BARGE
    _begin(call, leg, mode, at=min(at, now), now=now, coached=coached)
    if mode is not WatchMode.LISTEN and leg.is_private:
        # Whoever is heard is shown.
        leg.is_private = False
        leg.save(update_fields=["is_private"])
    if mode is WatchMode.WHISPER and (coached is None or not coached.in_room):
        _make_quiet(leg, "who they whispered to is gone", now)


def company_changed(here: Iterable[Leg], now: datetime) -> None:
    """Somebody came or went: a supervisor does not stay alone, nor whisper to nobody.

    The call is locked, and `here` are its legs that are not over.
    """
    inside = {leg.pk: leg for leg in here if leg.is_live and leg.in_room}
    watching = [leg for leg in inside.values() if leg.role == LegRole.SUPERVISOR]
    if not watching:
        return
    someone_talks = any(leg.role in TALKERS for leg in inside.values())
    for leg in watching:
        if not someone_talks:
            legs.order_hang_up(leg, "nobody is left to listen to", now)
        elif leg.whispers_to_id and leg.whispers_to_id not in inside and not leg.muted:
            _make_quiet(leg, "who they whispered to is gone", now)


def let_go(call: Call, reason: str, now: datetime) -> None:
    """The conversation is over, and with it whatever there was to hear. The call is locked."""
    for leg in Leg.objects.live().filter(call=call, role=LegRole.SUPERVISOR):
        legs.order_hang_up(leg, reason, now)


# The record ---------------------------------------------------------------------------------------


def _begin(
    call: Call,
    leg: Leg,
    mode: WatchMode,
    *,
    at: datetime,
    now: datetime,
    coached: Leg | None = None,
) -> None:
    """A stretch in this mode begins, and the one before ends; the same mode again is no other.

    The carrier tells whole seconds, and one change of ours in two pieces of news: of what was true
    in one second, that counts in which they were heard by more.
    """
    stretch = Watch.objects.filter(leg=leg, ended_at__isnull=True).first()
    if stretch is not None and stretch.mode == mode:
        return
    if stretch is None:
        _write(call, leg, mode, at)
    elif stretch.began_at == at and _STRICTNESS[mode] < _STRICTNESS[WatchMode(stretch.mode)]:
        stretch.mode, stretch.is_private = mode, False
        stretch.save(update_fields=["mode", "is_private"])
    else:
        _end(leg, at)
        _write(call, leg, mode, max(at, stretch.began_at))
    text = f"{name_of(leg.user)} {_doing(mode, coached)}"
    note(call=call, kind="monitoring", text=text, now=now, leg=leg, user=leg.user)


def _write(call: Call, leg: Leg, mode: WatchMode, began: datetime) -> Watch | None:
    if leg.user_id is None:
        return None
    return Watch.objects.create(
        call=call,
        leg=leg,
        user_id=leg.user_id,
        mode=mode,
        is_private=leg.is_private and mode is WatchMode.LISTEN,
        began_at=began,
    )


def _doing(mode: WatchMode, coached: Leg | None) -> str:
    if mode is WatchMode.LISTEN:
        return "listens"
    if mode is WatchMode.BARGE:
        return "is heard by everybody"
    return f"whispers to {name_of(coached.user) if coached else 'the agent'}"


def _end(leg: Leg, now: datetime) -> None:
    still = Watch.objects.filter(leg=leg, ended_at__isnull=True)
    still.update(ended_at=Greatest(F("began_at"), Value(now)))


def went_out(leg: Leg, now: datetime) -> None:
    """The supervisor's line is out of the room, or over: they hear nothing any more."""
    _end(leg, now)


def was_there(call: Call, leg: Leg, now: datetime) -> None:
    """Only late news tells that the line had been in the room: it is on record all the same."""
    if leg.joined_at is None or Watch.objects.filter(leg=leg).exists():
        return
    began = min(leg.joined_at, leg.answered_at or leg.joined_at)
    missed = _write(call, leg, WatchMode(_asked(leg).get("mode", "listen")), began)
    if missed is not None and not leg.in_room:
        missed.ended_at = leg.ended_at or leg.left_room_at or now
        missed.save(update_fields=["ended_at"])


def _answer_help(call: Call, leg: Leg, now: datetime) -> None:
    asked = HelpRequest.objects.filter(call=call, ended_at__isnull=True)
    if asked.update(answered_by=leg.user_id, ended_at=now):
        text = f"{name_of(leg.user)} has come to help"
        note(call=call, kind="help", text=text, now=now, leg=leg, user=leg.user)


def end_help_of(leg: Leg, now: datetime) -> None:
    """An agent's line is over: they need no help on this call any more."""
    HelpRequest.objects.filter(
        call_id=leg.call_id, asked_by=leg.user_id, ended_at__isnull=True
    ).update(ended_at=now)


# What came of an order ----------------------------------------------------------------------------


def why_not_coach(order: Command, leg: Leg, here: Sequence[Leg]) -> str:
    """Why who hears them is not to be changed any more; empty where it is."""
    if not leg.in_room:
        return "not in the room any more"
    inside = [other for other in here if other.in_room and other.pk != leg.pk]
    agents = [other for other in inside if other.role == LegRole.AGENT]
    if leg.role == LegRole.AGENT and not agents:
        return "they are the call's agent now"
    coached = order.params.get("coach_leg")
    if order.params.get("coaching") and coached not in {str(other.id) for other in inside}:
        return "who they would whisper to is not in the room"
    return ""


def coach_settled(call: Call, order: Command, state: OrderState, now: datetime) -> None:
    """Taking over takes hold; or what did not work leaves them heard by fewer. The call is
    locked."""
    leg = order.leg
    if state == OrderState.DONE:
        becomes = order.params.get("becomes")
        if becomes is not None and becomes != leg.role:
            _become(call, leg, LegRole(becomes), now)
    elif state in _FAILED and leg.is_live and leg.in_room and leg.role == LegRole.SUPERVISOR:
        _fall_back(order, now)


def _become(call: Call, leg: Leg, role: LegRole, now: datetime) -> None:
    """From now on the supervisor is the call's agent; or is the supervisor again."""
    leg.role = role
    leg.is_private = False
    leg.save(update_fields=["role", "is_private"])
    name = name_of(leg.user)
    if role == LegRole.AGENT:
        _end(leg, now)
        text = f"{name} is the agent of this call now"
    else:
        mode = WatchMode.LISTEN if leg.muted else WatchMode.BARGE
        _begin(call, leg, mode, at=now, now=now)
        text = f"{name} is a supervisor on this call again"
    note(call=call, kind="took-over", text=text, now=now, leg=leg, user=leg.user)


def _fall_back(order: Command, now: datetime) -> None:
    wanted = WatchMode(order.params.get("mode", WatchMode.LISTEN))
    was = WatchMode(order.params.get("was", wanted))
    why = f"did not work: {order.reason}"
    if order.params.get(SAFETY) and wanted is WatchMode.LISTEN:
        legs.order_hang_up(order.leg, "could not be made silent", now)
    elif order.params.get(SAFETY) or _STRICTNESS[wanted] > _STRICTNESS[was]:
        _make_quiet(order.leg, why, now)
    elif _STRICTNESS[wanted] < _STRICTNESS[was]:
        _back_to(was, order, why, now)


def _back_to(was: WatchMode, order: Command, why: str, now: datetime) -> None:
    """The carrier may have done it although it did not say so: who heard them before is asked for
    once more."""
    before = order.params.get("before") or {}
    if was is WatchMode.WHISPER and before.get("coaching"):
        params = {name: value for name, value in before.items() if name != "becomes"}
        _coach(order.leg, params | {SAFETY: True}, why, now)
    else:
        _make_quiet(order.leg, why, now)


def _make_quiet(leg: Leg, why: str, now: datetime) -> None:
    """Heard by nobody, whatever else is true of them."""
    pending = Command.objects.filter(leg=leg, verb=Verb.COACH, state=OrderState.PENDING)
    if not pending.filter(**{f"params__{SAFETY}": True, "params__muted": True}).exists():
        params = {"muted": True, "mode": "listen", "was": "listen", SAFETY: True}
        _coach(leg, params, why, now)


def _coach(leg: Leg, params: dict[str, Any], why: str, now: datetime) -> None:
    outbox.put(leg=leg, verb=Verb.COACH, reason=why[:200], now=now, params=params)


def _locked(leg_id: UUID) -> tuple[Call, Leg]:
    call = legs.lock_call_of(leg_id)
    leg = Leg.objects.select_related("user").get(pk=leg_id)
    leg.call = call
    return call, leg
