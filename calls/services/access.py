"""Who may see and who may touch a call. Nobody sees or touches what is not theirs."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet

from calls.models import Call, Leg, Queue

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
    """Whether the user may end the call or send it to a queue: on it now, supervising, an admin."""
    if not user.is_active or not isinstance(user, User):
        return False
    if user.is_superuser or call.queue_id in supervised_queue_ids(user):
        return True
    return Leg.objects.live().filter(call=call, user=user, answered_at__isnull=False).exists()


def may_dictate(user: AnyUser, call: Call) -> bool:
    """Whether the user may have the caller's line do what they wrote: supervising it, or an admin.

    TwiML dials out and records: an agent may only send their own call to a queue.
    """
    return call.queue_id in supervised_queue_ids(user) or (user.is_active and user.is_superuser)


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
