"""Redirect, Reject, Hangup, Leave: where a call goes instead of to the next verb."""

from __future__ import annotations

from sandbox.core.calls import Address
from sandbox.core.twiml.parse import Element
from sandbox.core.twiml.run import QUEUE_WAIT, Ending, GoTo, Run, Step


async def redirect(run: Run, verb: Element) -> Step:
    """Another document takes over; a call that rings keeps ringing meanwhile."""
    return GoTo(Address(run.resolve(verb.text), verb.method()))


async def reject(run: Run, verb: Element) -> Step:
    """An unanswered inbound call is turned away; an answered one is hung up."""
    if run.call.answered:
        return Ending.HANGUP
    return Ending.BUSY if verb.get("reason") == "busy" else Ending.REJECTED


async def hangup(run: Run, _: Element) -> Step:
    """The carrier puts the phone down."""
    run.answer()
    return Ending.HANGUP


async def leave(run: Run, _: Element) -> Step:
    """A waiting caller leaves the queue; anywhere else nothing happens."""
    if run.setting is QUEUE_WAIT:
        return Ending.LEAVE
    run.notify(13910, warning=True)
    return None
