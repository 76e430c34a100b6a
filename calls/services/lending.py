"""Standby legs as calls see them: who has one to be moved, and to which call one is lent."""

from uuid import UUID

from django.db.models import Exists, OuterRef

from calls.models import Leg, StandbyLeg


def idle(user_id: int | None, address: str) -> StandbyLeg | None:
    """The leg that this person keeps open on that line, if it is up and part of no call."""
    if user_id is None:
        return None
    lines = StandbyLeg.objects.live().filter(
        user_id=user_id,
        standby__address=address,
        standby__ended_at__isnull=True,
        ready_at__isnull=False,
        let_go_at__isnull=True,
    )
    return lines.exclude(Exists(Leg.objects.live().filter(standby=OuterRef("pk")))).first()


def lend(leg: Leg) -> Leg:
    """A leg that is about to be written is the person's standby leg, if they keep one open.

    The database has the last word: a standby leg is lent to one call at a time.
    """
    line = idle(leg.user_id, leg.address)
    if line is not None:
        leg.standby, leg.sid = line, line.sid
    return leg


def lent(line_id: UUID) -> Leg | None:
    """The leg of the call that this standby leg is part of now."""
    return Leg.objects.live().filter(standby=line_id).first()
