"""Queues at work: callers join and leave, agents who dial a queue take the one in front."""

from __future__ import annotations

from sandbox.core.accounts import Account
from sandbox.core.calls import Call
from sandbox.core.kernel import Cancelled, Future
from sandbox.core.queues import Member, Queue
from sandbox.core.sids import QUEUE
from sandbox.core.switch import Switch


def queue_named(switch: Switch, account: Account, name: str) -> Queue | None:
    queues = (q for q in switch.queues.values() if q.account is account)
    return next((queue for queue in queues if queue.friendly_name == name), None)


def new_queue(switch: Switch, account: Account, name: str, max_size: int | None = None) -> Queue:
    queue = Queue(
        sid=switch.sid(QUEUE),
        account=account,
        friendly_name=name,
        max_size=switch.config.max_queue_size if max_size is None else max_size,
        created_at=switch.now,
        updated_at=switch.now,
    )
    switch.queues[queue.sid] = queue
    switch.tell("queue", queue)
    return queue


def join_queue(switch: Switch, queue: Queue, call: Call) -> Member | None:
    """Take the last place; None if the queue is full. A waiting agent gets the caller at once."""
    if queue.current_size >= queue.max_size:
        return None
    member = Member(call=call, queue=queue, enqueued_at=switch.now)
    queue.members.append(member)
    queue.updated_at = switch.now
    call.queue_sid = queue.sid
    switch.tell("queue", queue)
    _serve_takers(switch, queue)
    return member


def leave_queue(switch: Switch, member: Member) -> None:
    """Give up the place, if it is still held."""
    queue = member.queue
    if member in queue.members:
        queue.members.remove(member)
        queue.updated_at = switch.now
    if member.call.queue_sid == queue.sid:
        member.call.queue_sid = None
    switch.tell("queue", queue)


async def take_member(switch: Switch, queue: Queue, seconds: float) -> Member | None:
    """The caller in front, waiting up to `seconds` for one; None if nobody came."""
    taker: Future[Member | None] = Future()
    queue.takers.append(taker)
    _serve_takers(switch, queue)
    timer = switch.kernel.call_later(seconds, lambda: _send_away(queue, taker))
    try:
        return await taker
    except Cancelled:
        _forget_taker(queue, taker)
        _put_back(switch, taker)
        raise
    finally:
        timer.cancel()


def _serve_takers(switch: Switch, queue: Queue) -> None:
    while queue.takers and queue.members:
        taker = queue.takers.popleft()
        member = queue.members[0]
        leave_queue(switch, member)
        taker.try_set(member)


def _put_back(switch: Switch, taker: Future[Member | None]) -> None:
    """The agent was gone in the moment of being given a caller, who keeps the first place."""
    member = taker.result() if taker.done else None
    if member is None or member.gone.done:
        return
    member.queue.members.appendleft(member)
    member.call.queue_sid = member.queue.sid
    _serve_takers(switch, member.queue)


def _send_away(queue: Queue, taker: Future[Member | None]) -> None:
    _forget_taker(queue, taker)
    taker.try_set(None)


def _forget_taker(queue: Queue, taker: Future[Member | None]) -> None:
    if taker in queue.takers:
        queue.takers.remove(taker)
