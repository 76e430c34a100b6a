"""A caller's message is listened to through us, by whoever may, and it is told who did."""

import io
import wave
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Supervisor
from calls.models import Call, Queue, TimelineEvent, Voicemail
from calls.models.access import SCOPES
from calls.states import Recourse
from tests.calls.api.programs import api_key
from tests.journeys.test_doors_closed import leaves_a_message
from tests.journeys.test_keeping_recordings import body, signed_in
from tests.journeys.world import World


@pytest.fixture
def billing(world: World) -> Queue:
    return world.queue("Billing", unstaffed_recourse=Recourse.VOICEMAIL)


@pytest.fixture
def call(world: World, billing: Queue) -> Call:
    """Ruth found nobody there, and has said a few words."""
    ruth = world.calls_in("Ruth", billing)
    leaves_a_message(world, ruth)
    return ruth.call


@pytest.fixture
def sofia(billing: Queue) -> User:
    user = User.objects.create_user("sofia", first_name="Sofia")
    Supervisor.objects.create(user=user).queues.add(billing)
    return user


def told(call: Call) -> list[tuple[str, Any]]:
    heard = TimelineEvent.objects.filter(call=call, kind="voicemail-heard")
    return list(heard.order_by("id").values_list("text", "user__username"))


def test_a_supervisor_hears_it_and_it_is_told_who_did(call: Call, sofia: User) -> None:
    heard = signed_in(sofia).get(f"/calls/{call.pk}/voicemail")
    assert (heard.status_code, heard["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(body(heard))) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    message = Voicemail.objects.get()
    assert seconds == pytest.approx(message.seconds, abs=1)
    assert (message.heard_by, told(call)) == (
        sofia,
        [("The message was played by Sofia", "sofia")],
    )


def test_a_player_that_asks_for_parts_is_one_listening(
    world: World, call: Call, sofia: User
) -> None:
    client, address = signed_in(sofia), f"/calls/{call.pk}/voicemail"
    whole = body(client.get(address))
    part = client.get(address, headers={"Range": "bytes=100-199"})
    assert (part.status_code, body(part)) == (206, whole[100:200])
    assert len(told(call)) == 1
    client.get(f"{address}?download=1")
    assert [text for text, _ in told(call)][1:] == ["The message was downloaded by Sofia"]


def test_the_first_who_heard_it_stays_the_first(world: World, call: Call, sofia: User) -> None:
    signed_in(sofia).get(f"/calls/{call.pk}/voicemail")
    heard_at = Voicemail.objects.get().heard_at
    world.run(120)
    signed_in(User.objects.create_superuser("ada")).get(f"/calls/{call.pk}/voicemail")
    message = Voicemail.objects.get()
    assert (message.heard_by, message.heard_at) == (sofia, heard_at)
    assert len(told(call)) == 2


def test_nobody_elses_supervisor_hears_it(world: World, call: Call) -> None:
    sven = User.objects.create_user("sven")
    Supervisor.objects.create(user=sven).queues.add(world.queue("Sales"))
    assert signed_in(sven).get(f"/calls/{call.pk}/voicemail").status_code == 404
    assert told(call) == []


def test_a_program_hears_it_with_the_scope_for_it(call: Call) -> None:
    address = f"/api/v1/calls/{call.pk}/voicemail/sound"
    reads = Client(headers={"Authorization": f"Api-Key {api_key('calls:read')}"})
    assert reads.get(address).status_code == 403
    hears = Client(headers={"Authorization": f"Api-Key {api_key(*[s for s, _ in SCOPES])}"})
    assert hears.get(address).status_code == 200
    assert told(call) == [("The message was played by API key CRM", None)]
    shown = hears.get(f"/api/v1/calls/{call.pk}").json()["voicemail"]
    assert (shown["seconds"], shown["heard_by"]) == (Voicemail.objects.get().seconds, None)
    assert shown["heard_at"] is not None


def test_the_calls_page_has_a_player_for_whoever_may(call: Call, sofia: User) -> None:
    page = signed_in(sofia).get(f"/calls/{call.pk}").content.decode()
    assert f'src="/calls/{call.pk}/voicemail"' in page
    assert "Not heard yet" in page
