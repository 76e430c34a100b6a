"""Orders for participants, read from a request."""

from __future__ import annotations

from sandbox.core.calls import Address
from sandbox.core.conferences import ConferenceCallback, Entrance
from sandbox.core.errors import bad_request
from sandbox.core.orders import CallOrder, ParticipantOrder, ParticipantUpdate
from sandbox.core.sids import CALL, is_sid
from sandbox.rest.asked import Asked
from sandbox.rest.call_forms import leg_order, machine_detection
from sandbox.rest.documents import address
from sandbox.rest.form import Form, invalid
from sandbox.rest.not_carried import NotCarried
from sandbox.rest.recording_forms import TRIMS, recording_callback

BEEPS = ("true", "false", "onEnter", "onExit")
RECORDS = {
    "true": "record-from-start",
    "false": "do-not-record",
    "record-from-start": "record-from-start",
    "do-not-record": "do-not-record",
}
EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
LONGEST_LABEL = 128


def participant_order(asked: Asked) -> ParticipantOrder:
    """Ring somebody into a room, from `POST /Conferences/{CF or name}/Participants.json`."""
    if (asked.form.text("To") or "").startswith("app:"):
        raise NotCarried("participants that are TwiML Apps (To=app:AP…)")
    return ParticipantOrder(_leg(asked), _entrance(asked.form))


def participant_update(form: Form) -> ParticipantUpdate:
    """What is to change about somebody in a room; what was not sent stays."""
    return ParticipantUpdate(
        muted=form.maybe_flag("Muted"),
        hold=form.maybe_flag("Hold"),
        hold_document=address(form, "HoldUrl", "HoldMethod", "GET"),
        announce=address(form, "AnnounceUrl", "AnnounceMethod"),
        wait=_wait(form),
        beep_on_exit=form.maybe_flag("BeepOnExit"),
        end_conference_on_exit=form.maybe_flag("EndConferenceOnExit"),
        coaching=_coaching(form),
        call_sid_to_coach=form.text("CallSidToCoach"),
    )


def _leg(asked: Asked) -> CallOrder:
    order = leg_order(asked)
    order.timeout = asked.form.whole("Timeout", 5, 600, 21208) or asked.carrier.config.ring_timeout
    order.caller_name = asked.form.text("CallerDisplayName")
    order.machine_detection = machine_detection(asked, "AmdStatusCallback")
    if order.machine_detection is not None:
        order.machine_detection.asynchronous = True
    return order


def _entrance(form: Form) -> Entrance:
    record = form.choice("ConferenceRecord", tuple(RECORDS)) or "false"
    return Entrance(
        muted=form.flag("Muted"),
        beep=form.choice("Beep", BEEPS) or "true",
        start_conference_on_enter=form.flag("StartConferenceOnEnter", default=True),
        end_conference_on_exit=form.flag("EndConferenceOnExit"),
        label=_label(form),
        wait=_wait(form),
        max_participants=form.whole("MaxParticipants", 2, 250) or 250,
        record=RECORDS[record],
        trim=form.choice("ConferenceTrim", TRIMS) or "trim-silence",
        coaching=_coaching(form) or False,
        call_sid_to_coach=form.text("CallSidToCoach"),
        early_media=form.flag("EarlyMedia", default=True),
        callback=_room_callback(form),
        recording_callback=recording_callback(form, "ConferenceRecordingStatusCallback"),
    )


def _room_callback(form: Form) -> ConferenceCallback:
    prefix = "ConferenceStatusCallback"
    events = form.words(f"{prefix}Event") or ["start", "end"]
    for event in events:
        if event not in EVENTS:
            raise invalid(f"{prefix}Event", event)
    return ConferenceCallback(
        url=form.url(prefix) or "",
        method=form.method(f"{prefix}Method"),
        events=frozenset(events),
    )


def _wait(form: Form) -> Address | None:
    """`WaitUrl`: an empty one means silence, a missing one the usual music."""
    if form.cleared("WaitUrl"):
        return Address()
    return address(form, "WaitUrl", "WaitMethod")


def _coaching(form: Form) -> bool | None:
    """Naming whom to coach means coaching, unless said otherwise."""
    coaching = form.maybe_flag("Coaching")
    named = form.text("CallSidToCoach") is not None
    return named or None if coaching is None else coaching


def _label(form: Form) -> str:
    label = form.text("Label") or ""
    if len(label) > LONGEST_LABEL or "/" in label or is_sid(label, CALL):
        raise bad_request(
            "Participant label invalid: at most 128 characters, no CallSid, no '/'", 16024
        )
    return label
