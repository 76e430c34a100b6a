"""A thousand browsers' sockets in one process, cheap enough not to be what is measured."""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable

TEXT, PING, PONG = 0x1, 0x9, 0xA
# When it came, and what came.
Hear = Callable[["Page", float, bytes], None]


class Page(asyncio.Protocol):
    """One open page: it answers when it is asked whether it runs, and tells what it was sent."""

    def __init__(self, path: str, cookie: str, hear: Hear) -> None:
        self.path, self.cookie, self.hear = path, cookie, hear
        self.opened = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self._arrived = b""
        self._talks = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        host = f"127.0.0.1:{transport.get_extra_info('peername')[1]}"
        key = base64.b64encode(os.urandom(16)).decode()
        asked = (
            f"GET {self.path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nCookie: sessionid={self.cookie}\r\n\r\n"
        )
        transport.write(asked.encode())

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError(f"{self.path} was not opened"))

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._arrived += data
        if not self._talks:
            self._shake_hands()
        while self._talks and (message := self._next()) is not None:
            if message.startswith(b'{"beat"'):
                self._say(b'{"alive": 1}')
            else:
                self.hear(self, now, message)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def _shake_hands(self) -> None:
        head, ends, rest = self._arrived.partition(b"\r\n\r\n")
        if not ends:
            return
        if not head.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(head.decode(errors="replace")))
            return
        self._arrived, self._talks = rest, True
        self.opened.set_result(None)

    def _next(self) -> bytes | None:
        """The next whole message; a ping on the way is answered. Servers do not mask."""
        while len(self._arrived) >= 2:
            size, begins = self._arrived[1] & 0x7F, 2
            if size == 126 and len(self._arrived) >= 4:
                size, begins = struct.unpack_from(">H", self._arrived, 2)[0], 4
            elif size == 127 and len(self._arrived) >= 10:
                size, begins = struct.unpack_from(">Q", self._arrived, 2)[0], 10
            elif size >= 126:
                return None
            if len(self._arrived) < begins + size:
                return None
            kind = self._arrived[0] & 0x0F
            body = self._arrived[begins : begins + size]
            self._arrived = self._arrived[begins + size :]
            if kind == TEXT:
                return body
            if kind == PING:
                self._say(body, PONG)
        return None

    def _say(self, text: bytes, kind: int = TEXT) -> None:
        if self.transport is not None:
            # Masked with zeros, which is a mask.
            self.transport.write(bytes([0x80 | kind, 0x80 | len(text), 0, 0, 0, 0]) + text)


async def open_pages(
    port: int, wanted: list[tuple[str, str]], hear: Hear, *, at_once: int = 50
) -> list[Page]:
    """Open a page for each (path, session key); so many are on their way at a time."""
    loop, turn = asyncio.get_running_loop(), asyncio.Semaphore(at_once)

    async def open_one(path: str, cookie: str) -> Page:
        async with turn:
            _, page = await loop.create_connection(
                lambda: Page(path, cookie, hear), "127.0.0.1", port
            )
            await page.opened
            return page

    return await asyncio.gather(*(open_one(path, cookie) for path, cookie in wanted))
