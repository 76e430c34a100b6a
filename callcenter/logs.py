"""What is written to the log: one JSON object a line, with the ids of call and leg.

Nobody's telephone number and no secret gets into a log, whoever wrote the line: what looks like a
number is masked, and the values of our own secrets are taken out.
"""

import json
import logging
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings

from calls.about import ids

# International, as the carrier writes them, or encoded in an address; digits alone; and as people
# in North America write them.
_NUMBER = re.compile(
    r"(?P<plus>\+|%2[Bb])(?P<international>\d[\d ().-]{5,18}\d)"
    r"|(?<![\w.-])(?P<bare>\d{10,15})(?![\w-]|\.\d)"
    r"|(?<![\w.-])(?P<written>\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4})(?![\w-])"
)
_BASIC = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=_.-]{8,}")
_SECRET_SETTINGS = ("SECRET_KEY", "TWILIO_AUTH_TOKEN", "TWILIO_API_SECRET", "METRICS_TOKEN")
_SHORTEST_SECRET = 8
# What every record has; whatever else is on one was put there by `extra=`.
_ORDINARY = {
    *vars(logging.LogRecord("", 0, "", 0, "", None, None)),
    *("message", "asctime", "taskName", "color_message", "websocket"),
}


def masked(text: str) -> str:
    """The text without telephone numbers and without secrets."""
    for secret in _secrets():
        text = text.replace(secret, "[secret]")
    return _NUMBER.sub(_mask, _BASIC.sub(r"\1 [secret]", text))


def _mask(found: re.Match[str]) -> str:
    """Enough to recognise a number that one knows, too little to call it."""
    digits = re.sub(r"\D", "", found["international"] or found["bare"] or found["written"])
    return f"{found['plus'] or ''}{digits[:1]}…{digits[-4:]}"


@cache
def _secrets() -> tuple[str, ...]:
    values = [getattr(settings, name, "") for name in _SECRET_SETTINGS]
    values.append(settings.DATABASES["default"].get("PASSWORD") or "")
    return tuple(value for value in values if len(value) >= _SHORTEST_SECRET)


class JsonLines(logging.Formatter):
    """For machines: moment, level, logger, message, ids, whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            **_masked_facts(record),
        }
        if record.exc_info:
            entry["exception"] = masked(self.formatException(record.exc_info))
        if record.stack_info:
            entry["stack"] = masked(self.formatStack(record.stack_info))
        return json.dumps(entry, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    """For people at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _masked_facts(record).items())
        return f"{masked(super().format(record))} {facts}".rstrip()


def _masked_facts(record: logging.LogRecord) -> dict[str, Any]:
    given = {name: value for name, value in vars(record).items() if name not in _ORDINARY}
    return {name: _masked_value(value) for name, value in {**ids(), **given}.items()}


def _masked_value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return masked(str(value)) if isinstance(value, int) and value > 10**9 else value
    return masked(str(value))


def is_no_probe(record: logging.LogRecord) -> bool:
    """A probe that is told "not ready" is no error: what is not ready has its own lines."""
    return getattr(getattr(record, "request", None), "path", "") not in {"/readyz", "/metrics"}


def configuration(*, level: str, style: str) -> dict[str, Any]:
    """For `LOGGING`: all goes to standard error, also what the servers' own loggers say."""
    ours: dict[str, Any] = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "callcenter.logs.JsonLines"},
            "text": {"()": "callcenter.logs.PlainLines"},
        },
        "filters": {"no_probe": {"()": lambda: is_no_probe}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **dict.fromkeys(("uvicorn", "uvicorn.error", "uvicorn.access", "django"), ours),
            # It tells of each job at every step.
            "procrastinate": {**ours, "level": "WARNING"},
            # Each refused page would be a warning; the answer says it already.
            "django.request": {**ours, "level": "ERROR", "filters": ["no_probe"]},
            "django.server": ours,
        },
    }
