"""`<Dial><Queue>`: an agent's leg takes the caller who has waited longest."""

from __future__ import annotations

from sandbox.core.bridge import connect, disconnect
from sandbox.core.calls import Address
from sandbox.core.kernel import Cancelled
from sandbox.core.queueing import queue_named, take_member
from sandbox.core.queues import Member, Taken
from sandbox.core.twiml.dialling import Dialling, Outcome, broken_off
from sandbox.core.twiml.parse import Element


async def dial_queue(dialling: Dialling, noun: Element) -> Outcome:
    """Wait for a caller until the Dial's timeout, let them hear the whisper, and talk."""
    switch = dialling.run.switch
    queue = queue_named(switch, dialling.call.account, noun.text)
    if queue is None:
        return Outcome("failed")
    dialling.run.answer()
    given = noun.get("url")
    whisper = Address(dialling.run.resolve(given), noun.method()) if given else Address()
    try:
        member = await take_member(switch, queue, dialling.timeout)
    except Cancelled as cancelled:
        await broken_off(dialling, Outcome("canceled"), cancelled.reason)
        raise
    if member is None:
        return Outcome("no-answer")
    return await _talk(dialling, member, Taken(dialling.call, whisper))


async def _talk(dialling: Dialling, member: Member, taken: Taken) -> Outcome:
    switch, caller = dialling.run.switch, member.call
    outcome = Outcome("no-answer", caller)
    outcome.extra = [
        ("QueueSid", member.queue.sid),
        ("QueueTime", str(member.wait_time(switch.now))),
    ]
    member.taken_by.set(taken)
    began = switch.now
    try:
        await switch.kernel.first(taken.ready, member.gone)
        if taken.ready.done:
            began = switch.now
            outcome.status, outcome.bridged = "completed", True
            await _converse(dialling, member)
    except Cancelled as cancelled:
        _part(dialling, member, taken)
        outcome.seconds = round(switch.now - began)
        await broken_off(dialling, outcome, cancelled.reason)
        raise
    _part(dialling, member, taken)
    if outcome.bridged:
        outcome.seconds = round(switch.now - began)
    return outcome


async def _converse(dialling: Dialling, member: Member) -> None:
    """Until the caller is gone, or the agent's star key or time limit ends it."""
    kernel = dialling.run.switch.kernel
    dialling.start_tape("answer")
    connect(dialling.run.switch, dialling.call, member.call)
    with dialling.talking(member.call):
        ended = kernel.spawn(dialling.mail.get(), "dial queue")
        await kernel.race(member.gone, ended)


def _part(dialling: Dialling, member: Member, taken: Taken) -> None:
    disconnect(dialling.run.switch, dialling.call, member.call)
    dialling.stop_tape()
    taken.over.try_set(None)
