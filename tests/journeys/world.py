"""A whole call centre in one process: the sandbox carrier, our doors, our worker, one clock.

The real SDK talks to the real sandbox carrier; the carrier's requests go to our real doors; the
worker's loops and jobs are the product's own. Only time is turned by hand, so that an hour of
waiting takes moments and every journey can be repeated.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Min

from agents import presence
from agents.models import Agent, AgentSkill, BreakReason, Membership
from agents.services import dispatch, shifts
from calls.carrier import gateway
from calls.models import Call, CarrierEvent, Leg, Offer, PhoneNumber, Queue, Skill, Waiting
from calls.services import news, reconcile
from calls.states import NewsState
from calls.webhooks import door
from sandbox.core.accounts import VoiceUrls
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import Fetch, FetchAnswer, FetchError
from sandbox.drivers.inprocess import AsyncSdkTransport, InProcess, SdkTransport
from sandbox.people.person import Person, Trouble
from tests.journeys.jobs import Jobs

MOST_ROUNDS = 300


class Town(InProcess):
    """The carrier does not go on while an order is being handed to it: its requests come after."""

    paused = False

    def settle(self) -> None:
        if not self.paused:
            super().settle()


@dataclass(slots=True)
class Outage:
    """What of ours does not answer now."""

    web: bool = False
    worker: bool = False


@dataclass(slots=True)
class Settings:
    sweep_every: float = 10.0
    reconcile_every: float = 30.0
    heartbeat_every: float = 10.0
    desks_open: set[int] = field(default_factory=set)


class World:
    """`run(seconds)` lets time pass; `settle()` lets everything that is due now happen."""

    def __init__(self, *, seed: int = 1, config: Config | None = None) -> None:
        # A day ahead of the database's clock, so that no job is due before its moment here.
        self.began = (datetime.now(UTC) + timedelta(days=1)).timestamp()
        self.carrier = Carrier(config or Config(cps=0), now=self.began, seed=seed)
        self.account = self.carrier.add_account(
            sid=settings.TWILIO_ACCOUNT_SID, auth_token=settings.TWILIO_AUTH_TOKEN
        )
        self.driver = Town(self.carrier, self._deliver)
        gateway.use_transport(SdkTransport(self.driver), AsyncSdkTransport(self.driver))
        self.jobs = Jobs()
        self.outage = Outage()
        self.rhythm = Settings()
        self.requests: list[Fetch] = []
        self._next_beat = self.began
        self._next_sweep = self.began
        self._next_reconcile = self.began + self.rhythm.reconcile_every
        self._numbers = iter(range(1000, 9999))

    def close(self) -> None:
        self.jobs.close()
        gateway.use_transport(None, None)

    # time

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.carrier.now, UTC)

    def run(self, seconds: float) -> None:
        """Let this much time pass, with everything that happens in it."""
        end = self.carrier.now + seconds
        self.settle()
        while (then := self._next_moment()) < end:
            self._turn_to(then)
        self._turn_to(end)

    def run_until(self, happened: Callable[[], bool], *, within: float = 60.0) -> None:
        """Let time pass until it has happened; AssertionError after `within` seconds."""
        end = self.carrier.now + within
        self.settle()
        while not happened():
            then = self._next_moment()
            assert then < end, f"it did not happen within {within} s"
            self._turn_to(then)

    def settle(self) -> None:
        """Everything that is due at this moment happens, also what follows from it."""
        for _ in range(MOST_ROUNDS):
            self.driver.settle()
            if not self._work():
                return
        raise AssertionError("the world does not come to rest")

    def _turn_to(self, moment: float) -> None:
        self.driver.advance(max(0.0, moment - self.carrier.now))
        self.settle()

    def _next_moment(self) -> float:
        moments = [self._next_beat, self._next_sweep, self._next_reconcile]
        timer = self.carrier.kernel.next_timer()
        if timer is not None:
            moments.append(timer)
        due = None if self.outage.worker else self.jobs.next_due()
        if due is not None:
            moments.append(due.timestamp())
        if (later := self._next_news()) is not None:
            moments.append(later)
        return max(min(moments), self.carrier.now)

    def _next_news(self) -> float | None:
        if self.outage.worker:
            return None
        pending = CarrierEvent.objects.filter(state=NewsState.PENDING, not_before__isnull=False)
        moment = pending.aggregate(first=Min("not_before"))["first"]
        return moment.timestamp() if moment else None

    # our processes

    def _deliver(self, fetch: Fetch) -> FetchAnswer | FetchError:
        """Web, or the answering service that stands in for it."""
        self.requests.append(fetch)
        parts = urlsplit(fetch.url)
        if self.outage.web and parts.path != "/twilio/fallback":
            return FetchError("connect", "connection refused")
        response = door.answer(
            method=fetch.method,
            url=fetch.url,
            path=parts.path,
            query=parts.query,
            headers=fetch.headers,
            body=fetch.body,
            now=self.now,
        )
        return FetchAnswer(response.status, dict(response.headers), response.body)

    def _work(self) -> int:
        """One round of the desks and of the worker; returns how much there was to do."""
        self._beat()
        if self.outage.worker:
            self._next_sweep = max(self._next_sweep, self.carrier.now + 1)
            self._next_reconcile = max(self._next_reconcile, self.carrier.now + 1)
            return 0
        done = news.apply_pending(limit=100, now=self.now)
        done += dispatch.run(now=self.now)
        done += self._run_jobs()
        self._sweep()
        return done

    def _run_jobs(self) -> int:
        self.driver.paused = True
        try:
            return self.jobs.run_due(self.now)
        finally:
            self.driver.paused = False

    def _beat(self) -> None:
        while self._next_beat <= self.carrier.now:
            self._next_beat += self.rhythm.heartbeat_every
            for user_id in self.rhythm.desks_open:
                presence.heartbeat(user_id=user_id, now=self.now)

    def _sweep(self) -> None:
        while self._next_sweep <= self.carrier.now:
            self._next_sweep += self.rhythm.sweep_every
            presence.sweep(now=self.now)
        while self._next_reconcile <= self.carrier.now:
            self._next_reconcile += self.rhythm.reconcile_every
            reconcile.run(now=self.now)

    # who there is

    def queue(self, name: str = "Billing", **fields: object) -> Queue:
        """A queue with a number of ours that leads to it."""
        queue = Queue.objects.create(name=name, slug=name.lower(), **fields)
        e164 = f"+1555700{next(self._numbers)}"
        PhoneNumber.objects.create(e164=e164, label=name, queue=queue)
        base = settings.PUBLIC_URL
        self.carrier.add_number(
            self.account,
            e164,
            VoiceUrls(
                voice_url=f"{base}/twilio/voice",
                voice_fallback_url=f"{settings.FALLBACK_URL}/twilio/fallback",
                status_callback=f"{base}/twilio/number-status",
            ),
        )
        return queue

    def agent(
        self,
        name: str,
        *queues: Queue,
        available: bool = True,
        confirm_by_key: bool = False,
        priority: int = 1,
        skills: dict[str, int] | None = None,
    ) -> "Colleague":
        """An agent with a telephone; their desk is open."""
        user = User.objects.create_user(name.lower(), password="x")
        phone = Person(self.carrier, f"+1555800{next(self._numbers)}", name=name)
        agent = Agent.objects.create(
            user=user,
            name=name,
            line_address=phone.number,
            confirm_by_key=confirm_by_key,
        )
        for queue in queues:
            Membership.objects.create(agent=agent, queue=queue, priority=priority)
        for skill, level in (skills or {}).items():
            known, _ = Skill.objects.get_or_create(name=skill)
            AgentSkill.objects.create(agent=agent, skill=known, level=level)
        colleague = Colleague(self, agent, phone)
        colleague.opens_desk()
        if available:
            colleague.goes_available()
        return colleague

    def caller(self, name: str, number: str = "") -> Person:
        return Person(self.carrier, number or f"+1555300{next(self._numbers)}", name=name)

    def calls_in(self, name: str, queue: Queue, *, number: str = "") -> "Visit":
        """Somebody dials the queue's number and stays on the line."""
        person = self.caller(name, number)
        person.lifts(queue.numbers.get().e164)
        self.settle()
        return Visit(self, person)


@dataclass(slots=True)
class Colleague:
    """An agent: the person, the desk, the telephone."""

    world: World
    agent: Agent
    phone: Person

    def fresh(self) -> Agent:
        return Agent.objects.get(pk=self.agent.pk)

    def opens_desk(self) -> None:
        self.world.rhythm.desks_open.add(self.agent.user_id)
        presence.heartbeat(user_id=self.agent.user_id, now=self.world.now)

    def desk_freezes(self) -> None:
        """The page stops sending heartbeats; nothing tells the server."""
        self.world.rhythm.desks_open.discard(self.agent.user_id)

    def goes_available(self) -> None:
        shifts.available(agent=self.fresh(), by=self.agent.user, now=self.world.now)
        self.world.settle()

    def takes_break(self) -> None:
        lunch, _ = BreakReason.objects.get_or_create(name="Lunch")
        agent = self.fresh()
        shifts.take_break(agent=agent, reason=lunch, by=agent.user, now=self.world.now)
        self.world.settle()

    def answers_after(self, seconds: float, *, presses: str = "") -> None:
        """From now on this telephone is picked up after so long, and then a key is pressed."""

        async def picks_up() -> None:
            with suppress(Trouble):
                await self.phone.answers(after=seconds)
                if presses:
                    await self.phone.waits(2)
                    await self.phone.presses(presses)

        def rings() -> None:
            self.world.carrier.kernel.spawn(picks_up(), f"{self.phone.name} picks up")

        self.phone.when_called = rings

    @property
    def offers(self) -> list[Offer]:
        return list(Offer.objects.filter(user=self.agent.user).order_by("id"))

    @property
    def live_leg(self) -> Leg | None:
        return Leg.objects.live().filter(user=self.agent.user).first()


@dataclass(slots=True)
class Visit:
    """One customer's visit, seen from both ends."""

    world: World
    person: Person

    @property
    def call(self) -> Call:
        assert self.person.call is not None or self.person.calls
        return Call.objects.filter(customer_number=self.person.number).latest("arrived_at")

    @property
    def leg(self) -> Leg:
        return self.call.legs.get(role="customer")

    @property
    def waiting(self) -> Waiting:
        return self.call.waitings.latest("id")

    def hears(self, other: Person) -> bool:
        """Whether the other's voice comes through to this person now."""
        return self.person.call is not None and any(
            other.call is not None and other.call.sid in getattr(sound, "heard", ())
            for sound in self.person.hearing
        )

    def hangs_up(self) -> None:
        assert self.person.call is not None
        self.person.call.hang_up()
        self.world.settle()
