"""Orders that a worker writes are delivered by it, and every other way still leads to delivery."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from pytest_django import Settings

from callcenter import asgi
from calls import outbox
from calls.at_once import AtOnce
from calls.carrier import gateway
from calls.jobs import in_thread
from calls.models import Call, Command, Leg, Queue
from calls.services import legs
from calls.states import OrderState, Verb
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


@pytest.fixture
def dana(transactional_db: None) -> User:
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers cascade")
    billing = people.make_queue("Billing")
    people.make_number(billing)
    return people.make_agent_user("Dana", billing)


def delivering(story: Callable[[], Awaitable[None]]) -> None:
    """The story happens in a process that delivers its orders, and in which nobody fetches any."""

    threads = ThreadPoolExecutor(1)

    async def happens() -> None:
        asyncio.get_running_loop().set_default_executor(threads)
        worker_app = django_app.with_connector(
            django_app.connector.get_worker_connector()  # type: ignore[attr-defined]
        )
        async with worker_app.open_async():
            delivery = asyncio.create_task(AtOnce(worker_app).work(beat=1, grace=5))
            await asyncio.sleep(0.1)
            await story()
            delivery.cancel()
            await asyncio.gather(delivery, return_exceptions=True)
        await in_thread(connections.close_all)
        await gateway.close_async_client()

    connection.close()
    asyncio.run(happens())


def offered_to(user: User) -> Call:
    now = timezone.now()
    call = people.rings(now=now)
    people.offered(call, user, now=now)
    return call


def jobs_of_orders() -> list[str]:
    found = ProcrastinateJob.objects.filter(queue_name=outbox.QUEUE).order_by("id")
    return list(found.values_list("status", flat=True))


def our_place() -> QuerySet[ProcrastinateWorker]:
    """Where this process is entered in the queue; others may be, too."""
    deliverer = outbox.deliverer()
    return ProcrastinateWorker.objects.filter(pk=deliverer.taker() if deliverer else None)


async def becomes_true(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await in_thread(fact):
            await asyncio.sleep(0.01)


def test_a_line_is_rung_though_nobody_fetches_the_order(
    carrier: ScriptedCarrier, dana: User
) -> None:
    async def story() -> None:
        await in_thread(lambda: offered_to(dana))
        await becomes_true(lambda: not jobs_of_orders())

    delivering(story)
    assert Command.objects.get().state == OrderState.DONE
    assert Leg.objects.filter(sid=DIALLED).exists()
    assert len([asked for asked in carrier.asked if asked.method == "POST"]) == 1


def test_while_a_line_is_rung_no_other_worker_has_its_order(
    carrier: ScriptedCarrier, dana: User
) -> None:
    seen: list[str] = []

    def look() -> None:
        offered_to(dana)
        seen.extend(jobs_of_orders())

    async def story() -> None:
        await in_thread(look)

    delivering(story)
    assert seen == ["doing"]


def test_an_order_behind_another_of_its_call_is_asked_after_it(
    carrier: ScriptedCarrier, dana: User
) -> None:
    def rung_and_hung_up() -> None:
        call = offered_to(dana)
        line = Leg.objects.get(call=call, user=dana)
        legs.order_hang_up(line, "changed our mind", timezone.now())

    async def story() -> None:
        await in_thread(rung_and_hung_up)
        await becomes_true(lambda: not jobs_of_orders())

    delivering(story)
    dial, hang_up = Command.objects.order_by("ordered_at")
    assert (dial.verb, hang_up.verb) == (Verb.DIAL, Verb.HANG_UP)
    assert dial.settled_at is not None
    assert hang_up.asked_at is not None
    assert dial.settled_at <= hang_up.asked_at


def test_what_the_carrier_cannot_do_now_goes_back_to_its_place(
    carrier: ScriptedCarrier, dana: User
) -> None:
    carrier.will_say(problem(429, 20429))

    async def story() -> None:
        await in_thread(lambda: offered_to(dana))
        await becomes_true(lambda: jobs_of_orders() == ["todo"])

    delivering(story)
    order = Command.objects.get()
    assert (order.state, order.attempts, order.asked_at) == (OrderState.PENDING, 1, None)
    assert ProcrastinateJob.objects.get(queue_name=outbox.QUEUE).scheduled_at is not None


def test_a_process_that_was_struck_off_leaves_its_orders_to_others_until_it_is_back(
    carrier: ScriptedCarrier, dana: User
) -> None:
    """It was silent for long: the machine slept, or the database was away."""

    def struck_off() -> list[str]:
        ProcrastinateWorker.objects.all().delete()
        offered_to(dana)
        return jobs_of_orders()

    async def story() -> None:
        assert await in_thread(struck_off) == ["todo"]
        await becomes_true(lambda: our_place().exists())
        await in_thread(offered_again)
        await becomes_true(lambda: jobs_of_orders() == ["todo"])

    def offered_again() -> None:
        omar = people.make_agent_user("Omar", Queue.objects.get())
        offered_to(omar)

    delivering(story)
    assert [order.state for order in Command.objects.order_by("ordered_at")] == [
        OrderState.PENDING,
        OrderState.DONE,
    ]


def test_a_job_that_another_worker_has_by_now_is_left_to_it(
    carrier: ScriptedCarrier, dana: User
) -> None:
    """We were taken for dead while the carrier thought: what it says is kept all the same."""
    carrier.hang = True

    def taken_over() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "with other as (insert into procrastinate_workers default values returning id) "
                "update procrastinate_jobs set worker_id = other.id from other "
                "where status = 'doing'"
            )
            assert cursor.rowcount == 1
        carrier.hang = False

    async def story() -> None:
        await in_thread(lambda: offered_to(dana))
        await becomes_true(lambda: bool(carrier.asked))
        await in_thread(taken_over)
        await becomes_true(lambda: Command.objects.get().state == OrderState.DONE)

    delivering(story)
    assert jobs_of_orders() == ["doing"]


def test_an_order_and_its_job_are_done_with_together(carrier: ScriptedCarrier, dana: User) -> None:
    """Nobody ever sees a settled order whose job is still to be done."""
    seen: list[tuple[str, list[str]]] = []

    def look() -> bool:
        with transaction.atomic():
            seen.append((Command.objects.get().state, jobs_of_orders()))
        return seen[-1][0] == OrderState.DONE

    async def story() -> None:
        await in_thread(lambda: offered_to(dana))
        await becomes_true(look)

    delivering(story)
    assert seen[-1] == (OrderState.DONE, [])


@pytest.mark.usefixtures("_process_as_it_was")
def test_the_web_process_delivers_what_it_orders(carrier: ScriptedCarrier, dana: User) -> None:
    """A worker need not be there: nothing is fetched."""
    shows: list[MutableMapping[str, Any]] = []
    started, is_over = asyncio.Event(), asyncio.Event()
    ours: list[int] = []

    async def receive() -> MutableMapping[str, Any]:
        if started.is_set():
            await is_over.wait()
        started.set()
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        shows.append(message)

    async def happens() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        web = asyncio.create_task(asgi.live(receive, send))
        await becomes_true(lambda: our_place().exists())
        ours.extend(await in_thread(lambda: list(our_place().values_list("pk", flat=True))))
        await in_thread(lambda: offered_to(dana))
        await becomes_true(lambda: not jobs_of_orders())
        is_over.set()
        await web
        await in_thread(connections.close_all)

    connection.close()
    asyncio.run(happens())
    assert Command.objects.get().state == OrderState.DONE
    assert len(ours) == 1
    assert not ProcrastinateWorker.objects.filter(pk__in=ours).exists()
    assert [message["type"] for message in shows][-1] == "lifespan.shutdown.complete"


def test_a_process_that_delivers_nothing_leaves_its_orders_to_be_fetched(dana: User) -> None:
    offered_to(dana)
    assert jobs_of_orders() == ["todo"]
