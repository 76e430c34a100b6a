"""Reading the parameters of a request, with the error Twilio gives for each wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from sandbox.core.errors import RestError, bad_request
from sandbox.rest.exchange import Pairs

METHODS = ("GET", "POST")
TRUE_WORDS = ("true", "yes", "1")
FALSE_WORDS = ("false", "no", "0")
HOST = re.compile(r"[A-Za-z0-9._:-]+")


class Form:
    """The named parameters of one request. An empty value counts as not given, but for
    `given` and `cleared`, which an update needs to tell "leave it" from "empty it"."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Pairs) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def given(self, name: str) -> bool:
        return name in self._values

    def cleared(self, name: str) -> bool:
        return self.given(name) and not self.text(name)

    def names(self) -> Iterable[str]:
        return self._values.keys()

    def text(self, name: str) -> str | None:
        """The value; the last one where the parameter was repeated."""
        return self._values[name][-1] or None if name in self._values else None

    def required(self, name: str, code: int = 20001) -> str:
        value = self.text(name)
        if value is None:
            raise bad_request(f"Missing required parameter {name} in the post body", code)
        return value

    def every(self, name: str) -> list[str]:
        """Each repetition of the parameter."""
        return [value for value in self._values.get(name, []) if value]

    def words(self, name: str) -> list[str]:
        """Each repetition, and each word where several stand in one value."""
        return [word for value in self.every(name) for word in value.split()]

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.maybe_flag(name)
        return default if value is None else value

    def maybe_flag(self, name: str) -> bool | None:
        text = self.text(name)
        if text is None:
            return None
        if text.lower() in TRUE_WORDS:
            return True
        if text.lower() in FALSE_WORDS:
            return False
        raise invalid(name, text)

    def whole(self, name: str, low: int, high: int, code: int = 20001) -> int | None:
        """A whole number within its bounds."""
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"-?\d{1,12}", text) or not low <= int(text) <= high:
            raise invalid(name, text, code)
        return int(text)

    def method(self, name: str, default: str = "POST", code: int = 21209) -> str:
        text = self.text(name)
        if text is None:
            return default
        if text.upper() not in METHODS:
            raise invalid(name, text, code)
        return text.upper()

    def url(self, name: str, code: int = 21205) -> str | None:
        """An absolute address, or the error "… is not a valid URL"."""
        text = self.text(name)
        if text is not None and not is_absolute_url(text):
            raise bad_request(f"{name} is not a valid URL: {text}", code)
        return text

    def choice(self, name: str, options: Sequence[str], code: int = 20001) -> str | None:
        text = self.text(name)
        if text is not None and text not in options:
            raise invalid(name, text, code)
        return text


def invalid(name: str, value: str, code: int = 20001) -> RestError:
    return bad_request(f"Invalid value '{value}' for parameter {name}", code)


def is_absolute_url(text: str) -> bool:
    """Whether the carrier could send a request there: http(s), a host, no blanks."""
    if any(letter.isspace() for letter in text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host and HOST.fullmatch(host))


def may_be_called_back(text: str) -> bool:
    """Status callbacks are not sent to a host whose name holds an underscore."""
    return is_absolute_url(text) and "_" not in (urlsplit(text).hostname or "")
