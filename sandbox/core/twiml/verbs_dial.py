"""Dial: a call is connected with phones, with a waiting caller, or with a room."""

from __future__ import annotations

from sandbox.core.twiml.dial_legs import dial_legs, plain_number
from sandbox.core.twiml.dial_queue import dial_queue
from sandbox.core.twiml.dial_room import dial_room
from sandbox.core.twiml.dialling import Dialling, Outcome, conclude, new_dialling
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import Run, Step, not_yet
from sandbox.core.twiml.schema import NOT_YET


async def dial(run: Run, verb: Element) -> Step:
    """Connect, talk, and go on: by the action if there is one, else with the next verb."""
    dialling = new_dialling(run, verb)
    if not verb.flag("answerOnBridge"):
        run.answer()
    return conclude(dialling, await _connect(dialling, verb))


async def _connect(dialling: Dialling, verb: Element) -> Outcome:
    for noun in verb.children:
        if noun.name in NOT_YET:
            not_yet(dialling.run, noun.name)
    rooms, queues = verb.nested("Conference"), verb.nested("Queue")
    if rooms:
        return await dial_room(dialling, rooms[0])
    if queues:
        return await dial_queue(dialling, queues[0])
    return await dial_legs(dialling, verb.children or plain_number(verb))
