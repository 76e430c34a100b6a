"""A sound is passed on as it comes, whole or in part, and never collected first."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import cast

import pytest
import requests
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from calls.api import sound
from calls.carrier.gateway import Sound

SOUND = bytes(range(256)) * 1000


class Slow(io.BytesIO):
    """The carrier's answer; how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        read = super().read(size)
        self.taken += len(read)
        return read


def answered() -> tuple[Sound, Slow]:
    response, raw = requests.Response(), Slow(SOUND)
    response.raw, response.status_code = raw, 200
    return Sound(200, len(SOUND), "", response), raw


def cut(request: HttpRequest, first: int, until: str) -> tuple[StreamingHttpResponse, Slow]:
    heard, raw = answered()
    response = sound._cut(request, heard, len(SOUND), first, until)
    return cast(StreamingHttpResponse, response), raw


@pytest.mark.parametrize(("first", "until"), [(0, "9"), (65_530, "65545"), (255_990, "")])
def test_a_part_is_cut_out_wherever_it_lies(first: int, until: str) -> None:
    response, _ = cut(RequestFactory().get("/"), first, until)
    last = int(until) if until else len(SOUND) - 1
    assert b"".join(cast("list[bytes]", response.streaming_content)) == SOUND[first : last + 1]
    assert response["Content-Length"] == str(last + 1 - first)


def test_no_more_is_taken_from_the_carrier_than_is_listened_to() -> None:
    response, raw = cut(RequestFactory().get("/"), 0, "99")
    list(cast("list[bytes]", response.streaming_content))
    assert raw.taken < len(SOUND) / 2


def test_a_listener_who_goes_away_leaves_nothing_open() -> None:
    async def listens_to_a_little() -> None:
        heard, raw = answered()
        response = sound._whole(AsyncRequestFactory().get("/"), heard)
        body = cast("AsyncIterator[bytes]", cast(StreamingHttpResponse, response).streaming_content)
        async for chunk in body:
            assert chunk == SOUND[: len(chunk)]
            break
        response.close()
        assert raw.closed

    asyncio.run(listens_to_a_little())
