"""A page's socket: what the page shows is kept true for as long as it is open.

The first connection and every later one are the same: the page's panes are drawn and sent.
"""

import asyncio
import json
import logging
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest
from django.template.loader import render_to_string

from calls.live.panes import Gallery, Pane, gallery

if TYPE_CHECKING:
    from asgiref.typing import WebSocketSendEvent

logger = logging.getLogger(__name__)

# A page is asked this often whether it still runs. It answers in the message's own event, which a
# hidden page still gets and a frozen one does not; its own timers would be slowed when hidden.
BEAT_SECONDS = 10.0
# Every so many answers the socket looks again at who its user is and what they may see.
BEATS_BETWEEN_CHECKS = 6
LONGEST_WORD = 1000
SIGNED_OUT = 4401
NOT_YOURS = 4403
TRY_AGAIN = 1013


class NotYoursError(Exception):
    """This user has no such page; `code` is what the socket is closed with."""

    def __init__(self, code: int = NOT_YOURS) -> None:
        super().__init__(code)
        self.code = code


class LiveSocket(AsyncWebsocketConsumer):
    """One open page. At most one message is on its way; newer drawings replace unsent ones, so a
    slow browser skips to what is true now and costs no memory."""

    user: User

    # What a page says ------------------------------------------------------------------------

    def panes(self, user: User) -> list[Pane]:
        """What this user's page shows (in a thread). Raises NotYoursError."""
        raise NotImplementedError

    async def alive(self, said: Any) -> None:
        """The page has just shown that it runs, and may have said more."""

    async def line_changed(self, said: Any) -> None:
        """The page says of itself how the line in its browser is now."""

    async def opened(self) -> None:
        """The socket is open and its user known."""

    async def closed(self) -> None:
        """The socket is gone."""

    # Coming and going ------------------------------------------------------------------------

    async def connect(self) -> None:
        await self.accept()
        self._gallery: Gallery = gallery()
        self._looking: set[str] = set()
        self._unsent: dict[str, str] = {}
        self._something = asyncio.Event()
        self._troubled = False
        self._answers = 0
        self._asked_at = 0.0
        self._chores: list[asyncio.Task[None]] = []
        try:
            known = await self._check()
        except DatabaseError as error:
            logger.warning("a page cannot be shown now: %s", error)
            await self.close(TRY_AGAIN)
            return
        if not known:
            return
        await self.opened()
        self._chores = [asyncio.create_task(self._write()), asyncio.create_task(self._ask())]

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 Channels names it
        for chore in self._chores:
            chore.cancel()
        for key in self._looking:
            self._gallery.look_away(key, self)
        self._looking = set()
        if hasattr(self, "user"):
            await self.closed()

    async def receive(
        self,
        text_data: str | None = None,
        bytes_data: bytes | None = None,  # noqa: ARG002 Channels names it
    ) -> None:
        """A page only ever says that it runs, and how the line in its browser is."""
        said = _read(text_data or "")
        is_answer = bool(self._asked_at) and "alive" in said
        if not is_answer and "line" not in said:
            return
        if is_answer:
            self._asked_at = 0.0
            self._answers += 1
        try:
            if not is_answer:
                await self.line_changed(said)
                return
            if self._answers % BEATS_BETWEEN_CHECKS == 0 and not await self._check():
                return
            await self.alive(said)
        except DatabaseError as error:
            logger.warning("a page's answer could not be noted: %s", error)
            self.trouble()

    # A viewer of panes -----------------------------------------------------------------------

    def show(self, key: str, html: str) -> None:
        self._unsent[key] = html
        if self._troubled:
            self._say_trouble(troubled=False)
        self._something.set()

    def trouble(self) -> None:
        self._say_trouble(troubled=True)
        self._something.set()

    def _say_trouble(self, *, troubled: bool) -> None:
        self._troubled = troubled
        self._unsent["trouble"] = render_to_string("live/trouble.html", {"troubled": troubled})

    async def _write(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            text = "\n".join(self._unsent.values())
            self._unsent.clear()
            await self._send(text)

    async def _ask(self) -> None:
        """One question at a time: a frozen page finds one when it thaws, not a pile."""
        while True:
            if not self._asked_at:
                self._asked_at = time.monotonic()
                beat = json.dumps({"beat": round(time.time() * 1000)})
                await self._send(beat)
            await asyncio.sleep(BEAT_SECONDS)

    async def _send(self, text: str) -> None:
        event: WebSocketSendEvent = {"type": "websocket.send", "text": text, "bytes": None}
        try:
            await self.base_send(event)
        except OSError:  # the page is gone; `disconnect` is on its way
            logger.debug("a page was gone before it could be told")

    async def _check(self) -> bool:
        """Is the user still signed in, and which panes are theirs now? Otherwise closed."""
        try:
            user, panes = await self._gallery.in_thread(self._who_and_what)
        except NotYoursError as refused:
            await self.close(refused.code)
            return False
        self.user = user
        self._look_at(panes)
        return True

    def _look_at(self, panes: list[Pane]) -> None:
        keys = {pane.key for pane in panes}
        for key in self._looking - keys:
            self._gallery.look_away(key, self)
        for pane in panes:
            self._gallery.look(pane, self)
        self._looking = keys

    def _who_and_what(self) -> tuple[User, list[Pane]]:
        user = signed_in(self.scope)
        if user is None:
            raise NotYoursError(SIGNED_OUT)
        return user, self.panes(user)


def _read(text: str) -> dict[str, Any]:
    """What a page says; nothing where it is no such message."""
    try:
        said = json.loads(text) if len(text) <= LONGEST_WORD else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def signed_in(scope: Any) -> User | None:
    """The user of the session whose cookie came with the socket, as they are now."""
    sessions = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    request.session = sessions.SessionStore(scope["cookies"].get(settings.SESSION_COOKIE_NAME))
    user = auth.get_user(request)
    return user if isinstance(user, User) and user.is_active else None
