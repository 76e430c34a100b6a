"""What changed is drawn again: at once, once for all who look, and never lost."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from django.db import connection, transaction

from calls import live
from calls.live import over_postgres
from tests.calls.live.lookers import Easel, Looker, open_gallery, until

pytestmark = pytest.mark.django_db(transaction=True)

Story = Callable[[], Coroutine[Any, Any, None]]


def announce(*topics: str) -> Coroutine[Any, Any, None]:
    """As a service does, in a transaction of its own."""

    def change() -> None:
        with transaction.atomic():
            live.announce(*topics)
        connection.close()

    return asyncio.to_thread(change)


def test_a_change_is_drawn_once_for_all_who_look() -> None:
    async def story() -> None:
        easel, dana, omar = Easel("one waits"), Looker(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            gallery.look(easel.pane, omar)
            await gallery.bus.listening.wait()
            await until(lambda: bool(dana.shown and omar.shown))
            await asyncio.sleep(0.2)
            before, easel.subject = easel.drawings, "two wait"
            await announce("queue:1")
            await until(lambda: dana.shown[-1] == omar.shown[-1] == "two wait")
            assert easel.drawings == before + 1

    asyncio.run(story())


def test_a_change_that_is_taken_back_is_told_to_nobody() -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await gallery.bus.listening.wait()
            await asyncio.sleep(0.2)
            before = easel.drawings
            await asyncio.to_thread(roll_back)
            await asyncio.sleep(0.3)
            assert easel.drawings == before

    asyncio.run(story())


def roll_back() -> None:
    with transaction.atomic():
        live.announce("queue:1")
        transaction.set_rollback(True)
    connection.close()


def test_a_burst_is_drawn_together_and_ends_in_what_is_true() -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await gallery.bus.listening.wait()
            await until(lambda: bool(dana.shown))
            before = easel.drawings
            for number in range(100):
                easel.subject = f"{number} wait"
                gallery.bus.spread("queue:1")
                await asyncio.sleep(0.002)
            await until(lambda: dana.shown[-1] == "99 wait")
            assert easel.drawings - before < 30

    asyncio.run(story())


def test_what_has_not_changed_is_not_sent_again() -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await until(lambda: bool(dana.shown))
            before = easel.drawings
            gallery.redraw_everything()
            await until(lambda: easel.drawings > before)
            assert dana.shown == ["nothing"]

    asyncio.run(story())


def test_who_comes_later_is_shown_what_is_there() -> None:
    async def story() -> None:
        easel, dana, omar = Easel(), Looker(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await until(lambda: bool(dana.shown))
            gallery.look(easel.pane, omar)
            await until(lambda: bool(omar.shown))
            assert dana.shown == omar.shown == ["nothing"]

    asyncio.run(story())


def test_who_looks_away_is_told_no_more() -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await until(lambda: bool(dana.shown))
            gallery.look_away(easel.pane.key, dana)
            easel.subject = "one waits"
            gallery.bus.spread("queue:1")
            await asyncio.sleep(0.2)
            assert dana.shown == ["nothing"]

    asyncio.run(story())


def test_after_a_lost_connection_everything_is_looked_at_again() -> None:
    async def story() -> None:
        easel, dana = Easel(), Looker()
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await gallery.bus.listening.wait()
            await until(lambda: bool(dana.shown))
            easel.subject = "changed while nobody listened"
            await asyncio.to_thread(cut_off_listeners)
            await until(lambda: dana.shown[-1] == "changed while nobody listened")

    asyncio.run(story())


def cut_off_listeners() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and query = %s",
            [f"LISTEN {over_postgres.CHANNEL}"],
        )
        assert cursor.rowcount == 1
    connection.close()


def test_a_pane_that_cannot_be_drawn_says_so_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("calls.live.panes.PAUSE_AFTER_FAILURE", 0.1)

    async def story() -> None:
        easel, dana = Easel(), Looker()
        easel.pane = type(easel.pane)("broken", easel.pane.topics, lambda: draw_or_fail(easel))
        async with open_gallery() as gallery:
            gallery.look(easel.pane, dana)
            await until(lambda: dana.troubles > 0)
            easel.subject = "well again"
            await until(lambda: dana.shown == ["well again"])

    asyncio.run(story())


def draw_or_fail(easel: Easel) -> str:
    if easel.subject == "nothing":
        raise RuntimeError("the database is away")
    return easel.subject


def test_many_topics_go_in_few_notifications_that_are_not_too_long() -> None:
    topics = [f"desk:{number}" for number in range(5_000)]
    told = over_postgres.payloads(topics)
    assert " ".join(told).split() == topics
    assert all(len(payload) < 8_000 for payload in told)
    assert len(told) < 10
