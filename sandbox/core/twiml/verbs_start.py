"""Start and Stop: things that go on in the background while the call runs its document."""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.core.orders import RecordingOrder
from sandbox.core.recorder import live_recording, start_recording, stop_recording
from sandbox.core.recordings import RecordingCallback, RecordingSource
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import Run, Step, not_yet
from sandbox.core.twiml.verbs_record import callback_of


async def start(run: Run, verb: Element) -> Step:
    """A tape starts and survives redirects; the next verb follows at once."""
    run.answer()
    for noun in verb.children:
        if noun.name == "Recording":
            _record(run, noun)
        else:
            not_yet(run, f"Start><{noun.name}")
    return None


async def stop(run: Run, verb: Element) -> Step:
    """The tape that `<Start>` began last stops; what REST or a Dial tapes runs on."""
    run.answer()
    for noun in verb.children:
        if noun.name != "Recording":
            not_yet(run, f"Stop><{noun.name}")
            continue
        recording = live_recording(run.switch, _started_by_verb(run))
        if recording is not None:
            stop_recording(run.switch, recording)
    return None


def _started_by_verb(run: Run) -> list[str]:
    tapes = run.switch.recordings
    source = RecordingSource.START_CALL_TWIML
    own = run.call.recording_sids
    return [sid for sid in own if sid in tapes and tapes[sid].source is source]


def _record(run: Run, noun: Element) -> None:
    order = RecordingOrder(
        channels=2 if noun.get("channels") == "dual" else 1,
        track=noun.get("track", "both"),
        trim=noun.get("trim", "do-not-trim"),
        callback=_callback(run, noun),
    )
    start_recording(
        run.switch,
        account=run.call.account,
        source=RecordingSource.START_CALL_TWIML,
        order=order,
        call=run.call,
    )


def _callback(run: Run, noun: Element) -> RecordingCallback:
    """Unlike elsewhere the address has to be absolute. https://www.twilio.com/docs/voice/twiml/recording"""
    given = noun.get("recordingStatusCallback")
    if given and not urlsplit(given).scheme:
        run.notify(11100, f"recordingStatusCallback {given!r} is not absolute")
        return RecordingCallback()
    return callback_of(run, noun)
