"""Recordings are listened to through us, kept for as long as was said, and then they are gone."""

import io
import wave
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from agents.models import Supervisor
from calls import plans
from calls.models import (
    Call,
    CarrierDeletion,
    CarrierEvent,
    Change,
    Command,
    Leg,
    Recording,
    RecordingAccess,
    TimelineEvent,
    Voicemail,
    WrapUp,
)
from calls.services import deletions, erasing, keeping
from calls.states import RecordingState
from sandbox.core.config import Choices, Config
from sandbox.core.recordings import RecordingStatus
from tests.journeys.conftest import MakeWorld
from tests.journeys.story import Story
from tests.journeys.talks import Talk, talking
from tests.journeys.tapes import over, recording, tape, tapes
from tests.journeys.test_unanswered import leaves_a_message
from tests.journeys.world import World

DAY = 86_400


def recorded(world: World, **queue: Any) -> Talk:
    """Ruth's call is over; 30 seconds of it were recorded."""
    talk = talking(world, recording="all", **queue)
    world.run(30)
    over(talk)
    return talk


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def supervisor(talk: Talk) -> User:
    sofia = User.objects.create_user("sofia")
    Supervisor.objects.create(user=sofia).queues.add(talk.queue)
    return sofia


def address(talk: Talk) -> str:
    return f"/calls/{talk.call.pk}/recordings/{recording(talk).pk}"


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# Listened to --------------------------------------------------------------------------------------


def test_a_supervisor_hears_both_sides_and_it_is_written_down(world: World) -> None:
    talk = recorded(world)
    sofia = supervisor(talk)
    heard = signed_in(sofia).get(address(talk))
    assert (heard.status_code, heard["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(body(heard))) as sound:
        assert sound.getnchannels() == 2
        assert sound.getnframes() / sound.getframerate() == pytest.approx(30, abs=1)
    assert [(a.by, a.what) for a in RecordingAccess.objects.all()] == [(sofia, "played")]


def test_a_player_that_asks_for_parts_is_one_listening(world: World) -> None:
    talk = recorded(world)
    client = signed_in(supervisor(talk))
    whole = body(client.get(address(talk)))
    for first, last in ((0, 99), (50_000, 50_099), (400_000, "")):
        part = client.get(address(talk), headers={"Range": f"bytes={first}-{last}"})
        end = len(whole) - 1 if last == "" else last
        assert part.status_code == 206
        assert part["Content-Range"] == f"bytes {first}-{end}/{len(whole)}"
        assert body(part) == whole[first : int(end) + 1]
    assert RecordingAccess.objects.count() == 1
    world.run(120)
    client.get(address(talk))
    assert RecordingAccess.objects.count() == 2


def test_a_carrier_that_gives_parts_is_asked_for_them(make_world: MakeWorld) -> None:
    world = make_world(config=Config(cps=0, choices=Choices(media_ranges=True)))
    talk = recorded(world)
    part = signed_in(supervisor(talk)).get(address(talk), headers={"Range": "bytes=44-143"})
    assert part.status_code == 206
    assert len(body(part)) == 100
    log = [entry for entry in world.carrier.log if entry.url.endswith(".wav")]
    assert [entry.answer_status for entry in log] == [206]


def test_nothing_is_beyond_the_end(world: World) -> None:
    talk = recorded(world)
    beyond = signed_in(supervisor(talk)).get(address(talk), headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


def test_what_ends_before_it_begins_is_no_part(world: World) -> None:
    talk = recorded(world)
    whole = signed_in(supervisor(talk)).get(address(talk), headers={"Range": "bytes=5-2"})
    assert whole.status_code == 200
    assert len(body(whole)) > 44


def test_a_download_is_a_file_and_each_one_is_written_down(world: World) -> None:
    talk = recorded(world)
    client = signed_in(supervisor(talk))
    for _ in range(2):
        file = client.get(f"{address(talk)}?download=1")
        assert file["Content-Disposition"].startswith('attachment; filename="recording-')
    assert RecordingAccess.objects.filter(what="downloaded").count() == 2


def test_an_agent_hears_their_own_calls_only_where_the_queue_allows_it(world: World) -> None:
    talk = recorded(world)
    dana, omar = talk.agents["Dana"].agent.user, User.objects.create_user("omar")
    assert signed_in(dana).get(address(talk)).status_code == 403
    talk.queue.recording_for_agents = True
    talk.queue.save()
    assert signed_in(dana).get(address(talk)).status_code == 200
    assert signed_in(omar).get(address(talk)).status_code == 404
    assert RecordingAccess.objects.count() == 1


def test_the_page_plays_it_with_the_story_and_never_names_the_carrier(world: World) -> None:
    talk = talking(world, recording="all")
    world.run(10)
    talk.does(plans.pause_recording, why="card number", by=talk.agents["Dana"].agent.user)
    world.run(10)
    talk.does(plans.resume_recording)
    world.run(10)
    over(talk)
    page = signed_in(supervisor(talk)).get(f"/calls/{talk.call.pk}").content.decode()
    assert f'src="{address(talk)}"' in page
    assert "card number, by dana (silent)" in page
    assert 'data-seek="10"' in page
    assert "api.twilio.com" not in page
    assert configured.CARRIER_API_URL not in page


def test_a_recording_that_the_carrier_cannot_give_now_is_no_error_page(world: World) -> None:
    talk = recorded(world)
    world.carrier.faults.rest_next.append("refused")
    away = signed_in(supervisor(talk)).get(address(talk))
    assert away.status_code == 503
    assert not RecordingAccess.objects.exists()


# Kept ---------------------------------------------------------------------------------------------


def later(world: World, days: float) -> None:
    """So many days on, the sweeper looks."""
    keeping.sweep(now=world.now + timedelta(days=days))


def test_a_recording_is_deleted_at_the_carrier_when_its_time_is_over(world: World) -> None:
    talk = recorded(world, recording_kept_days=30)
    later(world, 29)
    assert recording(talk).state == RecordingState.COMPLETED
    later(world, 31)
    assert recording(talk).state == RecordingState.DELETED
    assert tape(talk).status == RecordingStatus.DELETED
    assert recording(talk).seconds == 30
    gone = signed_in(supervisor(talk)).get(address(talk))
    assert gone.status_code == 404


def test_a_recording_without_an_end_is_kept_for_ever(world: World) -> None:
    talk = recorded(world, recording_kept_days=0)
    later(world, 10_000)
    assert recording(talk).state == RecordingState.COMPLETED


def test_what_the_carrier_has_not_any_more_counts_as_deleted(world: World) -> None:
    talk = recorded(world)
    world.carrier.delete_recording(tape(talk))
    later(world, 91)
    assert recording(talk).state == RecordingState.DELETED


def test_a_carrier_that_is_away_is_asked_again(world: World) -> None:
    talk = recorded(world)
    world.carrier.faults.rest_next.append("500")
    later(world, 91)
    assert recording(talk).state == RecordingState.COMPLETED
    later(world, 91.01)
    assert recording(talk).state == RecordingState.DELETED
    assert CarrierDeletion.objects.get().attempts == 2


def test_nothing_of_a_call_on_legal_hold_is_deleted(world: World, settings: Settings) -> None:
    talk = recorded(world)
    ada = User.objects.create_superuser("ada")
    keeping.hold(call_id=talk.call.pk, by=ada, why="a lawsuit", now=world.now)
    settings.CALLS_KEPT_DAYS = 0.00001
    settings.NEWS_KEPT_DAYS = 0.00001
    later(world, 1000)
    world.run(60)
    assert tape(talk).status == RecordingStatus.COMPLETED
    assert CarrierEvent.objects.filter(call_id=talk.call.pk).exists()
    keeping.release(call_id=talk.call.pk, by=ada, now=world.now)
    world.run(60)
    assert not Call.objects.exists()


def test_a_legal_hold_still_comes_in_time_for_what_is_about_to_be_deleted(world: World) -> None:
    talk = recorded(world)
    deletions.want(recording(talk).sid, because="its time is over", now=world.now)
    keeping.hold(call_id=talk.call.pk, by=None, why="a lawsuit", now=world.now)
    deletions.run(now=world.now)
    assert tape(talk).status == RecordingStatus.COMPLETED


def test_a_legal_hold_says_why(world: World) -> None:
    talk = recorded(world)
    with pytest.raises(keeping.NoReason):
        keeping.hold(call_id=talk.call.pk, by=None, why=" ", now=world.now)


def test_a_forgotten_call_leaves_no_sound_at_the_carrier(world: World, settings: Settings) -> None:
    talk = recorded(world)
    kept = tapes(talk)
    settings.CALLS_KEPT_DAYS = 0.00001
    world.run(60)
    assert not Recording.objects.exists()
    assert [each.status for each in kept] == [RecordingStatus.DELETED]


def test_a_forgotten_voicemail_is_forgotten_by_the_carrier_too(
    world: World, settings: Settings
) -> None:
    leaves_a_message(Story(world))
    world.run(30)
    assert Voicemail.objects.exists()
    settings.CALLS_KEPT_DAYS = 0.00001
    world.run(60)
    assert [each.status for each in world.carrier.recordings.values()] == [RecordingStatus.DELETED]


# Erased -------------------------------------------------------------------------------------------


def everything() -> str:
    """All that our tables say of anybody, in one text."""
    models = (Call, Leg, CarrierEvent, Change, Command, TimelineEvent, WrapUp, Voicemail)
    return " ".join(str(list(model.objects.values())) for model in models)


def test_a_callers_data_is_erased_everywhere(world: World) -> None:
    talk = talking(world, recording="all")
    number = talk.ruth.person.number
    Call.objects.update(customer_name="Ruth Rowland")
    world.run(10)
    talk.does(plans.hold, talk.ruth.leg.id, by=talk.agents["Dana"].agent.user)
    talk.does(plans.resume, talk.ruth.leg.id)
    over(talk)
    WrapUp.objects.update(notes="lives at Elm Street")
    sid = talk.ruth.leg.sid
    pk = talk.call.pk
    assert number in everything()
    assert "Ruth Rowland" in everything()
    counts = erasing.erase(number=number, now=world.now)
    world.run(15)
    left = everything()
    assert not [word for word in (number, number[1:], "Rowland", "Elm Street") if word in left]
    assert counts["calls"] == counts["recordings"] == 1
    [kept] = [each for each in world.carrier.recordings.values() if each.call_sid == sid]
    assert kept.status == RecordingStatus.DELETED
    assert sid not in world.carrier.calls
    call = Call.objects.get(pk=pk)
    assert (call.outcome, call.customer_number) == ("answered", "")


def test_a_legal_hold_refuses_an_erasure_with_a_sentence(world: World) -> None:
    talk = recorded(world)
    keeping.hold(call_id=talk.call.pk, by=None, why="a lawsuit", now=world.now)
    with pytest.raises(erasing.CannotErase, match="there is a legal hold"):
        erasing.erase(number=talk.ruth.person.number, now=world.now)
    with pytest.raises(CommandError, match="there is a legal hold"):
        call_command("erase_caller", talk.ruth.person.number)
    assert tape(talk).status == RecordingStatus.COMPLETED


def test_nobody_is_erased_while_they_talk(world: World) -> None:
    talk = talking(world)
    with pytest.raises(erasing.CannotErase, match="on the line now"):
        erasing.erase(number=talk.ruth.person.number, now=world.now)


def test_a_withheld_number_is_many_peoples(world: World) -> None:
    with pytest.raises(erasing.CannotErase, match="many people"):
        erasing.erase(number="anonymous", now=world.now)


def test_what_was_erased_is_counted_and_the_number_is_not_told(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    talk = recorded(world)
    number = talk.ruth.person.number
    call_command("erase_caller", number.removeprefix("+"))
    told = capsys.readouterr().out
    assert "1 calls" in told
    assert "1 recordings" in told
    assert number[1:] not in told + caplog.text
