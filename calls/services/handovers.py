"""The record of an attempt to hand a call on: found, settled, called off. Orders nothing."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Model

from calls import plans
from calls.models import Call, Command, Leg, Queue, Transfer
from calls.models.together import read_together
from calls.plans import transferring
from calls.services import announcing
from calls.states import TRANSFER_OPEN, OrderState, TransferState, Verb
from calls.timeline import name_of, note

# Of an order that was, or is being, carried out.
MEANT = (OrderState.PENDING, OrderState.DONE, OrderState.ALREADY_OVER)


def open_of(call: Call) -> Transfer | None:
    """The attempt that is going on; a call has one at a time. The call is locked."""
    return _latest(call, "t.state = any(%s)", sorted(TRANSFER_OPEN))


def latest_with(call: Call, leg: Leg) -> Transfer | None:
    """The attempt for which this line was rung, open or not; None for one that was just added."""
    return _latest(call, "t.to_leg_id = %s", leg.pk)


# Asked with every change of a call and with every end of a line: as a statement it costs a third.
_LATEST = """
    select {t}, {by}, {u}, {q}, {f}, {fu}, {s}, {su} from calls_transfer t
    left join auth_user by on by.id = t.started_by_id
    left join auth_user u on u.id = t.to_user_id
    left join calls_queue q on q.id = t.to_queue_id
    left join calls_leg f on f.id = t.from_leg_id
    left join auth_user fu on fu.id = f.user_id
    left join calls_leg s on s.id = t.to_leg_id
    left join auth_user su on su.id = s.user_id
"""
_KINDS: dict[str, type[Model]] = {
    "t": Transfer,
    "by": User,
    "u": User,
    "q": Queue,
    "f": Leg,
    "fu": User,
    "s": Leg,
    "su": User,
}


def _latest(call: Call, which: str, value: object) -> Transfer | None:
    where = f"where t.call_id = %s and {which} order by t.id desc limit 1"
    for row in read_together(_LATEST + where, [call.pk, value], **_KINDS):
        transfer: Transfer = row[0]
        transfer.call = call
        transfer.started_by, transfer.to_user, transfer.to_queue = row[1:4]
        transfer.from_leg, transfer.to_leg = _leg(call, *row[4:6]), _leg(call, *row[6:8])
        return transfer
    return None


def _leg(call: Call, leg: Leg | None, user: User | None) -> Leg | None:
    if leg is not None:
        leg.call, leg.user = call, user
    return leg


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


def taken_out_by(leg: Leg) -> str:
    """Who had the line ended; empty where nobody had."""
    orders = Command.objects.filter(leg=leg, verb=Verb.HANG_UP, state__in=MEANT)
    order = orders.filter(change__kind=plans.DROP).select_related("ordered_by").first()
    return "" if order is None else name_of(order.ordered_by) or "a program"


def was_completed(transfer: Transfer) -> bool:
    """Whether the first's line ends because they left the caller to the second."""
    orders = Command.objects.filter(leg=transfer.from_leg, verb=Verb.HANG_UP, state__in=MEANT)
    done = (transferring.COMPLETE, transferring.LEAVE)
    return orders.filter(change__kind__in=done).exists()


def _tell(transfer: Transfer, kind: str, text: str, now: datetime) -> None:
    note(call=transfer.call, kind=kind, text=text, now=now, user=transfer.started_by)
    second = transfer.to_leg.user_id if transfer.to_leg else transfer.to_user_id
    announcing.tell(transfer.call, transfer.started_by_id, second)
