"""What is long over is forgotten, a little at a time, so that no table grows for ever.

For how long it is kept, the settings say, in days; 0 is for ever. Each look deletes so little that
nobody who is on the line waits for it, and comes again in ten seconds. Of a call on legal hold
nothing is deleted. What the carrier keeps of a call goes with it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from calls.models import Call, CarrierEvent, Leg, Recording, Standby, Voicemail
from calls.services import deletions

NEWS_AT_ONCE, CALLS_AT_ONCE, JOBS_AT_ONCE = 1000, 20, 100


def sweep(*, now: datetime) -> dict[str, int]:
    """How much was forgotten, by kind. Of a call that is going on, nothing ever is."""
    return {
        "calls": _calls(now),
        "standbys": _standbys(now),
        "news": _news(now),
        "failed jobs": _failed_jobs(),
    }


def _calls(now: datetime) -> int:
    """A call goes with all that hangs on it: legs, offers, orders, the story, a voicemail."""
    days = settings.CALLS_KEPT_DAYS
    if not days:
        return 0
    over = Call.objects.filter(
        arrived_at__lt=now - timedelta(days=days), ended_at__isnull=False, legal_hold=""
    )
    oldest = over.order_by("arrived_at", "id").select_for_update(skip_locked=True)
    with transaction.atomic():
        ids = list(oldest.values_list("id", flat=True)[:CALLS_AT_ONCE])
        if ids:
            _sounds_of(ids, now)
            _news_of(ids)
            Call.objects.filter(id__in=ids).delete()
    return len(ids)


def _standbys(now: datetime) -> int:
    """When the calls that their legs were part of are forgotten."""
    days = settings.CALLS_KEPT_DAYS
    if not days:
        return 0
    over = Standby.objects.filter(ended_at__lt=now - timedelta(days=days))
    with_calls = Leg.objects.filter(standby__standby=OuterRef("pk"))
    ids = list(over.exclude(Exists(with_calls)).values_list("id", flat=True)[:CALLS_AT_ONCE])
    Standby.objects.filter(pk__in=ids).delete()
    return len(ids)


def _sounds_of(calls: list[UUID], now: datetime) -> None:
    """They would stay at the carrier for ever, and nobody would know of them."""
    tapes = Recording.objects.filter(call_id__in=calls, deleted_at__isnull=True)
    voicemails = Voicemail.objects.filter(call_id__in=calls)
    for sid in [
        *tapes.values_list("sid", flat=True),
        *voicemails.values_list("recording_sid", flat=True),
    ]:
        deletions.want(sid, because="the call is forgotten", now=now)


def _news_of(calls: list[UUID]) -> None:
    """The carrier's requests name the caller's number too."""
    legs = Leg.objects.filter(call_id__in=calls)
    own = legs.filter(sid__isnull=False, standby__isnull=True).values_list("sid", flat=True)
    lent = legs.filter(standby__isnull=False).values_list("id", flat=True)
    about = Q(call_id__in=calls) | Q(call_sid__in=list(own))
    CarrierEvent.objects.filter(about).delete()
    if lent:
        _news_of_lent(list(lent))


def _news_of_lent(legs: list[UUID]) -> None:
    """Of a leg that is part of other calls too, only what names this part."""
    sids = Leg.objects.filter(pk__in=legs).values_list("sid", flat=True)
    CarrierEvent.objects.filter(call_sid__in=list(sids), leg_id__in=legs).delete()


# Looks at the oldest few alone, by the primary key: news is written in the order in which it
# comes, and no other index has to be kept up for this with each request of the carrier's.
_NEWS = """
with on_the_line as materialized (
    select c.id as call_id, l.id as leg_id, l.sid
    from calls_call c join calls_leg l on l.call_id = c.id where c.ended_at is null
    union all
    select c.id, l.id, l.sid
    from calls_call c join calls_leg l on l.call_id = c.id where c.legal_hold <> ''
), oldest as (
    select id, received_at, state, call_id, leg_id, call_sid
    from calls_carrierevent order by id limit %(most)s
), forgotten as (
    select id from calls_carrierevent
    where id in (
        select o.id from oldest o
        where o.received_at < %(before)s and o.state <> 'pending'
        and not exists (
            select from on_the_line t
            where t.call_id = o.call_id or t.leg_id = o.leg_id or t.sid = o.call_sid))
    for update skip locked
)
delete from calls_carrierevent where id in (select id from forgotten)
"""


def _news(now: datetime) -> int:
    days = settings.NEWS_KEPT_DAYS
    before = now - timedelta(days=days)
    return _deleted(_NEWS, {"most": NEWS_AT_ONCE, "before": before}) if days else 0


# By the database's clock, which is the one that jobs are dated by.
_FAILED_JOBS = """
delete from procrastinate_jobs where id in (
    select j.id from procrastinate_jobs j
    where j.status in ('failed', 'cancelled', 'aborted')
    and (select max(e.at) from procrastinate_events e where e.job_id = j.id)
        < now() - make_interval(secs => %(seconds)s)
    order by j.id limit %(most)s for update skip locked)
"""


def _failed_jobs() -> int:
    seconds = settings.FAILED_JOBS_KEPT_DAYS * 86_400
    return _deleted(_FAILED_JOBS, {"most": JOBS_AT_ONCE, "seconds": seconds}) if seconds else 0


def _deleted(statement: str, values: Mapping[str, float | datetime]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
