"""Live calls are changed here: looked at under a lock, planned, ordered, and followed to the end.

A change is one intention of one person or program. Its orders are written in the transaction that
looked; the carrier's answers settle it. Where a step fails, the steps after it are not asked, and
those before it are taken back, the last one first.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import outbox, plans
from calls.models import Call, Change, Command, Dialling, Leg, Recording, TimelineEvent
from calls.models.together import (
    in_transaction,
    insert_together,
    read_together,
    write_fields,
)
from calls.plans import CannotNow
from calls.services import announcing, dial_rules, legs, lending, scenes
from calls.states import ORDER_GOOD, ChangeState, LegRole, OrderState, Verb
from calls.timeline import name_of, note, sentence

__all__ = [
    "CannotNow",
    "Changed",
    "announced",
    "by_itself",
    "change",
    "dry_run",
    "order_settled",
]

logger = logging.getLogger(__name__)

# Whoever asked looks at the call now: what cannot be done soon is not wanted any more.
PATIENCE = timedelta(seconds=15)

Planning = Callable[[plans.Scene], plans.Plan]


@dataclass(frozen=True, slots=True)
class Changed:
    """What was written: the change with its orders, or the one that the same token made before."""

    change: Change
    orders: list[Command]
    repeated: bool = False
    here: list[Leg] = field(default_factory=list)  # who was on the call when it was planned


@transaction.atomic
def dry_run(*, call_id: UUID, planning: Planning) -> plans.Plan:
    """What the change would come to now; nothing is written. Raises CannotNow."""
    call = legs.lock_call(call_id)
    return planning(scenes.of(call, legs.here(call)))


@in_transaction
def change(
    *,
    call_id: UUID,
    planning: Planning,
    by: User | None,
    reason: str = "",
    token: str = "",
    now: datetime,
) -> Changed:
    """Plan over the call as it is, and order what the plan says. Raises CannotNow.

    The same `token` of the same person on the same call again is the same change.
    """
    call = legs.lock_call(call_id)
    if before := known(call=call, by=by, token=token):
        return before
    here = legs.here(call)
    plan = planning(scenes.of(call, here))
    return _carry_out(call, here, plan, by=by, reason=reason, token=token, now=now)


def by_itself(*, call: Call, here: list[Leg], planning: Planning, now: datetime) -> Changed:
    """A change that nobody asked for, but the way the call goes. Raises CannotNow.

    The call is locked, and its legs that are not over are read since.
    """
    return _carry_out(call, here, planning(scenes.of(call, here)), by=None, now=now)


def _carry_out(
    call: Call,
    here: list[Leg],
    plan: plans.Plan,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    token: str = "",
) -> Changed:
    made = Change(
        call=call,
        kind=plan.kind,
        text=plan.text[:300],
        asked_by=by,
        reason=reason[:200],
        token=token,
        asked_at=now,
    )
    new_legs = _new_legs(call, plan, now)
    outside = _allowed_outside(new_legs, by, now)
    orders = _orders(made, plan, [*here, *new_legs], now)
    for order in orders:
        if order.verb == Verb.DIAL and order.leg_id in outside:
            order.params |= {"time_limit": outside[order.leg_id].limit_seconds}
    if orders:
        outbox.send(orders[0])  # each other one when the one before it is done
    else:
        made.state, made.settled_at = ChangeState.DONE, now  # all is as it wants it
    insert_together(
        made,
        *new_legs,
        *orders,
        _told(made, orders, now),
        notes=announcing.notes(call, here),
    )
    Dialling.objects.bulk_create(outside.values())
    _new_recordings(made, plan, now)
    return Changed(made, orders, here=here)


def _told(made: Change, orders: list[Command], now: datetime) -> TimelineEvent:
    why = f": {made.reason}" if made.reason else ""
    unseen = next((order.leg for order in orders if order.leg.is_private), None)
    if any(not order.leg.is_private for order in orders):
        unseen = None
    return sentence(
        call=made.call,
        kind=f"change-{made.kind}",
        text=f"{made.text}{why}",
        now=now,
        user=made.asked_by,
        leg=unseen,
    )


def known(*, call: Call, by: User | None, token: str) -> Changed | None:
    """What the same token of the same person made of this call before."""
    made = Change.objects.filter(call=call, asked_by=by, token=token).first() if token else None
    if made is None:
        return None
    return Changed(made, list(made.orders.order_by("ordered_at", "id")), repeated=True)


def _orders(made: Change, plan: plans.Plan, legs: list[Leg], now: datetime) -> list[Command]:
    by_id = {leg.id: leg for leg in legs}
    return [
        outbox.draft(
            leg=by_id[step.leg_id],
            verb=step.verb,
            reason=step.why,
            now=now + timedelta(microseconds=number),
            params=step.params,
            ordered_by=made.asked_by,
            give_up_after=_patience(step),
            change=made,
        )
        for number, step in enumerate(plan.steps)
    ]


def _new_legs(call: Call, plan: plans.Plan, now: datetime) -> list[Leg]:
    return [
        lending.lend(
            Leg(
                id=new.leg_id,
                call=call,
                role=new.role,
                user_id=new.user_id,
                address=new.address,
                our_number=new.our_number,
                is_private=new.is_private,
                confirm_by_key=new.confirm_by_key,
                planned_at=now,
            )
        )
        for new in plan.new_legs
    ]


def _allowed_outside(new: list[Leg], by: User | None, now: datetime) -> dict[UUID, Dialling]:
    """What the lines of third parties may cost, as that of a customer who is dialled.

    Raises dial_rules.CapReached.
    """
    found, user_id = {}, by.pk if by else None
    for leg in new:
        if leg.role == LegRole.EXTERNAL:
            allowed = dial_rules.reserve(number=leg.address, user_id=user_id, now=now)
            counted = allowed.counted(call=leg.call, leg=leg, number=leg.address, user=by, now=now)
            found[leg.pk] = counted
    return found


def _new_recordings(made: Change, plan: plans.Plan, now: datetime) -> None:
    for new in plan.new_recordings:
        Recording.objects.create(
            id=new.recording_id,
            call=made.call,
            leg_id=new.leg_id,
            because=(new.because or f"asked for by {name_of(made.asked_by) or 'a program'}")[:100],
            planned_at=now,
        )


def _patience(step: plans.Step) -> timedelta:
    return PATIENCE if step.patience is None else timedelta(seconds=step.patience)


# What came of it ----------------------------------------------------------------------------------


def order_settled(order: Command, now: datetime) -> list[Command]:
    """An order of a change is settled, well or not; those that are not asked any more.

    The call is locked.
    """
    made = order.change
    if made is None or made.state != ChangeState.GOING_ON:
        return []
    made.call = order.call
    if order.state not in ORDER_GOOD and not order.params.get(plans.OPTIONAL):
        return _fail(made, order, now)
    for following, leg in read_together(_NEXT, [made.pk, OrderState.PENDING], o=Command, l=Leg):
        leg.call = following.call = made.call
        following.leg, following.change = leg, made
        _go_on_with(following)
        return []
    _settle(made, ChangeState.DONE, "", now)
    return []


_NEXT = """
    select {o}, {l} from calls_command o join calls_leg l on l.id = o.leg_id
    where o.change_id = %s and o.state = %s order by o.ordered_at, o.id limit 1
"""


def _fail(made: Change, order: Command, now: datetime) -> list[Command]:
    """What is after the failed step is never asked; what is before it is taken back."""
    orders = list(made.orders.select_related("leg").order_by("ordered_at", "id"))
    why = f"{order.reason}: {order.answer or order.state}"
    _settle(made, ChangeState.FAILED, why, now)
    text = f"Did not work: {made.text} ({order.answer or order.state})"
    unseen = order.leg if order.leg.is_private else None
    note(call=made.call, kind="change-failed", text=text, now=now, user=made.asked_by, leg=unseen)
    dropped = [each for each in orders if each.state == OrderState.PENDING]
    for each in dropped:
        _drop(each, "a step before it did not work", now)
    _take_back(made, orders, now)
    return dropped


def _drop(order: Command, why: str, now: datetime) -> None:
    order.state, order.settled_at, order.answer = OrderState.DROPPED, now, why
    order.save(update_fields=["state", "settled_at", "answer"])


def _take_back(made: Change, orders: list[Command], now: datetime) -> None:
    done = [each for each in orders if each.state == OrderState.DONE and not _is_in(each)]
    for number, each in enumerate(reversed(done)):
        back = plans.inverse(Verb(each.verb), each.params)
        if back is not None and each.leg.is_live and not legs.is_ordered(each.leg, back[0]):
            verb, params = back
            outbox.put(
                leg=each.leg,
                verb=verb,
                reason=f"taken back, because it did not work: {made.text}"[:200],
                now=now + timedelta(microseconds=number),
                params={**params, legs.TAKES_BACK: str(made.pk)},
            )


def _is_in(order: Command) -> bool:
    """Whoever was rung, and talks by now, is not hung up on."""
    return order.verb == Verb.DIAL and order.leg.in_room


def _go_on_with(order: Command) -> None:
    """The next step, unless it waits for what the step before it has only begun."""
    if not order.params.get(plans.AWAITS_ANNOUNCEMENT):
        outbox.send_written(order)


def announced(*, order_id: UUID, heard: bool, now: datetime) -> Command | None:
    """An announcement has been heard to its end, or cannot be: the step that waited for it.

    The call is locked.
    """
    waits = Command.objects.filter(
        change__orders=order_id,
        change__state=ChangeState.GOING_ON,
        state=OrderState.PENDING,
        params__has_key=plans.AWAITS_ANNOUNCEMENT,
    )
    order = waits.select_related("leg", "change", "change__asked_by").first()
    if order is None or order.change is None:
        return None
    if heard:
        del order.params[plans.AWAITS_ANNOUNCEMENT]
        order.give_up_at = now + PATIENCE
        order.save(update_fields=["params", "give_up_at"])
        outbox.send_written(order)
    else:
        _drop(order, "what had to be said before could not be said", now)
        order_settled(order, now)
    return order


def _settle(made: Change, state: ChangeState, why: str, now: datetime) -> None:
    made.state, made.settled_at, made.note = state, now, why[:300]
    write_fields(made, "state", "settled_at", "note")
