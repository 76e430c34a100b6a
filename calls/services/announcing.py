"""Whoever changes a call tells every browser that shows it."""

from collections.abc import Iterable

from django.db import connection

from calls import live
from calls.models import Call, Leg
from calls.models.together import Note


def tell(call: Call, *user_ids: int | None) -> None:
    """The call's page, its line, the board, and the desks on the call are drawn again at commit.

    `user_ids`: further people whose desk shows something of this change.
    """
    _tell(call, {*_on_the_call(call), *user_ids})


def tell_these(call: Call, here: Iterable[Leg]) -> None:
    """The same for whoever has the call's legs in hand."""
    _tell(call, {leg.user_id for leg in here if leg.is_live})


def tell_people(call: Call, user_ids: Iterable[int]) -> None:
    """The same where it is known whose desks show the call."""
    _tell(call, set(user_ids))


def notes(call: Call, here: Iterable[Leg]) -> list[Note]:
    """The same for a change that one statement makes and announces."""
    return live.notes(*_topics(call, {leg.user_id for leg in here if leg.is_live}))


def _tell(call: Call, people: Iterable[int | None]) -> None:
    live.announce(*_topics(call, people))


def _topics(call: Call, people: Iterable[int | None]) -> list[str]:
    topics = [live.call(call.id), live.board()]
    if call.queue_id is not None:
        topics.append(live.queue(call.queue_id))
    return [*topics, *(live.desk(person) for person in sorted(p for p in people if p))]


_ON_THE_CALL = """
select user_id from calls_leg
where call_id = %s and user_id is not null and ended_at is null
"""


def _on_the_call(call: Call) -> list[int]:
    # Asked with every change of every call, hence without the ORM's price.
    with connection.cursor() as cursor:
        cursor.execute(_ON_THE_CALL, [call.pk])
        return [row[0] for row in cursor.fetchall()]
