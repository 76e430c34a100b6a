"""What probes and Prometheus are told."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from callcenter import health
from calls.carrier import gateway
from calls.models import CarrierEvent, WorkerBeat
from calls.states import NewsState
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import FetchAnswer
from sandbox.drivers.inprocess import AsyncSdkTransport, InProcess, SdkTransport
from tests import people


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    """A carrier that answers."""
    made = Carrier(Config(), now=0.0, seed=1)
    made.add_account(sid=configured.TWILIO_ACCOUNT_SID, auth_token=configured.TWILIO_AUTH_TOKEN)
    driver = InProcess(made, lambda fetch: FetchAnswer(204, {}, b""))
    gateway.use_transport(SdkTransport(driver), AsyncSdkTransport(driver))
    health.carrier.found = None
    yield made
    gateway.use_transport(None, None)
    health.carrier.found = None


@pytest.fixture
def silent_carrier(settings: Settings) -> Iterator[None]:
    """Nobody listens at the carrier's address."""
    settings.CARRIER_API_URL = "http://127.0.0.1:9"
    gateway.use_transport(None, None)
    health.carrier.found = None
    yield
    gateway.use_transport(None, None)
    health.carrier.found = None


@pytest.fixture
def worker(db: None) -> None:
    WorkerBeat.objects.create(name="here:1", at=timezone.now())


def parts(client: Client) -> dict[str, str]:
    """The sentences of what is not well."""
    body = client.get("/readyz").json()
    return {name: p["sentence"] for name, p in body["parts"].items() if not p["ok"]}


def test_a_process_that_lives_says_so_without_a_database(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_probes_are_not_sent_to_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/login/").status_code == 301


def test_ready_when_database_worker_and_carrier_are(
    client: Client, carrier: Carrier, worker: None
) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert set(answer.json()["parts"]) == {"database", "worker", "carrier"}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_not_ready_before_a_worker_ever_ran(client: Client, carrier: Carrier) -> None:
    assert client.get("/readyz").status_code == 503
    assert parts(client) == {"worker": "No worker has ever run: start `manage.py worker`."}


@pytest.mark.django_db
def test_not_being_ready_is_no_error_of_the_page(
    client: Client, carrier: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/readyz").status_code == 503
    assert "django.request" not in {record.name for record in caplog.records}


@pytest.mark.django_db
def test_not_ready_when_the_worker_went_silent(client: Client, carrier: Carrier) -> None:
    WorkerBeat.objects.create(name="here:1", at=timezone.now() - timedelta(seconds=61))
    assert parts(client) == {
        "worker": "No worker has been heard for 61 s: start `manage.py worker`."
    }


def test_not_ready_when_the_carrier_cannot_be_reached(
    client: Client, silent_carrier: None, worker: None
) -> None:
    assert parts(client) == {
        "carrier": "The carrier cannot be asked (ConnectionError); the log says more."
    }


def test_not_ready_when_the_carrier_does_not_know_the_account(
    client: Client, carrier: Carrier, worker: None, settings: Settings
) -> None:
    settings.TWILIO_AUTH_TOKEN = "a token of yesterday"
    assert "carrier" in parts(client)


def test_many_probes_ask_the_carrier_once(client: Client, carrier: Carrier, worker: None) -> None:
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
    assert len(carrier.log) == 1


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_a_database(client: Client, carrier: Carrier) -> None:
    address = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        assert parts(client) == {
            "database": "PostgreSQL cannot be reached.",
            "worker": "Unknown without the database.",
        }
        assert client.get("/healthz").status_code == 200
        figures = client.get("/metrics").content.decode()
        assert "callcenter_database_up 0.0" in figures
    finally:
        connection.settings_dict["HOST"] = address


@pytest.mark.django_db
def test_not_ready_before_the_tables_are_made(client: Client, carrier: Carrier) -> None:
    health._migrated.seen = False
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'agents'")
    assert "run `manage.py migrate`" in parts(client)["database"]
    health._migrated.seen = False


# Figures ----------------------------------------------------------------------------------------


def figures(client: Client, **headers: str) -> str:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_the_figures_tell_who_waits_and_who_works(client: Client) -> None:
    now = timezone.now()
    billing = people.make_queue("Billing")
    people.make_queue("Sales")
    people.make_number(billing)
    people.make_agent_user("Dana", billing, intent_since=now, idle_since=now)
    people.rings(now=now - timedelta(seconds=30))
    text = figures(client)
    assert 'callcenter_calls{state="waiting"} 1.0' in text
    assert 'callcenter_calls{state="talking"} 0.0' in text
    assert 'callcenter_waiting{queue="billing"} 1.0' in text
    assert 'callcenter_waiting{queue="sales"} 0.0' in text
    assert 'callcenter_longest_wait_seconds{queue="billing"} 3' in text
    assert 'callcenter_longest_wait_seconds{queue="sales"} 0.0' in text
    assert 'callcenter_agents{status="available"} 1.0' in text
    assert "callcenter_database_up 1.0" in text


@pytest.mark.django_db
def test_the_figures_tell_what_became_of_offers_and_orders(client: Client) -> None:
    now = timezone.now()
    billing = people.make_queue("Billing")
    people.make_number(billing)
    dana = people.make_agent_user("Dana", billing)
    people.took(people.rings(now=now), dana, now=now)
    text = figures(client)
    assert 'callcenter_offers_last_hour{outcome="accepted"} 1.0' in text
    assert 'callcenter_orders_last_hour{outcome="pending",verb="dial"} 1.0' in text
    assert "callcenter_orders_pending 1.0" in text


@pytest.mark.django_db
def test_the_figures_tell_how_far_behind_the_news_is(client: Client) -> None:
    people.news("status", now=timezone.now() - timedelta(seconds=45), CallStatus="ringing")
    people.news("status", now=timezone.now(), CallStatus="busy")
    CarrierEvent.objects.filter(params__CallStatus="busy").update(state=NewsState.FAILED)
    text = figures(client)
    assert "callcenter_news_pending 1.0" in text
    assert "callcenter_news_failed_last_hour 1.0" in text
    assert "callcenter_news_oldest_seconds 45." in text


@pytest.mark.django_db
def test_the_figures_cost_the_same_however_many_queues_there_are(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("Billing", "Sales", "Support"):
        people.make_queue(name)
    with django_assert_num_queries(9):
        figures(client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 403),
        ("127.0.0.1", {"X-Real-IP": "10.0.0.7"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)
def test_without_a_token_the_figures_are_for_this_machine(
    client: Client, address: str, headers: dict[str, str], expected: int
) -> None:
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == expected


@pytest.mark.django_db
def test_with_a_token_the_figures_are_for_who_has_it(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "open-sesame"
    assert client.get("/metrics").status_code == 403
    wrong = {"Authorization": "Bearer open-barley"}
    assert client.get("/metrics", headers=wrong).status_code == 403
    right = {"Authorization": "Bearer open-sesame"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="10.0.0.7").status_code == 200
