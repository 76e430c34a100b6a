"""Record: a caller leaves a message. Source: https://www.twilio.com/docs/voice/twiml/record"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.core.callbacks import recording_params
from sandbox.core.calls import Input, Interrupt, Key, Speech, Voice
from sandbox.core.kernel import Cancelled, Mailbox, Timer
from sandbox.core.legs import hear_moment
from sandbox.core.orders import RecordingOrder
from sandbox.core.parameters import Params
from sandbox.core.recorder import start_recording, stop_recording
from sandbox.core.recordings import Recording, RecordingCallback, RecordingSource
from sandbox.core.sounds import Beep
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import GoTo, Run, Step, not_yet, request

TRANSCRIBED_LENGTH = 120
LONGEST = 3600


@dataclass(slots=True, frozen=True)
class Enough:
    """The silence or the message has been long enough; `grant` tells old clocks from new."""

    grant: int


Event = Input | Enough
FINAL = 0


def recording_callback(verb: Element, url: str) -> RecordingCallback:
    """Where `recordingStatusCallback` and its method and events send news."""
    events = verb.words("recordingStatusCallbackEvent", "completed")
    return RecordingCallback(url, verb.method("recordingStatusCallbackMethod"), events)


def callback_of(run: Run, verb: Element) -> RecordingCallback:
    given = verb.get("recordingStatusCallback")
    return recording_callback(verb, run.resolve(given) if given else "")


async def record(run: Run, verb: Element) -> Step:
    """A beep, then the tape runs until a key, a silence, or the longest time allowed."""
    run.answer()
    action = run.address(verb)
    if verb.flag("transcribe"):
        not_yet(run, "Record transcribe")
    await _beep(run, verb)
    tape = _Tape(run, verb, _start(run, verb))
    run.call.wires.at_end.insert(0, tape.stop)
    try:
        await tape.listen()
    except Cancelled as cancelled:
        tape.stop()
        if _still_told(run, cancelled.reason):
            await request(run, GoTo(action, tape.results("hangup")))
        raise
    tape.stop()
    if not tape.heard and run.switch.choices.record_without_sound == "fall-through":
        return None
    return GoTo(action, tape.results(tape.key))


def _still_told(run: Run, reason: object) -> bool:
    if reason is Interrupt.HUNG_UP:
        return True
    return run.switch.choices.redirect_runs_record_action


async def _beep(run: Run, verb: Element) -> None:
    if verb.flag("playBeep", default=True):
        hear_moment(run.switch, run.call, Beep())
        await run.switch.kernel.sleep(run.switch.timings.beep)


def _start(run: Run, verb: Element) -> Recording:
    order = RecordingOrder(
        trim=verb.get("trim", "trim-silence"), track="inbound", callback=callback_of(run, verb)
    )
    return start_recording(
        run.switch,
        account=run.call.account,
        source=RecordingSource.RECORD_VERB,
        order=order,
        call=run.call,
    )


@dataclass(slots=True)
class _Tape:
    """The message so far."""

    run: Run
    verb: Element
    recording: Recording
    events: Mailbox[Event] = field(default_factory=Mailbox)
    heard: bool = False
    key: str = ""
    silent_since: float = 0.0
    grants: int = 0
    clocks: list[Timer] = field(default_factory=list)

    async def listen(self) -> None:
        """Until the message is over."""
        listeners = self.run.call.wires.listeners
        listeners.append(self.events.put)
        self._expect_end()
        self._expect_speech(self.run.switch.now)
        try:
            while not self._ends(await self.events.get()):
                continue
        finally:
            listeners.remove(self.events.put)
            for clock in self.clocks:
                clock.cancel()

    def stop(self) -> None:
        """Silence at the end is cut off, and a message of nothing but silence is none."""
        trimmed = self.recording.trim == "trim-silence"
        if trimmed and not self.heard:
            self.recording.void = True
        end = min(self.silent_since, self.run.switch.now) if trimmed else None
        stop_recording(self.run.switch, self.recording, at=end)

    def results(self, digits: str) -> Params:
        params = recording_params(self.run.switch, self.recording)
        return params + ([("Digits", digits)] if digits else [])

    def _ends(self, event: Event) -> bool:
        if isinstance(event, Key) and event.key in self.verb.get("finishOnKey", "1234567890*#"):
            self.key = event.key
            return True
        if isinstance(event, Speech | Voice):
            self.heard = True
            self._expect_speech(self.run.switch.now + event.seconds)
        return isinstance(event, Enough) and event.grant in (FINAL, self.grants)

    def _expect_end(self) -> None:
        longest = TRANSCRIBED_LENGTH if self.verb.flag("transcribe") else LONGEST
        seconds = self.verb.number("maxLength", longest)
        self._clock(self.run.switch.now + seconds, FINAL)

    def _expect_speech(self, since: float) -> None:
        """`timeout` seconds of silence from `since` on end the message; 0 waits for ever."""
        self.silent_since = since
        self.grants += 1
        patience = self.verb.number("timeout", 5)
        if patience:
            self._clock(since + patience, self.grants)

    def _clock(self, moment: float, grant: int) -> None:
        clock = self.run.switch.kernel.call_at(moment, lambda: self.events.put(Enough(grant)))
        self.clocks.append(clock)
