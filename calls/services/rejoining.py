"""A room has ended, or put somebody out, and whoever was in it comes back as they were.

The carrier lets nobody into a room on hold. So whoever was on hold comes in first, and is held
again; those who would be heard wait outside until that is so. Whoever was muted comes in muted.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from calls import outbox, steps
from calls.carrier import addresses
from calls.models import Call, Leg, TimelineEvent
from calls.plans import TALKERS
from calls.services import coming_back, handovers, legs
from calls.services.deciding import IN_CONVERSATION
from calls.states import Verb

# For so long others wait for somebody who was on hold and does not come back.
PATIENCE = timedelta(seconds=20)
PAUSE = 1
# Until then it is heard of everybody that they are out of the room.
NEWS_TAKES = timedelta(seconds=5)
# Marks the order that holds somebody again.
AGAIN = "again"
# Put on hold by hand: until taken off it by hand.
BY_HAND = ("hold", "resume", "swap")


def step(leg: Leg, call: Call, wanted: steps.Step, now: datetime) -> steps.Step:
    """What somebody is answered who asks what to do, and would be told to come into the room, for
    the first time or again.

    The call is locked, and the leg read since.
    """
    talks = leg.role in TALKERS and call.state in IN_CONVERSATION
    if not talks or not isinstance(wanted, steps.JoinRoom):
        return wanted
    if _has_to_wait(leg, call, now):
        return steps.OneMoment(resume_url=addresses.resume(leg.id), seconds=PAUSE)
    return replace(wanted, muted=_was_muted(leg))


def _was_muted(leg: Leg) -> bool:
    """By the room; also by way of a line that was lost, which this one is in place of."""
    if leg.joined_at is None:
        return leg.in_place_of is not None and _was_muted(leg.in_place_of)
    return leg.muted if leg.in_room else _was_last(leg, "muted", "unmuted")


def was_on_hold(leg: Leg) -> bool:
    """Whether they were when they left the room, in which they are not now. Of a hold that was
    carried out just before, the news may still be on its way."""
    return _was_last(leg, "held", "resumed") or _was_just_held(leg)


def _was_just_held(leg: Leg) -> bool:
    last = legs.last_held_or_resumed(leg)
    if last is None or last.verb != Verb.HOLD or not last.settled_at or not leg.left_room_at:
        return False
    return leg.left_room_at - last.settled_at < NEWS_TAKES


def hold_again(call: Call, leg: Leg, now: datetime) -> None:
    """Somebody is back who was on hold: so they are again, if what it was for goes on. The call is
    locked."""
    last = legs.last_hold_or_resume(leg)
    made = last.change if last else None
    by_hand = made is not None and made.kind in BY_HAND
    goes_on = handovers.open_of(call) is not None or coming_back.is_awaited(call)
    if last is None or not (by_hand or goes_on):
        return
    outbox.put(
        leg=leg,
        verb=Verb.HOLD,
        reason="on hold when the room ended",
        now=now,
        params=last.params | {AGAIN: True},
        change=made if by_hand else None,
    )


def _has_to_wait(leg: Leg, call: Call, now: datetime) -> bool:
    """Somebody would hear this one, or be heard, who was on hold and is not yet again."""
    here = [each for each in legs.here(call) if each.role in TALKERS]
    others = (each for each in here if each.pk != leg.pk)
    if leg.on_hold or (not leg.in_room and was_on_hold(leg)):
        # Of several who were on hold, one comes after the other.
        others = (each for each in others if (each.planned_at, each.pk) < (leg.planned_at, leg.pk))
    return any(_is_to_be_held(each, leg, now) for each in others)


def _is_to_be_held(other: Leg, leg: Leg, now: datetime) -> bool:
    if other.on_hold:
        # In the room that has just ended, it may be: the news of that is on its way.
        is_late = leg.left_room_at is None or now - leg.left_room_at < NEWS_TAKES
        return leg.joined_at is not None and is_late
    if other.in_room:
        return legs.is_ordered(other, Verb.HOLD)
    left = other.left_room_at
    return left is not None and now - left < PATIENCE and was_on_hold(other)


def _was_last(leg: Leg, so: str, otherwise: str) -> bool:
    """Whether somebody who is out of the room was so in it: told by the call's story."""
    told = TimelineEvent.objects.filter(leg=leg, kind__in=(so, otherwise, "entered"))
    return told.order_by("-at", "-id").values_list("kind", flat=True).first() == so
