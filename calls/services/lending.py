"""Standby legs as calls see them: who has one to be moved, and to which call one is lent."""

from uuid import UUID

from calls.models import Leg, StandbyLeg


def lend(leg: Leg) -> Leg:
    """A leg that is about to be written is the person's standby leg, if they keep one open.

    The database has the last word: a standby leg is lent to one call at a time.
    """
    for line in StandbyLeg.objects.raw(_IDLE, [leg.user_id, leg.address]):
        leg.standby, leg.sid = line, line.sid
    return leg


# The one leg that this person keeps open, if it is up on that line and part of no call. Every offer
# asks for it: as a statement it costs a third.
_IDLE = """
select line.* from calls_standbyleg line join calls_standby standby on standby.id = line.standby_id
where line.user_id = %s and standby.address = %s and standby.ended_at is null
and line.ended_at is null and line.ready_at is not null and line.let_go_at is null
and not exists (select from calls_leg where standby_id = line.id and ended_at is null)
"""


def lent(line_id: UUID) -> Leg | None:
    """The leg of the call that this standby leg is part of now."""
    return Leg.objects.live().filter(standby=line_id).first()
