"""So many of something in a time: requests of a key, failed sign-ins of an account.

Each subject has a bucket that is full at first and fills again evenly: `10/hour` is ten at once,
and one more every six minutes. All that has to be remembered is when it will be full again, so one
statement decides for every process, also when many ask in the same moment.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from calls.models import Allowance

RATE = re.compile(r"([1-9][0-9]{0,8})/(s|sec|second|m|min|minute|h|hour|d|day)")
PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` at once, and as many again in each `period`."""

    limit: int
    period: timedelta

    @property
    def step(self) -> timedelta:
        """How long one takes to come back."""
        return self.period // self.limit


def rate(text: str) -> Rate | None:
    """`600/min`, and also per s, hour or day; None for the empty text: any number."""
    if not text:
        return None
    read = RATE.fullmatch(text)
    if read is None:
        raise ValueError(f"{text!r} is not a rate such as 600/min.")
    return Rate(int(read[1]), timedelta(seconds=PERIODS[read[2][0]]))


# A row comes back exactly when one could be taken.
TAKE = f"""
insert into {Allowance._meta.db_table} as it (subject, full_at)
values (%(subject)s, %(now)s::timestamptz + make_interval(secs => %(step)s))
on conflict (subject) do update
set full_at = greatest(it.full_at, %(now)s::timestamptz) + make_interval(secs => %(step)s)
where greatest(it.full_at, %(now)s::timestamptz) + make_interval(secs => %(step)s)
    <= %(now)s::timestamptz + make_interval(secs => %(period)s)
returning full_at
"""  # noqa: S608  # made of a name alone
GIVE_BACK = f"""
update {Allowance._meta.db_table} set full_at = full_at - make_interval(secs => %s)
where subject = %s
"""  # noqa: S608


def take(*, subject: str, rate: Rate, now: datetime) -> datetime | None:
    """Take one of the subject's allowance. None: it is theirs; else the moment to try again."""
    step, period = rate.step.total_seconds(), rate.period.total_seconds()
    asked: dict[str, str | datetime | float] = {"subject": subject, "now": now}
    asked |= {"step": step, "period": period}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, asked)
        if cursor.fetchone() is not None:
            return None
    return next_at(subject=subject, rate=rate, now=now)


def next_at(*, subject: str, rate: Rate, now: datetime) -> datetime:
    """From when on the subject may take one; a moment that is not to come where it may now."""
    row = Allowance.objects.filter(subject=subject).first()
    return now if row is None else row.full_at + rate.step - rate.period


def give_back(*, subject: str, rate: Rate) -> None:
    """What was taken was not used."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [rate.step.total_seconds(), subject])


def restore(*, subject: str) -> None:
    """The subject has its whole allowance again."""
    Allowance.objects.filter(subject=subject).delete()


def forget(*, now: datetime) -> None:
    """Full buckets tell nothing."""
    Allowance.objects.filter(full_at__lt=now).delete()
