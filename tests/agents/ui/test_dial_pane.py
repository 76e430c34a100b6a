"""Dialling out at the desk: the pad, the directory, and whose browser connects at once."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent, LineKind, LineState
from agents.screens import draw_board, draw_call, draw_desk
from calls import steps
from calls.models import Call, Command, DialRules, DirectoryEntry, Leg, Queue
from calls.services import connecting, lifecycle
from calls.states import CallOutcome, CallState
from tests import people

pytestmark = pytest.mark.django_db

RUTH = "+15551230001"


@pytest.fixture
def grace(billing: Queue) -> User:
    """Her line is the browser."""
    now = timezone.now()
    return people.make_agent_user(
        "Grace", billing, line_kind=LineKind.BROWSER, line_address="", seen_at=now
    )


def dial(user: User, **given: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(reverse("desk-dial"), given)


def found(user: User, words: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("desk-directory"), {"number": words}).content.decode()


def test_a_number_is_read_as_it_is_dialled_in_the_country_of_ours(dana: User) -> None:
    dial(dana, number="(555) 123-0001")
    assert Call.objects.get().customer_number == RUTH


def test_the_desk_shows_what_is_being_done_about_it(dana: User) -> None:
    answered = dial(dana, number=RUTH)
    assert answered.status_code == 200
    page = answered.content.decode()
    assert "Your own line is ringing" in page
    assert "Call it off" in page
    assert 'data-testid="dial"' not in page


@pytest.mark.parametrize("to", ["agent:\u00b2", "entry:\u00b2", "agent:" + 50 * "9"])
def test_somebody_who_cannot_be_chosen_is_a_sentence(dana: User, to: str) -> None:
    answered = dial(dana, to=to)
    assert answered.status_code == 422
    assert not Call.objects.exists()


def test_a_number_typed_with_the_zero_of_its_country_is_the_one_without(
    dana: User, settings: Settings
) -> None:
    settings.OUTSIDE_PREFIXES = ["+49"]
    dial(dana, number="+49 (0)30 123456")
    assert Call.objects.get().customer_number == "+4930123456"


def test_pressed_twice_it_is_one_call(dana: User) -> None:
    client = Client()
    client.force_login(dana)
    for _ in range(2):
        sent = {"number": RUTH}
        client.post(reverse("desk-dial"), sent, headers={"Idempotency-Key": "one press"})
    assert Call.objects.count() == 1


def test_who_dials_may_call_it_off_while_their_own_line_rings(dana: User) -> None:
    dial(dana, number=RUTH)
    call = Call.objects.get()
    client = Client()
    client.force_login(dana)
    assert client.post(reverse("desk-end-call", args=[call.pk])).status_code == 200
    call.refresh_from_db()
    assert call.outcome == CallOutcome.CANCELLED


def test_nobody_shows_a_number_that_is_not_their_queues(dana: User) -> None:
    theirs = people.make_number(people.make_queue("Sales"), "+15550002000")
    answered = dial(dana, number=RUTH, shows=theirs.pk)
    assert answered.status_code == 422
    assert "may not show that number" in answered.content.decode()


def test_dana_shows_the_number_that_she_chose(dana: User, billing: Queue) -> None:
    second = people.make_number(billing, "+15550001002")
    third = people.make_number(people.make_queue("Sales"), "+15550002000")
    third.shown_by.add(billing)
    page = draw_desk(dana)
    assert all(f'<option value="{each.pk}"' in page for each in (second, third))
    dial(dana, number=RUTH, shows=third.pk)
    assert Call.objects.get().number == third


def test_an_entry_of_another_queue_is_not_in_the_directory(dana: User) -> None:
    secret = DirectoryEntry.objects.create(name="Sales partner", number=RUTH)
    secret.queues.add(people.make_queue("Sales"))
    assert "Sales partner" not in found(dana, "partner")
    answered = dial(dana, to=f"entry:{secret.pk}")
    assert answered.status_code == 422
    assert not Call.objects.exists()


def test_customers_of_late_and_colleagues_at_work_are_found(dana: User, billing: Queue) -> None:
    ruth = people.rings(number=RUTH, name="Ruth")
    people.over(people.talking(ruth, dana), now=people.NOON)
    people.make_agent_user("Omar", billing)
    people.make_agent_user("Noor", billing, intent="offline")
    page = found(dana, "")
    assert "Ruth" in page
    assert "Omar" in page
    assert "Noor" not in page
    assert "Ruth" not in found(User.objects.get(username="omar"), "")


def test_whoever_is_offline_has_no_pad(dana: User) -> None:
    assert 'data-testid="dial"' in draw_desk(dana)
    Agent.objects.filter(user=dana).update(intent="offline")
    assert 'data-testid="dial"' not in draw_desk(dana)


# A line in the browser ----------------------------------------------------------------------------


def own_leg(user: User) -> Leg:
    return Leg.objects.live().get(user=user, role="agent")


def test_a_browser_connects_at_once_and_is_not_rung(grace: User) -> None:
    page = dial(grace, number=RUTH).content.decode()
    leg = own_leg(grace)
    assert f'data-softphone="connect-now" data-leg="{leg.pk}"' in page
    assert not Command.objects.exists()


def test_the_browser_that_connects_is_brought_into_the_room(grace: User) -> None:
    dial(grace, number=RUTH)
    leg, now = own_leg(grace), timezone.now()
    came = connecting.came(sid=people.call_sid(), address=leg.address, leg_id=str(leg.pk), now=now)
    assert isinstance(came, steps.JoinRoom)
    assert not Command.objects.exists()  # until it is in the room


def test_a_browser_that_cannot_connect_dials_nobody(grace: User) -> None:
    dial(grace, number=RUTH)
    client = Client()
    client.force_login(grace)
    told = {"leg": str(own_leg(grace).pk), "code": "31402", "text": "no microphone"}
    path = reverse("softphone-trouble")
    assert client.post(path, json.dumps(told), content_type="application/json").status_code == 204
    call = Call.objects.get()
    assert (call.state, call.outcome) == (CallState.ENDED, CallOutcome.AGENT_GONE)
    assert not Leg.objects.live().exists()
    assert "the browser could not connect: 31402 no microphone" in draw_call(
        call.pk, controls=False, private=False
    )


def test_somebody_elses_browser_ends_no_dialling(grace: User, billing: Queue) -> None:
    dial(grace, number=RUTH)
    pia = people.make_agent_user("Pia", billing, line_kind=LineKind.BROWSER, line_address="")
    leg = own_leg(grace)
    assert not connecting.did_not_come(leg_id=leg.pk, user=pia, why="", now=timezone.now())
    assert own_leg(grace) == leg


# Who sees it --------------------------------------------------------------------------------------


def test_who_dialled_is_on_the_board_the_lists_and_the_calls_page(
    dana: User, billing: Queue
) -> None:
    sam = people.make_supervisor("Sam", billing)
    dial(dana, number=RUTH)
    call = Call.objects.get()
    assert "dialled by Dana" in draw_board(sam)
    assert "Outbound, dialled by Dana" in draw_call(call.pk, controls=False, private=False)
    client = Client()
    client.force_login(sam)
    assert "dialled by Dana" in client.get("/calls?direction=outbound").content.decode()
    assert "dialled by Dana" not in client.get("/calls?direction=inbound").content.decode()


def test_a_colleague_who_is_called_sees_by_whom(dana: User, billing: Queue) -> None:
    omar = people.make_agent_user("Omar", billing)
    dial(dana, to=f"agent:{omar.agent.pk}")
    call, now = Call.objects.get(), timezone.now()
    leg = own_leg(dana)
    lifecycle.next_step(leg=leg, now=now)
    Leg.objects.filter(pk=leg.pk).update(accepted_at=now)
    Leg.objects.create(
        call=call, role="customer", user=omar, state="ringing", address="+1", planned_at=now
    )
    assert "Dana calls you" in draw_desk(omar)


def test_an_alarm_is_on_the_board_of_those_who_watch_over_the_agent(
    dana: User, billing: Queue
) -> None:
    DialRules.objects.create(pk=1, calls_a_day_each=0)
    answered = dial(dana, number=RUTH)
    assert answered.status_code == 422
    sam = people.make_supervisor("Sam", billing)
    sven = people.make_supervisor("Sven", people.make_queue("Sales"))
    assert "Dana wanted to dial out and was refused" in draw_board(sam)
    assert "wanted to dial out" not in draw_board(sven)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (LineState.NO_MICROPHONE, "the browser may not use the microphone"),
        (LineState.NO_DEVICE, "the browser finds no microphone"),
        (LineState.OFFLINE, "the browser does not reach the carrier"),
    ],
)
def test_why_a_browser_is_asked_nothing_is_on_the_board(
    grace: User, billing: Queue, says: LineState, why: str
) -> None:
    sam = people.make_supervisor("Sam", billing)
    heard = {"line_state_at": timezone.now(), "seen_at": timezone.now()}
    Agent.objects.filter(user=grace).update(line_state=LineState.READY, **heard)
    assert why not in draw_board(sam)
    Agent.objects.filter(user=grace).update(line_state=says, **heard)
    assert f'<span class="soft">{why}</span>' in draw_board(sam)
    people.talking(people.rings(number=RUTH), grace)
    chip = f'data-testid="line-state">{why[0].upper()}{why[1:]}</span>'
    assert chip in draw_board(sam)
