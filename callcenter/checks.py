"""Each setting that is missing or contradicts another, by name, with what to do about it.

`manage.py check` says what would not work; `check --deploy` also what must not go live.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import validate_host

from calls import allowances
from calls.carrier import numbers

ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
API_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
TWIML_APP = re.compile(r"AP[0-9a-fA-F]{32}")
EDGE = re.compile(r"[a-z]+(-[a-z0-9]+)*")
PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
DEVELOPMENT_KEY = "development-only"
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
Apps = Sequence[AppConfig] | None


@register()
def check_settings(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 Django's
    """What would not work anywhere."""
    carrier = [*account(), *softphone(), *addresses(), *tls(), *proxies()]
    return [*database(), *redis(), *carrier, *rates(), *api(), *outside(), *music(), *keeping()]


@register(Tags.security, deploy=True)
def check_going_live(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """What must not meet real callers."""
    live = [*live_carrier(), *live_softphone(), *live_addresses(), *live_sign_ins()]
    return [*secrets(), *live]


# Anywhere ---------------------------------------------------------------------------------------


def database() -> Iterator[CheckMessage]:
    if urlsplit(settings.DATABASE_URL).scheme not in {"postgres", "postgresql"}:
        yield Error(
            "DATABASE_URL does not name a PostgreSQL.",
            hint="Write postgresql://user:password@host/name. No other database is supported: it "
            "is also the job queue and the bus.",
            id="callcenter.E001",
        )


def redis() -> Iterator[CheckMessage]:
    parts = urlsplit(settings.REDIS_URL)
    if settings.REDIS_URL and (
        parts.scheme not in {"redis", "rediss", "unix"} or not (parts.netloc or parts.path)
    ):
        yield Error(
            "REDIS_URL is not the address of a Redis.",
            hint="Write redis://host:6379/0 or rediss://… for TLS; empty where one machine is all.",
            id="callcenter.E002",
        )


def account() -> Iterator[CheckMessage]:
    sid, token = settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN
    if not ACCOUNT_SID.fullmatch(sid):
        yield Error(
            "TWILIO_ACCOUNT_SID is not an account's id.",
            hint="It is AC and 32 hexadecimal digits. Unset it to use the sandbox carrier.",
            id="callcenter.E003",
        )
    if not settings.CARRIER_IS_SANDBOX and token in {"", settings.SANDBOX_AUTH_TOKEN}:
        yield Error(
            "TWILIO_ACCOUNT_SID is set without TWILIO_AUTH_TOKEN.",
            hint="The token signs every request of the carrier, also where TWILIO_API_KEY is used "
            "for ours: without it each caller would be turned away.",
            id="callcenter.E004",
        )
    if bool(settings.TWILIO_API_KEY) != bool(settings.TWILIO_API_SECRET):
        yield Error(
            "TWILIO_API_KEY and TWILIO_API_SECRET go together, and one of them is missing.",
            hint="Set both, or neither: then the account's token is used.",
            id="callcenter.E005",
        )
    elif settings.TWILIO_API_KEY and not API_KEY.fullmatch(settings.TWILIO_API_KEY):
        yield Error(
            "TWILIO_API_KEY is not a key's id.",
            hint="It is SK and 32 hexadecimal digits; the secret is TWILIO_API_SECRET.",
            id="callcenter.E006",
        )
    if settings.CARRIER_IS_SANDBOX and not settings.CARRIER_API_URL:
        yield Error(
            "The sandbox's account is used, but CARRIER_API_URL is empty.",
            hint="Give the sandbox's address, or a real account in TWILIO_ACCOUNT_SID.",
            id="callcenter.E007",
        )
    if not 1 <= settings.CARRIER_TIMEOUT <= 60:
        yield Error(
            "CARRIER_TIMEOUT is not between 1 and 60 seconds.",
            hint="Longer, and one silent request holds up the orders behind it; 10 is usual.",
            id="callcenter.E008",
        )


def softphone() -> Iterator[CheckMessage]:
    sid = settings.TWILIO_TWIML_APP_SID
    if sid and not TWIML_APP.fullmatch(sid):
        yield Error(
            "TWILIO_TWIML_APP_SID is not an application's id.",
            hint="It is AP and 32 hexadecimal digits; empty where nobody talks in the browser.",
            id="callcenter.E031",
        )
    elif sid and sid == settings.SANDBOX_TWIML_APP_SID and not settings.CARRIER_IS_SANDBOX:
        yield Error(
            "A real account is used with the sandbox's TWILIO_TWIML_APP_SID.",
            hint="Give the id of a TwiML App of your account; `manage.py twilio_setup` points it "
            "at this call centre.",
            id="callcenter.E032",
        )
    elif sid and not settings.CARRIER_IS_SANDBOX and not settings.TWILIO_API_KEY:
        yield Error(
            "TWILIO_TWIML_APP_SID is set without TWILIO_API_KEY: no browser would get a token.",
            hint="Set TWILIO_API_KEY and TWILIO_API_SECRET: they sign what lets a browser talk. "
            "The account's token cannot.",
            id="callcenter.E033",
        )
    if not 60 <= settings.SOFTPHONE_TOKEN_SECONDS <= 86400:
        yield Error(
            "SOFTPHONE_TOKEN_SECONDS is not between 60 seconds and a day.",
            hint="600 is usual: browsers ask for the next one in time.",
            id="callcenter.E034",
        )
    if not 5 <= settings.SOFTPHONE_GRACE_SECONDS <= 120:
        yield Error(
            "SOFTPHONE_GRACE_SECONDS is not between 5 and 120 seconds.",
            hint="20 is usual: a page that is loaded again is back sooner; nobody hears music for "
            "long whose agent is gone.",
            id="callcenter.E035",
        )
    odd = [edge for edge in settings.TWILIO_EDGES if not EDGE.fullmatch(edge)]
    if odd:
        yield Error(
            f"TWILIO_EDGES names what is no edge: {', '.join(odd)}.",
            hint="Write dublin,frankfurt; empty for whichever is nearest.",
            id="callcenter.E036",
        )


def addresses() -> Iterator[CheckMessage]:
    for number, name in ((9, "PUBLIC_URL"), (10, "FALLBACK_URL")):
        parts = _split(getattr(settings, name))
        if parts is None or not parts.hostname or _has_more(parts):
            yield Error(
                f"{name} is not the beginning of a web address.",
                hint="Write https://calls.example.com, with nothing after the name but a port: "
                "the carrier's signatures are checked against it.",
                id=f"callcenter.E{number:03}",
            )
    host = _host(settings.PUBLIC_URL)
    if host and not validate_host(host, settings.ALLOWED_HOSTS):
        yield Error(
            f"ALLOWED_HOSTS does not contain {host}, the host of PUBLIC_URL.",
            hint=f"Set ALLOWED_HOSTS={host} (several are separated by commas).",
            id="callcenter.E011",
        )


def tls() -> Iterator[CheckMessage]:
    if settings.SECURE_SSL_REDIRECT and settings.PUBLIC_URL.startswith("http://"):
        yield Error(
            "SECURE_SSL_REDIRECT sends every page to https, but PUBLIC_URL is http.",
            hint="Give PUBLIC_URL its https address, or unset SECURE_SSL_REDIRECT.",
            id="callcenter.E012",
        )


def rates() -> Iterator[CheckMessage]:
    for number, name, happens in (
        (13, "API_RATE", "The API would answer with errors."),
        (17, "SIGN_IN_RATE_PER_ACCOUNT", "Nobody could sign in."),
        (18, "SIGN_IN_RATE_PER_ADDRESS", "Nobody could sign in."),
    ):
        given = getattr(settings, name)
        if given and not allowances.RATE.fullmatch(given):
            yield Error(
                f"{name} is not a rate: {given!r}. {happens}",
                hint="Write 600/min (or /sec, /hour, /day); empty for any number.",
                id=f"callcenter.E{number:03}",
            )


def proxies() -> Iterator[CheckMessage]:
    if not 0 <= settings.PROXIES_IN_FRONT <= 10:
        yield Error(
            f"PROXIES_IN_FRONT is {settings.PROXIES_IN_FRONT}.",
            hint="It is the number of proxies, 0 to 10, that add to X-Forwarded-For.",
            id="callcenter.E019",
        )


def api() -> Iterator[CheckMessage]:
    odd = [host for host in settings.API_TWIML_HOSTS if not HOST.fullmatch(host)]
    if odd:
        yield Error(
            f"API_TWIML_HOSTS names what is no host: {', '.join(odd)}. It would allow nothing.",
            hint="Write crm.example.com,sip.example.com:5060: no https://, no path, no pattern.",
            id="callcenter.E014",
        )


def outside() -> Iterator[CheckMessage]:
    odd = [prefix for prefix in settings.OUTSIDE_PREFIXES if not PREFIX.fullmatch(prefix)]
    if odd:
        yield Error(
            f"OUTSIDE_PREFIXES names what no number begins with: {', '.join(odd)}.",
            hint="Write +1415,+49: a plus sign, the country code, and more of the number if need "
            "be; empty for the countries of your own numbers.",
            id="callcenter.E030",
        )
    for prefix in settings.OUTSIDE_PREFIXES:
        opened = numbers.countries_that_begin(prefix)
        if len(opened) > 1:
            yield Warning(
                f"OUTSIDE_PREFIXES: {prefix} opens {len(opened)} countries, some of which may cost "
                f"many times as much: {', '.join(opened[:8])}{', …' if len(opened) > 8 else ''}.",
                hint="Write more of the number (+1415), or leave the setting empty: then it is the "
                "countries of your own numbers, which are told apart also where they share a code.",
                id="callcenter.W038",
            )


def music() -> Iterator[CheckMessage]:
    if settings.HOLD_MUSIC and not _is_static(settings.HOLD_MUSIC):
        yield Error(
            f"HOLD_MUSIC is not among the static files: {settings.HOLD_MUSIC}. Callers would wait "
            "in silence.",
            hint="Put the file under static/, as static/audio/waiting.wav, or leave it empty.",
            id="callcenter.E015",
        )


def keeping() -> Iterator[CheckMessage]:
    for name in ("CALLS_KEPT_DAYS", "NEWS_KEPT_DAYS", "FAILED_JOBS_KEPT_DAYS"):
        if getattr(settings, name) < 0:
            yield Error(
                f"{name} is below zero: what is of today would be deleted as it is written.",
                hint="Write a number of days; 0 keeps everything for ever.",
                id="callcenter.E016",
            )


# Going live -------------------------------------------------------------------------------------


def secrets() -> Iterator[CheckMessage]:
    if settings.SECRET_KEY.startswith(DEVELOPMENT_KEY):
        yield Error(
            "SECRET_KEY is the one in the source code: anybody could sign in as anybody.",
            hint="Set it to the output of: python -c 'import secrets; "
            "print(secrets.token_urlsafe(64))'",
            id="callcenter.E020",
        )


def live_carrier() -> Iterator[CheckMessage]:
    if settings.CARRIER_IS_SANDBOX:
        yield Warning(
            "The sandbox's account is used: no real telephone will ring.",
            hint="Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
            id="callcenter.W021",
        )
    elif settings.CARRIER_API_URL:
        yield Warning(
            "A real account is used, but its requests go to CARRIER_API_URL and not to Twilio.",
            hint="Unset CARRIER_API_URL, unless it is a proxy of yours.",
            id="callcenter.W022",
        )


def live_softphone() -> Iterator[CheckMessage]:
    if settings.SOFTPHONE_DRIVER == "silent":
        yield Error(
            "SOFTPHONE_DRIVER is silent: nobody who talks in the browser would be heard.",
            hint="Unset it: `twilio` is what talks.",
            id="callcenter.E037",
        )


def live_addresses() -> Iterator[CheckMessage]:
    public, fallback = _split(settings.PUBLIC_URL), _split(settings.FALLBACK_URL)
    if public is None or fallback is None:
        return  # said above
    if public.hostname in LOCAL_HOSTS:
        yield Error(
            "PUBLIC_URL is this machine's own address: the carrier cannot reach it.",
            hint="Set it to the https address at which the internet reaches the web process.",
            id="callcenter.E023",
        )
    elif public.scheme != "https":
        yield Error(
            "PUBLIC_URL is not https: calls, numbers and sessions would be readable on the way.",
            hint="Put a proxy that ends TLS in front, set BEHIND_TLS_PROXY=1 and an https address.",
            id="callcenter.E024",
        )
    elif settings.SECURE_SSL_REDIRECT and not settings.SECURE_PROXY_SSL_HEADER:
        yield Warning(
            "PUBLIC_URL is https, but it is not said who ends TLS.",
            hint="Behind a proxy that sets X-Forwarded-Proto, set BEHIND_TLS_PROXY=1; without it "
            "every page redirects to itself for ever.",
            id="callcenter.W025",
        )
    if fallback.hostname == public.hostname:
        yield Warning(
            "FALLBACK_URL is on the host of PUBLIC_URL: what takes one down takes both down.",
            hint="Run `callcenter.fallback` on another machine: it keeps callers on the line while "
            "the web process or the database is away.",
            id="callcenter.W026",
        )
    elif fallback.scheme != "https":
        yield Error(
            "FALLBACK_URL is not https.", hint="As PUBLIC_URL, it needs TLS.", id="callcenter.E027"
        )


def live_sign_ins() -> Iterator[CheckMessage]:
    if not settings.SIGN_IN_RATE_PER_ACCOUNT:
        yield Warning(
            "SIGN_IN_RATE_PER_ACCOUNT is empty: anybody may try passwords for ever.",
            hint="Leave it unset for 10/hour.",
            id="callcenter.W028",
        )
    if settings.SECURE_PROXY_SSL_HEADER and not settings.PROXIES_IN_FRONT:
        yield Warning(
            "BEHIND_TLS_PROXY is set, but not how many proxies there are: from where somebody "
            "signs in is not known, and not limited.",
            hint="Set PROXIES_IN_FRONT=1 if the proxy adds to X-Forwarded-For; 2 for two in a row.",
            id="callcenter.W029",
        )


def _split(url: str) -> SplitResult | None:
    """The parts of a web address; None where it is none."""
    try:
        parts = urlsplit(url)
        readable = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if readable and parts.scheme in {"http", "https"} else None


def _host(url: str) -> str:
    parts = _split(url)
    return (parts.hostname or "").lower() if parts else ""


def _is_static(name: str) -> bool:
    return bool(finders.find(name)) or (settings.STATIC_ROOT / name).is_file()


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.path or parts.query or parts.fragment or parts.username)
