"""The line in an agent's browser: who gets a token, and what the page is told."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from agents import softphone
from agents.models import Agent, LineKind
from callcenter.demo import cast
from calls.carrier import addresses
from calls.models import Command, Leg
from calls.states import LegState, OfferState
from sandbox.browsers.tokens import read_token
from sandbox.world import from_text
from tests import people

pytestmark = pytest.mark.django_db
TOWN = Path(cast.__file__).with_name("town.yaml")
KEY, SECRET, APP = "SK" + "1" * 32, "s" * 32, "AP" + "2" * 32


@pytest.fixture
def dana() -> Agent:
    billing = people.make_queue("Billing")
    people.make_number(billing)
    user = people.make_agent_user("Dana", billing, line_kind=LineKind.BROWSER, line_address="")
    return Agent.objects.get(user=user)


@pytest.fixture
def real(settings: Settings) -> Settings:
    """A real account with everything that browsers need."""
    settings.CARRIER_IS_SANDBOX, settings.CARRIER_API_URL = False, ""
    settings.TWILIO_ACCOUNT_SID = "AC" + "3" * 32
    settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET = KEY, SECRET
    settings.TWILIO_TWIML_APP_SID = APP
    return settings


def signed_in(agent: Agent, **more: Any) -> Client:
    client = Client(**more)
    client.force_login(agent.user)
    return client


def claims(token: str, secret: str) -> dict[str, Any]:
    return dict(jwt.decode(token, secret, algorithms=["HS256"]))


# Tokens -------------------------------------------------------------------------------------------


def test_the_token_is_for_the_agent_alone_and_for_a_short_while(
    dana: Agent, real: Settings
) -> None:
    answered = signed_in(dana).post(reverse("softphone-token"))
    told = answered.json()
    assert (told["identity"], told["ttl"]) == (f"user_{dana.user_id}", 600)
    inside = claims(told["token"], SECRET)
    assert (inside["iss"], inside["sub"]) == (KEY, real.TWILIO_ACCOUNT_SID)
    assert inside["exp"] - time.time() == pytest.approx(600, abs=5)
    assert inside["grants"] == {
        "identity": f"user_{dana.user_id}",
        "voice": {"incoming": {"allow": True}, "outgoing": {"application_sid": APP}},
    }
    assert "no-store" in answered["Cache-Control"]


def test_with_the_sandbox_nothing_has_to_be_set_up(dana: Agent, settings: Settings) -> None:
    told = signed_in(dana).post(reverse("softphone-token")).json()
    inside = claims(told["token"], settings.SANDBOX_API_SECRET)
    assert inside["sub"] == settings.SANDBOX_ACCOUNT_SID


def test_the_demo_s_carrier_knows_our_tokens(dana: Agent) -> None:
    """With the key and the application that are written down for it."""
    told = signed_in(dana).post(reverse("softphone-token")).json()
    world = from_text(TOWN.read_text(encoding="utf-8"), str(TOWN), now=0.0)
    permit = read_token(world.carrier.accounts, told["token"], time.time())
    assert (permit.identity, permit.takes_calls) == (told["identity"], True)
    application = world.carrier.applications[permit.application_sid]
    assert application.urls.voice_url == addresses.browser().partition("#")[0]
    assert application.urls.status_callback == addresses.browser_status().partition("#")[0]


@pytest.mark.parametrize("missing", ["TWILIO_API_KEY", "TWILIO_TWIML_APP_SID"])
def test_where_it_is_not_set_up_a_sentence_says_so(
    dana: Agent, real: Settings, missing: str
) -> None:
    setattr(real, missing, "")
    answered = signed_in(dana).post(reverse("softphone-token"))
    assert answered.status_code == 409
    assert missing in answered.json()["detail"]


def test_whoever_is_rung_on_a_telephone_gets_none(dana: Agent) -> None:
    Agent.objects.update(line_kind=LineKind.PHONE, line_address="+15559990000")
    answered = signed_in(dana).post(reverse("softphone-token"))
    assert answered.status_code == 409
    assert "not in the browser" in answered.json()["detail"]


def test_nobody_gets_a_token_without_signing_in_or_from_another_site(dana: Agent) -> None:
    assert Client().post(reverse("softphone-token")).status_code == 302
    strict = signed_in(dana, enforce_csrf_checks=True)
    assert strict.post(reverse("softphone-token")).status_code == 403
    assert signed_in(dana).get(reverse("softphone-token")).status_code == 405


def test_who_has_no_desk_gets_none() -> None:
    client = Client()
    client.force_login(people.make_user("Eve"))
    assert client.post(reverse("softphone-token")).status_code == 403


def test_no_token_is_written_to_a_log(dana: Agent, caplog: pytest.LogCaptureFixture) -> None:
    token = signed_in(dana).post(reverse("softphone-token")).json()["token"]
    assert token not in caplog.text


# The page -----------------------------------------------------------------------------------------


def test_in_production_the_page_names_edges_and_no_sandbox(dana: Agent, real: Settings) -> None:
    real.TWILIO_EDGES = ["dublin", "frankfurt"]
    told = softphone.settings_for(dana)
    assert told is not None
    assert (told["chunder"], told["edge"]) == ("", "dublin,frankfurt")
    page = signed_in(dana).get("/desk", headers={"x-forwarded-proto": "https"}).content.decode()
    assert 'data-chunder=""' in page
    assert 'data-edge="dublin,frankfurt"' in page


def test_a_proxy_in_front_of_a_real_account_is_no_sandbox(dana: Agent, real: Settings) -> None:
    real.CARRIER_API_URL = "https://proxy.example.com"
    told = softphone.settings_for(dana)
    assert told is not None
    assert told["chunder"] == ""


def test_with_the_sandbox_the_page_is_told_where_it_listens(dana: Agent) -> None:
    page = signed_in(dana).get("/desk").content.decode()
    assert 'data-chunder="127.0.0.1:8810"' in page
    assert f'data-identity="user_{dana.user_id}"' in page
    assert 'data-driver="twilio"' in page


def test_a_page_with_an_account_loads_the_sdk_alone(dana: Agent, real: Settings) -> None:
    page = signed_in(dana).get("/desk", headers={"x-forwarded-proto": "https"}).content.decode()
    assert "vendor/twilio.min.js" in page
    assert "plain_socket.js" not in page


def test_a_page_with_the_sandbox_opens_plain_sockets_to_it_alone(dana: Agent) -> None:
    page = signed_in(dana).get("/desk").content.decode()
    plain = page.index('plain_socket.js" data-carrier="127.0.0.1:8810" defer')
    assert plain < page.index("vendor/twilio.min.js") < page.index("softphone/desk.js")


def test_a_page_without_sound_loads_no_sdk(dana: Agent, settings: Settings) -> None:
    settings.SOFTPHONE_DRIVER = "silent"
    page = signed_in(dana).get("/desk").content.decode()
    assert "softphone/desk.js" in page
    assert "twilio.min.js" not in page


def test_a_desk_with_a_telephone_has_no_softphone(dana: Agent) -> None:
    Agent.objects.update(line_kind=LineKind.PHONE, line_address="+15559990000")
    assert 'id="softphone"' not in signed_in(dana).get("/desk").content.decode()


# An offer -----------------------------------------------------------------------------------------


def test_an_offer_is_there_to_be_accepted_and_nothing_is_rung(dana: Agent) -> None:
    leg = Leg.objects.get(offer=people.offered_to(dana))
    assert leg.address == f"client:user_{dana.user_id}"
    assert not Command.objects.filter(leg=leg).exists()
    page = signed_in(dana).get("/desk").content.decode()
    assert f'data-softphone="connect" data-leg="{leg.pk}"' in page


def test_who_wants_it_is_rung_through_the_carrier(dana: Agent) -> None:
    Agent.objects.update(browser_rings=True)
    leg = Leg.objects.get(offer=people.offered_to(Agent.objects.get()))
    assert Command.objects.get(leg=leg).verb == "dial"
    page = signed_in(dana).get("/desk").content.decode()
    assert f'data-softphone="answer" data-leg="{leg.pk}"' in page


def test_a_browser_that_cannot_connect_costs_the_caller_nothing(dana: Agent) -> None:
    offer = people.offered_to(dana)
    trouble = {"leg": str(offer.leg_id), "code": 31402, "text": "no microphone"}
    told = json.dumps(trouble)
    path = reverse("softphone-trouble")
    answered = signed_in(dana).post(path, told, content_type="application/json")
    assert answered.status_code == 204
    offer.refresh_from_db()
    assert (offer.state, offer.note) == (
        OfferState.FAILED,
        "the browser could not connect: 31402 no microphone",
    )
    place = people.waiting_of(offer.call)
    assert (place.left_at, place.claimed_at) == (None, None)


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_words_that_nothing_can_keep_cost_nobody_their_place(dana: Agent, odd: str) -> None:
    offer = people.offered_to(dana)
    told = json.dumps({"leg": str(offer.leg_id), "text": f"no {odd}microphone"})
    path = reverse("softphone-trouble")
    answered = signed_in(dana).post(path, told, content_type="application/json")
    assert answered.status_code == 204
    offer.refresh_from_db()
    assert offer.note == "the browser could not connect: no microphone"


def test_nobody_fails_the_offer_of_a_colleague(dana: Agent) -> None:
    offer = people.offered_to(dana)
    omar = people.make_agent_user("Omar", line_kind=LineKind.BROWSER)
    path = reverse("softphone-trouble")
    client = Client()
    client.force_login(omar)
    assert client.post(path, {"leg": str(offer.leg_id)}).status_code == 204
    assert client.post(path, {"leg": "nonsense"}).status_code == 400
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED
    assert Leg.objects.get(offer=offer).state == LegState.PLANNED
