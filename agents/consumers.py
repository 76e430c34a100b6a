"""The sockets of our pages: who may open which, and what each shows."""

import asyncio
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone

from agents import presence, recording_pane, screens, search
from agents.desk import NotAnAgent
from agents.models import LineState
from calls import live
from calls.live.panes import Gallery, Pane
from calls.live.sockets import LiveSocket, NotYoursError
from calls.models import Call
from calls.services import access, connecting

logger = logging.getLogger(__name__)

# A reload closes one socket and opens the next: only silence for so long means that nobody is
# there.
GONE_AFTER = 3.0
OPEN_ELSEWHERE = 4409
# Seconds of heartbeats that are written down together.
TOGETHER = 1.0


class DeskSocket(LiveSocket):
    """An agent's desk. The newest one opened is the desk; an older one says so and stops.

    `seat` is the moment at which the page was opened, and stays the same over its reconnections,
    so that every web process agrees which desk is the newest.
    """

    _on: UUID | None = None  # the leg that the page says it talks on

    def panes(self, user: User) -> list[Pane]:
        try:
            return screens.desk_panes(user)
        except NotAnAgent:
            raise NotYoursError from None

    async def alive(self, said: Any) -> None:
        self._say(_line(said))

    async def line_changed(self, said: Any) -> None:
        """At once, and not only with the next heartbeat."""
        told = _line(said)
        if told.state:
            self._say(told)

    def _say(self, told: "SaidOfLine") -> None:
        self._on = told.on
        pulse = _pulse(self._gallery)
        pulse.beat(self.user.pk, told.state)
        if told.is_on_no_call:
            pulse.is_on_no_call(self.user.pk)

    async def opened(self) -> None:
        seat = self.scope["url_route"]["kwargs"]["seat"]
        self._seat = (int(seat), secrets.token_hex(4))
        self._replaced = False
        self._topic = live.seat(self.user.pk)
        self._gallery.bus.want(self._topic, self._somebody_sat_down)
        await self._sit_down()

    async def closed(self) -> None:
        await asyncio.sleep(GONE_AFTER)
        self._gallery.bus.unwant(self._topic, self._somebody_sat_down)
        if not self._replaced:
            user_id = self.user.pk
            await self._gallery.in_thread(lambda: presence.closed(user_id=user_id, now=_now()))

    async def _sit_down(self) -> None:
        moment, nonce = self._seat
        said = f"{self._topic}={moment}.{nonce}"
        await self._gallery.in_thread(lambda: live.announce(said))

    def _somebody_sat_down(self, _topic: str, value: str) -> None:
        moment, _, nonce = value.partition(".")
        if nonce == self._seat[1]:
            return
        if int(moment) >= self._seat[0]:
            self._replaced = True
        if int(moment) > self._seat[0]:
            self._chores.append(asyncio.create_task(self._give_up_the_desk()))
        elif int(moment) < self._seat[0] and not self._replaced:
            self._chores.append(asyncio.create_task(self._sit_down()))

    async def _give_up_the_desk(self) -> None:
        if self._on is not None:
            talks_on = partial(presence.talks_on, user_id=self.user.pk, leg_id=self._on)
            await self._gallery.in_thread(talks_on)
        await self._send(render_to_string("desk/elsewhere.html"))
        with suppress(OSError):  # the page is gone
            await self.close(OPEN_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class SaidOfLine:
    """What a page says of the line in its browser."""

    state: str = ""
    on: UUID | None = None  # the leg of a call
    is_on_no_call: bool = False


def _line(said: Any) -> SaidOfLine:
    """Nothing, where it is none of the words that there are."""
    line = said.get("line") if isinstance(said, dict) else None
    if not isinstance(line, dict) or line.get("is") not in LineState.values:
        return SaidOfLine()
    state, on = str(line["is"]), line.get("on", "")
    idle = state == LineState.READY and on is None
    return SaidOfLine(state, _leg_id(on), idle)


def _leg_id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


class Pulse:
    """The heartbeats of one process's desks: the first at once, those of the next second together.

    A thousand desks cost one statement a second.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._alive: dict[int, str] = {}
        self._on_no_call: set[int] = set()
        self._telling: asyncio.Task[None] | None = None

    def beat(self, user_id: int, line: str) -> None:
        self._alive[user_id] = line
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell(), name="heartbeats")

    def is_on_no_call(self, user_id: int) -> None:
        """Their browser's line is ready, and not in use."""
        self._on_no_call.add(user_id)

    async def _tell(self) -> None:
        while self._alive:
            alive, self._alive = self._alive, {}
            idle, self._on_no_call = self._on_no_call, set()
            try:
                await self._gallery.in_thread(partial(_told, alive, idle))
            except DatabaseError as error:
                logger.warning("heartbeats of %d desks are lost: %s", len(alive), error)
            await asyncio.sleep(TOGETHER)
        self._telling = None


def _told(alive: dict[int, str], idle: set[int]) -> None:
    presence.heartbeats(lines=alive, now=_now())
    if idle:
        elsewhere = presence.talked_elsewhere(user_ids=idle)
        connecting.are_on_no_call(user_ids=idle, but=elsewhere, now=_now())


_pulses: WeakKeyDictionary[Gallery, Pulse] = WeakKeyDictionary()


def _pulse(gallery: Gallery) -> Pulse:
    if gallery not in _pulses:
        _pulses[gallery] = Pulse(gallery)
    return _pulses[gallery]


class BoardSocket(LiveSocket):
    """A supervisor's board of the queues that are theirs."""

    def panes(self, user: User) -> list[Pane]:
        if not screens.pages_of(user).board:
            raise NotYoursError
        return screens.board_panes(user)


class CallListSocket(LiveSocket):
    """The list of calls that a supervisor looks through; its query is that of the page."""

    def panes(self, user: User) -> list[Pane]:
        if not screens.pages_of(user).board:
            raise NotYoursError
        try:
            given = QueryDict(self.scope["query_string"])
        except SuspiciousOperation:  # it has more fields than any page of ours
            raise NotYoursError from None
        return [search.pane(search.asked(user, given))]


class CallSocket(LiveSocket):
    """One call's page, for whoever may see the call."""

    def panes(self, user: User) -> list[Pane]:
        call_id: UUID = self.scope["url_route"]["kwargs"]["call_id"]
        call = Call.objects.filter(pk=call_id).first()
        if call is None or not access.may_see(user, call):
            raise NotYoursError
        return [screens.call_pane(user, call), recording_pane.pane(user, call)]


def _now() -> datetime:
    return timezone.now()
