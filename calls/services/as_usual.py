"""What most callers and agents are told, at the least price; changes what a closer look would.

The carrier waits for these answers, somebody hears silence meanwhile, and nearly always nothing is
out of the ordinary. Each is a transaction of its own in as few statements as it takes. Whatever
they do not recognise is None: it is looked at closely by lifecycle and offers, which answer the
same where both do.
"""

import json
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from calls import live, steps, timers
from calls.models import Leg
from calls.services import announcing, arriving, legs, offers
from calls.states import CallState, OfferState
from calls.timeline import NAME


def arrives(
    *, sid: str, from_number: str, to_number: str, caller_name: str, now: datetime
) -> steps.Step | None:
    """A caller whom we have not heard of gets a place in an open line."""
    came = arriving.at_the_door(
        sid=sid, from_number=from_number, to_number=to_number, caller_name=caller_name, now=now
    )
    if not came.is_welcome:
        return None
    try:
        with live.in_one_statement():
            return arriving.stands_in_line(came, now)
    except IntegrityError:
        # The same caller, asked about twice at once: by now they are known.
        return None


_OFFERED = f"""
select o.id, o.waiting_id, o.user_id, {NAME}
from calls_offer o
join calls_leg l on l.id = o.leg_id
join calls_waiting w on w.id = o.waiting_id
join auth_user u on u.id = o.user_id
where o.leg_id = %s and o.state = '{OfferState.OFFERED}'
and l.ended_at is null and w.left_at is null and w.claimed_at is null
"""  # noqa: S608  # made of our own words

_TAKE = f"""
with taken as (
    update calls_offer set state = '{OfferState.ACCEPTED}', settled_at = %(now)s
    where id = %(offer)s
), claimed as (
    update calls_waiting set claimed_at = %(now)s where id = %(waiting)s
), told as (
    insert into calls_timelineevent (call_id, leg_id, user_id, at, kind, text, facts)
    values (%(call)s, %(leg)s, %(user)s, %(now)s, 'accepted', %(text)s, '{{}}')
)
insert into procrastinate_jobs (queue_name, task_name, args, scheduled_at)
select '{timers.QUEUE}', '{timers.CLAIM_EXPIRES}', %(args)s::jsonb, moment
from unnest(%(moments)s::timestamptz[]) as moment
"""  # noqa: S608  # made of our own words


@transaction.atomic
def takes(*, leg_id: UUID, digits: str, now: datetime) -> steps.Step | None:
    """The agent presses 1: the call is theirs."""
    if not digits.startswith(offers.TAKE_KEY):
        return None
    try:
        call = legs.lock_call_of(leg_id)
    except Leg.DoesNotExist:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED, [leg_id])
        row = cursor.fetchone()
        if row is None or call.state != CallState.WAITING:
            return None
        offer_id, waiting_id, user_id, name = row
        values = {
            "now": now,
            "offer": offer_id,
            "waiting": waiting_id,
            "call": call.pk,
            "leg": leg_id,
            "user": user_id,
            "text": offers.takes_the_call(name),
            "args": json.dumps({"offer_id": offer_id}),
            "moments": [now + offers.CLAIM_LOOK, now + offers.CLAIM_PATIENCE],
        }
        cursor.execute(_TAKE, values)
    announcing.tell_people(call, [user_id])
    return steps.JoinRoom(leg_id=leg_id, call_id=call.pk, room=call.room)
