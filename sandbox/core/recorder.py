"""The tape machine: recordings start, pause, stop, and are reported when they are ready."""

from __future__ import annotations

from sandbox.core.accounts import Account
from sandbox.core.callbacks import send_news
from sandbox.core.calls import Call
from sandbox.core.conferences import Conference
from sandbox.core.dates import rfc2822
from sandbox.core.orders import RecordingOrder, RecordingUpdate
from sandbox.core.parameters import Params
from sandbox.core.recordings import Recording, RecordingSource, RecordingStatus, Stretch
from sandbox.core.sids import RECORDING
from sandbox.core.switch import Switch


def start_recording(
    switch: Switch,
    *,
    account: Account,
    source: RecordingSource,
    order: RecordingOrder,
    call: Call | None = None,
    conference: Conference | None = None,
) -> Recording:
    """The tape runs from now on. A call's tape stops when the call ends."""
    recording = Recording(
        sid=switch.sid(RECORDING),
        account=account,
        source=source,
        call_sid=call.sid if call else None,
        conference_sid=conference.sid if conference else None,
        created_at=switch.now,
        updated_at=switch.now,
        channels=order.channels,
        track=order.track,
        trim=order.trim,
        callback=order.callback,
        started_at=switch.now,
        stretches=[Stretch(switch.now)],
        own_voice_first=switch.choices.dual_parent_first,
    )
    switch.file(switch.recordings, recording.sid, recording, lambda each: not each.live)
    if call is not None:
        recording.hears(switch.now, call.hearing)
        call.recording_sids.append(recording.sid)
        call.wires.at_end.append(lambda: stop_recording(switch, recording))
    if conference is not None:
        conference.recording_sids.append(recording.sid)
    _report(switch, recording, "in-progress")
    switch.tell("recording", recording)
    return recording


def stop_recording(switch: Switch, recording: Recording, *, at: float | None = None) -> None:
    """The tape stops, at `at` if its end was cut off as silence; the file is ready a bit later."""
    if not recording.live:
        return
    _close_stretch(recording, switch.now if at is None else at)
    length = 0.0 if recording.void else recording.seconds(switch.now)
    recording.kept_seconds = length
    recording.duration = round(length)
    _set(switch, recording, RecordingStatus.PROCESSING)
    delay = switch.timings.recording_processing
    switch.kernel.call_later(delay, lambda: _finish(switch, recording))


def change_recording(switch: Switch, recording: Recording, update: RecordingUpdate) -> None:
    """Pause, resume or stop. Asking for what already is so changes nothing."""
    if update.status == "stopped":
        stop_recording(switch, recording)
    elif update.status == "paused" and recording.status is RecordingStatus.IN_PROGRESS:
        _close_stretch(recording, switch.now)
        if update.pause_behavior == "silence":
            recording.stretches.append(Stretch(switch.now, silent=True))
        _set(switch, recording, RecordingStatus.PAUSED)
    elif update.status == "in-progress" and recording.status is RecordingStatus.PAUSED:
        _close_stretch(recording, switch.now)
        recording.stretches.append(Stretch(switch.now))
        _set(switch, recording, RecordingStatus.IN_PROGRESS)


def live_recording(switch: Switch, sids: list[str]) -> Recording | None:
    """Of these, the one that was started last and still runs or is paused."""
    recordings = (switch.recordings[sid] for sid in reversed(sids) if sid in switch.recordings)
    return next((each for each in recordings if each.live), None)


def _finish(switch: Switch, recording: Recording) -> None:
    if recording.status is not RecordingStatus.PROCESSING:
        return
    absent = recording.kept_seconds <= 0
    _set(switch, recording, RecordingStatus.ABSENT if absent else RecordingStatus.COMPLETED)
    _report(switch, recording, recording.status.value)


def _close_stretch(recording: Recording, moment: float) -> None:
    last = recording.stretches[-1] if recording.stretches else None
    if last is not None and last.end is None:
        last.end = max(last.start, moment)


def _set(switch: Switch, recording: Recording, status: RecordingStatus) -> None:
    recording.status = status
    recording.updated_at = switch.now
    switch.tell("recording", recording)


def _report(switch: Switch, recording: Recording, event: str) -> None:
    target = recording.callback
    if not target.url or event not in target.events:
        return
    send_news(
        switch,
        account=recording.account,
        url=target.url,
        method=target.method,
        params=_report_params(switch, recording, event),
        purpose=f"recording {event}",
        call=switch.calls.get(recording.call_sid or ""),
    )


def _report_params(switch: Switch, recording: Recording, event: str) -> Params:
    maybe = {
        "AccountSid": recording.account.sid,
        "CallSid": recording.call_sid,
        "ConferenceSid": recording.conference_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording.url(switch.config.base_url),
        "RecordingStatus": event,
        "RecordingDuration": None if event == "in-progress" else str(recording.duration or 0),
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": rfc2822(recording.started_at or recording.created_at),
        "RecordingSource": recording.source.value,
        "RecordingTrack": recording.track,
    }
    return [(name, value) for name, value in maybe.items() if value is not None]
