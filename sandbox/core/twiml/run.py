"""Running documents on a call: fetch, fall back, execute verb after verb.

A `Run` is one execution in one setting: the call itself, a whisper, a wait document, hold music,
an announcement. Verbs are coroutines `(run, element) -> Step`; the table of them is the switch's.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin, urlsplit

from sandbox.core.calls import Address, Call, CallStatus, Direction
from sandbox.core.legs import answer_leg, end_leg, hear, set_activity
from sandbox.core.media import reading_seconds
from sandbox.core.parameters import Params, call_params, merged
from sandbox.core.sounds import Hearing, Says
from sandbox.core.switch import Switch
from sandbox.core.twiml.parse import Element, TwimlError, parse_twiml
from sandbox.core.twiml.schema import NOT_YET, schema_warnings
from sandbox.core.webhooks import Question, Reply, ask

XML_TYPES = ("text/xml", "application/xml", "text/html")
APOLOGY = "We are sorry, an application error has occurred. Goodbye."
NOT_YET_CODE = 99001
RUSH = 25
RUSH_PAUSE = 0.05


class Ending(StrEnum):
    """How a document was left."""

    END = "end of the document"
    HANGUP = "hangup"
    REJECTED = "rejected"
    BUSY = "rejected as busy"
    LEAVE = "leave"


@dataclass(slots=True)
class GoTo:
    """Continue with another document; `extra` are a verb's results."""

    address: Address
    extra: Params = field(default_factory=list)
    is_fallback: bool = False


Step = GoTo | Ending | None


class DocumentFailed(Exception):
    """A document could not be had or run, and nothing stands in for it."""

    def __init__(self, code: int, text: str, url: str) -> None:
        super().__init__(f"{code} {url}: {text}")
        self.code = code
        self.text = text
        self.url = url


@dataclass(slots=True, frozen=True)
class Setting:
    """Where a document runs: what it is called, and which verbs it may contain."""

    name: str
    verbs: frozenset[str] | None = None
    is_main: bool = False


def _setting(name: str, verbs: str) -> Setting:
    return Setting(name, frozenset(verbs.split()))


MAIN = Setting("call", is_main=True)
PROMPT = _setting("gather", "Say Play Pause")
WHISPER = _setting("whisper", "Say Play Pause Gather Redirect Hangup")
QUEUE_WAIT = _setting("queue wait", "Say Play Pause Hangup Redirect Leave Gather")
QUEUE_WHISPER = _setting("queue whisper", "Say Play Pause Redirect")
ROOM_WAIT = _setting("conference wait", "Say Play Pause Redirect")
HOLD = _setting("hold", "Say Play Pause Redirect")
ANNOUNCEMENT = _setting("announcement", "Say Play Pause Redirect")


@dataclass(slots=True)
class Page:
    """The document that is being run; `url` is empty for inline TwiML."""

    url: str = ""
    method: str = "POST"
    verbs: tuple[Element, ...] = ()


@dataclass(slots=True)
class Run:
    """One execution of documents. `ear` is told what is heard; `standard` and `always` give the
    parameters of every request (`always` for what a setting adds, as a queue does)."""

    switch: Switch
    call: Call
    setting: Setting
    ear: Callable[[tuple[Hearing, ...]], None]
    standard: Callable[[], Params]
    always: Callable[[], Params] = list
    page: Page = field(default_factory=Page)
    served: int = 0
    rushed: int = 0
    rushed_at: float = float("-inf")

    def hear(self, *facts: Hearing) -> None:
        self.ear(facts)

    def answer(self) -> None:
        """Whatever comes now needs somebody on the line: an inbound call is answered."""
        if self.setting.is_main and self.call.direction is Direction.INBOUND:
            answer_leg(self.switch, self.call)

    def resolve(self, url: str) -> str:
        """An address in the document, made absolute; empty means the document itself."""
        absolute = urljoin(self.page.url, url.strip()) if url.strip() else self.page.url
        if urlsplit(absolute).scheme not in ("http", "https"):
            raise DocumentFailed(11100, f"Invalid URL {url!r} in the document", absolute)
        return absolute

    def address(self, element: Element, attribute: str = "action") -> Address:
        return Address(self.resolve(element.get(attribute)), element.method())

    def notify(self, code: int, text: str = "", *, url: str = "", warning: bool = False) -> None:
        self.switch.notify(
            code,
            account=self.call.account,
            call=self.call,
            text=text,
            url=url or self.page.url,
            method=self.page.method,
            warning=warning,
        )


def call_run(switch: Switch, call: Call, setting: Setting) -> Run:
    """A run that the call's far end hears."""
    return Run(
        switch=switch,
        call=call,
        setting=setting,
        ear=lambda facts: hear(switch, call, *facts),
        standard=lambda: call_params(call),
    )


async def run_documents(run: Run, goto: GoTo, first: Page | None = None) -> Ending:
    """Run a document and those it leads to; raises DocumentFailed when there is no way on.

    `first` is the document at `goto` if it has been fetched already.
    """
    while True:
        try:
            run.page, first = first or await load(run, goto), None
            step = await run_verbs(run, run.page.verbs)
        except DocumentFailed as failure:
            step = _stand_in(run, goto, failure)
        if not isinstance(step, GoTo):
            return step or Ending.END
        goto = step


def _stand_in(run: Run, failed: GoTo, failure: DocumentFailed) -> GoTo:
    run.notify(failure.code, failure.text, url=failure.url)
    fallback = run.call.fallback
    every = run.switch.choices.fallback_serves == "every-document"
    usable = run.setting.is_main and fallback.url and not failed.is_fallback
    if not usable or not (every or run.served <= 1):
        raise failure
    extra = [("ErrorCode", str(failure.code)), ("ErrorUrl", failure.url)]
    return GoTo(fallback, failed.extra + extra, is_fallback=True)


async def load(run: Run, goto: GoTo) -> Page:
    """Get and read a document; raises DocumentFailed."""
    await _not_too_fast(run)
    run.served += 1
    if goto.address.twiml:
        return _read(run, Page(), goto.address.twiml)
    reply = await _fetch(run, goto)
    if not reply.ok:
        raise DocumentFailed(reply.error_code, reply.error_text, reply.url)
    return _page_of(run, reply, goto.address.method)


async def request(run: Run, goto: GoTo) -> Reply:
    """Ask for a document without running it, as happens to actions whose call has moved on."""
    reply = await _fetch(run, goto)
    if not reply.ok:
        run.notify(reply.error_code, reply.error_text, url=reply.url)
    return reply


async def _fetch(run: Run, goto: GoTo) -> Reply:
    return await ask(
        run.switch,
        Question(
            url=goto.address.url,
            account=run.call.account,
            method=goto.address.method,
            standard=merged(run.standard(), run.always()),
            extra=goto.extra,
            purpose=run.setting.name,
            call=run.call,
        ),
    )


async def _not_too_fast(run: Run) -> None:
    """Documents that lead to each other at once must not stop the clock."""
    now = run.switch.now
    run.rushed = run.rushed + 1 if now - run.rushed_at <= RUSH_PAUSE else 0
    run.rushed_at = now
    if run.rushed >= RUSH:
        await run.switch.kernel.sleep(RUSH_PAUSE)
        run.rushed_at = run.switch.now


def _page_of(run: Run, reply: Reply, method: str) -> Page:
    page = Page(reply.url, method)
    if reply.content_type in XML_TYPES:
        return _read(run, page, reply.body)
    if reply.content_type.startswith("audio/"):
        page.verbs = (Element("Play", {}, reply.url),)
        return page
    if reply.content_type == "text/plain":
        return _read_plain(run, page, reply.body)
    raise DocumentFailed(12300, f"Content-Type is {reply.content_type or 'missing'}", reply.url)


def _read_plain(run: Run, page: Page, body: bytes) -> Page:
    try:
        parse_twiml(body)
    except TwimlError:
        page.verbs = (Element("Say", {}, body.decode("utf-8", "replace").strip()),)
        return page
    return _read(run, page, body)


def _read(run: Run, page: Page, body: bytes | str) -> Page:
    try:
        page.verbs = parse_twiml(body)
    except TwimlError as error:
        raise DocumentFailed(error.code, error.text, page.url) from error
    for text in schema_warnings(page.verbs):
        run.notify(12200, text, url=page.url, warning=True)
    return page


async def run_verbs(run: Run, verbs: tuple[Element, ...]) -> Step:
    """Execute in order until one leads elsewhere; what may not stand here is passed over."""
    for element in verbs:
        verb = run.switch.verbs.get(element.name)
        if verb is None or not _allowed(run, element):
            _pass_over(run, element)
            continue
        if run.setting.is_main:
            set_activity(run.switch, run.call, element.name)
        step: Step = await verb(run, element)
        if step is not None:
            return step
    return None


def _allowed(run: Run, element: Element) -> bool:
    return run.setting.verbs is None or element.name in run.setting.verbs


def _pass_over(run: Run, element: Element) -> None:
    if element.name in NOT_YET:
        run.answer()
        not_yet(run, "><".join((element.name, *(child.name for child in element.children[:1]))))
    elif element.name == "Dial" and run.setting is WHISPER:
        run.notify(13201, url=run.page.url)
    elif element.name in run.switch.verbs:
        text = f"<{element.name}> is not allowed in a {run.setting.name} document"
        run.notify(12200, text, warning=True)


def not_yet(run: Run, name: str) -> None:
    """Say loudly that this carrier does not do this yet, and go on."""
    run.notify(NOT_YET_CODE, f"this sandbox carrier does not execute <{name}> yet; passed over")
    run.notify(12200, f"<{name}> was passed over", warning=True)


def document_program(
    switch: Switch, call: Call, address: Address, extra: Callable[[], Params] = list
) -> Callable[[], Coroutine[Any, Any, None]]:
    """What controls a call that runs documents, from this one to the end of the call."""
    return lambda: run_call(switch, call, GoTo(address, extra()))


async def run_call(switch: Switch, call: Call, goto: GoTo) -> None:
    """Run documents until there are no more, then hang up."""
    run = call_run(switch, call, MAIN)
    try:
        ending = await run_documents(run, goto)
    except DocumentFailed:
        await _apologise(run)
        end_leg(switch, call, CallStatus(switch.choices.application_error_status))
        return
    end_leg(switch, call, _final_status(run, ending))


async def _apologise(run: Run) -> None:
    run.answer()
    seconds = await reading_seconds(run.switch, run.call, Says(APOLOGY))
    run.hear(Says(APOLOGY))
    await run.switch.kernel.sleep(seconds)


def _final_status(run: Run, ending: Ending) -> CallStatus:
    if ending is Ending.BUSY:
        return CallStatus.BUSY
    if ending is Ending.REJECTED:
        return CallStatus.NO_ANSWER
    if not run.call.answered:
        return CallStatus(run.switch.choices.unanswered_end_status)
    return CallStatus.COMPLETED
