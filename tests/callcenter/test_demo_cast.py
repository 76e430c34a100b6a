"""The demo's call centre: everybody who is told of is there, can be rung, and can sign in."""

import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from agents import dial_pad
from agents.models import Agent, Supervisor
from agents.services import dialling, shifts
from agents.staffing import staff
from callcenter.demo import cast
from calls.models import ApiKey, DirectoryEntry, PhoneNumber, PhonePrice, Queue
from sandbox.world import from_text

TOWN = Path(cast.__file__).with_name("town.yaml")


@pytest.fixture
def told(db: None, settings: Settings, tmp_path: Path) -> str:
    """What is printed when the demo's people are put into an empty database."""
    settings.LOCAL_DIR = tmp_path
    return seeded()


def seeded() -> str:
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


def everything() -> list[int]:
    people = (User, Agent, Queue, PhoneNumber, Supervisor, ApiKey)
    dialled = (DirectoryEntry, PhonePrice, PhoneNumber.shown_by.through)
    return [model.objects.count() for model in (*people, *dialled)]


@pytest.mark.usefixtures("told")
def test_three_queues_ten_agents_a_supervisor_an_admin_and_three_numbers() -> None:
    assert Queue.objects.filter(skills__isnull=False).distinct().count() == 3
    assert Agent.objects.filter(queues__isnull=False, skills__isnull=False).distinct().count() == 10
    assert Supervisor.objects.get().queues.count() == 3
    assert User.objects.get(is_superuser=True).username == cast.ADMIN[0]
    assert PhoneNumber.objects.filter(queue__isnull=False).count() == 3


def test_the_key_that_is_printed_opens_the_api(told: str, client: Client) -> None:
    key = told.split("API key: ")[1].strip()
    answered = client.get("/api/v1/queues", headers={"Authorization": f"Api-Key {key}"})
    assert answered.status_code == 200
    assert len(answered.json()["results"]) == 3


def test_everybody_who_is_printed_can_sign_in(told: str) -> None:
    logins = [line.split()[0] for line in told.splitlines() if line.startswith("  ")]
    assert {*logins} >= {"maria", "omar", cast.SUPERVISOR[0], cast.ADMIN[0]}
    for login in logins:
        browser = Client()
        answered = browser.post("/login/", {"username": login, "password": cast.PASSWORD})
        assert answered.status_code == 302, login


def test_a_second_start_changes_nothing(told: str) -> None:
    before = everything()
    assert seeded() == told
    assert everything() == before


@pytest.mark.usefixtures("told")
def test_omar_may_dial_everybody_in_the_directory_and_chooses_what_they_see() -> None:
    omar, now = Agent.objects.get(user__username="omar"), timezone.now()
    omar = shifts.available(agent=omar, by=omar.user, now=now)
    shown = [caller_id.number for caller_id in dial_pad.caller_ids(omar)]
    assert {number.e164 for number in shown} == {line.number for line in cast.LINES}
    for entry in DirectoryEntry.objects.all():
        to = dialling.Target(number=entry.number, shows=shown[-1])
        told = dialling.in_words(agent=omar, to=to, by=omar.user, now=now)
        assert f"{entry.name} ({entry.number}), who sees {shown[-1].e164}; at most 60" in told


@pytest.mark.usefixtures("told")
def test_callers_find_somebody_at_work_in_every_queue_from_the_start() -> None:
    for queue in Queue.objects.all():
        assert staff(queue.pk, timezone.now())[1] > 0, queue.name


def test_every_telephone_of_the_cast_rings_somewhere_in_the_town() -> None:
    world = from_text(TOWN.read_text(encoding="utf-8"), str(TOWN), now=0.0)
    telephones = {worker.telephone for worker in cast.WORKERS if worker.telephone}
    telephones.add(cast.SUPERVISOR_LINE)
    assert telephones == set(world.town.people)
    numbers = {number.phone_number for number in world.carrier.numbers.values()}
    assert {line.number for line in cast.LINES if line.number} == numbers
    assert len(world.town.arrivals) == 2
