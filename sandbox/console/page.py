"""The page around the changing parts."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.console.html import Markup, el
from sandbox.console.wall import KINDS
from sandbox.core.accounts import Account

TITLE = "Sandbox carrier"
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='8' fill='%230f766e'/%3E%3Cpath d='M9 8c-1 9 6 16 15 15l1-5"
    "-5-2-2 2c-3-1-5-3-6-6l2-2-2-5z' fill='white'/%3E%3C/svg%3E"
)


def page(
    *,
    token: str,
    parts: Mapping[str, Markup],
    accounts: list[Account],
    numbers: list[str],
    now: float,
    phone: bool = False,
) -> str:
    """The whole page. `token` is what its requests carry to show where they come from; `phone`
    says whether there is a page to call in from with one's own voice."""
    return "<!doctype html>" + el(
        "html",
        _head(token),
        el(
            "body",
            el("a", "To the calls", href="#calls-title", class_="skip"),
            _top(parts["bar"], accounts, phone),
            el(
                "main",
                el("div", _dialler(numbers), _panel("Telephones", "phones", parts), class_="side"),
                el("div", _panel("Live calls", "calls", parts), class_="middle"),
                el(
                    "div",
                    _panel("Queues", "queues", parts),
                    _panel("Rooms", "rooms", parts),
                    class_="side",
                ),
                el("div", _log(parts["log"]), class_="wide"),
                el("div", _panel("Debugger", "notifications", parts), class_="wide"),
                el("div", _faults(parts["faults"]), class_="wide"),
            ),
            el("div", id="said", role="status", aria_live="polite"),
            data_now=f"{now:.2f}",
        ),
        lang="en",
    )


def _head(token: str) -> Markup:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="console-token", content=token),
        el("title", TITLE),
        el("link", rel="icon", href=ICON),
        el("link", rel="stylesheet", href="/console/console.css"),
        el("script", src="/console/console.js", defer=True),
    )


def _top(bar: Markup, accounts: list[Account], phone: bool) -> Markup:
    rows = [
        el("li", el("code", each.sid), " token ", el("code", each.auth_token)) for each in accounts
    ]
    return el(
        "header",
        el("h1", TITLE),
        el("div", bar, id="bar", data_panel="bar"),
        el("a", "Phone", href="/phone", target="_blank") if phone else None,
        el("details", el("summary", "Accounts"), el("ul", rows), id="accounts", class_="accounts"),
        el("span", "connecting", id="link", role="status", data_state="connecting"),
        class_="top",
    )


def _panel(title: str, name: str, parts: Mapping[str, Markup], *extra: Markup) -> Markup:
    return el(
        "section",
        el("div", el("h2", title, id=f"{name}-title", tabindex="-1"), *extra, class_="title"),
        el("div", parts[name], id=name, data_panel=name),
        class_="panel",
        aria_labelledby=f"{name}-title",
    )


def _dialler(numbers: list[str]) -> Markup:
    return el(
        "section",
        el("div", el("h2", "Call in as anybody", id="dial-title"), class_="title"),
        el(
            "form",
            el(
                "label",
                el("span", "From"),
                el(
                    "input",
                    name="from",
                    id="dial-from",
                    value="+15550100001",
                    required=True,
                    inputmode="tel",
                    autocomplete="off",
                ),
            ),
            el(
                "label",
                el("span", "To"),
                el(
                    "input",
                    name="to",
                    id="dial-to",
                    value=numbers[0] if numbers else None,
                    placeholder="+15557000100",
                    list="numbers",
                    required=True,
                    inputmode="tel",
                    autocomplete="off",
                ),
            ),
            el("datalist", [el("option", value=each) for each in numbers], id="numbers"),
            pad("123456789+0⌫", "Type"),
            el("button", "Call", type="submit", class_="good", aria_label="Call in"),
            data_do="dial",
            class_="dialler",
        ),
        class_="panel",
        aria_labelledby="dial-title",
    )


def pad(keys: str, verb: str) -> Markup:
    """A key pad; what each key does is the page's script."""
    buttons = [
        el("button", key, type="button", data_types=key, aria_label=f"{verb} {key}") for key in keys
    ]
    return el("div", buttons, class_="keypad", role="group", aria_label="Dial pad")


def _log(rows: Markup) -> Markup:
    kinds = [el("option", "everything", value=""), *(el("option", k, value=k) for k in KINDS)]
    tools = el(
        "form",
        el(
            "input",
            type="search",
            name="text",
            id="log-text",
            placeholder="filter: address, call SID, parameter, answer",
            aria_label="Filter the log",
            autocomplete="off",
        ),
        el("select", kinds, name="kind", id="log-kind", aria_label="Kind of request"),
        el("button", "Clear", type="button", data_do="clear_log", aria_label="Clear the log"),
        class_="tools",
        id="log-filter",
    )
    return _panel("Webhooks and REST requests", "log", {"log": rows}, tools)


def _faults(switches: Markup) -> Markup:
    off = el("button", "All off", type="button", data_do="faults_off", aria_label="All faults off")
    return _panel("Faults", "faults", {"faults": switches}, off)
