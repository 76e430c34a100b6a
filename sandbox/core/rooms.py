"""Conferences: people come in, wait, talk, are held, muted, coached, announced to, and go.

A room starts when two are in it and at least one of them may start it. What each hears is worked
out anew after every change. Source: https://www.twilio.com/docs/voice/twiml/conference
"""

from __future__ import annotations

from sandbox.core.accounts import Account
from sandbox.core.calls import Call, Input, Speech
from sandbox.core.conferences import (
    Conference,
    ConferenceStatus,
    Entrance,
    LeaveReason,
    Participant,
)
from sandbox.core.legs import hear, hear_moment
from sandbox.core.orders import RecordingOrder
from sandbox.core.recorder import start_recording, stop_recording
from sandbox.core.recordings import RecordingSource
from sandbox.core.room_news import end_params, tell_room_event
from sandbox.core.room_sounds import (
    load_wait,
    refresh,
    start_holding,
    start_waiting,
    stop_all_sounds,
    stop_sound,
)
from sandbox.core.sids import CONFERENCE
from sandbox.core.sounds import Beep
from sandbox.core.switch import Switch

EXIT_LEFT = "participant-with-end-conference-on-exit-left"
EXIT_KICKED = "participant-with-end-conference-on-exit-kicked"
LAST_LEFT = "last-participant-left"
LAST_KICKED = "last-participant-kicked"
API_ENDED = "conference-ended-via-api"


class NotAdmitted(Exception):
    """Somebody cannot enter a room; `code` and text are for the debugger."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def live_room(switch: Switch, account: Account, name: str) -> Conference | None:
    """The room of this name that is not over."""
    rooms = (r for r in switch.conferences.values() if r.account is account and not r.ended)
    return next((room for room in rooms if room.friendly_name == name), None)


def open_room(switch: Switch, account: Account, name: str) -> Conference:
    """The live room of this name, or a new one."""
    room = live_room(switch, account, name)
    if room is not None:
        return room
    room = Conference(
        sid=switch.sid(CONFERENCE),
        account=account,
        friendly_name=name,
        created_at=switch.now,
        updated_at=switch.now,
        next_sequence=switch.choices.conference_first_sequence,
    )
    switch.file(switch.conferences, room.sid, room, lambda each: each.ended)
    switch.tell("conference", room)
    return room


async def enter(switch: Switch, name: str, call: Call, entrance: Entrance) -> Participant:
    """A call comes in by `<Dial><Conference>`; raises NotAdmitted.

    Who would have to wait hears the wait document, and does not come in if that fails.
    """
    room = live_room(switch, call.account, name)
    check_entry(room, entrance)
    page = None
    if not would_start(room, entrance):
        page = await load_wait(switch, call, entrance.wait)
        check_entry(live_room(switch, call.account, name), entrance)
    room = open_room(switch, call.account, name)
    participant = invite(switch, room, call, entrance)
    join(switch, participant)
    if not room.started:
        start_waiting(switch, participant, page)
    return participant


def invite(switch: Switch, room: Conference, call: Call, entrance: Entrance) -> Participant:
    """Somebody is on the way; the room's callbacks are fixed by the first who is."""
    check_entry(room, entrance)
    participant = Participant(
        call=call,
        conference=room,
        created_at=switch.now,
        updated_at=switch.now,
        label=entrance.label,
        muted=entrance.muted,
        coaching=entrance.coaching,
        call_sid_to_coach=entrance.call_sid_to_coach,
        start_conference_on_enter=entrance.start_conference_on_enter,
        end_conference_on_exit=entrance.end_conference_on_exit,
        beep=entrance.beep,
        early_media=entrance.early_media,
        wait=entrance.wait,
    )
    expect(participant, entrance)
    switch.tell("conference", room)
    return participant


def expect(participant: Participant, entrance: Entrance) -> None:
    """Write somebody into the room's books; the first one written fixes its callbacks."""
    room = participant.conference
    _fix_callbacks(room, entrance)
    room.participants[participant.call.sid] = participant
    room.record = room.record or entrance.record == "record-from-start"


def join(switch: Switch, participant: Participant) -> None:
    """Somebody is in the room now."""
    room, call = participant.conference, participant.call
    participant.joined = True
    participant.updated_at = switch.now
    call.conference_sid = room.sid
    participant.listener = lambda given: _overhear(switch, participant, given)
    call.wires.listeners.append(participant.listener)
    if participant.hold:
        start_holding(switch, participant)
    starts = not room.started and _can_start(room)
    if starts and switch.choices.start_before_join:
        _start(switch, room, participant)
    tell_room_event(switch, room, "participant-join", participant)
    if starts and not switch.choices.start_before_join:
        _start(switch, room, participant)
    if room.started and participant.beeps_on_enter:
        _beep(switch, room)
    refresh(switch, room)


def leave(
    switch: Switch, participant: Participant, reason: LeaveReason, *, kicked: bool = False
) -> None:
    """Somebody is gone; with them perhaps the whole room."""
    if participant.left.done:
        return
    room = participant.conference
    was_in = _remove(switch, participant, reason)
    if room.ended:
        return
    if was_in and participant.end_conference_on_exit:
        close_room(switch, room, EXIT_KICKED if kicked else EXIT_LEFT, participant)
    elif not room.present() and (was_in or not room.participants):
        close_room(switch, room, LAST_KICKED if kicked else LAST_LEFT, participant)
    else:
        refresh(switch, room)


def close_room(
    switch: Switch, room: Conference, reason: str, ended_by: Participant | None = None
) -> None:
    """The room is over for everybody; each goes on with what follows their Dial."""
    if room.ended:
        return
    had_started = room.started
    room.status = ConferenceStatus.COMPLETED
    room.ended_at = room.updated_at = switch.now
    room.reason_conference_ended = reason
    room.call_sid_ending_conference = ended_by.call.sid if ended_by else None
    for recording in (switch.recordings.get(sid) for sid in room.recording_sids):
        if recording is not None:
            stop_recording(switch, recording)
    if room.announcement is not None:
        room.announcement.cancel("the conference has ended")
    tell_end = had_started or switch.choices.end_event_of_unstarted_room
    if tell_end and not switch.choices.leaves_before_end:
        tell_room_event(switch, room, "conference-end", None, end_params(room, ended_by))
    why = LeaveReason.API_ENDED if reason == API_ENDED else LeaveReason.MODERATOR_ENDED
    for participant in room.present():
        _remove(switch, participant, why)
    if tell_end and switch.choices.leaves_before_end:
        tell_room_event(switch, room, "conference-end", None, end_params(room, ended_by))
    switch.tell("conference", room)


def check_entry(room: Conference | None, entrance: Entrance) -> None:
    """Whether there is a place for somebody who wants to enter so; raises NotAdmitted."""
    people = list(room.participants.values()) if room else []
    if entrance.label and any(p.label == entrance.label for p in people):
        raise NotAdmitted(16025, f"label {entrance.label!r}")
    if entrance.coaching and all(p.call.sid != entrance.call_sid_to_coach for p in people):
        raise NotAdmitted(13240, f"nobody to coach: {entrance.call_sid_to_coach}")
    limit = room.max_participants if room else entrance.max_participants
    if len(people) >= limit:
        raise NotAdmitted(16020, f"the room has its {limit} participants")


def _fix_callbacks(room: Conference, entrance: Entrance) -> None:
    if room.callback_fixed:
        return
    room.callback_fixed = True
    room.callback = entrance.callback
    room.recording_callback = entrance.recording_callback
    room.max_participants = entrance.max_participants
    room.trim = entrance.trim


def would_start(room: Conference | None, entrance: Entrance) -> bool:
    if room is None:
        return False
    others = room.present()
    may_start = entrance.start_conference_on_enter or any(
        p.start_conference_on_enter for p in others
    )
    return room.started or (bool(others) and may_start)


def _can_start(room: Conference) -> bool:
    people = room.present()
    return len(people) >= 2 and any(p.start_conference_on_enter for p in people)


def _start(switch: Switch, room: Conference, trigger: Participant) -> None:
    room.status = ConferenceStatus.IN_PROGRESS
    room.started_at = room.updated_at = switch.now
    for participant in room.present():
        stop_sound(participant, "wait")
        participant.waiting_sound = ()
    tell_room_event(switch, room, "conference-start", trigger)
    if room.record and not room.recording_sids:
        record_room(switch, room)


def record_room(switch: Switch, room: Conference) -> None:
    """The whole room goes on one tape, until it ends."""
    recording = start_recording(
        switch,
        account=room.account,
        source=RecordingSource.CONFERENCE,
        order=RecordingOrder(trim=room.trim, callback=room.recording_callback),
        conference=room,
    )
    recorded_since = min(p.created_at for p in room.present())
    if switch.choices.room_recording_has_wait:
        recording.stretches[0].start = recorded_since


def _remove(switch: Switch, participant: Participant, reason: LeaveReason) -> bool:
    """Take somebody out of the books; True if they had come in."""
    room, call = participant.conference, participant.call
    was_in = participant.connected
    stop_all_sounds(participant)
    participant.left.set(reason)
    room.participants.pop(call.sid, None)
    room.updated_at = participant.updated_at = switch.now
    if participant.listener in call.wires.listeners and participant.listener is not None:
        call.wires.listeners.remove(participant.listener)
    if call.conference_sid == room.sid:
        call.conference_sid = None
    hear(switch, call)
    if was_in and participant.beeps_on_exit:
        _beep(switch, room)
    if was_in or (reason is LeaveReason.ADD_FAILED and switch.choices.failed_add_event):
        extra = [
            ("ParticipantCallStatus", call.status.value),
            ("ReasonParticipantLeft", reason.value),
        ]
        tell_room_event(switch, room, "participant-leave", participant, extra)
    return was_in


def _beep(switch: Switch, room: Conference) -> None:
    for participant in room.present():
        hear_moment(switch, participant.call, Beep())


def _overhear(switch: Switch, participant: Participant, given: Input) -> None:
    """Tell of who speaks, for those who asked to be told."""
    if not isinstance(given, Speech) or participant.muted or participant.hold:
        return
    tell_room_event(switch, participant.conference, "participant-speech-start", participant)
    switch.kernel.call_later(given.seconds, lambda: _fall_silent(switch, participant))


def _fall_silent(switch: Switch, participant: Participant) -> None:
    if not participant.left.done:
        tell_room_event(switch, participant.conference, "participant-speech-stop", participant)
