"""A whole call centre in one process: the sandbox carrier, our doors, our worker, one clock.

The real SDK talks to the real sandbox carrier; the carrier's requests go to our real doors; the
worker's loops and jobs are the product's own. Only time is turned by hand, so that an hour of
waiting takes moments and every journey can be repeated.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Min
from django.utils.module_loading import import_string

from agents import presence
from agents.models import Agent, AgentSkill, LineKind, Membership
from agents.services import dispatch
from calls import wake
from calls.carrier import gateway
from calls.models import CarrierEvent, PhoneNumber, Queue, Skill
from calls.services import news, reconcile
from calls.states import NewsState
from calls.webhooks import door
from sandbox.core.accounts import Application, VoiceUrls
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import Fetch, FetchAnswer, FetchError
from sandbox.drivers.inprocess import (
    AsyncSdkTransport,
    InProcess,
    MediaTransport,
    SdkTransport,
)
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys import wakeups
from tests.journeys.browsers import Browser
from tests.journeys.ears import Listener
from tests.journeys.jobs import Jobs
from tests.journeys.people import Colleague, Visit

# An answer that says nothing, one that comes too late for the carrier, none at all.
Mishap = Literal["500", "slow", "refused"]
SLOW = 20.0
Ambush = Callable[[RestRequest], RestAnswer | None]
MOST_ROUNDS = 300
NEVER = float("inf")
# A Monday noon, later than the database's clock, so that no job is due before its moment here.
BEGAN = datetime(2037, 1, 5, 12, tzinfo=UTC)
STATIC = settings.BASE_DIR / "static"
# The worker looks every second also where nothing woke it, and sweeps every ten: here less often,
# which is harder. Reconciling begins with a sweep.
LOOK_EVERY = 10.0
SWEEP_EVERY, RECONCILE_EVERY, HEARTBEAT_EVERY = 10.0, 30.0, 10.0


class Town(InProcess):
    """The carrier does not go on while an order is being handed to it: its requests come after.

    `ambush` meets the next request that it likes: what it answers is the carrier's answer.
    """

    paused = False
    ambush: Ambush | None = None

    def settle(self) -> None:
        if not self.paused:
            super().settle()

    def rest(self, request: RestRequest) -> RestAnswer:
        answer = self.ambush(request) if self.ambush else None
        return super().rest(request) if answer is None else answer


@dataclass(slots=True)
class Outage:
    """What of ours does not answer now, by the kind of request (`wait`).

    `next` is the next one; `still` is each, until it is taken out again. `lost` never reach us.
    """

    web: bool = False
    worker: bool = False
    next: dict[str, Mishap] = field(default_factory=dict)
    still: dict[str, Mishap] = field(default_factory=dict)
    lost: Callable[[Fetch], bool] | None = None


@dataclass(slots=True)
class Beats:
    """When each thing that is done regularly is next due."""

    heart: float
    look: float
    sweep: float
    reconcile: float

    def next(self) -> float:
        return min(self.heart, self.look, self.sweep, self.reconcile)


def _static(name: str) -> FetchAnswer:
    """The music that waiting callers hear."""
    return FetchAnswer(200, {"Content-Type": "audio/wav"}, (STATIC / name).read_bytes())


class World:
    """`run(seconds)` lets time pass; `settle()` lets everything that is due now happen."""

    def __init__(self, *, seed: int = 1, config: Config | None = None) -> None:
        random.seed(seed)
        self.began = BEGAN.timestamp()
        self.carrier = Carrier(config or Config(cps=0), now=self.began, seed=seed)
        self.account = self.carrier.add_account(
            sid=settings.TWILIO_ACCOUNT_SID, auth_token=settings.TWILIO_AUTH_TOKEN
        )
        self.driver = Town(self.carrier, self._deliver)
        gateway.use_transport(
            SdkTransport(self.driver), AsyncSdkTransport(self.driver), MediaTransport(self.driver)
        )
        self.jobs = Jobs()
        self.ear = wakeups.Ear()
        self.outage = Outage()
        self.desks_open: set[int] = set()
        self.requests: list[Fetch] = []
        # Documents of others, by their address.
        self.pages: dict[str, str] = {}
        # When one of our answers was last withheld from the carrier.
        self.failed_at = 0.0
        # Where a proxy that stands before us says that it has called us, and what it adds.
        self.seen_as = ""
        self.added_by_proxy: dict[str, str] = {}
        # What others than we answer the carrier with, by address.
        self.others: dict[str, FetchAnswer] = {}
        # Who look whenever all that was due has happened.
        self.watchers: list[Callable[[], None]] = []
        self._beats = Beats(self.began, self.began, self.began, self.began + RECONCILE_EVERY)
        self._next_news = NEVER
        self._numbers = iter(range(1000, 9999))
        self.desks_app: Application | None = None
        self.browsers: dict[int, Browser] = {}

    def close(self) -> None:
        self.carrier.kernel.close()
        self.ear.close()
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
            self.ear.listen()
            self.driver.settle()
            if not self._work():
                for look in self.watchers:
                    look()
                return
        raise AssertionError("the world does not come to rest")

    def _turn_to(self, moment: float) -> None:
        self.driver.advance(max(0.0, moment - self.carrier.now))
        self.settle()

    def _next_moment(self) -> float:
        timer = self.carrier.kernel.next_timer()
        moments = [self._beats.next(), NEVER if timer is None else timer]
        if not self.outage.worker:
            moments += [self._next_news, self._next_job()]
        return max(min(moments), self.carrier.now)

    def _next_job(self) -> float:
        if wakeups.JOB in self.ear.heard:
            self.jobs.look_again = True
            self.ear.heard.discard(wakeups.JOB)
        due = self.jobs.next_due()
        return NEVER if due is None else due.timestamp()

    # our processes

    def _deliver(self, fetch: Fetch) -> FetchAnswer | FetchError:
        """Web, or the answering service that stands in for it."""
        self.requests.append(fetch)
        parts = urlsplit(fetch.url)
        if fetch.url in self.others:
            return self.others[fetch.url]
        away = self.outage.web and parts.path != "/twilio/fallback"
        if away or (self.outage.lost and self.outage.lost(fetch)):
            self.failed_at = self.carrier.now
            return FetchError("connect", "connection refused")
        if fetch.url in self.pages:
            return FetchAnswer(200, {"Content-Type": "text/xml"}, self.pages[fetch.url].encode())
        if parts.path.startswith(settings.STATIC_URL):
            return _static(parts.path.removeprefix(settings.STATIC_URL))
        if parts.path.startswith("/2010-04-01"):
            sound = self.driver.rest(RestRequest("GET", parts.path))
            return FetchAnswer(sound.status, dict(sound.headers), sound.body)
        kind = parts.path.split("/")[2]
        mishap = self.outage.next.pop(kind, None) or self.outage.still.get(kind)
        if mishap is not None:
            self.failed_at = self.carrier.now
        if mishap == "refused":
            return FetchError("connect", "connection refused")
        if mishap == "500":
            return FetchAnswer(500)
        response = door.answer(
            method=fetch.method,
            url=f"{self.seen_as}{parts.path}" if self.seen_as else fetch.url,
            path=parts.path,
            query=parts.query,
            headers={**fetch.headers, **self.added_by_proxy},
            body=fetch.body,
            now=self.now,
        )
        delay = SLOW if mishap == "slow" else 0.0
        return FetchAnswer(response.status, dict(response.headers), response.body, delay=delay)

    def _work(self) -> bool:
        """One round of the desks and of the worker; False when there was nothing to do."""
        self._beat()
        if self.outage.worker:
            self._put_off()
            return False
        self._sweep()
        return any([self._believe_news(), self._dispatch(), self._run_jobs()])

    def _believe_news(self) -> bool:
        if wake.INBOX not in self.ear.heard and self.carrier.now < self._next_news:
            return False
        self.ear.heard.discard(wake.INBOX)
        if not news.apply_pending(limit=100, now=self.now):
            return False
        pending = CarrierEvent.objects.filter(state=NewsState.PENDING)
        later = pending.aggregate(first=Min("not_before"))["first"]
        self._next_news = NEVER if later is None else later.timestamp()
        return True

    def _dispatch(self) -> bool:
        if wake.DISPATCH not in self.ear.heard:
            return False
        self.ear.heard.discard(wake.DISPATCH)
        return dispatch.run(now=self.now) > 0

    def _run_jobs(self) -> bool:
        if self._next_job() > self.carrier.now:
            return False
        self.driver.paused = True
        try:
            return self.jobs.run_due(self.now) > 0
        finally:
            self.driver.paused = False
            self.ear.catch_up()

    def _beat(self) -> None:
        while self._beats.heart <= self.carrier.now:
            self._beats.heart += HEARTBEAT_EVERY
            for user_id in self.desks_open:
                line = self.browsers[user_id].state if user_id in self.browsers else ""
                presence.heartbeat(user_id=user_id, line=line, now=self.now)

    def _sweep(self) -> None:
        if self._beats.look <= self.carrier.now:
            self._beats.look = self.carrier.now + LOOK_EVERY
            self.ear.heard |= {wake.DISPATCH, wake.INBOX}
        if self._beats.sweep <= self.carrier.now:
            self._beats.sweep = self.carrier.now + SWEEP_EVERY
            for sweep in settings.SWEEPS:
                import_string(sweep)(now=self.now)
        if self._beats.reconcile <= self.carrier.now:
            self._beats.reconcile = self.carrier.now + RECONCILE_EVERY
            reconcile.run(now=self.now)

    def _put_off(self) -> None:
        """What a worker that is away does not do, it does as soon as it is back."""
        soon = self.carrier.now + 1
        self._beats.look = max(self._beats.look, soon)
        self._beats.sweep = max(self._beats.sweep, soon)
        self._beats.reconcile = max(self._beats.reconcile, soon)

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
        browser: bool = False,
        **fields: object,
    ) -> "Colleague":
        """An agent with a telephone, or who talks in the browser; their desk is open."""
        user = User.objects.create_user(name.lower(), password="x")
        phone = self._browser(user, name) if browser else self._telephone(name)
        agent = Agent.objects.create(
            user=user,
            name=name,
            line_kind=LineKind.BROWSER if browser else LineKind.PHONE,
            line_address="" if browser else phone.number,
            confirm_by_key=confirm_by_key,
            **fields,
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

    def _telephone(self, name: str) -> Listener:
        return Listener(self.carrier, f"+1555800{next(self._numbers)}", name=name)

    def _browser(self, user: User, name: str) -> Browser:
        """The page of somebody's desk, and what it calls through."""
        if self.desks_app is None:
            base, fallback = settings.PUBLIC_URL, settings.FALLBACK_URL
            urls = VoiceUrls(
                voice_url=f"{base}/twilio/browser",
                voice_fallback_url=f"{fallback}/twilio/fallback",
                status_callback=f"{base}/twilio/browser-status",
            )
            self.desks_app = self.carrier.add_application(self.account, "Desks", urls)
        page = Browser(self.carrier, user, self.desks_app, name=name)
        self.watchers.append(page.look)
        self.browsers[user.pk] = page
        return page

    def caller(self, name: str, number: str = "") -> Listener:
        return Listener(self.carrier, number or f"+1555300{next(self._numbers)}", name=name)

    def calls_in(self, name: str, queue: Queue, *, number: str = "") -> "Visit":
        """Somebody dials the queue's number and stays on the line."""
        person = self.caller(name, number)
        person.lifts(queue.numbers.get().e164)
        self.settle()
        return Visit(self, person)
