"""What a room tells the application: one numbered series of callbacks per conference.

Only the first participant's callback settings count, for the whole life of the room.
Source: https://www.twilio.com/docs/voice/twiml/conference
"""

from __future__ import annotations

from sandbox.core.callbacks import send_news
from sandbox.core.conferences import Conference, Participant
from sandbox.core.dates import rfc2822
from sandbox.core.parameters import Params
from sandbox.core.switch import Switch

SUBSCRIPTION = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "participant-speech-start": "speaker",
    "participant-speech-stop": "speaker",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}
REASON_TEXTS = {
    "conference-ended-via-api": "Conference ended via API",
    "participant-with-end-conference-on-exit-left": "Participant with endConferenceOnExit left",
    "participant-with-end-conference-on-exit-kicked": (
        "Participant with endConferenceOnExit was removed"
    ),
    "last-participant-kicked": "Last participant was removed",
    "last-participant-left": "Last participant left",
}


def tell_room_event(
    switch: Switch,
    room: Conference,
    event: str,
    participant: Participant | None = None,
    extra: Params | None = None,
) -> None:
    """Send one event of the room if its first participant asked for the kind."""
    switch.tell("conference", room)
    target = room.callback
    if not target.url or SUBSCRIPTION[event] not in target.events:
        return
    sequence, room.next_sequence = room.next_sequence, room.next_sequence + 1
    params = [
        ("ConferenceSid", room.sid),
        ("FriendlyName", room.friendly_name),
        ("AccountSid", room.account.sid),
        ("SequenceNumber", str(sequence)),
        ("Timestamp", rfc2822(switch.now)),
        ("StatusCallbackEvent", event),
    ]
    if participant is not None:
        params += participant_params(participant)
    send_news(
        switch,
        account=room.account,
        url=target.url,
        method=target.method,
        params=params + (extra or []),
        purpose=f"conference {event}",
        call=participant.call if participant else None,
    )


def participant_params(participant: Participant) -> Params:
    """The fields by which callbacks describe a participant."""
    params = [("CallSid", participant.call.sid)]
    if participant.label:
        params.append(("ParticipantLabel", participant.label))
    flags = {
        "Muted": participant.muted,
        "Hold": participant.hold,
        "Coaching": participant.coaching,
        "StartConferenceOnEnter": participant.start_conference_on_enter,
        "EndConferenceOnExit": participant.end_conference_on_exit,
    }
    params += [(name, "true" if value else "false") for name, value in flags.items()]
    if participant.call_sid_to_coach:
        params.append(("CallSidToCoach", participant.call_sid_to_coach))
    return params


def end_params(room: Conference, ended_by: Participant | None) -> Params:
    """Who ended the room, and why."""
    reason = room.reason_conference_ended or ""
    params = [("ReasonConferenceEnded", reason), ("Reason", REASON_TEXTS.get(reason, reason))]
    if ended_by is not None:
        params.append(("CallSidEndingConference", ended_by.call.sid))
        params.append(("ParticipantLabelEndingConference", ended_by.label))
    return params
