"""The record of an attempt to hand a call on: found, settled, called off. Orders nothing."""

from datetime import datetime

from django.db.models import QuerySet

from calls.models import Call, Command, Leg, Transfer
from calls.plans import transferring
from calls.services import announcing
from calls.states import TRANSFER_OPEN, OrderState, TransferState, Verb
from calls.timeline import name_of, note

# Of an order that was, or is being, carried out.
MEANT = (OrderState.PENDING, OrderState.DONE, OrderState.ALREADY_OVER)


def open_of(call: Call) -> Transfer | None:
    """The attempt that is going on; a call has one at a time. The call is locked."""
    return _known(Transfer.objects.filter(call=call, state__in=TRANSFER_OPEN), call)


def latest_with(call: Call, leg: Leg) -> Transfer | None:
    """The attempt for which this line was rung, open or not; None for one that was just added."""
    return _known(Transfer.objects.filter(call=call, to_leg=leg), call)


def _known(found: QuerySet[Transfer], call: Call) -> Transfer | None:
    people = ("started_by", "to_user", "to_queue", "from_leg__user", "to_leg__user")
    transfer = found.select_related(*people).order_by("-id").first()
    if transfer is not None:
        transfer.call = call
        for leg in (transfer.from_leg, transfer.to_leg):
            if leg is not None:
                leg.call = call
    return transfer


def is_open(transfer: Transfer) -> bool:
    return transfer.state in TRANSFER_OPEN


def second_name(transfer: Transfer) -> str:
    """What whoever is asked is called in sentences."""
    leg = transfer.to_leg
    if leg is not None and leg.user is not None:
        return name_of(leg.user)
    if transfer.to_queue is not None:
        return transfer.to_queue.name
    return name_of(transfer.to_user) or transfer.to_number


def settle(transfer: Transfer, state: TransferState, text: str, now: datetime) -> None:
    """What came of it, in a word and in a sentence. The call is locked."""
    transfer.state, transfer.settled_at, transfer.note = state, now, text[:300]
    transfer.save(update_fields=["state", "settled_at", "note"])
    _tell(transfer, f"transfer-{state}", text, now)


def move(transfer: Transfer, state: TransferState, text: str, now: datetime) -> None:
    """It goes on, and is somewhere else. The call is locked."""
    transfer.state = state
    transfer.save()
    _tell(transfer, f"transfer-{state}", text, now)


def call_off(*, call: Call, why: str, now: datetime) -> None:
    """The call goes elsewhere, so nobody is consulted. Lines are let go by whoever says so."""
    transfer = open_of(call)
    if transfer is not None:
        text = f"{second_name(transfer)} is not needed any more: {why}"
        settle(transfer, TransferState.CANCELLED, text, now)


def was_cancelled(transfer: Transfer) -> bool:
    """Whether the second's line ends because the first called it off."""
    orders = Command.objects.filter(leg=transfer.to_leg, verb=Verb.HANG_UP, state__in=MEANT)
    return orders.filter(change__kind=transferring.CANCEL).exists()


def was_completed(transfer: Transfer) -> bool:
    """Whether the first's line ends because they left the caller to the second."""
    orders = Command.objects.filter(leg=transfer.from_leg, verb=Verb.HANG_UP, state__in=MEANT)
    done = (transferring.COMPLETE, transferring.LEAVE)
    return orders.filter(change__kind__in=done).exists()


def _tell(transfer: Transfer, kind: str, text: str, now: datetime) -> None:
    note(call=transfer.call, kind=kind, text=text, now=now, user=transfer.started_by)
    second = transfer.to_leg.user_id if transfer.to_leg else transfer.to_user_id
    announcing.tell(transfer.call, transfer.started_by_id, second)
