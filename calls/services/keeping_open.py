"""A line is kept open between calls: begun, rung, let go, ended.

What it does meanwhile is in calls.services.standing_by.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from calls import live, outbox, wake
from calls.models import Leg, Offer, PhoneNumber, Standby, StandbyLeg
from calls.plans import CannotNow
from calls.services import lending

ON_A_BREAK = "on a break"


@transaction.atomic
def start(
    *, user: User, address: str, confirm_by_key: bool, by: User | None, now: datetime
) -> Standby:
    """The line is rung once, and kept open. Asked again, it is the same one. Raises CannotNow."""
    known = _open_of(user.pk)
    if known is not None:
        return known
    number = PhoneNumber.objects.filter(is_active=True).order_by("id").first()
    if number is None:
        raise CannotNow("There is no number of ours that the line could show.", "no-number")
    if is_engaged(user.pk):
        raise CannotNow("Your line is in use. Stand by when the call is over.", "on-another-call")
    try:
        with transaction.atomic():
            standby = Standby.objects.create(
                user=user,
                address=address,
                our_number=number.e164,
                confirm_by_key=confirm_by_key,
                started_at=now,
                started_by=by,
            )
    except IntegrityError:
        return Standby.objects.get(user=user, ended_at__isnull=True)
    ring(standby, now)
    return standby


@transaction.atomic
def end(*, user_id: int, by: User | None, why: str, now: datetime) -> Standby | None:
    """The line is hung up on; one that is part of a call, when that is over for it.

    None where there is no standby to be ended.
    """
    standby = _open_of(user_id)
    if standby is not None:
        over(standby, why, now, by)
    return standby


@transaction.atomic
def stop_ringing(*, user_id: int, now: datetime) -> None:
    """Somebody takes a break: a line that is there stays so; one that is being rung, or would be
    rung again, is given up."""
    standby = _open_of(user_id)
    if standby is not None and not _lines(standby).filter(_IS_THERE).exists():
        over(standby, ON_A_BREAK, now)


_IS_THERE = Q(ended_at__isnull=True, ready_at__isnull=False, let_go_at__isnull=True)


def _open_of(user_id: int) -> Standby | None:
    mine = Standby.objects.filter(user=user_id, ended_at__isnull=True)
    return mine.select_for_update(of=("self",), no_key=True).first()


def is_engaged(user_id: int) -> bool:
    """Whether somebody talks on the phone that would be rung, or is about to."""
    on_a_call = Leg.objects.live().filter(user=user_id).exists()
    return on_a_call or Offer.objects.open().filter(user=user_id).exists()


def over(standby: Standby, why: str, now: datetime, by: User | None = None) -> None:
    """Nothing rings it again, and it is hung up on unless it is part of a call. It is locked."""
    standby.ended_at, standby.ended_by, standby.why = now, by, why[:200]
    standby.next_try_at = None
    standby.save(update_fields=["ended_at", "ended_by", "why", "next_try_at"])
    for line in _lines(standby).filter(ended_at__isnull=True):
        if lending.lent(line.pk) is None:
            let_go(line, now)
    tell(standby)


def _lines(standby: Standby) -> QuerySet[StandbyLeg]:
    return StandbyLeg.objects.select_for_update(of=("self",), no_key=True).filter(standby=standby)


def ring(standby: Standby, now: datetime) -> None:
    """A line is rung for it, as the first or in place of one that was lost. It is locked."""
    standby.next_try_at = None
    standby.save(update_fields=["next_try_at"])
    line = StandbyLeg.objects.create(standby=standby, user_id=standby.user_id, planned_at=now)
    outbox.deliver_line(line.pk)
    tell(standby)


def let_go(line: StandbyLeg, now: datetime) -> None:
    """The carrier is asked to end it, until it is over."""
    line.let_go_at = line.let_go_at or now
    line.save(update_fields=["let_go_at"])
    outbox.deliver_line(line.pk)


def tell(standby: Standby) -> None:
    """Their desk and the boards see it anew, and whoever waits may be asked of it."""
    live.announce(live.desk(standby.user_id), live.board())
    wake.dispatch()


def lock(standby_id: int) -> Standby:
    """Raises Standby.DoesNotExist."""
    return Standby.objects.select_for_update(of=("self",), no_key=True).get(pk=standby_id)


def locked(line_id: UUID) -> tuple[Standby, StandbyLeg]:
    """Raises StandbyLeg.DoesNotExist."""
    standby = lock(StandbyLeg.objects.only("standby_id").get(pk=line_id).standby_id)
    line = _lines(standby).get(pk=line_id)
    line.standby = standby
    return standby, line
