"""A carrier with its customers and its people, as one file describes them.

Source of the file's form: docs/sandbox.md. A mistake raises `WrittenWrong`, which names file, line
and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.accounts import Account, VoiceUrls
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.sids import ACCOUNT, API_KEY, APPLICATION, is_sid
from sandbox.people.arrivals import Arrivals
from sandbox.people.script import Script
from sandbox.people.town import Town
from sandbox.people.words import address, script
from sandbox.written.amounts import amount, seconds
from sandbox.written.knobs import turn
from sandbox.written.parts import Part, read

SANDBOX_SID = "AC" + "5a" * 16
SANDBOX_TOKEN = "5a" * 16  # of a carrier that is a toy
BEHAVING_AREA = "+1555900"
NOBODY = Script()

TOP = ("seed", "cps", "base url", "log size", "accounts", "areas", "people")
DIALS = ("faults", "choices", "timings")
ACCOUNT_WORDS = (
    "sid",
    "token",
    "name",
    "api keys",
    "shared key",
    "applications",
    "numbers",
    "caller ids",
)
URL_WORDS = {
    "voice url": "voice_url",
    "voice method": "voice_method",
    "fallback url": "voice_fallback_url",
    "fallback method": "voice_fallback_method",
    "status callback": "status_callback",
    "status callback method": "status_callback_method",
}
PERSON_WORDS = ("number", "when called", "does", "after")
STREAM_NEEDS = ("number", "dials", "arrives every", "patience", "talks for")
STREAM_WORDS = (*STREAM_NEEDS, "does", "about", "at most", "times")
_E164 = re.compile(r"^\+[1-9]\d{4,14}$")
_PATTERN = re.compile(r"^\+[1-9][\d#]{4,14}$")


@dataclass(slots=True)
class World:
    """Everything that a driver needs. The town's people do nothing until `town.begin()`."""

    carrier: Carrier
    town: Town
    seed: int


@dataclass(slots=True, frozen=True)
class Wishes:
    """What the command line says and the file does not, or says otherwise; None: not said."""

    seed: int | None = None
    cps: float | None = None
    base_url: str | None = None
    quiet: bool = False
    # Where neither says one. A program that is started anew needs new SIDs, as a carrier has.
    usual_seed: int = 1


def from_file(path: Path, *, now: float, wishes: Wishes | None = None) -> World:
    """The world that a file describes; OSError if it cannot be read."""
    return from_text(path.read_text(encoding="utf-8"), str(path), now=now, wishes=wishes)


def from_text(
    text: str, file: str = "this text", *, now: float, wishes: Wishes | None = None
) -> World:
    whole = read(text, file)
    names = whole.only((*TOP, *DIALS)) if whole is not None else {}
    return _build(names, now, wishes or Wishes())


def _build(names: Mapping[str, Part], now: float, wishes: Wishes) -> World:
    seed = wishes.seed
    if seed is None:
        seed = _whole(names, "seed", wishes.usual_seed)
    carrier = Carrier(_config(names, wishes), now=now, seed=seed)
    for part in names["accounts"].items() if "accounts" in names else []:
        _account(carrier, part)
    if not carrier.accounts:
        carrier.add_account(sid=SANDBOX_SID, auth_token=SANDBOX_TOKEN)
    town = Town(carrier, seed=seed, areas=_areas(names))
    for name, part in names["people"].names().items() if "people" in names else ():
        _somebody(town, name, part, wishes.quiet)
    _turn_all(carrier.faults, names.get("faults"))
    return World(carrier, town, seed)


def _config(names: Mapping[str, Part], wishes: Wishes) -> Config:
    config = Config()
    if "cps" in names:
        config.cps = names["cps"].amount()
    if wishes.cps is not None:
        config.cps = wishes.cps
    if "base url" in names:
        config.base_url = names["base url"].text().rstrip("/")
    elif wishes.base_url is not None:
        config.base_url = wishes.base_url
    config.log_size = _count(names, "log size", config.log_size)
    _turn_all(config.choices, names.get("choices"))
    _turn_all(config.timings, names.get("timings"))
    return config


def _whole(names: Mapping[str, Part], name: str, default: int) -> int:
    return names[name].whole() if name in names else default


def _count(names: Mapping[str, Part], name: str, default: int) -> int:
    return names[name].count() if name in names else default


def _text(names: Mapping[str, Part], name: str, default: str = "") -> str:
    return names[name].text() if name in names else default


def _turn_all(target: object, part: Part | None) -> None:
    for name, value in part.names().items() if part is not None else ():
        try:
            written = ",".join(each.text() for each in value.one_or_more())
            turn(target, name.replace(" ", "_"), written)
        except ValueError as error:
            raise value.wrong(f"{error}.") from error


def _areas(names: Mapping[str, Part]) -> tuple[str, ...]:
    if "areas" not in names:
        return (BEHAVING_AREA,)
    for each in names["areas"].one_or_more():
        if not re.match(r"^\+[1-9]\d{2,12}$", each.text()):
            raise each.wrong(
                f"{each.text()!r} is not the beginning of a number.", f"Write {BEHAVING_AREA}"
            )
    return tuple(each.text() for each in names["areas"].one_or_more())


def _account(carrier: Carrier, part: Part) -> None:
    names = part.only(ACCOUNT_WORDS)
    if "sid" in names and not is_sid(names["sid"].text(), ACCOUNT):
        raise names["sid"].wrong(
            "an account's sid is AC and 32 hexadecimal digits.", f"Write {SANDBOX_SID}"
        )
    account = carrier.add_account(
        sid=_text(names, "sid") or None,
        auth_token=_text(names, "token") or None,
        name=_text(names, "name", "Sandbox"),
    )
    _keys(account, names.get("api keys"))
    _shared_key(account, names.get("shared key"))
    applications = _applications(carrier, account, names.get("applications"))
    for each in names["numbers"].items() if "numbers" in names else []:
        _number(carrier, account, each, applications)
    for each in names["caller ids"].items() if "caller ids" in names else []:
        carrier.add_caller_id(account, _e164(each))


def _shared_key(account: Account, part: Part | None) -> None:
    """What signs the account's webhooks with HMAC-SHA256 instead of its token with HMAC-SHA1."""
    for name, secret in part.names().items() if part is not None else ():
        account.shared_key = (name, secret.text())


def _keys(account: Account, part: Part | None) -> None:
    for key, secret in part.names().items() if part is not None else ():
        if not is_sid(key, API_KEY):
            raise secret.wrong("an API key is SK and 32 hexadecimal digits.", "Write SK…: secret")
        account.api_keys[key] = secret.text()


def _applications(carrier: Carrier, account: Account, part: Part | None) -> dict[str, str]:
    """SIDs by name; a sid that is given wins over a drawn one."""
    sids: dict[str, str] = {}
    for each in part.items() if part is not None else []:
        names = each.only(("name", "sid", *URL_WORDS))
        application = carrier.add_application(account, _text(names, "name"), _urls(names))
        if "sid" in names:
            if not is_sid(names["sid"].text(), APPLICATION):
                raise names["sid"].wrong("an application's sid is AP and 32 hexadecimal digits.")
            del carrier.applications[application.sid]
            application.sid = names["sid"].text()
            carrier.applications[application.sid] = application
        sids[application.friendly_name] = sids[application.sid] = application.sid
    return sids


def _number(
    carrier: Carrier, account: Account, part: Part, applications: Mapping[str, str]
) -> None:
    names = part.only(("number", "name", "application", *URL_WORDS))
    if "number" not in names:
        raise part.wrong("this number has no number.", "Write number: +15557000100")
    wanted = _text(names, "application")
    if wanted and wanted not in applications:
        known = ", ".join(applications) or "none are written down"
        raise names["application"].wrong(
            f"no application is called {wanted!r}.", f"Known here: {known}"
        )
    carrier.add_number(
        account,
        _e164(names["number"]),
        _urls(names),
        friendly_name=_text(names, "name"),
        voice_application_sid=applications.get(wanted, ""),
    )


def _e164(part: Part) -> str:
    if not _E164.match(part.text()):
        raise part.wrong(f"{part.text()!r} is not a number in E.164.", "Write +15557000100")
    return part.text()


def _urls(names: Mapping[str, Part]) -> VoiceUrls:
    urls = VoiceUrls()
    for word, name in URL_WORDS.items():
        if word in names:
            setattr(urls, name, _method(names[word]) if "method" in word else _url(names[word]))
    return urls


def _method(part: Part) -> str:
    return part.one_of(("GET", "POST"))


def _url(part: Part) -> str:
    if not re.match(r"^https?://[^\s/]+", part.text()):
        raise part.wrong(
            f"{part.title} is {part.text()!r}.", "Write a whole address: http://127.0.0.1:8000/…"
        )
    return part.text()


def _somebody(town: Town, name: str, part: Part, quiet: bool) -> None:
    if "arrives every" in part.names():
        stream = _stream(town, name, part)
        if not quiet:
            town.arrivals.append(stream)
        return
    names = part.only(PERSON_WORDS)
    if "number" not in names:
        raise part.wrong(f"{name} has no number.", "Write number: +15550100001")
    number = address(names["number"])
    if number in town.people:
        raise names["number"].wrong(
            f"{number} already belongs to {town.people[number].name}.", "Write another number"
        )
    town.add(
        name,
        number,
        called=script(names["when called"]) if "when called" in names else None,
        does=script(names["does"]) if "does" in names and not quiet else None,
        after=seconds(names["after"]) if "after" in names else 0.0,
    )


def _stream(town: Town, name: str, part: Part) -> Arrivals:
    names = part.only(STREAM_WORDS)
    missing = [word for word in STREAM_NEEDS if word not in names]
    if missing:
        raise part.wrong(
            f"{name} arrive again and again, but lack {', '.join(missing)}.",
            "Write number: +1555020####, dials: +15557000100, patience: 90, talks for: 120",
        )
    if not _PATTERN.match(names["number"].text()):
        raise names["number"].wrong(
            f"{names['number'].text()!r} is not a pattern of numbers.", "Write +1555020####"
        )
    about = names["about"].one_or_more() if "about" in names else []
    return Arrivals(
        name=name,
        number=names["number"].text(),
        dials=address(names["dials"]),
        every=amount(names["arrives every"]),
        patience=amount(names["patience"]),
        talks_for=amount(names["talks for"]),
        steps=script(names["does"]) if "does" in names else NOBODY,
        about=tuple(each.text() for each in about),
        at_most=_count(names, "at most", 100),
        times=names["times"].count() if "times" in names else None,
        dice=town.dice(name),
    )
