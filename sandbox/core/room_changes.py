"""What the REST API changes in a room: hold, mute, coaching, announcements, removal, the end."""

from __future__ import annotations

from sandbox.core.calls import CallStatus
from sandbox.core.conferences import Conference, LeaveReason, Participant
from sandbox.core.errors import no_coached_participant
from sandbox.core.legs import end_leg
from sandbox.core.orders import ConferenceUpdate, ParticipantUpdate
from sandbox.core.room_news import tell_room_event
from sandbox.core.room_sounds import (
    announce_to,
    announce_to_all,
    change_wait,
    hold_with,
    refresh,
    stop_holding,
)
from sandbox.core.rooms import API_ENDED, close_room, leave
from sandbox.core.switch import Switch


def change_participant(switch: Switch, participant: Participant, update: ParticipantUpdate) -> None:
    """Apply what the update names; `EndConferenceOnExit` is silently ignored during hold."""
    _check_coach(participant, update)
    _change_mute(switch, participant, update)
    _change_hold(switch, participant, update)
    if _change_flags(participant, update):
        tell_room_event(switch, participant.conference, "participant-modify", participant)
    if update.wait is not None:
        change_wait(switch, participant, update.wait)
    if update.announce is not None and participant.joined:
        announce_to(switch, participant, update.announce)
    participant.updated_at = switch.now
    refresh(switch, participant.conference)


def change_room(switch: Switch, room: Conference, update: ConferenceUpdate) -> None:
    """End it for everybody, or play something to everybody."""
    if update.announce is not None:
        announce_to_all(switch, room, update.announce)
    if update.status == "completed":
        close_room(switch, room, API_ENDED)


def kick(switch: Switch, participant: Participant) -> None:
    """Put somebody out; the call goes on with what follows its Dial.

    Whoever is still being rung is rung no longer.
    """
    if not participant.joined:
        silently = participant.call.dialled_at is None
        end_leg(switch, participant.call, CallStatus.CANCELED, silently=silently)
        return
    reason = LeaveReason(switch.choices.kicked_reason)
    leave(switch, participant, reason, kicked=True)


def _check_coach(participant: Participant, update: ParticipantUpdate) -> None:
    coaching = participant.coaching if update.coaching is None else update.coaching
    if not coaching or (update.coaching is None and update.call_sid_to_coach is None):
        return
    target = update.call_sid_to_coach or participant.call_sid_to_coach or ""
    coached = participant.conference.participants.get(target)
    if coached is None or coached is participant:
        raise no_coached_participant()


def _change_mute(switch: Switch, participant: Participant, update: ParticipantUpdate) -> None:
    if update.muted is None or update.muted == participant.muted:
        return
    participant.muted = update.muted
    event = "participant-mute" if update.muted else "participant-unmute"
    tell_room_event(switch, participant.conference, event, participant)


def _change_hold(switch: Switch, participant: Participant, update: ParticipantUpdate) -> None:
    if update.hold is None or update.hold == participant.hold:
        if participant.hold and update.hold_document is not None:
            hold_with(switch, participant, update.hold_document)
        return
    participant.hold = update.hold
    if update.hold:
        hold_with(switch, participant, update.hold_document)
    else:
        stop_holding(participant)
    event = "participant-hold" if update.hold else "participant-unhold"
    tell_room_event(switch, participant.conference, event, participant)


def _change_flags(participant: Participant, update: ParticipantUpdate) -> bool:
    before = _flags(participant)
    if update.end_conference_on_exit is not None and not participant.hold:
        participant.end_conference_on_exit = update.end_conference_on_exit
    if update.beep_on_exit is not None:
        participant.beep = _beep_setting(
            enter=participant.beeps_on_enter, leave=update.beep_on_exit
        )
    if update.coaching is not None:
        participant.coaching = update.coaching
    if update.call_sid_to_coach is not None:
        participant.call_sid_to_coach = update.call_sid_to_coach
    return _flags(participant) != before


def _flags(participant: Participant) -> tuple[bool, str, bool, str | None]:
    return (
        participant.end_conference_on_exit,
        participant.beep,
        participant.coaching,
        participant.call_sid_to_coach,
    )


def _beep_setting(*, enter: bool, leave: bool) -> str:
    if enter and leave:
        return "true"
    if enter:
        return "onEnter"
    return "onExit" if leave else "false"
