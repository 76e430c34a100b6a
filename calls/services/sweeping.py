"""What a lost timer, a dead worker or a bug left behind is put right, from our own tables alone.

Everything here is a second look at what is normally done at once: each finding calls the same
service that should have been called.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q

from calls import outbox, plans
from calls.models import (
    Call,
    Command,
    Leg,
    Offer,
    Parking,
    Standby,
    StandbyLeg,
    Waiting,
    WrapUp,
)
from calls.services import (
    coming_back,
    connecting,
    deciding,
    handovers,
    legs,
    lifecycle,
    offers,
    parking,
    queueing,
    rooms,
    second_party,
    standing_by,
    whole_lines,
    wrapups,
)
from calls.states import (
    TRANSFER_OPEN,
    CallState,
    LegRole,
    LegState,
    OfferState,
    OrderState,
    Verb,
)

# How long after its moment something counts as forgotten.
GRACE = timedelta(seconds=3)
# In these the customer talks with nobody.
WITH_NOBODY = (CallState.WAITING, CallState.PARKED, CallState.MESSAGE, CallState.ELSEWHERE)
# How long what we ordered may take to be heard of, before it is ordered again.
HEARING = timedelta(seconds=20)


def run(*, now: datetime) -> dict[str, int]:
    """Look for everything that should have happened by now; what was found, by kind."""
    return {
        "offers past their time": _offers(now),
        "claims past their time": _claims(now),
        "after-call work past its time": _wrap_ups(now),
        "callers past their time": _waited_long(now),
        "callers parked past their time": _parked(now),
        "changes of a whole line that stood still": whole_lines.pick_up(now=now),
        "transfers past their time": _transfers(now),
        "people left alone": _alone(now),
        "people on hold for nothing": _held_for_nothing(now),
        "people muted with no agent there": _muted_for_ever(now),
        "lines that were never dialled": _never_dialled(now),
        "calls without a customer": _without_customer(now),
        "calls dialled for too long": _dialling(now),
        "lines that should be over": _should_be_over(now),
        "orders that nobody delivers": _undelivered(now),
        "lost standby lines": _lost_standbys(now),
        "standby lines that nobody rings or ends": _standby_lines(now),
        "lines of calls that were lent and are over": _lent_and_over(now),
        "standby lines that were up for long": _renewed(now),
    }


def _offers(now: datetime) -> int:
    late = Offer.objects.open().filter(expires_at__lt=now - GRACE)
    ids = list(late.values_list("id", flat=True))
    for offer_id in ids:
        offers.expire(offer_id=offer_id, now=now)
    return len(ids)


def _claims(now: datetime) -> int:
    stuck = Waiting.objects.in_line().filter(claimed_at__lt=now - offers.CLAIM_PATIENCE - GRACE)
    found = list(stuck.select_related("call"))
    for waiting in found:
        taken = waiting.offers.filter(state=OfferState.ACCEPTED).order_by("-id").first()
        if taken is not None:
            offers.claim_expired(offer_id=taken.id, now=now)
        else:
            offers.unclaim(call_id=waiting.call_id, now=now)
    return len(found)


def _wrap_ups(now: datetime) -> int:
    late = WrapUp.objects.filter(finished_at__isnull=True, due_at__lt=now - GRACE)
    ids = list(late.values_list("id", flat=True))
    for wrap_up_id in ids:
        wrapups.expire(wrap_up_id=wrap_up_id, now=now)
    return len(ids)


def _waited_long(now: datetime) -> int:
    late = Waiting.objects.in_line().filter(leave_by__lt=now - GRACE)
    ids = list(late.values_list("id", flat=True))
    for waiting_id in ids:
        queueing.waited_long(waiting_id=waiting_id, now=now)
    return len(ids)


def _parked(now: datetime) -> int:
    late = Parking.objects.filter(ended_at__isnull=True, returns_at__lt=now - GRACE)
    ids = list(late.values_list("id", flat=True))
    for parking_id in ids:
        parking.time_is_over(parking_id=parking_id, now=now)
    return len(ids)


def _transfers(now: datetime) -> int:
    late = second_party.overdue(now=now - GRACE)
    for transfer_id in late:
        second_party.look(transfer_id=transfer_id, now=now)
    return len(late)


def _alone(now: datetime) -> int:
    long_alone = Call.objects.filter(
        ended_at__isnull=True, alone_since__lt=now - rooms.ALONE_PATIENCE - GRACE
    )
    found = list(long_alone)
    for call in found:
        if call.alone_since is not None:
            rooms.check_alone(call_id=call.id, since=call.alone_since, now=now)
    return len(found)


# Whoever was put on hold by hand stays so until somebody takes them off it by hand. What put these
# on hold is over, and taking them off did not work. Where that was a step of something else that
# did not work, they are as before it.
_HELD_FOR_NOTHING = """
    select l.id from calls_leg l
    cross join lateral (
        select o.state, c.kind from calls_command o left join calls_change c on c.id = o.change_id
        where o.leg_id = l.id and o.verb in ('hold', 'resume')
        and not (o.verb = 'resume' and coalesce(c.state, '') = 'failed')
        and not (o.verb = 'hold' and o.params ? %s)
        order by o.ordered_at desc limit 1
    ) last
    where l.ended_at is null and l.held_at < %s and last.state <> 'pending'
    and coalesce(last.kind, '') not in ('hold', 'resume', 'swap')
    and not exists (select from calls_leg b
                    where b.call_id = l.call_id and b.ended_at is null
                    and b.in_place_of_id is not null and b.joined_at is null)
    and not exists (select from calls_transfer t
                    where t.call_id = l.call_id and t.state = any(%s))
"""


def _held_for_nothing(now: datetime) -> int:
    with connection.cursor() as cursor:
        moment = now - HEARING
        cursor.execute(_HELD_FOR_NOTHING, [legs.TAKES_BACK, moment, list(TRANSFER_OPEN)])
        found = [row[0] for row in cursor.fetchall()]
    return sum(_taken_off_hold(leg_id, now) for leg_id in found)


@transaction.atomic
def _taken_off_hold(leg_id: UUID, now: datetime) -> bool:
    call = legs.lock_call_of(leg_id)
    leg = Leg.objects.get(pk=leg_id)
    leg.call = call
    is_needed = leg.on_hold and handovers.open_of(call) is None
    if is_needed:
        legs.order_once(leg, Verb.RESUME, "what they were on hold for is over", now)
    return is_needed


def _muted_for_ever(now: datetime) -> int:
    """Nobody is left who could unmute them, and unmuting them did not work."""
    agents = Leg.objects.live().filter(call=OuterRef("call"), role=LegRole.AGENT)
    muted = Leg.objects.live().filter(muted=True, call__state__in=deciding.IN_CONVERSATION)
    found = muted.exclude(role=LegRole.SUPERVISOR).exclude(Exists(agents))
    ids = set(found.values_list("call_id", flat=True))
    for call_id in ids:
        with transaction.atomic():
            here = legs.here(legs.lock_call(call_id))
            second_party.nobody_stays_shut_out(here, now)
    return len(ids)


def _never_dialled(now: datetime) -> int:
    """A leg of ours that the carrier was never asked for, with no order left to ask."""
    idle = Leg.objects.live().filter(
        sid__isnull=True, state=LegState.PLANNED, planned_at__lt=now - HEARING
    )
    undialled = idle.exclude(orders__state=OrderState.PENDING).select_related("call")
    found = [leg for leg in undialled if not (connecting.connects(leg) and _may_come(leg, now))]
    for leg in found:
        lifecycle.leg_progress(leg=leg, state=LegState.FAILED, sequence=None, now=now)
    return len(found)


def _may_come(leg: Leg, now: datetime) -> bool:
    """A browser has as long as its agent is offered the call, or as one that was lost."""
    asked = Offer.objects.open().filter(leg=leg).exists()
    return asked or now - leg.planned_at < coming_back.grace() + GRACE


def _without_customer(now: datetime) -> int:
    here = Leg.objects.live().filter(role=LegRole.CUSTOMER).values("call_id")
    # Two who talk on without the customer are no trouble.
    partners = Count("legs", filter=Q(legs__ended_at=None, legs__role__in=legs.PARTNERS))
    counted = Call.objects.annotate(partners=partners)
    left_over = counted.filter(ended_at__isnull=True, arrived_at__lt=now - GRACE)
    left_over = left_over.exclude(state=CallState.GOING_ON, partners__gte=2)
    # Of these the customer comes last.
    left_over = left_over.exclude(state=CallState.DIALLING)
    ids = list(left_over.exclude(id__in=here).values_list("id", flat=True))
    for call_id in ids:
        lifecycle.close(call_id=call_id, now=now)
    return len(ids)


def _dialling(now: datetime) -> int:
    """The agent's own line, or what should have followed from it, did not come."""
    late = Call.objects.filter(state=CallState.DIALLING, arrived_at__lt=now - HEARING)
    ids = list(late.values_list("id", flat=True))
    return sum(lifecycle.look_at_dialling(call_id=call_id, now=now) for call_id in ids)


def _should_be_over(now: datetime) -> int:
    """Legs of calls that we have ended, or that have ended, and no hang-up is on its way.

    Of a call that waits, is parked or went elsewhere they are all but the customer's, and those of
    agents who are coming for them.
    """
    over = Q(call__state__in=[CallState.ENDING, CallState.ENDED])
    with_nobody = Q(call__state__in=WITH_NOBODY) & ~Q(role=LegRole.CUSTOMER)
    coming = Q(state=OfferState.OFFERED) | Q(
        state=OfferState.ACCEPTED, waiting__left_at__isnull=True
    )
    ending = Leg.objects.live().filter(over | with_nobody, planned_at__lt=now - HEARING)
    ending = ending.exclude(Exists(Offer.objects.filter(coming, leg=OuterRef("pk"))))
    found = [leg for leg in ending.select_related("call") if not _hanging_up(leg, now)]
    for leg in found:
        legs.order_hang_up(leg, f"the call is {leg.call.state}", now)
    return len(found)


def _hanging_up(leg: Leg, now: datetime) -> bool:
    orders = Command.objects.filter(leg=leg, verb=Verb.HANG_UP)
    return (
        orders.filter(ordered_at__gte=now - HEARING).exists()
        or orders.filter(state=OrderState.PENDING).exists()
    )


_UNDELIVERED = """
    select o.id, o.leg_id from calls_command o
    where o.state = 'pending' and o.ordered_at < %s
    and not exists (
        select from procrastinate_jobs j
        where j.task_name = %s and j.status in ('todo', 'doing')
        and j.args ->> 'order_id' = o.id::text)
    -- A step of a change that waits for the one before it is not lost.
    and not exists (
        select from calls_command before
        where before.change_id = o.change_id and before.state = 'pending'
        and (before.ordered_at, before.id) < (o.ordered_at, o.id))
    -- Nor is one that waits for something to have been said, until it is given up.
    and (not o.params ? %s or o.give_up_at < %s)
"""


def _undelivered(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNDELIVERED, [now - GRACE, outbox.TASK, plans.AWAITS_ANNOUNCEMENT, now])
        found = cursor.fetchall()
    for order_id, leg_id in found:
        outbox.deliver(order_id=order_id, leg_id=leg_id)
    return len(found)


def _lost_standbys(now: datetime) -> int:
    """To be rung again by now; or without a line, and nothing says when one is rung."""
    late = list(Standby.objects.filter(ended_at__isnull=True, next_try_at__lt=now - GRACE))
    for standby in late:
        standing_by.due(standby_id=standby.pk, now=now)
    without = Standby.objects.filter(ended_at__isnull=True, next_try_at__isnull=True)
    live_lines = StandbyLeg.objects.live().filter(standby=OuterRef("pk"))
    found = list(without.exclude(Exists(live_lines)))
    for standby in found:
        standing_by.lost(standby_id=standby.pk, now=now)
    return len(late) + len(found)


def _standby_lines(now: datetime) -> int:
    """That the carrier was asked is not on record, and there is no job left to ask."""
    to_ring = Q(asked_at__isnull=True, planned_at__lt=now - HEARING)
    to_end = Q(sid__isnull=False, let_go_at__lt=now - HEARING)
    found = StandbyLeg.objects.live().filter(to_ring | to_end)
    unheard = [line for line in found if not outbox.is_under_way(line.pk)]
    for line in unheard:
        outbox.deliver_line(line.pk)
    return len(unheard)


def _lent_and_over(now: datetime) -> int:
    """Legs of calls whose standby leg has ended."""
    lent = Leg.objects.live().filter(standby__ended_at__lt=now - GRACE)
    found = list(lent.values_list("standby__id", "standby__state"))
    for line_id, state in found:
        standing_by.heard(line_id=line_id, state=LegState(state), now=now)
    return len(found)


def _renewed(now: datetime) -> int:
    old = StandbyLeg.objects.live().filter(
        answered_at__lt=now - standing_by.RENEWED_AFTER, let_go_at__isnull=True
    )
    ids = list(old.values_list("id", flat=True))
    return sum(standing_by.renew(line_id=line_id, now=now) for line_id in ids)
