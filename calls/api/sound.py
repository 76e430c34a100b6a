"""The sound of a recording, or of a caller's message, as it comes from the carrier: the whole, or
the part that is asked for.

A player asks for parts, so that one can listen from anywhere. Where the carrier gives no parts, the
part is cut out here.
"""

import asyncio
import re
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from calls.carrier import gateway
from calls.models import Recording, Voicemail
from calls.services import playing

TYPE = "audio/wav"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def answer(
    request: HttpRequest, tape: Recording | Voicemail, *, by: User | None, by_key: str = ""
) -> HttpResponseBase:
    """With `?download=1` as a file to keep. Raises playing.NotThere, gateway.CarrierTrouble."""
    wanted = request.headers.get("Range", "")
    asked = _RANGE.fullmatch(wanted)
    if asked and asked[2] and int(asked[2]) < int(asked[1]):
        asked = None  # not a range: as if it had not been given
    download = request.GET.get("download") == "1"
    sound = playing.listen(
        tape,
        by=by,
        by_key=by_key,
        download=download,
        byte_range=wanted if asked else "",
        now=timezone.now(),
    )
    if asked is not None and sound.status != 206 and sound.length is not None:
        response = _cut(request, sound, sound.length, int(asked[1]), asked[2])
    else:
        response = _whole(request, sound)
    response["Cache-Control"] = "private, no-store"
    response["Accept-Ranges"] = "bytes"
    if download:
        response["Content-Disposition"] = f'attachment; filename="{_name(tape)}"'
    return response


def _whole(request: HttpRequest, sound: gateway.Sound) -> HttpResponseBase:
    """Or the part that the carrier has cut out."""
    response = _streaming(request, sound, sound.chunks(), sound.status)
    if sound.length is not None:
        response["Content-Length"] = str(sound.length)
    if sound.byte_range:
        response["Content-Range"] = sound.byte_range
    return response


def _cut(
    request: HttpRequest, sound: gateway.Sound, length: int, first: int, until: str
) -> HttpResponseBase:
    if first >= length:
        sound.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{length}"})
    last = min(int(until), length - 1) if until else length - 1
    wanted = max(last - first + 1, 0)
    response = _streaming(request, sound, _part(sound.chunks(), first, wanted), 206)
    response["Content-Length"] = str(wanted)
    response["Content-Range"] = f"bytes {first}-{last}/{length}"
    return response


def _part(chunks: Iterator[bytes], skip: int, wanted: int) -> Iterator[bytes]:
    for chunk in chunks:
        part = chunk[skip : skip + wanted]
        skip = max(skip - len(chunk), 0)
        wanted -= len(part)
        if part:
            yield part
        if not wanted:
            return


def _streaming(
    request: HttpRequest, sound: gateway.Sound, chunks: Iterator[bytes], status: int
) -> HttpResponseBase:
    is_async = isinstance(request, ASGIRequest)
    body = _InThreads(chunks, sound) if is_async else chunks
    return StreamingHttpResponse(body, status=status, content_type=TYPE)


class _InThreads:
    """The carrier is read in a thread, as fast as the listener takes it."""

    def __init__(self, chunks: Iterator[bytes], sound: gateway.Sound) -> None:
        self._chunks, self._sound = chunks, sound

    def __aiter__(self) -> "_InThreads":
        return self

    async def __anext__(self) -> bytes:
        chunk = await asyncio.to_thread(next, self._chunks, None)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """Called at the answer's end, also where the listener went away before it."""
        self._sound.close()


def _name(tape: Recording | Voicemail) -> str:
    """Says when, and of nobody."""
    began_at = tape.left_at if isinstance(tape, Voicemail) else tape.began_at
    when = timezone.localtime(began_at).strftime("-%Y-%m-%d-%H-%M") if began_at else ""
    return f"recording{when}.wav"
