"""What dialling out may cost: caps for each person and for all, held under one lock.

A line counts for as long as it may become until it is over, and is given no more time than what is
left pays for: so the caps hold whoever dials at the same instant, and however long they talk.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q

from calls import live
from calls.models import Call, DialAlarm, Dialling, DialRules, Leg, PhonePrice
from calls.models.dialling import THE_RULES
from calls.plans import CannotNow
from calls.timeline import name_of

logger = logging.getLogger("callcenter.dialling")

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
# A conversation that the caps would end sooner is not begun.
SHORTEST_SECONDS = 180
# The same alarm is raised again after this.
ALARM_AGAIN = timedelta(hours=1)
MOST_ALARMS = 3
_PRICE = "a number that begins like this has no price: the administrator says what a minute costs"


class CapReached(CannotNow):
    """So much has been dialled that no more may be now. `user_id`: whose cap; None for all's.

    Whoever answers it raises the alarm (`alarm`): what refuses it is taken back with everything
    that it wrote.
    """

    def __init__(self, why: str, cap: str, user_id: int | None) -> None:
        super().__init__(why, "cap-reached")
        self.cap, self.user_id = cap, user_id
        self.asked_by: int | None = user_id  # who wanted to dial


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What one line may cost."""

    per_minute: Decimal
    limit_seconds: int

    def counted(
        self,
        *,
        call: Call,
        leg: Leg | None = None,  # None: not planned yet
        number: str,
        user: User | None,
        to_user: User | None = None,
        detects_machine: bool = False,
        now: datetime,
    ) -> Dialling:
        """What is kept of it: once saved, it counts for whoever dials next."""
        return Dialling(
            call=call,
            leg=leg,
            number=number,
            user=user,
            to_user=to_user,
            per_minute=self.per_minute,
            limit_seconds=self.limit_seconds,
            detects_machine=detects_machine,
            dialled_at=now,
        )


@dataclass(frozen=True, slots=True)
class _Used:
    """What was dialled in the last hour and the last day."""

    calls_an_hour: int
    calls_a_day: int
    seconds_a_day: Decimal
    money_a_day: Decimal


def allowed(*, number: str, user_id: int | None, now: datetime) -> Allowed:
    """How long this number may be talked with, as things stand. Raises CannotNow, CapReached."""
    return _allowed(DialRules.objects.filter(pk=THE_RULES).first(), number, user_id, now)


def check_is_on() -> None:
    """Raises CannotNow where the administrator has switched dialling out off."""
    _check_is_on(DialRules.objects.filter(pk=THE_RULES).first())


def reserve(*, number: str, user_id: int | None, now: datetime) -> Allowed:
    """The same, and nobody else looks until our transaction is over. Raises CannotNow, CapReached.

    The last of all locks that are taken.
    """
    rules = DialRules.objects.select_for_update().filter(pk=THE_RULES).first()
    if rules is None:
        DialRules.objects.bulk_create([DialRules(pk=THE_RULES)], ignore_conflicts=True)
        rules = DialRules.objects.select_for_update().get(pk=THE_RULES)
    return _allowed(rules, number, user_id, now)


def _check_is_on(rules: DialRules | None) -> None:
    if rules is not None and not rules.is_on:
        raise CannotNow("Dialling out is switched off by the administrator.", "dialling-is-off")


def _allowed(rules: DialRules | None, number: str, user_id: int | None, now: datetime) -> Allowed:
    rules = rules or DialRules()
    _check_is_on(rules)
    price = price_of(number, rules)
    if price is None:
        raise CannotNow(f"{number} cannot be dialled: {_PRICE}.", "no-price")
    longest = rules.longest_minutes * 60
    try:
        if user_id is not None:
            longest = min(longest, _left(rules, "each", user_id, price, now))
        longest = min(longest, _left(rules, "all", None, price, now))
    except CapReached as reached:
        reached.asked_by = user_id
        raise
    # Begun minutes are charged for whole.
    return Allowed(per_minute=price, limit_seconds=longest // 60 * 60)


def price_of(number: str, rules: DialRules) -> Decimal | None:
    """Of a minute, by the longest beginning that is known; None for one that is refused.

    A colleague's browser, or telephone on our own network, costs no carrier's minute.
    """
    if not number.startswith("+"):
        return Decimal(0)
    beginnings = [number[:length] for length in range(2, len(number) + 1)]
    known = PhonePrice.objects.filter(prefix__in=beginnings).values_list("prefix", "per_minute")
    found = max(known, key=lambda row: len(row[0]), default=None)
    return found[1] if found else rules.unknown_price


_WHOSE = {"each": "You have", "all": "All together have"}


def _left(rules: DialRules, of: str, user_id: int | None, price: Decimal, now: datetime) -> int:
    """The seconds that these caps leave for one more line. Raises CapReached."""
    used = _used(user_id, now)
    who = _WHOSE[of]
    calls_an_hour = getattr(rules, f"calls_an_hour_{of}")
    if calls_an_hour is not None and used.calls_an_hour >= calls_an_hour:
        text = f"{who} dialled {calls_an_hour} times within an hour, which is the limit."
        raise CapReached(text, f"calls-an-hour-{of}", user_id)
    calls_a_day = getattr(rules, f"calls_a_day_{of}")
    if calls_a_day is not None and used.calls_a_day >= calls_a_day:
        text = f"{who} dialled {calls_a_day} times within a day, which is the limit."
        raise CapReached(text, f"calls-a-day-{of}", user_id)
    left = Decimal(rules.longest_minutes * 60)
    enough = min(left, SHORTEST_SECONDS)
    minutes = getattr(rules, f"minutes_a_day_{of}")
    if minutes is not None:
        left = min(left, minutes * 60 - used.seconds_a_day)
        if left < enough:
            raise _used_up(f"the {minutes} minutes of a day", f"minutes-a-day-{of}", user_id)
    money = getattr(rules, f"money_a_day_{of}")
    if money is not None and price:
        left = min(left, (money - used.money_a_day) / price * 60)
        if left < enough:
            raise _used_up(f"what a day may cost ({money})", f"money-a-day-{of}", user_id)
    return int(left)


def _used_up(of_what: str, cap: str, user_id: int | None) -> CapReached:
    whose = "Your share of" if user_id is not None else "All of"
    text = f"{whose} {of_what} is used up, or needed by calls that are going on."
    return CapReached(text, cap, user_id)


# A line that is not over may still become as long as it was given; begun minutes count whole.
_SPENT = """
with recent as (
    select d.dialled_at, d.per_minute,
        case when l.id is not null and l.ended_at is null then d.limit_seconds
             when l.id is null and c.ended_at is null then d.limit_seconds
             when l.answered_at is null then 0
             else ceil(extract(epoch from l.ended_at - l.answered_at) / 60) * 60
        end as seconds
    from calls_dialling d
    join calls_call c on c.id = d.call_id
    left join calls_leg l on l.id = d.leg_id
    where d.dialled_at > %(day)s and (%(user)s::bigint is null or d.user_id = %(user)s::bigint)
)
select count(*) filter (where dialled_at > %(hour)s), count(*),
    coalesce(sum(seconds), 0), coalesce(sum(seconds / 60 * per_minute), 0)
from recent
"""


def _used(user_id: int | None, now: datetime) -> _Used:
    """By one person, or by all."""
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, {"day": now - DAY, "hour": now - HOUR, "user": user_id})
        [row] = cursor.fetchall()
    return _Used(row[0], row[1], Decimal(row[2]), Decimal(row[3]))


# Alarms -------------------------------------------------------------------------------------------


def alarm(*, reached: CapReached, now: datetime) -> None:
    """Somebody ran into a cap: logged each time, on the boards once an hour.

    In a transaction that is kept, unlike the one that was refused.
    """
    whose = _name(reached.asked_by)
    logger.warning("a cap of dialling out is reached: %s", reached.cap, extra={"cap": reached.cap})
    whose_cap = Q(user=reached.user_id) if reached.user_id else Q(user=None)
    known = DialAlarm.objects.filter(whose_cap, cap=reached.cap)
    if known.filter(at__gt=now - ALARM_AGAIN).exists():
        return
    text = f"{whose} wanted to dial out and was refused: {reached}"
    DialAlarm.objects.create(cap=reached.cap, user_id=reached.user_id, text=text[:300], at=now)
    live.announce(live.board())


def _name(user_id: int | None) -> str:
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return name_of(user) or "A program"


def alarms(*, user_ids: Iterable[int], now: datetime) -> list[DialAlarm]:
    """Those of the last day about these people, and about all, the newest first."""
    theirs = DialAlarm.objects.filter(Q(user__in=list(user_ids)) | Q(user=None))
    return list(theirs.filter(at__gt=now - DAY).order_by("-at")[:MOST_ALARMS])


def spent(dialling: Dialling) -> Decimal:
    """What a line that is over cost, by our own prices: begun minutes count whole."""
    leg = dialling.leg
    if leg is None or leg.answered_at is None or leg.ended_at is None:
        return Decimal(0)
    minutes = -(-(leg.ended_at - leg.answered_at).total_seconds() // 60)
    return Decimal(int(minutes)) * dialling.per_minute
