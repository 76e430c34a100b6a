"""The worker at work: real jobs, real wake-ups, a database that goes away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from pytest_django import Settings

from calls import wake
from calls.carrier import gateway
from calls.jobs import AskAgain, Persistence, in_thread
from calls.models import Call, Command, Leg, Offer, Queue, WorkerBeat
from calls.states import CallState, OrderState, Verb
from calls.worker import Worker, ended
from tests import people
from tests.calls.carrier.scripted_carrier import ScriptedCarrier, problem
from tests.calls.carrier.scripted_carrier import call as carrier_call

pytestmark = pytest.mark.django_db(transaction=True)

DIALLED = "CA" + "d" * 32


@pytest.fixture
def carrier(settings: Settings) -> Iterator[ScriptedCarrier]:
    scripted = ScriptedCarrier()
    scripted.will_say(carrier_call("queued", DIALLED))
    scripted.start()
    settings.CARRIER_API_URL = scripted.url
    gateway.use_transport(None, None)
    yield scripted
    gateway.use_transport(None, None)
    scripted.stop()


@pytest.fixture(autouse=True)
def _no_jobs_of_other_tests(transactional_db: None) -> None:
    """The job queue's tables are not Django's, and so are not emptied between tests."""
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers cascade")


@pytest.fixture
def billing() -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    return queue


@pytest.fixture
def dana(billing: Queue) -> User:
    now = timezone.now()
    return people.make_agent_user("Dana", billing, intent_since=now, idle_since=now)


def at_work(story: Callable[[Worker], Awaitable[None]]) -> None:
    """A worker works while the story happens, and then stops by itself when told."""

    async def happens() -> None:
        worker = Worker()
        running = asyncio.create_task(worker.run())
        try:
            await asyncio.wait_for(worker.ready.wait(), 20)
            await story(worker)
        finally:
            worker.stop()
            await asyncio.wait_for(running, 30)

    connection.close()
    asyncio.run(happens())


async def becomes_true(fact: Callable[[], bool], *, within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not await in_thread(fact):
            await asyncio.sleep(0.02)


def ring() -> Call:
    return people.rings(now=timezone.now())


def test_a_caller_is_offered_and_the_agents_line_is_dialled_at_once(
    carrier: ScriptedCarrier, dana: User
) -> None:
    async def story(worker: Worker) -> None:
        await in_thread(ring)
        await becomes_true(Leg.objects.filter(sid=DIALLED).exists)

    at_work(story)
    assert Command.objects.get(verb=Verb.DIAL).state == OrderState.DONE
    (dial,) = [asked for asked in carrier.asked if asked.method == "POST"]
    assert dial.all("To") == [dana.agent.line_address]


def test_news_is_applied_as_soon_as_it_is_written_down(
    carrier: ScriptedCarrier, billing: Queue, dana: User
) -> None:
    call = ring()

    def comes_in() -> None:
        with transaction.atomic():
            sid = people.customer(call).sid
            people.news("number-status", CallSid=sid, CallStatus="completed", now=timezone.now())
            wake.inbox()

    async def story(worker: Worker) -> None:
        await in_thread(comes_in)
        await becomes_true(Call.objects.filter(state=CallState.ENDED).exists)

    at_work(story)


def test_a_timer_rings_when_it_is_due(carrier: ScriptedCarrier, dana: User) -> None:
    Queue.objects.update(ring_seconds=1)

    async def story(worker: Worker) -> None:
        await in_thread(ring)
        await becomes_true(Offer.objects.exclude(state="offered").exists)

    at_work(story)


def test_an_order_is_asked_again_until_the_carrier_does_it(
    carrier: ScriptedCarrier, dana: User
) -> None:
    carrier.will_say(problem(429, 20429), problem(429, 20429), carrier_call("queued", DIALLED))

    async def story(worker: Worker) -> None:
        await in_thread(ring)
        await becomes_true(Leg.objects.filter(sid=DIALLED).exists)

    at_work(story)
    assert Command.objects.get(verb=Verb.DIAL).attempts >= 2


def test_a_database_that_ends_every_connection_does_not_end_the_worker(
    carrier: ScriptedCarrier, dana: User
) -> None:
    def cut_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    async def story(worker: Worker) -> None:
        await in_thread(cut_all)
        await asyncio.sleep(0.1)
        await in_thread(ring)
        await becomes_true(Leg.objects.filter(sid=DIALLED).exists, within=30)

    at_work(story)


def test_a_dead_workers_job_is_put_back(carrier: ScriptedCarrier, dana: User) -> None:
    call = ring()
    offer = people.offered(call, dana, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing' where queue_name = 'orders'")
    assert offer.leg is not None

    async def story(worker: Worker) -> None:
        await becomes_true(Leg.objects.filter(sid=DIALLED).exists)

    at_work(story)


def test_a_worker_gives_a_sign_of_life(carrier: ScriptedCarrier, billing: Queue) -> None:
    gone = timezone.now() - timedelta(hours=2)
    WorkerBeat.objects.create(name="long-gone", at=gone)

    async def story(worker: Worker) -> None:
        await becomes_true(WorkerBeat.objects.filter(name=worker.name).exists)
        await becomes_true(lambda: not WorkerBeat.objects.filter(name="long-gone").exists())

    at_work(story)


def test_what_is_done_is_not_kept_as_a_job(carrier: ScriptedCarrier, dana: User) -> None:
    async def story(worker: Worker) -> None:
        call = await in_thread(ring)
        await becomes_true(Leg.objects.filter(sid=DIALLED).exists)
        await in_thread(lambda: people.over(people.customer(call), now=timezone.now()))

    at_work(story)
    left = ProcrastinateJob.objects.filter(queue_name="orders", status__in=["succeeded", "failed"])
    assert not left.exists()


def test_an_order_keeps_its_place_when_it_is_asked_again(dana: User) -> None:
    later = timezone.now() + timedelta(seconds=1)
    people.offered(ring(), dana, now=timezone.now())
    job = _job()
    decision = Persistence().get_retry_decision(exception=AskAgain(later), job=job)
    assert decision is not None
    assert decision.retry_at == later
    assert decision.lock is None


def test_an_error_is_tried_again_but_not_for_ever(dana: User) -> None:
    people.offered(ring(), dana, now=timezone.now())
    job = _job()
    strategy = Persistence()
    assert strategy.get_retry_decision(exception=Command.DoesNotExist(), job=job) is None
    assert strategy.get_retry_decision(exception=ValueError(), job=job) is not None
    worn_out = job.evolve(attempts=20)
    assert strategy.get_retry_decision(exception=ValueError(), job=worn_out) is None


def _job() -> Job:
    job: Job = ProcrastinateJob.objects.get(queue_name="orders").procrastinate_job
    return job


def test_whose_cancellation_was_lost_is_cancelled_again() -> None:
    """And until then everybody has the time that they need for what is under way."""

    async def story() -> None:
        at_work, finished = asyncio.Event(), asyncio.Event()

        async def loses_one() -> None:
            try:
                at_work.set()
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(60)

        async def has_something_under_way() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.1)
                finished.set()

        tasks = [asyncio.create_task(loses_one()), asyncio.create_task(has_something_under_way())]
        await at_work.wait()
        await asyncio.wait_for(ended(tasks, patience=0.3), 20)
        assert all(task.cancelled() for task in tasks)
        assert finished.is_set()

    asyncio.run(story())
