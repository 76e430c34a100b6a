"""A leg kept open between calls: asked what to do, heard of, lost, rung again.

What it does at any moment is read off what is true: part of a call it does what the leg of that
call should be doing; otherwise it waits in silence. So an order that moves it only says "ask", and
one that comes late does no harm.

Locks: the call (where the leg is lent), then the standby, then its legs.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from calls import steps, timers
from calls.carrier import addresses
from calls.models import Leg, Standby, StandbyLeg
from calls.services import answering, keeping_open, legs, lending, lifecycle, music
from calls.states import LEG_OVER, LegState, Verb, leg_may_become

# A lost line is rung again after these seconds; when they are used up, it is not any more.
PAUSES = (2, 10, 30, 60)
# Lost so soon after it was there, it was put down by somebody who does not want it.
STEADY = timedelta(seconds=60)
# Somebody talks on the phone that would be rung.
ENGAGED = timedelta(seconds=10)
# A talk is not to be cut: the longest that the carrier can be asked for. An account may end each
# call after four hours all the same; before that the line is rung anew, while it is idle.
# https://www.twilio.com/en-us/blog/introducing-configurable-call-limits-for-programmable-voice
LONGEST = timedelta(hours=24)
RENEWED_AFTER = timedelta(hours=3, minutes=30)
DECLINED_SIP = 603
KEEP_KEY = "1"
# The ring timer of the offer, or of the transfer, is the shorter one.
KEY_SECONDS = 60

PROMPT = "Your standby line. Press 1 to keep it open, or 2 to decline."
READY = "You are on standby. A beep brings the next call."
A_CALL = "A call."  # where no sound can be played
NOT_KEPT = "All right. Standby is over."


# What the line does -------------------------------------------------------------------------------


@transaction.atomic
def asked(*, line_id: UUID, now: datetime) -> steps.Step:
    """What the leg should be doing now. Raises StandbyLeg.DoesNotExist."""
    leg = lending.lent(line_id)
    if leg is None:
        return _between_calls(line_id, now)
    call = legs.lock_call(leg.call_id)
    legs.reread(leg, call)
    if not leg.is_live:
        return _between_calls(line_id, now)
    if legs.is_ordered(leg, Verb.HANG_UP):
        return give_back(leg, now)
    step = rather_than_end(leg, answering.answered(leg_id=leg.pk, now=now), now)
    if isinstance(step, steps.AskForKey):
        return replace(step, sound_url=music.beep(), timeout_seconds=KEY_SECONDS)
    if isinstance(step, steps.JoinRoom) and leg.joined_at is None:
        sound = music.beep()
        return replace(step, sound_url=sound, announcement="" if sound else A_CALL)
    return step


def asked_by_sid(*, sid: str, now: datetime) -> steps.Step | None:
    """The same where only the carrier's name for it is known; None for any other leg."""
    line = StandbyLeg.objects.filter(sid=sid).first()
    return None if line is None else asked(line_id=line.pk, now=now)


def rather_than_end(leg: Leg, step: steps.Step, now: datetime) -> steps.Step:
    """A leg that is lent is not ended by what it is told, but goes back."""
    if leg.standby_id is None or not isinstance(step, steps.Say | steps.HangUp):
        return step
    return give_back(leg, now, said=step.text if isinstance(step, steps.Say) else "")


def returned(leg: Leg, now: datetime) -> None:
    """The carrier has moved it out of the call, which is over for it. The call is locked.

    What is not to be kept open any longer is ended before anybody can be offered to it.
    """
    lifecycle.leg_progress(leg=leg, state=LegState.COMPLETED, sequence=None, now=now)
    if leg.standby_id is not None:
        standby, line = keeping_open.locked(leg.standby_id)
        if line.is_live and (standby.ended_at is not None or _is_old(line, now)):
            keeping_open.let_go(line, now)


def _is_old(line: StandbyLeg, now: datetime) -> bool:
    return line.answered_at is not None and now - line.answered_at > RENEWED_AFTER


@transaction.atomic
def give_back(leg: Leg, now: datetime, said: str = "") -> steps.Step:
    """It is part of the call no longer: what it does from here on."""
    if leg.standby_id is None:
        raise ValueError("only a leg that is lent can be given back")
    if leg.is_live:
        returned(leg, now)
    if lending.lent(leg.standby_id) is not None:
        # Part of the next call already; what it does there, its order makes it ask.
        return steps.StandBy(line_id=leg.standby_id)
    return _between_calls(leg.standby_id, now, said.replace(" Goodbye.", ""))


def _between_calls(line_id: UUID, now: datetime, said: str = "") -> steps.Step:
    standby, line = keeping_open.locked(line_id)
    _advance(line, LegState.IN_PROGRESS, now)
    if not line.is_live or line.let_go_at is not None or standby.ended_at is not None:
        return steps.HangUp()
    if line.ready_at is not None:
        return steps.StandBy(line_id=line.pk, text=said)
    if standby.confirm_by_key:
        return steps.AskForKey(leg_id=line.pk, text=PROMPT, for_standby=True)
    return _ready(standby, line, now)


@transaction.atomic
def pressed(*, line_id: UUID, digits: str, now: datetime) -> steps.Step:
    """Whoever answered wants the line kept open, or does not; or nobody is there.

    Raises StandbyLeg.DoesNotExist.
    """
    standby, line = keeping_open.locked(line_id)
    if not line.is_live or line.ready_at is not None or standby.ended_at is not None:
        return _between_calls(line_id, now)
    _advance(line, LegState.IN_PROGRESS, now)
    if digits.startswith(KEEP_KEY):
        return _ready(standby, line, now)
    keeping_open.over(
        standby, "declined on the phone" if digits else "answered, but no key was pressed", now
    )
    return steps.Say(text=NOT_KEPT)


def _ready(standby: Standby, line: StandbyLeg, now: datetime) -> steps.Step:
    line.ready_at = now
    line.save(update_fields=["ready_at"])
    keeping_open.tell(standby)
    return steps.StandBy(line_id=line.pk, text=READY)


# What is heard of it ------------------------------------------------------------------------------


@transaction.atomic
def heard(
    *,
    line_id: UUID,
    state: LegState,
    now: datetime,
    sip_code: int | None = None,
    sid: str = "",
) -> bool:
    """The carrier says that the line is `state`; False for old news.

    Whatever call it is part of loses it with it. Raises StandbyLeg.DoesNotExist.
    """
    leg = lending.lent(line_id)
    if leg is not None:
        legs.lock_call(leg.call_id)
    standby, line = keeping_open.locked(line_id)
    if sid and line.sid is None:
        line.sid = sid
        line.save(update_fields=["sid"])
    moved = _advance(line, state, now, sip_code)
    if state in LEG_OVER and leg is not None:
        lifecycle.leg_progress(leg=leg, state=state, sequence=None, now=now, sip_code=sip_code)
    if moved and state in LEG_OVER:
        _line_over(standby, line, now)
    elif state not in LEG_OVER and _should_be_over(standby, line):
        keeping_open.let_go(line, now)
    return moved


def leg_is(
    leg: Leg,
    state: LegState,
    *,
    sequence: int | None,
    now: datetime,
    sip_code: int | None = None,
) -> bool:
    """News of any leg of a call; the end of one that is lent is the end of what it is lent from."""
    if leg.standby_id is not None and state in LEG_OVER:
        return heard(line_id=leg.standby_id, state=state, now=now, sip_code=sip_code)
    return lifecycle.leg_progress(
        leg=leg, state=state, sequence=sequence, now=now, sip_code=sip_code
    )


def _should_be_over(standby: Standby, line: StandbyLeg) -> bool:
    """It was given up, or is not wanted any more, and turns out to be on the line."""
    unwanted = standby.ended_at is not None and lending.lent(line.pk) is None
    return line.given_up or line.let_go_at is not None or unwanted


def _advance(line: StandbyLeg, state: LegState, now: datetime, sip_code: int | None = None) -> bool:
    """A leg only moves forward, and what is over stays over."""
    if not leg_may_become(now=LegState(line.state), then=state):
        return False
    line.state, line.sip_code = state, line.sip_code or sip_code
    if state == LegState.IN_PROGRESS:
        line.answered_at = line.answered_at or now
    if state in LEG_OVER:
        line.ended_at = now
    line.save()
    return True


def _line_over(standby: Standby, line: StandbyLeg, now: datetime) -> None:
    """Rung again, unless somebody ended it."""
    if standby.ended_at is None:
        why = _why_not_again(standby, line, now)
        if why:
            keeping_open.over(standby, why, now)
        elif line.let_go_at is not None:
            keeping_open.ring(standby, now)
        else:
            _try_again(standby, now)
    keeping_open.tell(standby)


def _why_not_again(standby: Standby, line: StandbyLeg, now: datetime) -> str:
    """Why the person does not want it; empty where it was lost, or never reached them."""
    if _is_on_a_break(standby):
        return keeping_open.ON_A_BREAK
    if line.let_go_at is not None:
        return ""
    if line.sip_code == DECLINED_SIP:
        return "declined on the phone"
    if line.ready_at is None:
        return "hung up instead of pressing a key" if line.answered_at else ""
    if now - line.ready_at >= STEADY:
        standby.tries = 0
        return ""
    # Nobody puts down a browser: its page was loaded again.
    is_phone = not standby.address.startswith(addresses.BROWSER)
    put_down = is_phone and line.state == LegState.COMPLETED
    return "the phone was put down" if put_down else ""


def _is_on_a_break(standby: Standby) -> bool:
    return bool(import_string(settings.ON_A_BREAK)(standby.user_id))


def _try_again(standby: Standby, now: datetime) -> None:
    if standby.tries >= len(PAUSES):
        keeping_open.over(standby, "the line could not be kept open", now)
        return
    standby.next_try_at = now + timedelta(seconds=PAUSES[standby.tries])
    standby.tries += 1
    standby.save(update_fields=["next_try_at", "tries"])
    timers.standby_due(standby_id=standby.pk, at=standby.next_try_at)


@transaction.atomic
def due(*, standby_id: int, now: datetime) -> None:
    """A lost line is rung again, unless the phone is in use: then a little later."""
    standby = keeping_open.lock(standby_id)
    if standby.ended_at is not None or standby.next_try_at is None or now < standby.next_try_at:
        return
    if keeping_open.is_engaged(standby.user_id):
        standby.next_try_at = now + ENGAGED
        standby.save(update_fields=["next_try_at"])
        timers.standby_due(standby_id=standby.pk, at=standby.next_try_at)
    else:
        keeping_open.ring(standby, now)


@transaction.atomic
def renew(*, line_id: UUID, now: datetime) -> bool:
    """Ended while nobody talks on it, and rung anew, before the carrier ends it in mid-call."""
    standby, line = keeping_open.locked(line_id)
    if not line.is_live or lending.lent(line_id) is not None or standby.ended_at is not None:
        return False
    if _is_on_a_break(standby):
        return False
    keeping_open.let_go(line, now)
    return True


@transaction.atomic
def drop(*, line_id: UUID, now: datetime) -> None:
    """It does not do what it is told: it is ended, and rung anew."""
    _, line = keeping_open.locked(line_id)
    if line.is_live:
        keeping_open.let_go(line, now)


@transaction.atomic
def let_go_stray(*, line_id: UUID, now: datetime) -> None:
    """The carrier has it on the line, and we call it over."""
    _, line = keeping_open.locked(line_id)
    if not line.is_live:
        line.given_up = True
        line.save(update_fields=["given_up"])
        keeping_open.let_go(line, now)


@transaction.atomic
def lost(*, standby_id: int, now: datetime) -> None:
    """There is no line, and nothing that would ring one."""
    standby = keeping_open.lock(standby_id)
    live_line = StandbyLeg.objects.live().filter(standby=standby).exists()
    if standby.ended_at is not None or standby.next_try_at is not None or live_line:
        return
    if _is_on_a_break(standby):
        keeping_open.over(standby, keeping_open.ON_A_BREAK, now)
    else:
        _try_again(standby, now)
        keeping_open.tell(standby)
