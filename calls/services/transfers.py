"""Calls are handed on, joined by a third party, and left to the others.

Warm: the customer hears music while the agent who began it (the first) and whoever is brought in
(the second) talk. Blind: the customer hears music until the second is there. What happens when
somebody does not answer, or hangs up, is in calls.services.second_party.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from calls import outbox, plans, timers, wake
from calls.models import Call, Command, Leg, Queue, Transfer, Waiting
from calls.models.together import in_transaction, insert_together
from calls.plans import CannotNow, transferring
from calls.services import changing, handovers, lending, line, ways_on
from calls.states import LegRole, TransferKind, TransferState, Verb, WaitingExit
from calls.timeline import caller_of

__all__ = [
    "CannotNow",
    "Wish",
    "add",
    "adding",
    "cancel",
    "cancelling",
    "complete",
    "completing",
    "consult_next",
    "leave",
    "leaving",
    "start_blind",
    "start_warm",
    "swap",
    "swapping",
    "three_way",
    "three_waying",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where a call is to go; of a queue, `second` is who of it is free, if anybody is."""

    second: plans.Second | None = None
    queue: Queue | None = None
    reason: str = ""  # why, as whoever is asked is told
    notes: str = ""  # for their desk


# Begun --------------------------------------------------------------------------------------------


def warm(call_id: UUID, wish: Wish, by: User | None) -> changing.Planning:
    """The plan of a consult, for who wants to see it first."""
    of_queue = wish.queue.name if wish.queue else ""

    def planning(scene: plans.Scene) -> plans.Plan:
        _none_is_open(call_id)
        first = transferring.first_of(scene, by.pk if by else None)
        return transferring.consult(scene, first, wish.second, of_queue=of_queue)

    return planning


@in_transaction
def start_warm(
    *, call_id: UUID, wish: Wish, by: User | None, token: str = "", now: datetime
) -> changing.Changed:
    """The customer hears music, and the second's line is rung; or that of the next who is free.

    Raises CannotNow.
    """
    planning = warm(call_id, wish, by)
    made = _change(call_id, planning, by, wish.reason, token, now)
    if not made.repeated:
        ringing = wish.second is not None
        state = TransferState.RINGING if ringing else TransferState.SEEKING
        _begin(made, wish, TransferKind.WARM, state, by, now)
    return made


def blind(call_id: UUID, wish: Wish, by: User | None) -> changing.Planning:
    """The plan of sending the caller on at once."""

    def planning(scene: plans.Scene) -> plans.Plan:
        _none_is_open(call_id)
        first = transferring.first_of(scene, by.pk if by else None)
        if wish.queue is not None:
            name, at_carrier = wish.queue.name, line.carrier_queue(wish.queue)
            return transferring.to_queue(scene, first, name=name, carrier_queue=at_carrier)
        if wish.second is None:
            raise CannotNow("Say whom the caller is to be sent on to.", "no-target")
        return transferring.blind(scene, first, wish.second)

    return planning


@in_transaction
def start_blind(
    *, call_id: UUID, wish: Wish, by: User | None, token: str = "", now: datetime
) -> changing.Changed:
    """The first agent's line ends, and the customer hears music until the second is there.

    In another queue's line the customer stands as if the time waited before had been waited there.
    Raises CannotNow.
    """
    made = _change(call_id, blind(call_id, wish, by), by, wish.reason, token, now)
    if made.repeated:
        return made
    if wish.queue is None:
        _begin(made, wish, TransferKind.BLIND, TransferState.RINGING, by, now)
        return made
    transfer = _begin(made, wish, TransferKind.BLIND, TransferState.SEEKING, by, now)
    text = f"{caller_of(made.change.call)} waits in {wish.queue.name}"
    handovers.settle(transfer, TransferState.COMPLETED, text, now)
    _stand_in(made.change.call, wish.queue, now)
    return made


def _stand_in(call: Call, queue: Queue, now: datetime) -> None:
    waited = Waiting.objects.filter(call=call, left_at__isnull=False).order_by("-id").first()
    since = now - (waited.left_at - waited.since) if waited and waited.left_at else now
    line.leave(call=call, exit=WaitingExit.MOVED, now=now)
    call.alone_since = None
    line.stand(call=call, queue=queue, now=now, since=since)


def _begin(
    made: changing.Changed,
    wish: Wish,
    kind: TransferKind,
    state: TransferState,
    by: User | None,
    now: datetime,
) -> Transfer:
    call, second = made.change.call, wish.second
    first, dial = _first_leg(made, by), _dial(made)
    if first.user_id is None:
        raise CannotNow("No agent is talking with the caller.", "no-agent")
    to_one = wish.queue is None and second is not None
    transfer = Transfer(
        call=call,
        kind=kind,
        state=state,
        to_queue=wish.queue,
        to_user_id=second.user_id if to_one and second else None,
        to_number=second.address if to_one and second and second.user_id is None else "",
        shown_number=second.shown_number if second else "",
        started_by_id=first.user_id,
        from_leg=first,
        to_leg=dial.leg if dial else None,
        reason=wish.reason[:200],
        notes=wish.notes,
        started_at=now,
    )
    insert_together(
        transfer,
        alongside=timers.with_the_transfer(transfer, max(ways_on.due_at(transfer, dial), now)),
        notes=[wake.TO_DISPATCH],
    )
    return transfer


def _first_leg(made: changing.Changed, by: User | None) -> Leg:
    """The leg of the agent whom the plan was made for: a program, or a supervisor, begins it in the
    name of whoever talks."""
    agents = [leg for leg in made.here if leg.role == LegRole.AGENT and leg.in_room]
    own = [leg for leg in agents if by is not None and leg.user_id == by.pk]
    return (own or agents)[0]


def _dial(made: changing.Changed) -> Command | None:
    return next((order for order in made.orders if order.verb == Verb.DIAL), None)


@transaction.atomic
def consult_next(*, transfer: Transfer, second: plans.Second, now: datetime) -> None:
    """Somebody of the queue is free: their line is rung for a first agent who waits for that.

    The call is locked, the transfer read since, and the second's agent theirs alone.
    """
    new, params = transferring.ring(second)
    leg = lending.lend(
        Leg(
            id=new.leg_id,
            call=transfer.call,
            role=new.role,
            user_id=new.user_id,
            address=new.address,
            our_number=new.our_number,
            confirm_by_key=new.confirm_by_key,
            planned_at=now,
        )
    )
    leg.save(force_insert=True)
    outbox.put(leg=leg, verb=Verb.DIAL, reason=f"{second.name} is free", now=now, params=params)
    transfer.to_leg, transfer.note = leg, ""
    text = f"{second.name} is free, and is asked"
    handovers.move(transfer, TransferState.RINGING, text, now)
    ways_on.set_timer(transfer, now)


# Going on -----------------------------------------------------------------------------------------


def swapping(call_id: UUID) -> changing.Planning:
    return lambda scene: transferring.swap(scene, _second(scene, call_id))


def three_waying(call_id: UUID) -> changing.Planning:
    return lambda scene: transferring.three_way(scene, _second(scene, call_id))


def completing(call_id: UUID) -> changing.Planning:
    return lambda scene: transferring.complete(
        scene, _first(scene, call_id), _second(scene, call_id)
    )


def cancelling(call_id: UUID) -> changing.Planning:
    def planning(scene: plans.Scene) -> plans.Plan:
        transfer = _open(call_id)
        rings = transfer.to_leg is not None and transfer.to_leg.is_live
        second = _second(scene, call_id) if rings else None
        return transferring.cancel(scene, _first(scene, call_id), second)

    return planning


def swap(
    *, call_id: UUID, by: User | None, reason: str = "", token: str = "", now: datetime
) -> changing.Changed:
    """The one on hold is talked with, and the other hears music. Raises CannotNow."""
    return _change(call_id, swapping(call_id), by, reason, token, now)


def three_way(
    *, call_id: UUID, by: User | None, reason: str = "", token: str = "", now: datetime
) -> changing.Changed:
    """Customer, first and second are in one conversation. Raises CannotNow."""
    return _change(call_id, three_waying(call_id), by, reason, token, now)


def complete(
    *, call_id: UUID, by: User | None, reason: str = "", token: str = "", now: datetime
) -> changing.Changed:
    """The customer is with the second, and the first's line ends; then the transfer is completed.

    Raises CannotNow.
    """
    return _change(call_id, completing(call_id), by, reason, token, now)


@transaction.atomic
def cancel(
    *, call_id: UUID, by: User | None, reason: str = "", token: str = "", now: datetime
) -> changing.Changed:
    """The second is hung up on, and the customer is with the first again. Raises CannotNow."""
    made = _change(call_id, cancelling(call_id), by, reason, token, now)
    transfer = None if made.repeated else handovers.open_of(made.change.call)
    if transfer is not None and (transfer.to_leg is None or not transfer.to_leg.is_live):
        handovers.settle(transfer, TransferState.CANCELLED, made.change.text, now)
    return made


# More than two ------------------------------------------------------------------------------------


def adding(call_id: UUID, second: plans.Second, by: User | None) -> changing.Planning:
    def planning(scene: plans.Scene) -> plans.Plan:
        _none_is_open(call_id)
        first = transferring.first_of(scene, by.pk if by else None)
        return transferring.add(scene, first, second)

    return planning


def add(
    *,
    call_id: UUID,
    second: plans.Second,
    by: User | None,
    reason: str = "",
    token: str = "",
    now: datetime,
) -> changing.Changed:
    """One more line is rung, and joins the conversation when it is answered. Raises CannotNow."""
    return _change(call_id, adding(call_id, second, by), by, reason, token, now)


def leaving(by: User | None) -> changing.Planning:
    def planning(scene: plans.Scene) -> plans.Plan:
        own = [each for each in plans.talking(scene) if by and each.user_id == by.pk]
        if not own:
            raise CannotNow("Only somebody who is in the conversation can leave it.", "not-in-it")
        return transferring.leave(scene, own[0])

    return planning


def leave(
    *, call_id: UUID, by: User | None, reason: str = "", token: str = "", now: datetime
) -> changing.Changed:
    """The agent's own line ends, and the others talk on. Raises CannotNow."""
    return _change(call_id, leaving(by), by, reason, token, now)


# What the above share ----------------------------------------------------------------------------


def _change(
    call_id: UUID,
    planning: changing.Planning,
    by: User | None,
    reason: str,
    token: str,
    now: datetime,
) -> changing.Changed:
    return changing.change(
        call_id=call_id, planning=planning, by=by, reason=reason, token=token, now=now
    )


def _none_is_open(call_id: UUID) -> None:
    transfer = handovers.open_of(Call(pk=call_id))
    if transfer is not None:
        second = handovers.second_name(transfer)
        raise CannotNow(f"The call is being handed on to {second} already.", "transfer-open")


def _open(call_id: UUID) -> Transfer:
    transfer = handovers.open_of(Call(pk=call_id))
    if transfer is None:
        raise CannotNow("This call is not being handed on.", "no-transfer")
    return transfer


def _first(scene: plans.Scene, call_id: UUID) -> plans.Party:
    transfer = _open(call_id)
    if transfer.from_leg is None:
        raise CannotNow("Whoever began this is gone.", "line-is-over")
    return scene.party(transfer.from_leg.pk)


def _second(scene: plans.Scene, call_id: UUID) -> plans.Party:
    transfer = _open(call_id)
    if transfer.to_leg is None:
        raise CannotNow("Nobody is being consulted yet.", "not-there-yet")
    return scene.party(transfer.to_leg.pk)
