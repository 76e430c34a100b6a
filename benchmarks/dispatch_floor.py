"""A floor of any size for the dispatch benchmark: everybody talks, callers wait, much is past."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Max

from agents.availability import Intent
from agents.models import Agent, AgentSkill, Membership
from calls.models import (
    Call,
    Command,
    Leg,
    Offer,
    Queue,
    QueueSkill,
    Skill,
    TimelineEvent,
    Waiting,
    WrapUp,
)
from calls.states import CallOutcome, CallState, LegRole, LegState, OfferState, WaitingExit

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
QUEUES = 20
QUEUES_PER_AGENT = 3
# Each agent serves queues this far apart, so that a handful of callers finds somebody.
APART = 7
BATCH = 5_000


class Floor:
    """Grows on demand; an agent's call can be ended and, after what followed, be put back."""

    def __init__(self) -> None:
        names = [f"Queue {number:02}" for number in range(QUEUES)]
        skills = Skill.objects.bulk_create(Skill(name=name) for name in names)
        self.queues = Queue.objects.bulk_create(
            Queue(name=name, slug=name.lower().replace(" ", "-")) for name in names
        )
        QueueSkill.objects.bulk_create(
            QueueSkill(queue=queue, skill=skill, min_level=3)
            for queue, skill in zip(self.queues, skills, strict=True)
        )
        self.skills = skills
        self.agents: list[Agent] = []

    def staff(self, number: int) -> None:
        """So many agents, each of three queues, each talking with somebody."""
        serials = range(len(self.agents), number)
        users = User.objects.bulk_create(User(username=f"agent-{serial}") for serial in serials)
        agents = Agent.objects.bulk_create(
            Agent(
                user=user,
                name=f"Agent {serial}",
                line_address=f"+1555{serial:07}",
                intent=Intent.AVAILABLE,
                intent_since=NOW - timedelta(hours=1),
                idle_since=NOW - timedelta(hours=1) + serial * SECOND,
                seen_at=NOW,
            )
            for serial, user in zip(serials, users, strict=True)
        )
        self._join_queues(agents, serials)
        self._talk(agents)
        self.agents += agents
        self._settle()

    def _join_queues(self, agents: Sequence[Agent], serials: Iterable[int]) -> None:
        served = [
            (agent, (serial + APART * step) % QUEUES, step + 1)
            for agent, serial in zip(agents, serials, strict=True)
            for step in range(QUEUES_PER_AGENT)
        ]
        Membership.objects.bulk_create(
            Membership(agent=agent, queue=self.queues[queue], priority=priority)
            for agent, queue, priority in served
        )
        AgentSkill.objects.bulk_create(
            AgentSkill(agent=agent, skill=self.skills[queue], level=5) for agent, queue, _ in served
        )

    def _talk(self, agents: Iterable[Agent]) -> None:
        moments = {"planned_at": NOW, "answered_at": NOW, "joined_at": NOW}
        queue = self.queues[0]
        calls = Call.objects.bulk_create(
            Call(state=CallState.TALKING, queue=queue, arrived_at=NOW, answered_at=NOW)
            for _ in agents
        )
        Leg.objects.bulk_create(
            Leg(
                call=call,
                role=LegRole.AGENT,
                user_id=agent.user_id,
                state=LegState.IN_PROGRESS,
                in_room=True,
                **moments,
            )
            for agent, call in zip(agents, calls, strict=True)
        )

    def line_up(self, number: int) -> None:
        """So many callers wait, spread over the queues."""
        line = Waiting.objects.in_line()
        missing = number - line.count()
        if missing < 0:
            kept = line.order_by("id")[:number].values("id")
            line.exclude(id__in=list(kept.values_list("id", flat=True))).update(
                left_at=NOW, exit=WaitingExit.ABANDONED
            )
        for done in range(0, missing, BATCH):
            self._arrive(min(BATCH, missing - done))
        self._settle()

    def _arrive(self, number: int) -> None:
        last = Waiting.objects.aggregate(last=Max("id"))["last"] or 0
        calls = [
            Call(
                id=uuid4(),
                state=CallState.WAITING,
                queue=self.queues[serial % QUEUES],
                arrived_at=NOW - timedelta(minutes=30) + serial * timedelta(milliseconds=1),
            )
            for serial in range(last, last + number)
        ]
        Call.objects.bulk_create(calls)
        Waiting.objects.bulk_create(
            Waiting(
                call=call,
                queue=call.queue,
                since=call.arrived_at,
                place=call.arrived_at,
            )
            for call in calls
        )

    def past(self, number: int) -> None:
        """So many calls of the past, shared by whoever is on the floor."""
        for begin in range(0, number, BATCH):
            self._remember(range(begin, min(begin + BATCH, number)))
        self._settle()

    def _remember(self, serials: range) -> None:
        """Each was offered, answered at once, talked for five minutes and wrapped up."""
        begun = [NOW - timedelta(hours=2) - serial * SECOND for serial in serials]
        over = [at + timedelta(minutes=5) for at in begun]
        users = [self.agents[serial % len(self.agents)].user_id for serial in serials]
        ended = {"state": CallState.ENDED, "outcome": CallOutcome.ANSWERED}
        calls = Call.objects.bulk_create(
            Call(queue=self.queues[serial % QUEUES], arrived_at=at, ended_at=end, **ended)
            for serial, at, end in zip(serials, begun, over, strict=True)
        )
        places = Waiting.objects.bulk_create(
            Waiting(
                call=call,
                queue=call.queue,
                since=at,
                place=at,
                left_at=at,
                exit=WaitingExit.CONNECTED,
            )
            for call, at in zip(calls, begun, strict=True)
        )
        legs = Leg.objects.bulk_create(
            Leg(
                call=call,
                role=LegRole.AGENT,
                user_id=user_id,
                state=LegState.COMPLETED,
                planned_at=at,
                answered_at=at,
                joined_at=at,
                ended_at=end,
            )
            for call, user_id, at, end in zip(calls, users, begun, over, strict=True)
        )
        self._remember_offers(places, legs, users, begun)
        WrapUp.objects.bulk_create(
            WrapUp(
                leg=leg, call=leg.call, user_id=user_id, started_at=at, due_at=at, finished_at=at
            )
            for leg, user_id, at in zip(legs, users, over, strict=True)
        )

    def _remember_offers(
        self, places: list[Waiting], legs: list[Leg], users: list[int], begun: list[datetime]
    ) -> None:
        Offer.objects.bulk_create(
            Offer(
                call=place.call,
                waiting=place,
                user_id=user_id,
                leg=leg,
                state=OfferState.ACCEPTED,
                offered_at=at,
                expires_at=at,
                settled_at=at,
            )
            for place, leg, user_id, at in zip(places, legs, users, begun, strict=True)
        )

    def _settle(self) -> None:
        """Autovacuum would have come by."""
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")

    def free(self, agent: Agent) -> Leg:
        """The agent's conversation ends, and nothing else has happened yet."""
        leg = Leg.objects.live().get(user=agent.user_id)
        ended = {"state": LegState.COMPLETED, "in_room": False, "ended_at": NOW}
        Leg.objects.filter(pk=leg.pk).update(**ended)
        return leg

    def put_back(self, leg: Leg) -> None:
        """The agent talks on as if nobody had been offered."""
        Offer.objects.open().delete()
        Command.objects.all().delete()
        TimelineEvent.objects.all().delete()
        Leg.objects.filter(state=LegState.PLANNED).delete()
        with connection.cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs")
        leg.save()
