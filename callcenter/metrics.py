"""What Prometheus is told about calls and people: read from the database when it asks.

Any web process gives the same figures, and a restart forgets nothing. What is counted while it
happens (the carrier's requests, open pages) is each process's own.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client import REGISTRY, Gauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from agents.availability import Status
from agents.models import Agent
from agents.roster import standings
from calls.states import CallState, NewsState, OrderState

OPEN_PAGES = Gauge("callcenter_websockets", "Pages that are pushed live by this process.")

# Orders and offers are counted over the calls that arrived in this time.
RECENT = timedelta(hours=1)

_CALLS = "select state, count(*) from calls_call where ended_at is null group by state"
_QUEUES = """
    select q.slug, count(w.id), coalesce(extract(epoch from %(now)s - min(w.since)), 0)
    from calls_queue q
    left join calls_waiting w on w.queue_id = q.id and w.left_at is null
    group by q.slug
"""
_OFFERS = """
    select o.state, count(*) from calls_call c join calls_offer o on o.call_id = c.id
    where c.arrived_at > %(since)s group by o.state
"""
_ORDERS = """
    select o.verb, o.state, count(*),
           coalesce(percentile_cont(0.5) within group (order by extract(epoch from
               o.settled_at - o.ordered_at)), 0),
           coalesce(percentile_cont(0.99) within group (order by extract(epoch from
               o.settled_at - o.ordered_at)), 0)
    from calls_call c join calls_command o on o.call_id = c.id
    where c.arrived_at > %(since)s group by o.verb, o.state
"""
_PENDING_ORDERS = """
    select count(*), coalesce(extract(epoch from %(now)s - min(ordered_at)), 0)
    from calls_command where state = %(pending)s
"""
# The newest rows alone: how many failed is asked often, and no index serves it.
_FAILED_NEWS = """
    select count(*) from calls_carrierevent
    where id > (select coalesce(max(id), 0) - 20000 from calls_carrierevent)
    and state = %(failed)s and received_at > %(since)s
"""
_NEWS = """
    select count(*), coalesce(extract(epoch from %(now)s - min(received_at)), 0)
    from calls_carrierevent where state = %(pending)s
"""


class CallCentre(Collector):
    """The figures of this moment; `callcenter_database_up` is 0 where they could not be read."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is asked when it is registered, which is before the database is there."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("callcenter_database_up", "1 if the figures could be read.")
        try:
            families = [family for part in PARTS for family in part(timezone.now())]
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield from (up, *families)


def calls_now(now: datetime) -> list[GaugeMetricFamily]:  # noqa: ARG001 like its neighbours
    found = dict(_rows(_CALLS))
    family = GaugeMetricFamily("callcenter_calls", "Live calls.", labels=["state"])
    for state in CallState:
        if state is not CallState.ENDED:
            family.add_metric([state], float(found.get(state, 0)))
    return [family]


def queues_now(now: datetime) -> list[GaugeMetricFamily]:
    waiting = GaugeMetricFamily("callcenter_waiting", "Callers in line.", labels=["queue"])
    longest = GaugeMetricFamily(
        "callcenter_longest_wait_seconds", "The longest wait of all in line.", labels=["queue"]
    )
    for queue, callers, seconds in _rows(_QUEUES, now=now):
        waiting.add_metric([queue], float(callers))
        longest.add_metric([queue], float(seconds))
    return [waiting, longest]


def agents_now(now: datetime) -> list[GaugeMetricFamily]:
    everybody = Agent.objects.values_list("id", flat=True)
    doing = [standing.status for standing in standings(agent_ids=list(everybody), now=now)]
    family = GaugeMetricFamily("callcenter_agents", "Agents, by what they do.", labels=["status"])
    for status in Status:
        family.add_metric([status], float(doing.count(status)))
    return [family]


def recent_offers(now: datetime) -> list[GaugeMetricFamily]:
    family = GaugeMetricFamily(
        "callcenter_offers_last_hour",
        "Offers to agents, over the calls that arrived in the last hour.",
        labels=["outcome"],
    )
    for outcome, offers in _rows(_OFFERS, since=now - RECENT):
        family.add_metric([outcome], float(offers))
    return [family]


def recent_orders(now: datetime) -> list[GaugeMetricFamily]:
    what = "over the calls that arrived in the last hour"
    count = GaugeMetricFamily(
        "callcenter_orders_last_hour", f"Orders to the carrier, {what}.", labels=["verb", "outcome"]
    )
    took = GaugeMetricFamily(
        "callcenter_order_seconds_last_hour",
        f"From an order to its outcome, {what}.",
        labels=["verb", "outcome", "quantile"],
    )
    for verb, outcome, orders, median, worst in _rows(_ORDERS, since=now - RECENT):
        count.add_metric([verb, outcome], float(orders))
        took.add_metric([verb, outcome, "0.5"], float(median))
        took.add_metric([verb, outcome, "0.99"], float(worst))
    return [count, took, *pending_orders(now)]


def pending_orders(now: datetime) -> list[GaugeMetricFamily]:
    pending = GaugeMetricFamily("callcenter_orders_pending", "Orders that have no outcome yet.")
    oldest = GaugeMetricFamily(
        "callcenter_orders_oldest_seconds", "How long the oldest of them has waited."
    )
    for orders, seconds in _rows(_PENDING_ORDERS, now=now, pending=OrderState.PENDING.value):
        pending.add_metric([], float(orders))
        oldest.add_metric([], float(seconds))
    return [pending, oldest]


def news_now(now: datetime) -> list[GaugeMetricFamily]:
    backlog = GaugeMetricFamily("callcenter_news_pending", "Carrier news that is not applied yet.")
    oldest = GaugeMetricFamily(
        "callcenter_news_oldest_seconds", "How long the oldest of it has waited."
    )
    for pending, seconds in _rows(_NEWS, now=now, pending=NewsState.PENDING.value):
        backlog.add_metric([], float(pending))
        oldest.add_metric([], float(seconds))
    failed = GaugeMetricFamily(
        "callcenter_news_failed_last_hour", "Carrier news that could not be applied."
    )
    for (number,) in _rows(_FAILED_NEWS, since=now - RECENT, failed=NewsState.FAILED.value):
        failed.add_metric([], float(number))
    return [backlog, oldest, failed]


PARTS: tuple[Callable[[datetime], list[GaugeMetricFamily]], ...] = (
    calls_now,
    queues_now,
    agents_now,
    recent_offers,
    recent_orders,
    news_now,
)


def _rows(sql: str, **parameters: str | datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


REGISTRY.register(CallCentre())
