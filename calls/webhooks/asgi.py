"""The carrier's door in the web process: no middleware, no request object, no router.

News goes to the batch writer on the event loop. Requests for instructions run in a few threads of
their own, each with a database connection that stays open.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections
from django.utils import timezone

from calls.webhooks import door, metrics, one_moment
from calls.webhooks.admission import CarrierRequest, Response, refusal
from calls.webhooks.door import Instructed
from calls.webhooks.inbox import Row
from calls.webhooks.kinds import Wants
from calls.webhooks.wire import Receive, Scope, Send, admit_scope, read_body, send_response
from calls.webhooks.writer import NotWritten, Writer

THREADS = 3
# More than this, and the last would be answered after the carrier has given up on it.
MOST_INSTRUCTED = 400
SECONDS_TO_INSTRUCT = 4.5
TOO_MUCH = refusal(503, "Too much is being asked at once; ask again.")
TOO_SLOW = refusal(503, "This takes too long; ask again.")


class CarrierDoor:
    """An ASGI application for everything under `/twilio/`; made once for each event loop."""

    def __init__(self) -> None:
        self._writer: Writer | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._instructed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        request = admit_scope(scope, body)
        if not isinstance(request, Response):
            request = await self._answer(request)
        await send_response(send, request)

    async def close(self) -> None:
        """Write what has arrived, then let go of every connection."""
        if self._writer is not None:
            await self._writer.close()
            self._writer = None
        if self._threads is not None:
            threads, self._threads = self._threads, None
            await asyncio.get_running_loop().run_in_executor(None, _shut, threads)

    async def _answer(self, request: CarrierRequest) -> Response:
        if request.kind.wants is Wants.ONE_MOMENT:
            return one_moment.answer(request)
        known = door.known_answer(request)
        if known is not None:
            began = time.perf_counter()
            row = door.row_of(request, timezone.now())
            known = await self._write(row, known, request.kind.name)
            metrics.SECONDS.labels(request.kind.name).observe(time.perf_counter() - began)
            return known
        instructed = await self._instruct(request)
        if instructed.unwritten is None:
            return instructed.response
        return await self._write(instructed.unwritten, instructed.response, request.kind.name)

    async def _write(self, row: Row, response: Response, kind: str) -> Response:
        if self._writer is None:
            self._writer = Writer()
        try:
            await self._writer.write(row)
        except NotWritten:
            response = door.NOT_NOW
        metrics.ANSWERED.labels(kind, str(response.status)).inc()
        return response

    async def _instruct(self, request: CarrierRequest) -> Instructed:
        if self._instructed >= MOST_INSTRUCTED:
            return Instructed(TOO_MUCH)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="instructions")
        loop = asyncio.get_running_loop()
        self._instructed += 1
        answer = loop.run_in_executor(self._threads, door.instruct, request, timezone.now())
        answer.add_done_callback(self._one_less)
        try:
            return await asyncio.wait_for(asyncio.shield(answer), SECONDS_TO_INSTRUCT)
        except TimeoutError:
            return Instructed(TOO_SLOW)

    def _one_less(self, _answer: asyncio.Future[Instructed]) -> None:
        self._instructed -= 1


def _shut(threads: ThreadPoolExecutor) -> None:
    """Connections belong to their threads, so each thread closes its own."""
    all_here = Barrier(THREADS)

    def close_own() -> None:
        all_here.wait(timeout=SECONDS_TO_INSTRUCT)
        connections.close_all()

    for _ in range(THREADS):
        threads.submit(close_own)
    threads.shutdown(wait=True)
