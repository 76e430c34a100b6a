"""Who may see and who may touch a call. Nobody sees or touches what is not theirs."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet

from calls.models import Call, Leg, Parking, Queue
from calls.states import LegRole, WatchMode

AnyUser = User | AnonymousUser


def visible_calls(user: AnyUser) -> QuerySet[Call]:
    """Calls that the user was on, or of queues that they supervise; all for an admin."""
    if not user.is_active or not isinstance(user, User):
        return Call.objects.none()
    if user.is_superuser:
        return Call.objects.all()
    own = Leg.objects.filter(user=user).values("call_id")
    return Call.objects.filter(Q(pk__in=own) | Q(queue_id__in=supervised_queue_ids(user)))


def may_see(user: AnyUser, call: Call) -> bool:
    """Whether the user may read the call's story."""
    return visible_calls(user).filter(pk=call.pk).exists()


def may_control(user: AnyUser, call: Call) -> bool:
    """Whether the user may end the call or send it to a queue: an agent on it now, supervising, an
    admin. Whoever is only consulted about it may not.
    """
    if not user.is_active or not isinstance(user, User):
        return False
    if user.is_superuser or call.queue_id in supervised_queue_ids(user):
        return True
    own = Leg.objects.live().filter(call=call, user=user, role=LegRole.AGENT)
    # Whoever dials may call it off while their own line still rings.
    return own.filter(Q(answered_at__isnull=False) | Q(call__dialled_by=user)).exists()


def is_on(user: AnyUser, call: Call) -> bool:
    """Whether their own line is in the call's room."""
    if not user.is_active or not isinstance(user, User):
        return False
    return Leg.objects.live().filter(call=call, user=user, in_room=True).exists()


def takes_part(user: AnyUser, call: Call) -> bool:
    """Whether the user may go, and ask for help: on the call themselves, also who is only consulted
    about it, or whoever may control it."""
    return is_on(user, call) or may_control(user, call)


def may_hand_on(user: AnyUser, call: Call) -> bool:
    """Whether the user may transfer the call, and say how that goes on: its agents, its queue's
    supervisors, admins. Not whoever is only consulted."""
    if supervises(user, call):
        return True
    if not user.is_active or not isinstance(user, User):
        return False
    talks = Leg.objects.live().filter(call=call, user=user, role=LegRole.AGENT)
    return talks.filter(joined_at__isnull=False).exists()


def may_hear(user: AnyUser, call: Call) -> bool:
    """Whether the user may listen to what was recorded: supervising it, or an admin; an agent to
    their own calls, where the queue allows it."""
    if not user.is_active or not isinstance(user, User):
        return False
    if user.is_superuser or call.queue_id in supervised_queue_ids(user):
        return True
    if call.queue is None or not call.queue.recording_for_agents:
        return False
    return Leg.objects.filter(call=call, user=user, joined_at__isnull=False).exists()


def may_dictate(user: AnyUser, call: Call) -> bool:
    """Whether the user may have the caller's line do what they wrote: supervising it, or an admin.

    TwiML dials out and records: an agent may only send their own call to a queue.
    """
    return call.queue_id in supervised_queue_ids(user) or (user.is_active and user.is_superuser)


def may_move_line(user: AnyUser, queue: Queue) -> bool:
    """Whether the user may move everybody who waits in this line: its supervisors, and admins."""
    return queue.pk in supervised_queue_ids(user)


def retrievable_calls(user: AnyUser) -> QuerySet[Call]:
    """Live calls that are parked in queues that the user serves or supervises; or were, so that
    whoever comes second can be told who was first."""
    mine = served_queue_ids(user) | supervised_queue_ids(user)
    parked = Parking.objects.filter(queue__in=mine).values("call_id")
    return Call.objects.filter(ended_at__isnull=True, pk__in=parked)


def served_queue_ids(user: AnyUser) -> set[int]:
    """The queues whose calls the user takes."""
    if not user.is_active or not isinstance(user, User):
        return set()
    try:
        return set(user.agent.queues.values_list("id", flat=True))
    except ObjectDoesNotExist:
        return set()


_PERMISSIONS = {
    WatchMode.LISTEN: "may_listen",
    WatchMode.WHISPER: "may_whisper",
    WatchMode.BARGE: "may_barge",
}


def supervises(user: AnyUser, call: Call) -> bool:
    """Whether the call is of a queue that the user watches over; all are an admin's."""
    if not user.is_active or not isinstance(user, User):
        return False
    return user.is_superuser or call.queue_id in supervised_queue_ids(user)


def may_watch(user: AnyUser, call: Call, mode: WatchMode, *, private: bool = False) -> bool:
    """Whether the user may listen, whisper or barge: supervising the call, and allowed to."""
    return _allowed(user, call, _PERMISSIONS[mode]) and (
        not private or _allowed(user, call, "may_be_private")
    )


def may_take_over(user: AnyUser, call: Call) -> bool:
    """Whether the user may replace the call's agent."""
    return _allowed(user, call, "may_take_over")


def may_see_private(user: AnyUser, call: Call) -> bool:
    """Whether the user is shown who listens unseen: not to agents, on their own calls least."""
    if not isinstance(user, User) or not supervises(user, call):
        return False
    talks = Leg.objects.filter(call=call, user=user, role__in=[LegRole.AGENT, LegRole.CONSULT])
    return user.is_superuser or not talks.exists()


def unseen_legs(user: AnyUser, call: Call) -> QuerySet[Leg]:
    """Lines of supervisors who listen unseen, where the user is not to be shown them; never the
    user's own."""
    private = Leg.objects.filter(call=call, is_private=True)
    if not isinstance(user, User) or may_see_private(user, call):
        return private.none() if isinstance(user, User) else private
    return private.exclude(user=user)


def _allowed(user: AnyUser, call: Call, permission: str) -> bool:
    if not isinstance(user, User) or not supervises(user, call):
        return False
    if user.is_superuser:
        return True
    return bool(getattr(user.supervisor, permission))


def supervised_queue_ids(user: AnyUser) -> set[int]:
    """The queues that the user watches over; an admin watches over all."""
    if not user.is_active or not isinstance(user, User):
        return set()
    if user.is_superuser:
        return set(Queue.objects.values_list("id", flat=True))
    try:
        return set(user.supervisor.queues.values_list("id", flat=True))
    except ObjectDoesNotExist:
        return set()
