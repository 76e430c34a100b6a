"""What the worker does: orders are delivered, and each timer looks again before it acts."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from calls import outbox, timers
from calls.carrier import gateway
from calls.services import (
    connecting,
    looking,
    offers,
    orders,
    parking,
    queueing,
    reconcile,
    rooms,
    second_party,
    standby_lines,
    standing_by,
    whole_lines,
    wrapups,
)

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
# A job that met an error, not an answer: how often and how soon it is tried again.
MOST_ATTEMPTS = 12
PAUSE = timedelta(seconds=1)
# How long the carrier's answer is held while the database is away.
ANSWER_HELD = 30


class AskAgain(Exception):
    """The carrier could not do it now; the order is asked again at this moment."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"asked again at {at.isoformat()}")
        self.at = at


class Persistence(BaseRetryStrategy):
    """The same job again, so that it keeps its place among the orders of its leg."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, AskAgain):
            return RetryDecision(retry_at=exception.at)
        if job.attempts >= MOST_ATTEMPTS or isinstance(exception, ObjectDoesNotExist):
            return None
        return RetryDecision(retry_at=timezone.now() + PAUSE * min(job.attempts + 1, 5))


async def in_thread(work: Callable[[], Result]) -> Result:
    """Run what blocks in the loop's own threads, on a database connection that works."""
    return await asyncio.get_running_loop().run_in_executor(None, _connected, work)


def _connected(work: Callable[[], Result]) -> Result:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()


@app.task(name=outbox.TASK, queue=outbox.QUEUE, retry=Persistence())
async def deliver_order(order_id: str) -> None:
    """The carrier is asked to change a live call, and its answer is kept."""
    order = UUID(order_id)
    question = await in_thread(lambda: orders.prepare(order_id=order, now=timezone.now()))
    again_at = None if question is None else (await ask(order, question)).again_at
    if again_at is not None:
        raise AskAgain(again_at)


@dataclass(frozen=True, slots=True)
class Asked:
    """When to ask again, if the carrier could not do it; whether the order's job is done with."""

    again_at: datetime | None
    is_done: bool


async def ask(
    order: UUID, question: orders.Question, done: Callable[[], None] | None = None
) -> Asked:
    """Put the question and keep the answer. `done` does away with the job in the transaction that
    settles the order, where nothing else is left to do."""
    outcome = await _put(question)

    def settle() -> tuple[orders.Settled, bool]:
        with transaction.atomic():
            settled = orders.settle(order_id=order, outcome=outcome, now=timezone.now())
            if done is None or settled != orders.Settled():
                return settled, False
            done()
            return settled, True

    settled, is_done = await _keep(settle)
    if settled.look:
        await _look(partial(looking.look, leg_id=question.leg_id))
    again_at = None if settled.again_in is None else timezone.now() + settled.again_in
    return Asked(again_at, is_done)


async def _put(question: orders.Question) -> gateway.Outcome:
    return await gateway.ask(
        question.verb,
        sid=question.sid,
        to=question.to,
        from_=question.from_,
        params=question.params,
        leg_id=question.leg_id,
        call_id=question.call_id,
        order_id=question.order_id,
        room=question.room,
        conference_sid=question.conference_sid,
    )


async def _keep(settle: Callable[[], Result]) -> Result:
    """An answer is not thrown away because the database is being restarted."""
    for _ in range(ANSWER_HELD):
        try:
            return await in_thread(settle)
        except (OperationalError, InterfaceError) as error:
            logger.warning("the carrier's answer waits for the database: %s", error)
            await asyncio.sleep(1)
    raise OperationalError("the carrier's answer could not be kept")


async def _look(look: Callable[[], bool]) -> None:
    """What is not learnt now, the reconciler asks again."""
    try:
        await in_thread(look)
    except gateway.CarrierTrouble as trouble:
        logger.warning("how a line ended could not be read: %s", trouble)


@app.task(name=outbox.LINE_TASK, queue=outbox.QUEUE, retry=Persistence())
async def standby_leg(line_id: str) -> None:
    """The carrier is asked to ring a leg that is kept open, or to end it."""
    line = UUID(line_id)
    question = await in_thread(lambda: standby_lines.prepare(line_id=line, now=timezone.now()))
    if question is None:
        return
    verb, outcome = question.verb, await _put(question)
    settled = await _keep(
        lambda: standby_lines.settle(line_id=line, verb=verb, outcome=outcome, now=timezone.now())
    )
    if settled.look:
        await _look(partial(standby_lines.look, line))
    if settled.again_in is not None:
        raise AskAgain(timezone.now() + settled.again_in)


@app.task(name="calls.standby_due", queue=timers.QUEUE, retry=Persistence())
def standby_due(standby_id: int) -> None:
    standing_by.due(standby_id=standby_id, now=timezone.now())


@app.task(name="calls.offer_expires", queue=timers.QUEUE, retry=Persistence())
def offer_expires(offer_id: int) -> None:
    offers.expire(offer_id=offer_id, now=timezone.now())


@app.task(name=timers.CLAIM_EXPIRES, queue=timers.QUEUE, retry=Persistence())
def claim_expires(offer_id: int) -> None:
    """Before anybody is given up, the carrier is asked who is in the room."""
    call_id = offers.claimed_call(offer_id=offer_id)
    if call_id is not None:
        _look_at_room(call_id)
        offers.claim_expired(offer_id=offer_id, now=timezone.now())


def _look_at_room(call_id: UUID) -> None:
    try:
        reconcile.look_at_room(call_id=call_id, now=timezone.now())
    except gateway.CarrierTrouble as trouble:
        logger.warning("who is in a room could not be read: %s", trouble)


@app.task(name="calls.waited_long", queue=timers.QUEUE, retry=Persistence())
def waited_long(waiting_id: int) -> None:
    queueing.waited_long(waiting_id=waiting_id, now=timezone.now())


@app.task(name="calls.alone", queue=timers.QUEUE, retry=Persistence())
def alone(call_id: str, since: str) -> None:
    began = datetime.fromisoformat(since)
    _look_at_room(UUID(call_id))
    rooms.check_alone(call_id=UUID(call_id), since=began, now=timezone.now())


@app.task(name="calls.parked", queue=timers.QUEUE, retry=Persistence())
def parked(parking_id: int) -> None:
    parking.time_is_over(parking_id=parking_id, now=timezone.now())


@app.task(name=timers.LINE_CHANGE, queue=timers.QUEUE, retry=Persistence())
def change_line(line_change_id: int) -> None:
    whole_lines.carry_on(line_change_id=line_change_id, now=timezone.now())


@app.task(name="calls.transfer_due", queue=timers.QUEUE, retry=Persistence())
def transfer_due(transfer_id: int) -> None:
    second_party.look(transfer_id=transfer_id, now=timezone.now())


@app.task(name="calls.line_back", queue=timers.QUEUE, retry=Persistence())
def line_back(leg_id: str) -> None:
    connecting.waited_in_vain(leg_id=UUID(leg_id), now=timezone.now())


@app.task(name="calls.forget_test", queue=timers.QUEUE, retry=Persistence())
def forget_test(recording_sid: str) -> None:
    gateway.delete(recording_sid)


@app.task(name="calls.wrap_up_due", queue=timers.QUEUE, retry=Persistence())
def wrap_up_due(wrap_up_id: int) -> None:
    wrapups.expire(wrap_up_id=wrap_up_id, now=timezone.now())
