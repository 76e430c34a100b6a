"""Gather: a caller presses keys or speaks, and the application is told what came in.

Everything that can happen while it runs arrives in one mailbox: keys, words, the end of the
prompts, the end of the caller's patience. Source: https://www.twilio.com/docs/voice/twiml/gather
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from sandbox.core.callbacks import send_news
from sandbox.core.calls import Input, Interrupt, Key, Speech
from sandbox.core.kernel import Cancelled, Mailbox, Task, Timer, stop_all
from sandbox.core.parameters import Params, call_params
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import PROMPT, GoTo, Run, Step, call_run, request, run_verbs

MAX_SPEECH = 60
MAX_HINTS = 500
MAX_HINT_LENGTH = 100
PROMPT_BARGED = "the caller began to answer"


@dataclass(slots=True, frozen=True)
class PromptOver:
    """The nested prompts have been heard out."""


@dataclass(slots=True, frozen=True)
class TimeUp:
    """The patience that was granted as number `grant` is used up."""

    grant: int


@dataclass(slots=True, frozen=True)
class SpeechOver:
    """The recogniser closes the utterance that was extended `extension` times."""

    extension: int


Event = Input | PromptOver | TimeUp | SpeechOver


@dataclass(slots=True, frozen=True)
class Wanted:
    """What the verb asks for."""

    keys: bool
    speech: bool
    timeout: int
    digits: int
    finish_on: str
    speech_timeout: float
    max_speech: int
    barge_in: bool
    hints: tuple[str, ...]
    partials_to: str
    partials_method: str


def _wanted(run: Run, verb: Element) -> Wanted:
    inputs = verb.words("input", "dtmf")
    timeout = verb.number("timeout", 5)
    auto = verb.get("speechTimeout") == "auto"
    patience = float(verb.number("speechTimeout", timeout))
    partials = verb.get("partialResultCallback")
    return Wanted(
        keys="dtmf" in inputs,
        speech="speech" in inputs,
        timeout=timeout,
        digits=verb.number("numDigits", 0),
        finish_on=verb.get("finishOnKey", "#"),
        speech_timeout=run.switch.timings.auto_speech_timeout if auto else patience,
        max_speech=min(verb.number("maxSpeechTime", MAX_SPEECH), MAX_SPEECH),
        barge_in=verb.flag("bargeIn", default=run.switch.choices.barge_in),
        hints=_hints(run, verb),
        partials_to=run.resolve(partials) if partials else "",
        partials_method=verb.method("partialResultCallbackMethod"),
    )


def _hints(run: Run, verb: Element) -> tuple[str, ...]:
    hints = tuple(filter(None, (part.strip() for part in verb.get("hints").split(","))))
    if len(hints) > MAX_HINTS or any(len(hint) > MAX_HINT_LENGTH for hint in hints):
        run.notify(12200, "hints: at most 500 phrases of 100 characters", warning=True)
    return hints


async def gather(run: Run, verb: Element) -> Step:
    """Prompts are read while keys and words are taken; the first complete input wins."""
    run.answer()
    wanted = _wanted(run, verb)
    result = await _listen(run, verb, wanted)
    if result is None and not verb.flag("actionOnEmptyResult"):
        return None
    return GoTo(run.address(verb), result if result is not None else [("Digits", "")])


async def _listen(run: Run, verb: Element, wanted: Wanted) -> Params | None:
    ear = _Ear(run, wanted)
    wires = run.call.wires
    wires.listeners.append(ear.events.put)
    if run.switch.choices.typeahead:
        ear.take_typed()
    wires.typed.clear()
    ear.prompt = run.switch.kernel.spawn(_prompts(run, verb), "prompts")
    ear.prompt.on_done(lambda _: ear.events.put(PromptOver()))
    try:
        result = await ear.listen()
    except Cancelled as cancelled:
        await stop_all((ear.prompt,), cancelled.reason)
        if (
            cancelled.reason is Interrupt.REPLACED
            and run.switch.choices.redirect_runs_gather_action
        ):
            await request(run, GoTo(run.address(verb), [("Digits", ear.digits)]))
        raise
    finally:
        wires.listeners.remove(ear.events.put)
        ear.stop_clocks()
    await stop_all((ear.prompt,), PROMPT_BARGED)
    run.hear()
    return result


async def _prompts(run: Run, verb: Element) -> None:
    nested = call_run(run.switch, run.call, PROMPT)
    nested.page = run.page
    await run_verbs(nested, verb.children)


@dataclass(slots=True)
class _Ear:
    """What has been heard so far, and the clocks that say when to stop listening."""

    run: Run
    wanted: Wanted
    events: Mailbox[Event] = field(default_factory=Mailbox)
    prompt: Task[None] | None = None
    digits: str = ""
    words: str = ""
    confidence: float = 0.0
    speech_began: float = 0.0
    extensions: int = 0
    grants: int = 0
    clocks: list[Timer] = field(default_factory=list)
    partials: int = 0

    async def listen(self) -> Params | None:
        """The action's parameters, or None if nothing came in."""
        while True:
            event = await self.events.get()
            if isinstance(event, Key) and self._wants_key():
                if (result := self._key(event.key)) is not None:
                    return result or None
            elif isinstance(event, Speech) and self._wants_speech():
                self._speech(event)
            elif isinstance(event, PromptOver):
                self._grant()
            elif self._is_over(event):
                return self._result()

    def take_typed(self) -> None:
        for key in self.run.call.wires.typed:
            self.events.put(key)

    def stop_clocks(self) -> None:
        for clock in self.clocks:
            clock.cancel()
        self.clocks.clear()

    def _wants_key(self) -> bool:
        return self.wanted.keys and not self.words

    def _wants_speech(self) -> bool:
        interrupts = self.wanted.barge_in or self.prompt is None or self.prompt.done
        return self.wanted.speech and not self.digits and interrupts

    def _is_over(self, event: Event) -> bool:
        if isinstance(event, TimeUp):
            return event.grant == self.grants and not self.words
        return isinstance(event, SpeechOver) and event.extension == self.extensions

    def _key(self, key: str) -> Params | None:
        """Parameters when the input is complete, [] when it is empty, None when there is more."""
        self._barge()
        if key in self.wanted.finish_on:
            return self._keys(key) if self.digits else []
        self.digits += key
        if len(self.digits) == self.wanted.digits:
            return self._keys("")
        self._grant()
        return None

    def _speech(self, speech: Speech) -> None:
        self._barge()
        kernel = self.run.switch.kernel
        if not self.words:
            self.speech_began = kernel.now
        self.stop_clocks()
        before = self.words
        self.words = f"{before} {speech.text}".strip()
        self.confidence = speech.confidence
        self.extensions += 1
        number = self.extensions
        limit = self.speech_began + self.wanted.max_speech
        ends = min(kernel.now + speech.seconds + self.wanted.speech_timeout, limit)
        self.clocks.append(kernel.call_at(ends, lambda: self.events.put(SpeechOver(number))))
        if self.wanted.partials_to:
            self._plan_partials(before, speech)

    def _plan_partials(self, before: str, speech: Speech) -> None:
        kernel, every = self.run.switch.kernel, self.run.switch.timings.partial_result_every
        words = speech.text.split()
        steps = max(1, int(speech.seconds / every))
        for step in range(1, steps + 1):
            heard = " ".join(words[: -(-len(words) * step // steps)])
            text = f"{before} {heard}".strip()
            self.clocks.append(kernel.call_later(step * every, partial(self._partial, text)))

    def _partial(self, text: str) -> None:
        extra: Params = [("UnstableSpeechResult", text)]
        if self.run.switch.choices.partial_result_stable:
            extra += [("StableSpeechResult", ""), ("SequenceNumber", str(self.partials))]
        self.partials += 1
        send_news(
            self.run.switch,
            account=self.run.call.account,
            url=self.wanted.partials_to,
            method=self.wanted.partials_method,
            params=call_params(self.run.call) + extra,
            purpose="partial speech",
            call=self.run.call,
        )

    def _barge(self) -> None:
        if self.prompt is not None:
            self.prompt.cancel(PROMPT_BARGED)

    def _grant(self) -> None:
        """Another `timeout` seconds, counted from now; words that have begun have their own."""
        if self.words:
            return
        self.stop_clocks()
        self.grants += 1
        number = self.grants
        clock = self.run.switch.kernel.call_later(
            self.wanted.timeout, lambda: self.events.put(TimeUp(number))
        )
        self.clocks.append(clock)

    def _result(self) -> Params | None:
        if self.words:
            return _spoken(self.words, self.confidence, self.wanted.hints)
        return self._keys("") if self.digits else None

    def _keys(self, finished_by: str) -> Params:
        extra = [("FinishedOnKey", finished_by)] if finished_by else []
        sent = self.run.switch.choices.finished_on_key_sent
        return [("Digits", self.digits), *(extra if sent else [])]


def _spoken(words: str, confidence: float, hints: tuple[str, ...]) -> Params:
    """The recogniser prefers a hinted phrase's own spelling, and is surer of it."""
    plain = _plain(words)
    hint = next((hint for hint in hints if _plain(hint) == plain), None)
    if hint is not None:
        return [("SpeechResult", hint), ("Confidence", str(max(confidence, 0.95)))]
    return [("SpeechResult", words), ("Confidence", str(confidence))]


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
