"""Several workers, web processes and agents act at the same moment: the database is the judge."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, connections
from django.db.models import Count

from agents.services import dispatch
from calls.models import Call, Leg, Offer, Waiting
from calls.services import news
from calls.states import CallState, LegRole, OfferState, Verb
from sandbox.core.legs import end_leg
from tests.journeys.judging import Judge
from tests.journeys.people import Colleague, Visit
from tests.journeys.test_carrier_fails import Ambush
from tests.journeys.world import World


def all_at_once(*works: Callable[[], object]) -> None:
    """Each in a thread with a database connection of its own, as in processes of their own."""
    together = Barrier(len(works))

    def one(work: Callable[[], object]) -> None:
        together.wait(10)
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(one, work) for work in works]:
            done.result(60)


def worker_looks(world: World) -> list[Callable[[], object]]:
    return [
        lambda: dispatch.run(now=world.now),
        lambda: news.apply_pending(limit=100, now=world.now),
    ]


def who_talks(visits: list[Visit], agents: list[Colleague]) -> list[tuple[str, str]]:
    pairs = [(visit, agent) for visit in visits for agent in agents]
    return [(v.person.name, a.phone.name) for v, a in pairs if v.hears(a.phone)]


def test_four_workers_at_once_give_nobody_two_calls_and_lose_nobody(world: World) -> None:
    """Scenario 8."""
    billing = world.queue("Billing")
    agents = [world.agent(name, billing) for name in ("Ana", "Ben", "Cleo", "Drew")]
    for agent in agents:
        agent.answers_after(1)
    world.outage.worker = True
    visits = [world.calls_in(f"Caller {number}", billing) for number in range(7)]
    world.run(5)
    all_at_once(*worker_looks(world) * 4)
    assert Offer.objects.open().count() == 4
    assert Waiting.objects.in_line().count() == 7
    offered = (
        Offer.objects.open().order_by("waiting__place", "waiting").values_list("waiting", flat=True)
    )
    first = Waiting.objects.order_by("place", "id").values_list("id", flat=True)[:4]
    assert list(offered) == list(first), "those who came first"
    world.outage.worker = False
    world.run(20)
    pairs = who_talks(visits, agents)
    assert len(pairs) == len({name for name, _ in pairs}) == len({name for _, name in pairs}) == 4
    assert Call.objects.filter(state=CallState.WAITING).count() == 3
    twice = Leg.objects.live().filter(role=LegRole.AGENT).values("user").annotate(n=Count("id"))
    assert all(row["n"] == 1 for row in twice)


def test_callers_who_leave_while_workers_assign_them_vanish_from_no_record(world: World) -> None:
    """Scenario 8: gone in the moment before the assignment."""
    billing = world.queue("Billing")
    agents = [world.agent(name, billing) for name in ("Ana", "Ben", "Cleo")]
    for agent in agents:
        agent.answers_after(1)
    world.outage.worker = True
    visits = [world.calls_in(f"Caller {number}", billing) for number in range(6)]
    for visit in visits[:2]:
        visit.hangs_up()
    all_at_once(*worker_looks(world) * 3)
    world.outage.worker = False
    world.run(20)
    talking = who_talks(visits, agents)
    assert len(talking) == 3
    assert Call.objects.count() == 6
    assert Call.objects.filter(state=CallState.ENDED).count() == 2
    assert Call.objects.filter(state=CallState.WAITING).count() == 1


def test_two_agents_who_answer_within_a_tenth_of_a_second(world: World) -> None:
    """Scenario 1: the carrier rang the first, but did not say so; the second was rung as well."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    world.run(1)
    Ambush(world, Verb.DIAL, "done, but no answer")
    world.carrier.faults.callback_lost = 1.0
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: ana.phone.call is not None)
    ben = world.agent("Ben", billing)
    world.run_until(lambda: ben.phone.call is not None)
    world.carrier.faults.callback_lost = 0.0
    assert ana.phone.call is not None, "both phones ring"
    ana.picks_up()
    world.run(0.05)
    ben.picks_up()
    world.run_until(lambda: dana.hears(ben.phone), within=10)
    assert not dana.hears(ana.phone)
    assert ana.phone.has_heard("no longer there"), "told"
    world.run(15)
    assert ana.phone.call is None, "and freed"
    assert dana.hears(ben.phone)
    assert [offer.state for offer in ana.offers] == [OfferState.FAILED]


def test_two_agents_at_once_for_one_caller_and_two_workers(world: World) -> None:
    """Scenario 1: whoever's worker is first; the other agent is not rung at all."""
    billing = world.queue("Billing")
    agents = [world.agent(name, billing) for name in ("Ana", "Ben")]
    for agent in agents:
        agent.answers_after(0)
    world.outage.worker = True
    dana = world.calls_in("Dana", billing)
    all_at_once(*worker_looks(world) * 2)
    world.outage.worker = False
    world.run(10)
    assert len(who_talks([dana], agents)) == 1
    assert Offer.objects.count() == 1


def test_an_agent_stuck_in_reserved_is_freed(world: World) -> None:
    """Scenario 7: the timer, the worker and the news of the ring's end are all lost."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: ana.phone.call is not None)
    world.carrier.faults.callback_lost = 1.0
    assert ana.phone.call is not None
    end_leg(world.carrier, ana.phone.call, ana.phone.call.status.NO_ANSWER)
    _forget_timers()
    world.run(75)
    assert ana.live_leg is None
    assert [offer.state for offer in ana.offers] == [OfferState.MISSED]
    world.carrier.faults.callback_lost = 0.0
    ana.answers_after(1)
    ana.goes_available()
    world.run_until(lambda: dana.hears(ana.phone))
    dana.hangs_up()
    world.run(60)
    judge = Judge(world)
    judge.was_troubled = True
    judge.all_is_over()


def test_an_agent_stuck_after_taking_a_call_is_freed(world: World) -> None:
    """Scenario 7: took the call, was lost on the way into the room, and nobody told us."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing, confirm_by_key=True)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: ana.phone.call is not None)
    ana.picks_up()
    world.outage.worker = True
    world.carrier.faults.callback_lost = 1.0
    ana.presses("1")
    assert ana.phone.call is not None
    end_leg(world.carrier, ana.phone.call, ana.phone.call.status.COMPLETED)
    _forget_timers()
    world.outage.worker = False
    world.run(75)
    assert ana.live_leg is None
    assert dana.waiting.claimed_at is None
    ben = world.agent("Ben", billing)
    ben.answers_after(1)
    world.carrier.faults.callback_lost = 0.0
    world.run_until(lambda: dana.hears(ben.phone))


def _forget_timers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where queue_name = 'timers'")
