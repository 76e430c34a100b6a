"""Orders to record, read from a request. Three resources word them alike."""

from __future__ import annotations

from sandbox.core.orders import RecordingOrder
from sandbox.core.recordings import RecordingCallback
from sandbox.rest.form import Form, invalid

CHANNELS = {"mono": 1, "dual": 2}
TRACKS = ("inbound", "outbound", "both")
TRIMS = ("trim-silence", "do-not-trim")
EVENTS = ("in-progress", "completed", "absent")


def recording_order(form: Form, default_trim: str) -> RecordingOrder:
    channels = form.choice("RecordingChannels", tuple(CHANNELS)) or "mono"
    return RecordingOrder(
        channels=CHANNELS[channels],
        track=form.choice("RecordingTrack", TRACKS) or "both",
        trim=form.choice("Trim", TRIMS) or default_trim,
        callback=recording_callback(form, "RecordingStatusCallback"),
    )


def recording_callback(form: Form, prefix: str) -> RecordingCallback:
    """Where news of the recording goes. Events may be repeated parameters or words in one."""
    events = form.words(f"{prefix}Event") or ["completed"]
    for event in events:
        if event not in EVENTS:
            raise invalid(f"{prefix}Event", event)
    return RecordingCallback(
        url=form.url(prefix) or "",
        method=form.method(f"{prefix}Method"),
        events=tuple(dict.fromkeys(events)),
    )
