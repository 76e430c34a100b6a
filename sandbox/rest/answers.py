"""Answers as Twilio writes them: JSON bodies, error bodies, and what stands in the headers."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from sandbox.core.errors import RestError
from sandbox.rest.exchange import JSON_TYPE, RestAnswer

Shape = dict[str, object]
CHALLENGE = 'Basic realm="Twilio API"'


def answer(status: int, body: Shape) -> RestAnswer:
    return RestAnswer(status, {"Content-Type": JSON_TYPE}, json.dumps(body).encode())


def no_content() -> RestAnswer:
    """The answer to a delete."""
    return RestAnswer(204)


def media(content_type: str, body: bytes) -> RestAnswer:
    return RestAnswer(200, {"Content-Type": content_type}, body)


def part_of(content_type: str, body: bytes, wanted: str) -> RestAnswer | None:
    """The one range of bytes that is asked for; None where it is the whole."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if asked is None:
        return None
    first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
    headers = {"Content-Type": content_type, "Content-Range": f"bytes {first}-{last}/{len(body)}"}
    return RestAnswer(206, headers, body[first : last + 1])


def refusal(error: RestError) -> RestAnswer:
    """The body every refusal has, and the challenge where credentials were wrong."""
    body: Shape = {
        "code": error.code,
        "message": error.message,
        "more_info": error.more_info,
        "status": error.status,
    }
    if error.detail is not None:
        body["detail"] = error.detail
    refused = answer(error.status, body)
    if error.status != 401:
        return refused
    return replace(refused, headers={**refused.headers, "WWW-Authenticate": CHALLENGE})
