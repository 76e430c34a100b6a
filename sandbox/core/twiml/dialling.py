"""What all kinds of `<Dial>` share: options, results, the action, and being broken off.

Source: https://www.twilio.com/docs/voice/twiml/dial
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.core.callbacks import recording_params
from sandbox.core.calls import Address, Call, Input, Interrupt, Key, Refer
from sandbox.core.kernel import Mailbox, Timer
from sandbox.core.orders import RecordingOrder
from sandbox.core.parameters import Params
from sandbox.core.recorder import start_recording, stop_recording
from sandbox.core.recordings import Recording, RecordingSource
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import GoTo, Run, Step, request
from sandbox.core.twiml.verbs_record import callback_of

LONGEST_DIAL = 14400


@dataclass(slots=True, frozen=True)
class Answered:
    """A leg was picked up; its whisper may still have to run."""

    leg: Call


@dataclass(slots=True, frozen=True)
class Ready:
    """A leg can be connected."""

    leg: Call


@dataclass(slots=True, frozen=True)
class Lost:
    """A leg is no longer this Dial's; `redirected` if a new document took it away."""

    leg: Call
    redirected: bool = False


@dataclass(slots=True, frozen=True)
class Enough:
    """The time limit, or the caller's star key."""


News = Answered | Ready | Lost | Enough | Refer


@dataclass(slots=True)
class Outcome:
    """How a Dial went. `seconds` is None where the action has no DialCallDuration."""

    status: str
    leg: Call | None = None
    seconds: int | None = None
    bridged: bool = False
    extra: Params = field(default_factory=list)
    next_step: GoTo | None = None
    skips_action: bool = False


@dataclass(slots=True)
class Dialling:
    """One execution of a `<Dial>`."""

    run: Run
    verb: Element
    action: Address | None
    refer_to: Address | None
    mail: Mailbox[News] = field(default_factory=Mailbox)
    tape: Recording | None = None
    limit: Timer | None = None

    @property
    def call(self) -> Call:
        return self.run.call

    @property
    def timeout(self) -> int:
        given = self.verb.number("timeout", self.run.switch.config.dial_timeout)
        return min(max(given, 5), 600)

    def start_tape(self, moment: str) -> None:
        """Record if the verb wants it from this `moment` (answer or ringing) on."""
        wanted = self.verb.get("record", "do-not-record").replace("true", "record-from-answer")
        if not wanted.startswith(f"record-from-{moment}") or self.tape is not None:
            return
        order = RecordingOrder(
            channels=2 if wanted.endswith("-dual") else 1,
            track=self.verb.get("recordingTrack", "both"),
            trim=self.verb.get("trim", "do-not-trim"),
            callback=callback_of(self.run, self.verb),
        )
        self.tape = start_recording(
            self.run.switch,
            account=self.call.account,
            source=RecordingSource.DIAL_VERB,
            order=order,
            call=self.call,
        )

    def stop_tape(self) -> None:
        if self.tape is not None:
            stop_recording(self.run.switch, self.tape)

    @contextmanager
    def talking(self, *legs: Call) -> Iterator[None]:
        """While it lasts: the time limit runs, and star keys and REFERs are noticed."""
        seconds = self.verb.number("timeLimit", LONGEST_DIAL)
        limit = self.run.switch.kernel.call_later(seconds, lambda: self.mail.put(Enough()))
        self.call.wires.listeners.append(self._caller_acts)
        for leg in legs:
            leg.wires.listeners.append(self._far_end_acts)
        try:
            yield
        finally:
            limit.cancel()
            self.call.wires.listeners.remove(self._caller_acts)
            for leg in legs:
                leg.wires.listeners.remove(self._far_end_acts)

    def referred(self, news: Refer) -> GoTo | None:
        """Where a REFER leads, if the verb says so."""
        extra = [("ReferTransferTarget", news.target)]
        return GoTo(self.refer_to, extra) if self.refer_to else None

    def _caller_acts(self, given: Input) -> None:
        if isinstance(given, Key) and given.key == "*" and self.verb.flag("hangupOnStar"):
            self.mail.put(Enough())
        self._far_end_acts(given)

    def _far_end_acts(self, given: Input) -> None:
        if isinstance(given, Refer) and self.refer_to is not None:
            self.mail.put(given)


def new_dialling(run: Run, verb: Element) -> Dialling:
    refer = verb.get("referUrl")
    return Dialling(
        run=run,
        verb=verb,
        action=run.address(verb) if verb.get("action") else None,
        refer_to=Address(run.resolve(refer), verb.method("referMethod")) if refer else None,
    )


def conclude(dialling: Dialling, outcome: Outcome) -> Step:
    """After the Dial: a REFER's document, the action, or the next verb."""
    if outcome.next_step is not None:
        return outcome.next_step
    if dialling.action is None or outcome.skips_action:
        return None
    return GoTo(dialling.action, _results(dialling, outcome))


async def broken_off(dialling: Dialling, outcome: Outcome, reason: object) -> None:
    """The caller is gone or was redirected: the action is still told, and its answer ignored.

    After a redirect the requests keep the measured distances: the action after 320 ms, the new
    document after 651 ms.
    """
    if reason is not Interrupt.REPLACED:
        await _tell_action(dialling, outcome)
        return
    switch, began = dialling.run.switch, dialling.call.wires.redirected_at
    await switch.kernel.sleep(began + switch.timings.redirect_action - switch.now)
    telling = _tell_action(dialling, outcome)
    if switch.choices.discarded_action_before_target:
        await telling
    else:
        switch.kernel.spawn(telling, "discarded action")
    await switch.kernel.sleep(began + switch.timings.redirect_target - switch.now)


async def _tell_action(dialling: Dialling, outcome: Outcome) -> None:
    if dialling.action is not None and not outcome.skips_action:
        await request(dialling.run, GoTo(dialling.action, _results(dialling, outcome)))


def _results(dialling: Dialling, outcome: Outcome) -> Params:
    params = [("DialCallStatus", outcome.status)]
    if outcome.leg is not None:
        params.append(("DialCallSid", outcome.leg.sid))
        params += _sip_results(outcome.leg)
    if outcome.seconds is not None:
        params.append(("DialCallDuration", str(outcome.seconds)))
    params.append(("DialBridged", "true" if outcome.bridged else "false"))
    if dialling.tape is not None:
        params += recording_params(dialling.run.switch, dialling.tape)
    return params + outcome.extra


def _sip_results(leg: Call) -> Params:
    if not leg.to.startswith("sip:"):
        return []
    code = leg.sip_response_code or (200 if leg.answered else 487)
    return [("DialSipCallId", f"{leg.sid}@sandbox"), ("DialSipResponseCode", str(code))]
