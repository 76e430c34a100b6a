"""Calls that the REST API starts: queued, rung, checked for machines, and given their document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.core.accounts import Account
from sandbox.core.amd import detect, detect_aside
from sandbox.core.calls import (
    EVENTS,
    Address,
    Call,
    CallStatus,
    Direction,
    StatusCallback,
)
from sandbox.core.conferences import Conference, Entrance, LeaveReason, Participant
from sandbox.core.errors import bad_request, no_coached_participant
from sandbox.core.kernel import Cancelled
from sandbox.core.legs import drive, end_leg, limit_leg, new_leg, ring, set_activity
from sandbox.core.lines import find_line
from sandbox.core.orders import CallOrder, ParticipantOrder
from sandbox.core.pacing import pacer_of
from sandbox.core.parameters import Params
from sandbox.core.recorder import start_recording
from sandbox.core.recordings import RecordingSource
from sandbox.core.room_sounds import load_wait, refresh, start_waiting
from sandbox.core.rooms import (
    NotAdmitted,
    check_entry,
    expect,
    invite,
    join,
    leave,
    open_room,
    would_start,
)
from sandbox.core.switch import Switch
from sandbox.core.twiml.dial_room import leave_for
from sandbox.core.twiml.run import MAIN, DocumentFailed, GoTo, call_run, run_call
from sandbox.core.twiml.verbs_speak import play_digits

AfterAnswer = Callable[[], Awaitable[None]]


def place_call(switch: Switch, account: Account, order: CallOrder) -> Call:
    """Take the order: the call is `queued` until its turn has come."""
    call = _new_call(switch, account, order)
    call.document, call.fallback = order.document, order.fallback
    if order.application is not None:
        _use_application(call, order)

    async def run_document() -> None:
        await run_call(switch, call, GoTo(call.document, _answered_by(call)))

    drive(switch, call, lambda: _program(switch, call, order, run_document))
    return call


def invite_by_phone(
    switch: Switch, account: Account, room: Conference | str, order: ParticipantOrder
) -> Participant:
    """Ring somebody who enters the room on answering."""
    conference = open_room(switch, account, room) if isinstance(room, str) else room
    entrance = order.entrance
    if entrance.coaching and entrance.call_sid_to_coach not in conference.participants:
        raise no_coached_participant()
    try:
        check_entry(conference, entrance)
    except NotAdmitted as refusal:
        raise bad_request(refusal.text, refusal.code) from refusal
    call = _new_call(switch, account, order.call)
    participant = invite(switch, conference, call, entrance)

    async def enter_room() -> None:
        await _sit_in_room(switch, participant, entrance)

    async def program() -> None:
        try:
            await _program(switch, call, order.call, enter_room)
        except Cancelled:
            _drop_invitation(switch, participant)
            raise
        _drop_invitation(switch, participant)

    call.wires.at_ring = lambda: refresh(switch, participant.conference)
    drive(switch, call, program)
    return participant


def _new_call(switch: Switch, account: Account, order: CallOrder) -> Call:
    call = new_leg(
        switch,
        account=account,
        line=find_line(switch, order.to),
        from_=order.caller_id or order.from_,
        to=order.to,
        direction=Direction.OUTBOUND_API,
        status=CallStatus.QUEUED,
    )
    call.queue_ms = round(pacer_of(switch, account).expected_wait() * 1000)
    call.caller_name = order.caller_name
    call.extra_params = dict(order.extra)
    call.status_callback = _status_callback(switch, call, order)
    number = next((n for n in switch.numbers.values() if n.phone_number == order.from_), None)
    call.phone_number_sid = number.sid if number else ""
    return call


def _status_callback(switch: Switch, call: Call, order: CallOrder) -> StatusCallback:
    """A list with a word that is no event is no list: the call is made, nobody is told of it."""
    events = order.status_callback_events or ("completed",)
    if any(event not in EVENTS for event in events):
        switch.notify(21626, account=call.account, call=call, text=repr(list(events)))
        events = ()
    return StatusCallback(order.status_callback, order.status_callback_method, frozenset(events))


def _use_application(call: Call, order: CallOrder) -> None:
    """The application's addresses stand instead of the request's."""
    application = order.application
    if application is None:
        return
    urls = application.urls
    call.document = Address(urls.voice_url, urls.voice_method)
    call.fallback = Address(urls.voice_fallback_url, urls.voice_fallback_method)
    call.status_callback = StatusCallback(urls.status_callback, urls.status_callback_method)
    call.application_sid = application.sid


async def _program(switch: Switch, call: Call, order: CallOrder, after_answer: AfterAnswer) -> None:
    await pacer_of(switch, call.account).turn(call)
    if not await ring(switch, call, order.timeout):
        return
    limit_leg(switch, call, order.time_limit or switch.config.longest_call)
    _record(switch, call, order)
    await play_digits(call_run(switch, call, MAIN), order.send_digits)
    await _detect(switch, call, order)
    await after_answer()


def _record(switch: Switch, call: Call, order: CallOrder) -> None:
    if order.recording is not None:
        call.wires.whole_recording = start_recording(
            switch,
            account=call.account,
            source=RecordingSource.OUTBOUND_API,
            order=order.recording,
            call=call,
        )


async def _detect(switch: Switch, call: Call, order: CallOrder) -> None:
    """Synchronously the answered party hears nothing until the verdict."""
    detection = order.machine_detection
    if detection is None or order.send_digits:
        return
    if detection.asynchronous:
        detect_aside(switch, call, detection)
        return
    call.wires.answered_by_in_callbacks = True
    await detect(switch, call, detection)


def _answered_by(call: Call) -> Params:
    known = call.wires.answered_by_in_callbacks and call.answered_by
    return [("AnsweredBy", call.answered_by or "")] if known else []


async def _sit_in_room(switch: Switch, participant: Participant, entrance: Entrance) -> None:
    """From answering until leaving; then the leg has nothing more to do and ends."""
    call = participant.call
    _renew_room(switch, participant, entrance)
    if participant.conference.ended or not await _come_in(switch, participant, entrance):
        end_leg(switch, call, CallStatus.COMPLETED)
        return
    try:
        await participant.left
    except Cancelled as cancelled:
        leave_for(switch, participant, cancelled.reason)
        raise
    end_leg(switch, call, CallStatus.COMPLETED)


async def _come_in(switch: Switch, participant: Participant, entrance: Entrance) -> bool:
    call, page = participant.call, None
    try:
        if not would_start(participant.conference, entrance):
            page = await load_wait(switch, call, entrance.wait)
    except DocumentFailed as failure:
        run = call_run(switch, call, MAIN)
        run.notify(failure.code, failure.text, url=failure.url)
        return False
    set_activity(switch, call, "Conference")
    join(switch, participant)
    if not participant.conference.started:
        start_waiting(switch, participant, page)
    return True


def _renew_room(switch: Switch, participant: Participant, entrance: Entrance) -> None:
    """Whoever answers after the room has ended finds a new one of the same name."""
    old = participant.conference
    if not old.ended or switch.choices.invited_after_room_ended == "hang-up":
        return
    old.participants.pop(participant.call.sid, None)
    participant.conference = open_room(switch, old.account, old.friendly_name)
    expect(participant, entrance)


def _drop_invitation(switch: Switch, participant: Participant) -> None:
    if not participant.joined:
        leave(switch, participant, LeaveReason.ADD_FAILED)
