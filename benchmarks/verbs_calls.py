"""The live calls of the verbs benchmark: talked, consulted about, and listened to."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from agents.availability import Intent
from agents.models import Agent, Supervisor
from benchmarks.webhook_calls import new_sid
from calls.models import Call, Leg, Queue, Transfer, Watch
from calls.states import (
    CallState,
    LegRole,
    LegState,
    TransferKind,
    TransferState,
    WatchMode,
)

TALKED_FOR = timedelta(minutes=2)


@dataclass(slots=True)
class Talk:
    """A customer and an agent in one room."""

    call: Call
    customer: Leg
    agent: Leg
    user: User
    news: int = field(default=10)


def talk(queue: Queue, number: int) -> Talk:
    began = timezone.now() - TALKED_FOR
    call = Call.objects.create(
        state=CallState.TALKING,
        queue=queue,
        customer_number=f"+1555300{number:04}",
        arrived_at=began,
        answered_at=began,
        conference_sid=new_sid("CF"),
    )
    agent = User.objects.create(username=f"agent-{number}", first_name="Omar")
    customer = _in_room(call, LegRole.CUSTOMER, None)
    return Talk(call, customer, _in_room(call, LegRole.AGENT, agent), agent)


def consult(of: Talk) -> None:
    """The customer hears music while the agent asks a second one."""
    now = timezone.now()
    Leg.objects.filter(pk=of.customer.pk).update(held_at=now)
    second = User.objects.create(username=f"second-{of.call.id}", first_name="Lena")
    Transfer.objects.create(
        call=of.call,
        kind=TransferKind.WARM,
        state=TransferState.CONSULTING,
        to_user=second,
        started_by=of.user,
        from_leg=of.agent,
        to_leg=_in_room(of.call, LegRole.CONSULT, second),
        started_at=now,
        answered_at=now,
    )


def colleague(number: int) -> Agent:
    """Somebody free, with a line of their own."""
    user, now = (
        User.objects.create(username=f"colleague-{number}", first_name="Iris"),
        timezone.now(),
    )
    return Agent.objects.create(
        user=user,
        name=f"Iris {number}",
        line_address=f"+1555400{number:04}",
        needs_desk=False,
        intent=Intent.AVAILABLE,
        intent_since=now,
        idle_since=now,
    )


def supervisor(queue: Queue, of: Talk) -> User:
    """Somebody who listens to the call, and is heard by nobody."""
    user = User.objects.create(username=f"supervisor-{of.call.id}", first_name="Vera")
    Supervisor.objects.create(user=user).queues.add(queue)
    leg = _in_room(of.call, LegRole.SUPERVISOR, user)
    Leg.objects.filter(pk=leg.pk).update(muted=True)
    Watch.objects.create(
        call=of.call, leg=leg, user=user, mode=WatchMode.LISTEN, began_at=timezone.now()
    )
    return user


def _in_room(call: Call, role: LegRole, user: User | None) -> Leg:
    now = timezone.now()
    return Leg.objects.create(
        call=call,
        role=role,
        user=user,
        sid=new_sid("CA"),
        state=LegState.IN_PROGRESS,
        planned_at=now,
        answered_at=now,
        joined_at=now,
        in_room=True,
        accepted_at=now,
        conference_sid=call.conference_sid,
        room_sequence=call.legs.count(),
        room_event_at=now,
    )
