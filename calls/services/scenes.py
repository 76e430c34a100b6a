"""A call as plans see it: who is there and how, with what is ordered and has not happened yet."""

from collections import defaultdict
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection

from calls import plans
from calls.models import Call, Leg
from calls.models.together import read_together
from calls.plans import CannotNow
from calls.services import legs, tapes
from calls.states import CallState, LegRole, OrderState, Verb
from calls.timeline import caller_of, name_of

OVER = (CallState.ENDED, CallState.ENDING)


def of(call: Call, here: list[Leg]) -> plans.Scene:
    """The call is locked, and its legs that are not over are read since. Raises CannotNow."""
    if call.state in OVER:
        raise CannotNow("This call is over.", "call-is-over")
    ordered, users = _ordered(call), _people(here)
    return plans.Scene(
        state=CallState(call.state),
        tape=tapes.of(call),
        parties=tuple(
            plans.Party(
                leg_id=leg.id,
                role=LegRole(leg.role),
                name=_name(call, leg, users),
                user_id=leg.user_id,
                known=leg.sid is not None,
                sid=leg.sid or "",
                in_room=leg.in_room,
                on_hold=leg.on_hold,
                resumed=_is_resumed(leg),
                muted=leg.muted,
                whispers_to=leg.whispers_to_id,
                ordered=frozenset(ordered[leg.id]),
            )
            for leg in here
        ),
    )


def _ordered(call: Call) -> defaultdict[UUID, set[Verb]]:
    """What the carrier is being asked for each leg, or is about to be."""
    ordered: defaultdict[UUID, set[Verb]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_ORDERED, [call.pk, OrderState.PENDING])
        for leg_id, verb in cursor.fetchall():
            ordered[leg_id].add(Verb(verb))
    return ordered


_ORDERED = "select leg_id, verb from calls_command where call_id = %s and state = %s"


def _is_resumed(leg: Leg) -> bool:
    """Off hold by the carrier's answer, and not yet by its news, which comes later."""
    if leg.held_at is None:
        return False
    last = legs.last_held_or_resumed(leg)
    if last is None or last.verb != Verb.RESUME or last.settled_at is None:
        return False
    return last.settled_at >= leg.held_at


def _people(here: list[Leg]) -> dict[int, User]:
    ids = [leg.user_id for leg in here if leg.user_id]
    found = read_together("select {u} from auth_user u where u.id = any(%s)", [ids], u=User)
    return {user.pk: user for (user,) in found}


def _name(call: Call, leg: Leg, users: dict[int, User]) -> str:
    if leg.user_id:
        return name_of(users.get(leg.user_id))
    if leg.role == LegRole.CUSTOMER:
        return caller_of(call)
    return leg.address or f"the {leg.role}"
