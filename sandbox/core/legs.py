"""One leg of a call: it is dialled, rings, is answered, hears things, and ends.

`drive()` runs what controls a leg: one program at a time, and after a redirect the next one. The
status only ever moves forward, and every change is told to whoever subscribed.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.core.accounts import Account
from sandbox.core.callbacks import tell_progress
from sandbox.core.calls import (
    Call,
    CallControl,
    CallStatus,
    Direction,
    Input,
    Interrupt,
    Key,
    Line,
    Program,
    Refer,
    Refusal,
    Refused,
    Speech,
    Voice,
)
from sandbox.core.kernel import Task
from sandbox.core.sids import CALL
from sandbox.core.sounds import NOTHING, Hearing, Moment, Spoken, Tones
from sandbox.core.switch import Switch

SIP_CODES: dict[Refusal, int] = {"busy": 486, "no-answer": 487, "failed": 404}
REFUSED_STATUS: dict[Refusal, CallStatus] = {
    "busy": CallStatus.BUSY,
    "no-answer": CallStatus.NO_ANSWER,
    "failed": CallStatus.FAILED,
}
KEYS = "0123456789*#ABCD"
PAUSES = {"w": 0.5, "W": 1.0}


def new_leg(
    switch: Switch,
    *,
    account: Account,
    line: Line,
    from_: str,
    to: str,
    direction: Direction,
    status: CallStatus,
    parent: Call | None = None,
) -> Call:
    """Write a new leg into the books; nothing happens on it until it is driven."""
    call = Call(
        sid=switch.sid(CALL),
        account=account,
        to=to,
        from_=from_,
        direction=direction,
        status=status,
        line=line,
        control=LegControl(switch),
        created_at=switch.now,
        updated_at=switch.now,
        parent=parent,
        history=[(switch.now, status)],
    )
    switch.file(switch.calls, call.sid, call, lambda each: each.ended)
    if parent is not None:
        parent.children.append(call)
    switch.tell("call", call)
    return call


def drive(switch: Switch, call: Call, program: Program) -> None:
    """Let `program` control the leg, and after it whatever an update orders."""
    switch.kernel.spawn(_drive(switch, call, program), f"drive {call.sid}")


async def _drive(switch: Switch, call: Call, program: Program) -> None:
    while not call.ended:
        call.program = switch.kernel.spawn(program(), f"program {call.sid}")
        await _whole(switch, call, call.program)
        if call.ended or call.wires.redirect is None:
            return
        await _until_redirect(switch, call)
        program, call.wires.redirect = call.wires.redirect, None


async def _whole(switch: Switch, call: Call, program: Task[None]) -> None:
    """Wait for the program's end. A fault of this carrier's own ends the call, and is raised."""
    try:
        await program.settled()
    except Exception:
        end_leg(switch, call, CallStatus.FAILED)
        raise


async def _until_redirect(switch: Switch, call: Call) -> None:
    due = call.wires.redirected_at + switch.timings.redirect_fetch
    await switch.kernel.sleep(due - switch.now)


def replace_program(switch: Switch, call: Call, program: Program) -> None:
    """Break off what the leg does and let `program` take over once that has unwound."""
    call.wires.redirect = program
    call.wires.redirected_at = switch.now
    if call.program is not None:
        call.program.cancel(Interrupt.REPLACED)


async def ring(switch: Switch, call: Call, seconds: float) -> bool:
    """Dial the far end and let it ring; True if it answered, otherwise the leg has ended."""
    call.dialled_at = call.started_at = switch.now
    tell_progress(switch, call, "initiated")
    gives_up = switch.now + seconds + switch.timings.ring_buffer
    await switch.kernel.sleep(switch.timings.post_dial_delay)
    refused = await _wait_for_pickup(switch, call, gives_up)
    if refused is not None:
        end_leg(switch, call, REFUSED_STATUS[refused.how], sip_code=refused.sip_code)
        return False
    answer_leg(switch, call)
    await switch.kernel.turn()
    return True


async def _wait_for_pickup(switch: Switch, call: Call, gives_up: float) -> Refused | None:
    pickup = call.wires.pickup
    call.line.offered(call)
    if not (pickup.done and pickup.result() is not None):
        set_status(switch, call, CallStatus.RINGING)
        tell_progress(switch, call, "ringing")
        if call.wires.at_ring is not None:
            call.wires.at_ring()
    timer = switch.kernel.call_at(
        gives_up, lambda: _settle_pickup(call, Refused("no-answer", SIP_CODES["no-answer"]))
    )
    try:
        return await pickup
    finally:
        timer.cancel()


def answer_leg(switch: Switch, call: Call) -> None:
    """Somebody is on the line: from now on the call is in-progress."""
    if call.answered or call.ended:
        return
    call.answered_at = switch.now
    set_status(switch, call, CallStatus.IN_PROGRESS)
    tell_progress(switch, call, "answered")
    call.line.connected(call)


def end_leg(
    switch: Switch,
    call: Call,
    status: CallStatus,
    *,
    sip_code: int | None = None,
    silently: bool = False,
) -> None:
    """The leg is over: tapes stop, callbacks leave, its program unwinds, the phone hears it."""
    if call.ended:
        return
    for hook in call.wires.at_end:
        hook()
    call.wires.at_end.clear()
    if call.wires.limit is not None:
        call.wires.limit.cancel()
    call.ended_at = switch.now
    call.sip_response_code = sip_code
    call.activity = ""
    set_status(switch, call, status)
    if not silently:
        tell_progress(switch, call, "completed")
    if call.program is not None:
        call.program.cancel(Interrupt.HUNG_UP)
    call.hearing = NOTHING
    call.line.hung_up(call)


def limit_leg(switch: Switch, call: Call, seconds: float | None) -> None:
    """Hang up after `seconds` from now, unless a later limit replaces this one."""
    if call.wires.limit is not None:
        call.wires.limit.cancel()
    if seconds is not None:
        call.wires.limit = switch.kernel.call_later(
            seconds, lambda: end_leg(switch, call, CallStatus.COMPLETED)
        )


def set_status(switch: Switch, call: Call, status: CallStatus) -> None:
    """Move to another status; a terminal one is never left."""
    if call.ended or call.status is status:
        return
    call.status = status
    call.updated_at = switch.now
    call.history.append((switch.now, status))
    switch.tell("call", call)


def set_activity(switch: Switch, call: Call, activity: str) -> None:
    """What the call is executing, for people who look on."""
    if call.activity != activity and not call.ended:
        call.activity = activity
        switch.tell("call", call)


def hear(switch: Switch, call: Call, *facts: Hearing) -> None:
    """The far end hears this from now on."""
    hearing = facts or NOTHING
    if call.hearing == hearing or call.ended:
        return
    call.hearing = hearing
    for sid in call.recording_sids:
        tape = switch.recordings.get(sid)
        if tape is not None and tape.live:
            tape.hears(switch.now, hearing)
    call.line.hears(call, hearing)
    switch.tell("hearing", call)


def hear_moment(switch: Switch, call: Call, moment: Moment) -> None:
    """The far end hears something short."""
    if not call.ended:
        call.line.heard(call, moment)
        switch.tell("moment", (call, moment))


def hearers(switch: Switch, call: Call) -> Iterator[Call]:
    """Whose far ends hear what this leg's far end says."""
    if call.wires.peer is not None:
        yield call.wires.peer
    room = switch.conferences.get(call.conference_sid or "")
    if room is not None:
        for ear, mouths in room.hears_whom().items():
            if call.sid in mouths:
                yield switch.calls[ear]


def give_input(call: Call, given: Input) -> None:
    """Hand a key, words or a REFER to whatever listens on this leg."""
    for listener in tuple(call.wires.listeners):
        listener(given)


def _settle_pickup(call: Call, outcome: Refused | None) -> None:
    if not call.ended:
        call.wires.pickup.try_set(outcome)


class LegControl(CallControl):
    """What the far end of a leg can do. Every act takes its turn behind what runs now."""

    __slots__ = ("_switch",)

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def far_end_answered(self, call: Call) -> None:
        _settle_pickup(call, None)

    def far_end_refused(self, call: Call, how: Refusal, sip_code: int | None) -> None:
        _settle_pickup(call, Refused(how, sip_code or SIP_CODES[how]))

    def far_end_hung_up(self, call: Call) -> None:
        self._switch.kernel.soon(lambda: self._hang_up(call), f"hang-up {call.sid}")

    def far_end_pressed(self, call: Call, keys: str, via: tuple[str, ...]) -> None:
        self._switch.kernel.spawn(self._press(call, keys, via), f"keys {call.sid}")

    def far_end_spoke(self, call: Call, text: str, confidence: float, via: tuple[str, ...]) -> None:
        self._switch.kernel.soon(
            lambda: self._speak(call, text, confidence, via), f"speech {call.sid}"
        )

    def far_end_sounded(self, call: Call, seconds: float) -> None:
        self._switch.kernel.soon(lambda: give_input(call, Voice(seconds)), f"voice {call.sid}")

    def far_end_referred(self, call: Call, target: str) -> None:
        self._switch.kernel.soon(lambda: give_input(call, Refer(target)), f"refer {call.sid}")

    def _hang_up(self, call: Call) -> None:
        if call.answered:
            end_leg(self._switch, call, CallStatus.COMPLETED)
        elif call.direction is Direction.INBOUND:
            end_leg(self._switch, call, CallStatus.NO_ANSWER)
        else:
            _settle_pickup(call, Refused("busy", SIP_CODES["busy"]))

    async def _press(self, call: Call, keys: str, via: tuple[str, ...]) -> None:
        for key in keys:
            if key in KEYS:
                self._press_one(call, key, via)
            await self._switch.kernel.sleep(PAUSES.get(key, self._switch.timings.tone))

    def _press_one(self, call: Call, key: str, via: tuple[str, ...]) -> None:
        if call.ended:
            return
        if not call.wires.listeners:
            call.wires.typed.append(Key(key))
        give_input(call, Key(key))
        if call.wires.peer is not None:
            hear_moment(self._switch, call.wires.peer, Tones(call.sid, key, (*via, call.sid)))

    def _speak(self, call: Call, text: str, confidence: float, via: tuple[str, ...]) -> None:
        if call.ended:
            return
        seconds = len(text) / self._switch.timings.speech_chars_per_second
        give_input(call, Speech(text, seconds, confidence))
        for ear in list(hearers(self._switch, call)):
            hear_moment(self._switch, ear, Spoken(call.sid, text, (*via, call.sid)))
        self._switch.tell("speech", (call, text))
