"""The parts of the page that show what went over the wire, what went wrong, and what is to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, urlsplit
from xml.dom import minidom
from xml.parsers.expat import ExpatError

import defusedxml
import defusedxml.minidom

from sandbox.console.html import Markup, el, inside
from sandbox.console.panels import button, chip, clock, nothing
from sandbox.core.faults import Faults
from sandbox.core.notifications import WARNING, Notification
from sandbox.core.switch import LogEntry
from sandbox.written.knobs import Knob, knobs

KINDS = ("webhook", "callback", "rest", "media")
FIRST_ROWS = 50
MOST_ROWS = 1000
MOST_NOTIFICATIONS = 50
GROUPS = {
    "callback": "Callbacks",
    "rest": "REST API",
    "webhook": "Webhooks",
    "not": "State",
    "stale": "State",
    "reorder": "Callbacks",
}


@dataclass(slots=True, frozen=True)
class Filter:
    """Which lines of the log somebody wants to see: `text` anywhere in the line, of one `kind`."""

    text: str = ""
    kind: str = ""
    rows: int = FIRST_ROWS

    def passes(self, entry: LogEntry) -> bool:
        if self.kind and entry.kind != self.kind:
            return False
        return not self.text or self.text.casefold() in _searched(entry)


def _searched(entry: LogEntry) -> str:
    params = " ".join(f"{name}={value}" for name, value in entry.params)
    words = (entry.method, entry.url, entry.purpose, entry.call_sid or "", entry.error)
    return f"{' '.join(words)} {entry.answer_status} {params} {entry.answer_body}".casefold()


def log(entries: Iterable[LogEntry], wanted: Filter) -> Markup:
    """The newest lines that pass, newest first."""
    newest = (entry for entry in entries if wanted.passes(entry))
    rows = list(islice(newest, wanted.rows + 1))
    if not rows:
        return nothing("Nothing has gone over the wire that passes the filter.")
    more = (
        el("button", "Show more", type="button", id="log-more", data_more=wanted.rows * 2)
        if len(rows) > wanted.rows
        else None
    )
    return inside([_row(each) for each in rows[: wanted.rows]], more)


def _row(entry: LogEntry) -> Markup:
    return el(
        "details",
        el(
            "summary",
            clock(entry.at),
            chip(entry.kind),
            el("span", entry.method, class_="method"),
            el("span", _short(entry.url), class_="path", title=entry.url),
            el("span", entry.purpose, class_="purpose"),
            _outcome(entry),
        ),
        el("div", class_="fetched", data_src=f"/console/log/{entry.number}", data_keep=True),
        id=f"log-{entry.number}",
        class_="line",
        data_mood=_mood(entry),
    )


def _short(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _outcome(entry: LogEntry) -> Markup:
    if entry.error:
        text = "failed"
    elif entry.answer_status:
        text = str(entry.answer_status)
    else:
        text = "…"
    took = entry.answered_at - entry.at if entry.answered_at is not None else None
    after = el("span", f"{took * 1000:.0f} ms", class_="took") if took is not None else None
    return el("span", el("b", text), after, class_="outcome")


def _mood(entry: LogEntry) -> str:
    if entry.error or entry.answer_status >= 500:
        return "bad"
    if entry.answer_status >= 400:
        return "warn"
    return "good" if entry.answer_status else "waiting"


def entry_page(entry: LogEntry) -> Markup:
    """One line of the log in full: what was sent, what came back."""
    query = tuple(parse_qsl(urlsplit(entry.url).query, keep_blank_values=True))
    sent = el(
        "div",
        el("p", el("code", f"{entry.method} {entry.url}")),
        el("p", "Call ", el("code", entry.call_sid)) if entry.call_sid else None,
        _pairs("Query", query),
        _pairs("Parameters", entry.params),
    )
    return el("div", sent, el("div", _answer(entry)), class_="exchange")


def _pairs(title: str, pairs: tuple[tuple[str, str], ...]) -> Markup | None:
    if not pairs:
        return None
    rows = [el("tr", el("th", name, scope="row"), el("td", value)) for name, value in pairs]
    return inside(el("h4", title), el("table", el("tbody", rows), class_="pairs"))


def _answer(entry: LogEntry) -> Markup:
    if entry.error:
        return inside(el("h4", "No answer"), el("p", entry.error))
    if not entry.answer_status:
        return el("h4", "Not answered yet")
    title = f"Answer {entry.answer_status} {entry.answer_type}".strip()
    body = pretty(entry.answer_body) if entry.answer_body else "(empty)"
    return inside(el("h4", title), el("pre", body))


def pretty(body: str) -> str:
    """JSON and XML indented; everything else as it came."""
    text = body.strip()
    if text.startswith(("{", "[")):
        return _pretty_json(body)
    return _pretty_xml(body) if text.startswith("<") else body


def _pretty_json(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _pretty_xml(body: str) -> str:
    try:
        document: minidom.Document = defusedxml.minidom.parseString(body)
    except (ExpatError, ValueError, defusedxml.DefusedXmlException):
        return body
    lines = document.toprettyxml(indent="  ").splitlines()
    return "\n".join(line for line in lines if line.strip())


def notifications(found: list[Notification]) -> Markup:
    """The debugger's newest lines."""
    if not found:
        return nothing("The carrier has found nothing wrong.")
    newest = list(reversed(found[-MOST_NOTIFICATIONS:]))
    return el("ol", [_notification(each) for each in newest], class_="notifications")


def _notification(each: Notification) -> Markup:
    return el(
        "li",
        clock(each.message_date),
        chip(str(each.error_code), "warn" if each.log == WARNING else "bad"),
        el("span", each.message_text, class_="message"),
        el("code", each.request_url, class_="path") if each.request_url else None,
        el("code", each.call_sid) if each.call_sid else None,
        id=f"notification-{each.sid}",
    )


def faults(switches: Faults) -> Markup:
    """Every fault switch, in groups."""
    groups: dict[str, list[Markup]] = {}
    for knob in knobs(switches):
        group = GROUPS.get(knob.name.split("_", 1)[0], "Other")
        groups.setdefault(group, []).append(_switch(knob))
    return inside(
        [
            el("fieldset", el("legend", name), rows, id=f"faults-{name.split()[0].lower()}")
            for name, rows in groups.items()
        ]
    )


def faults_on(switches: Faults) -> int:
    """How many switches are not as they were made."""
    usual = {knob.name: knob.value for knob in knobs(Faults())}
    return sum(knob.value != usual[knob.name] for knob in knobs(switches))


def _switch(knob: Knob) -> Markup:
    words = knob.name.replace("_", " ")
    if knob.kind == "list":
        return _next(knob, words)
    chance = knob.kind == "number" and not words.endswith(("seconds", "delay", "hold"))
    return el(
        "label",
        el("span", words),
        el(
            "input",
            id=f"fault-{knob.name}",
            data_do="fault",
            data_value_name=knob.name,
            name="value",
            value=knob.text,
            type="text" if knob.kind == "pair" else "number",
            min="0",
            max="1" if chance else None,
            step="0.05" if chance else "any",
            title=_unit(knob, chance),
        ),
        el("small", _unit(knob, chance)),
        class_="knob",
    )


def _unit(knob: Knob, chance: bool) -> str:
    if chance:
        return "chance, 0 to 1"
    if knob.kind == "pair":
        return "seconds, from and to"
    return "milliseconds" if knob.name.endswith("_ms") else "seconds"


def _next(knob: Knob, words: str) -> Markup:
    offers = [
        button(each, "fault_next", f"Let the {words} request be {each}", name=knob.name, fault=each)
        for each in knob.allowed
    ]
    waiting = el("small", f"to come: {knob.text}") if knob.value else None
    return el(
        "div",
        el("span", f"the {words.removesuffix(' next')} request that comes next"),
        el("div", offers, class_="offers"),
        waiting,
        class_="knob next",
    )
