"""Telling browsers that something changed: whoever changes a call says so here.

An announcement says *what* changed, never *how*: whoever looks at it reads the database again.
Losing one therefore costs a refresh, and nothing stale can travel.
"""

from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from calls.live import over_postgres, over_redis
from calls.models.together import Note


def desk(user_id: int) -> str:
    """Everything that one agent's desk shows of their own."""
    return f"desk:{user_id}"


def queue(queue_id: int) -> str:
    """Who is waiting in one line."""
    return f"queue:{queue_id}"


def board() -> str:
    """What supervisors watch: agents and live calls of all queues."""
    return "board"


def call(call_id: UUID) -> str:
    """One call's story and legs."""
    return f"call:{call_id}"


def seat(user_id: int) -> str:
    """Somebody opened a desk as this user; the value says which (see agents.consumers)."""
    return f"seat:{user_id}"


def announce(*topics: str) -> None:
    """Browsers that show any of these topics are told at commit, and only then.

    Call it inside the transaction that makes the change. A value after `=` travels with the topic
    (see seat).
    """
    wanted = list(dict.fromkeys(topics))
    if not wanted:
        return
    if settings.REDIS_URL:
        transaction.on_commit(lambda: over_redis.publish(wanted), robust=True)
    else:
        over_postgres.publish(wanted)


def notes(*topics: str) -> list[Note]:
    """Announce what one statement writes (see in_one_statement), which is to notify these."""
    if settings.REDIS_URL:
        announce(*topics)
        return []
    return over_postgres.notes(list(dict.fromkeys(topics)))


def in_one_statement() -> AbstractContextManager[None]:
    """For a change that one statement makes and announces: that is a transaction already. It needs
    one around it where it may fail inside another, or where Redis is told after the commit."""
    if settings.REDIS_URL or connection.in_atomic_block:
        return transaction.atomic()
    return nullcontext()
