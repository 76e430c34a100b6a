"""What stands around us: a proxy that ends TLS, and pages that people look at meanwhile."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from calls.models import CarrierEvent, Command
from calls.states import CallState, OrderState, Verb
from calls.webhooks import door
from tests.journeys.conftest import MakeWorld
from tests.journeys.story import Story
from tests.journeys.world import World

PUBLIC = "https://calls.example.com"


@pytest.fixture
def proxied(settings: Settings, make_world: MakeWorld) -> World:
    """The carrier knows us by https; what reaches us is plain http from a proxy."""
    settings.PUBLIC_URL = settings.FALLBACK_URL = PUBLIC
    world = make_world()
    world.seen_as = "http://10.0.0.7:8800"
    world.added_by_proxy = {"Host": "10.0.0.7:8800", "X-Forwarded-Proto": "https"}
    return world


def test_a_whole_call_behind_a_proxy_that_ends_tls(proxied: World) -> None:
    """Scenario 29: a genuine signature is valid."""
    story = Story(proxied)
    story.to("talking")
    assert {fetch.url.split("/twilio")[0] for fetch in proxied.requests} >= {PUBLIC}
    story.dana.hangs_up()
    proxied.run(60)
    story.judge.all_is_over()


def test_a_forged_request_behind_a_proxy_is_refused(proxied: World) -> None:
    """Scenario 29: another form, another address, another scheme under the same signature."""
    story = Story(proxied)
    story.to("waiting")
    before = CarrierEvent.objects.count()
    genuine = next(f for f in proxied.requests if f.url == f"{PUBLIC}/twilio/voice")
    resume = "/twilio/resume"
    for path, body in (
        ("/twilio/voice", genuine.body.replace(b"From=%2B1555", b"From=%2B1666")),
        (resume, genuine.body),
    ):
        answer = door.answer(
            method="POST",
            url=f"http://10.0.0.7:8800{path}",
            path=path,
            query="",
            headers={**genuine.headers, **proxied.added_by_proxy},
            body=body,
            now=proxied.now,
        )
        assert answer.status == 403
    assert CarrierEvent.objects.count() == before


def test_a_signature_over_http_is_no_signature_of_ours(proxied: World, settings: Settings) -> None:
    """Scenario 29: signed for http, we are https; the fallback keeps the caller all the same."""
    settings.PUBLIC_URL = "http://calls.example.com"
    billing = proxied.queue("Billing")
    settings.PUBLIC_URL = PUBLIC
    dana = proxied.calls_in("Dana", billing)
    proxied.run(5)
    assert not CarrierEvent.objects.filter(kind="voice").exists()
    assert dana.person.has_heard("One moment")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_pages_work_while_the_carrier_cannot_be_reached(world: World) -> None:
    """Scenario 33: they show what is true, and orders queue."""
    story = Story(world)
    story.to("talking")
    desk = signed_in(story.ana.agent.user)
    board = signed_in(User.objects.create_superuser("ada"))
    world.carrier.faults.rest_refused = 1.0
    call = story.dana.call
    for client, path in ((desk, "/desk"), (board, "/board"), (board, f"/calls/{call.id}")):
        answer = client.get(path)
        assert answer.status_code == 200
        assert story.dana.person.number[-4:] in answer.content.decode()
    ended = desk.post(f"/desk/calls/{call.id}/end", headers={"HX-Request": "true"})
    assert ended.status_code == 200
    world.run(10)
    orders = Command.objects.filter(verb=Verb.HANG_UP)
    assert {order.state for order in orders} == {OrderState.PENDING}
    assert story.dana.person.call is not None
    assert "Hang up" in board.get(f"/calls/{call.id}").content.decode()
    world.carrier.faults.rest_refused = 0.0
    world.run(20)
    assert story.dana.person.call is None
    assert story.dana.call.state == CallState.ENDED


def test_an_order_that_could_not_be_carried_out_is_shown_as_such(world: World) -> None:
    """Scenario 33: given up visibly."""
    story = Story(world)
    story.to("waiting")
    board = signed_in(User.objects.create_superuser("ada"))
    world.carrier.faults.rest_refused = 1.0
    story.ana.goes_available()
    world.run(60)
    page = board.get(f"/calls/{story.dana.call.id}").content.decode()
    assert Command.objects.filter(verb=Verb.DIAL, state=OrderState.GAVE_UP).exists()
    assert "gave-up" in page or "given up" in page
    assert story.dana.person.call is not None
