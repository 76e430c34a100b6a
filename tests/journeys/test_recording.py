"""What is recorded of a call, and what is not: judged by what the carrier has on its tapes."""

from typing import Any
from uuid import UUID

import pytest

from agents.services.handoffs import Target
from calls import plans
from calls.models import Call, CarrierEvent, Queue, Recording
from calls.services import queueing
from calls.services import tapes as policy
from calls.states import (
    CallState,
    ChangeState,
    LegRole,
    RecordingState,
    TransferState,
    Verb,
    WatchMode,
)
from sandbox.rest import RestAnswer
from tests.journeys.handing import another_queue, handing, outsider
from tests.journeys.talks import Talk, hear_each_other, hears, hears_music, is_told, talking
from tests.journeys.tapes import (
    CARRIER_AWAY,
    answers,
    gaps,
    music,
    orders,
    over,
    recording,
    says,
    seconds_of,
    starts,
    tape,
    tapes,
    voice_of,
)
from tests.journeys.test_supervisors import supervised
from tests.journeys.world import World

CONSENT = "This call may be recorded."
REFUSED = RestAnswer(
    400, {"Content-Type": "application/json"}, b'{"status": 400, "code": 20001, "message": "no"}'
)


def recorded(world: World, *, recording: str = "all", **queue: Any) -> Talk:
    talk = talking(world, recording=recording, **queue)
    world.run(1)
    return talk


# Begun --------------------------------------------------------------------------------------------


def test_a_call_is_recorded_from_the_first_word_to_the_last(world: World) -> None:
    talk = recorded(world)
    dana = voice_of(talk.agents["Dana"].phone)
    world.run(30)
    assert recording(talk).state == RecordingState.IN_PROGRESS
    assert recording(talk).because == "every call of Billing is recorded"
    done = over(talk)
    assert (done.state, done.sid, done.seconds) == ("completed", tape(talk).sid, 31)
    assert tape(talk).channels == 2
    assert seconds_of(talk, dana) == pytest.approx(31, abs=0.5)
    assert gaps(talk) == []


def test_the_greeting_says_so_before_anything_is_recorded(world: World) -> None:
    talk = recorded(world, greeting="Hello.")
    assert talk.ruth.person.has_heard(CONSENT)
    assert seconds_of(talk, says(CONSENT)) == 0
    assert orders(talk, Verb.ANNOUNCE_ALL) == []


def test_a_caller_who_is_connected_in_the_middle_of_the_greeting_is_told_in_the_room(
    world: World,
) -> None:
    talk = talking(world, recording="all", greeting="Welcome. " * 50)
    ruth, dana = talk.ruth.person, talk.agents["Dana"].phone
    world.run(10)
    assert ruth.has_heard(CONSENT)
    assert dana.has_heard(CONSENT)
    assert recording(talk).state == RecordingState.IN_PROGRESS
    assert seconds_of(talk, says(CONSENT)) == 0
    assert hear_each_other(ruth, dana)


def test_a_caller_whose_queue_records_nothing_hears_nothing_of_it(world: World) -> None:
    talk = recorded(world, recording="none")
    world.run(10)
    assert not talk.ruth.person.has_heard(CONSENT)
    assert not Recording.objects.exists()
    with pytest.raises(plans.CannotNow, match="are not recorded"):
        talk.does(plans.record)


@pytest.mark.parametrize("is_drawn", [True, False])
def test_of_a_percentage_the_calls_that_are_drawn_are_recorded_and_all_are_told(
    world: World, is_drawn: bool
) -> None:
    billing = world.queue("Billing", recording="percentage", recording_percent=50)
    dana = world.agent("Dana", billing, available=False)
    dana.takes_break()
    talk = Talk(world, billing, world.calls_in("Ruth", billing), {"Dana": dana})
    draws = talk.call.id.int % 100
    Queue.objects.update(recording_percent=draws + 1 if is_drawn else draws)
    dana.answers_after(1)
    dana.goes_available()
    world.run_until(lambda: hear_each_other(talk.ruth.person, dana.phone))
    world.run(10)
    assert bool(tapes(talk)) == is_drawn
    assert talk.ruth.person.has_heard(CONSENT)


@pytest.mark.parametrize("percent", [0, 1, 30, 100])
def test_of_a_thousand_calls_the_percentage_is_drawn(percent: int) -> None:
    drawn = [policy.is_drawn(UUID(int=number), percent) for number in range(1000)]
    assert sum(drawn) == percent * 10


def test_on_demand_everybody_is_told_to_the_end_before_the_recording_begins(world: World) -> None:
    talk = recorded(world, recording="on-demand")
    dana = talk.agents["Dana"]
    assert tapes(talk) == []
    talk.does(plans.record, by=dana.agent.user)
    assert is_told(talk.ruth.person, CONSENT)
    assert is_told(dana.phone, CONSENT)
    assert tapes(talk) == []
    world.run(10)
    assert recording(talk).because == "asked for by dana"
    assert seconds_of(talk, says(CONSENT)) == 0
    assert seconds_of(talk, voice_of(dana.phone)) > 5
    assert talk.call.consent_at is not None


def test_who_has_been_told_once_is_not_told_again(world: World) -> None:
    talk = recorded(world, recording="on-demand")
    talk.does(plans.record)
    world.run(10)
    talk.does(plans.stop_recording)
    world.run(5)
    talk.does(plans.record)
    assert len(tapes(talk)) == 2
    assert len(orders(talk, Verb.ANNOUNCE_ALL)) == 1


def test_nothing_is_recorded_when_it_cannot_be_said(world: World) -> None:
    talk = recorded(world, recording="on-demand")
    world.outage.still["announcement"] = "500"
    made = talk.does(plans.record)
    world.run(30)
    made.refresh_from_db()
    assert made.state == ChangeState.FAILED
    assert tapes(talk) == []
    assert not Recording.objects.exists()


def test_nothing_is_recorded_when_nobody_tells_that_it_was_said(world: World) -> None:
    talk = recorded(world, recording="on-demand")
    world.outage.lost = lambda fetch: b"announcement-end" in fetch.body
    made = talk.does(plans.record)
    world.run(60)
    assert tapes(talk) == []
    world.run(60)
    made.refresh_from_db()
    assert made.state == ChangeState.FAILED
    assert not Recording.objects.filter(state=RecordingState.IN_PROGRESS).exists()


def test_a_recording_that_is_refused_just_after_the_answer_is_asked_for_again(
    world: World,
) -> None:
    world.carrier.faults.not_in_progress_window_ms = 12_000
    talk = talking(world, recording="all")
    world.run(20)
    assert recording(talk).state == RecordingState.IN_PROGRESS
    assert starts(world) == 1


def test_a_start_whose_answer_was_lost_is_not_made_twice(world: World) -> None:
    talk = talking(world, recording="none")
    talk.queue.recording = "all"
    talk.queue.save()
    answers(world, CARRIER_AWAY, does_it=True)
    talk.does(plans.record)
    world.run(20)
    done = over(talk)
    assert (done.state, done.sid) == (RecordingState.COMPLETED, tape(talk).sid)
    assert len(tapes(talk)) == 1


# Paused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("behaviour", "seconds"), [("silence", 31), ("skip", 21)])
def test_a_pause_is_silence_or_left_out_and_proved(
    world: World, behaviour: plans.Behaviour, seconds: int
) -> None:
    talk = recorded(world)
    dana = talk.agents["Dana"].agent.user
    world.run(10)
    made = talk.does(plans.pause_recording, why="card number", behaviour=behaviour, by=dana)
    assert made.state == ChangeState.DONE
    assert recording(talk).state == RecordingState.PAUSED
    paused_at = world.now
    world.run(10)
    talk.does(plans.resume_recording, by=dana)
    assert recording(talk).state == RecordingState.IN_PROGRESS
    world.run(10)
    talked = seconds_of(talk, voice_of(talk.agents["Dana"].phone))
    assert talked == pytest.approx(21, abs=0.5)
    done = over(talk)
    assert done.seconds == seconds
    [gap] = gaps(talk)
    assert (gap.why, gap.by, gap.behaviour) == ("card number", dana, behaviour)
    assert gap.began_at == paused_at
    assert gap.ended_at is not None
    assert (gap.ended_at - gap.began_at).total_seconds() == pytest.approx(10)


def test_nothing_that_was_recorded_falls_into_a_proved_gap(world: World) -> None:
    """Also where the carrier paused, and its answer was lost."""
    talk = recorded(world)
    world.run(10)
    answers(world, CARRIER_AWAY, does_it=True)
    talk.does(plans.pause_recording, why="card number")
    world.run(10)
    answers(world, CARRIER_AWAY, does_it=True)
    talk.does(plans.resume_recording)
    world.run(10)
    over(talk)
    [gap] = gaps(talk)
    [_before, silent, _after] = tape(talk).stretches
    assert silent.silent
    assert silent.end is not None
    assert gap.ended_at is not None
    assert gap.began_at.timestamp() >= silent.start
    assert gap.ended_at.timestamp() <= silent.end


def test_a_call_that_ends_in_a_pause_proves_it_to_its_end(world: World) -> None:
    talk = recorded(world)
    world.run(10)
    talk.does(plans.pause_recording, why="card number", behaviour="skip")
    world.run(10)
    done = over(talk)
    [gap] = gaps(talk)
    assert (done.seconds, gap.ended_at) == (11, talk.ruth.leg.ended_at)


def test_what_makes_no_sense_now_is_refused_with_a_sentence(world: World) -> None:
    talk = recorded(world)
    for planning, sentence in (
        (plans.record, "being recorded already"),
        (plans.resume_recording, "is not paused"),
    ):
        with pytest.raises(plans.CannotNow, match=sentence):
            talk.does(planning)
    with pytest.raises(plans.CannotNow, match="Say why"):
        talk.does(plans.pause_recording, why=" ")
    talk.does(plans.pause_recording, why="card number")
    with pytest.raises(plans.CannotNow, match="paused already"):
        talk.does(plans.pause_recording, why="card number")
    talk.does(plans.stop_recording)
    with pytest.raises(plans.CannotNow, match="not being recorded"):
        talk.does(plans.pause_recording, why="card number")


def test_a_stopped_recording_is_ready_while_the_call_goes_on(world: World) -> None:
    talk = recorded(world)
    world.run(10)
    talk.does(plans.stop_recording)
    world.run(10)
    assert (recording(talk).state, recording(talk).seconds) == (RecordingState.COMPLETED, 11)
    world.run(20)
    assert len(tapes(talk)) == 1
    assert talk.call.state == CallState.TALKING


# On hold, in line, transferred --------------------------------------------------------------------


def test_no_hold_music_is_recorded(world: World) -> None:
    talk = recorded(world)
    world.run(10)
    talk.does(plans.hold, talk.ruth.leg.id)
    world.run(60)
    assert hears_music(talk.ruth.person)
    talk.does(plans.resume, talk.ruth.leg.id)
    world.run(10)
    done = over(talk)
    assert done.seconds == 21
    assert seconds_of(talk, music) < 0.5
    [gap] = gaps(talk)
    assert (gap.why, gap.is_automatic, gap.by) == ("on hold", True, None)


def test_hold_music_is_recorded_where_the_queue_wants_it(world: World) -> None:
    talk = recorded(world, recording_on_hold="go-on")
    talk.does(plans.hold, talk.ruth.leg.id)
    world.run(60)
    assert over(talk).seconds == 61
    assert seconds_of(talk, music) == pytest.approx(60, abs=1)


def test_a_whisper_is_on_no_tape_and_a_supervisor_who_barges_in_is(world: World) -> None:
    floor = supervised(world, recording="all")
    floor.joins(WatchMode.WHISPER)
    world.run(10)
    sofia = voice_of(floor.sofia.phone)
    assert hears(floor.dana.phone, floor.sofia.phone)
    assert seconds_of(floor.talk, sofia) == 0
    floor.switches(WatchMode.BARGE)
    world.run(10)
    assert seconds_of(floor.talk, sofia) > 9


def test_of_a_three_way_all_that_the_customer_hears_is_recorded(world: World) -> None:
    at = handing(world, recording="all")
    at.omar.answers_after(1)
    at.consulting()
    world.run(20)
    omar = voice_of(at.omar.phone)
    assert seconds_of(at.talk, omar) == 0
    at.brings_all_together()
    world.run(10)
    assert seconds_of(at.talk, omar) > 9
    assert seconds_of(at.talk, music) < 0.5


@pytest.mark.parametrize("way", ["parked", "sent elsewhere"])
def test_while_nobody_is_with_the_customer_nothing_is_recorded(world: World, way: str) -> None:
    at = handing(world, recording="all")
    world.run(10)
    if way == "parked":
        at.parks()
    else:
        sales, now = another_queue(world, "Sales", at.omar), world.now
        at.omar.lets_it_ring()
        queueing.send_to_queue(call_id=at.talk.call.pk, queue=sales, by=None, reason="", now=now)
    world.run(30)
    assert hears_music(at.ruth)
    over(at.talk)
    assert seconds_of(at.talk, music) < 1
    assert sum(part.seconds for part in tape(at.talk).on_tape(world.carrier.now)) < 15
    assert gaps(at.talk)


def test_a_pause_by_hand_outlasts_a_hold(world: World) -> None:
    talk = recorded(world)
    talk.does(plans.pause_recording, why="card number")
    talk.does(plans.hold, talk.ruth.leg.id)
    world.run(10)
    talk.does(plans.resume, talk.ruth.leg.id)
    world.run(10)
    assert recording(talk).state == RecordingState.PAUSED
    talk.does(plans.resume_recording)
    assert recording(talk).state == RecordingState.IN_PROGRESS


def test_a_pause_that_came_with_a_hold_goes_with_it(world: World) -> None:
    talk = recorded(world)
    talk.does(plans.hold, talk.ruth.leg.id)
    for planning in (plans.resume_recording, lambda scene: plans.pause_recording(scene, why="x")):
        with pytest.raises(plans.CannotNow, match=r"on hold\), and goes on by itself"):
            talk.does(planning)


def test_the_line_is_not_recorded_and_the_next_agent_is(world: World) -> None:
    talk = recorded(world, agent_gone="requeue")
    world.run(10)
    talk.agents["Dana"].takes_break()
    talk.agents["Dana"].hangs_up()
    world.run(60)
    assert talk.call.state == CallState.WAITING
    assert recording(talk).state == RecordingState.PAUSED
    assert seconds_of(talk, music) < 1
    talk.agents["Dana"].goes_available()
    world.run_until(lambda: talk.call.state == CallState.TALKING)
    world.run(10)
    assert recording(talk).state == RecordingState.IN_PROGRESS
    assert len(tapes(talk)) == 1


def test_nothing_of_a_consult_is_recorded_and_the_second_agent_is(world: World) -> None:
    at = handing(world, recording="all")
    world.run(10)
    at.omar.answers_after(3)
    at.consulting()
    omar = voice_of(at.omar.phone)
    world.run(30)
    assert seconds_of(at.talk, omar) == 0
    assert seconds_of(at.talk, music) < 1
    at.completes()
    world.run(20)
    assert recording(at.talk).state == RecordingState.IN_PROGRESS
    assert seconds_of(at.talk, omar) == pytest.approx(20, abs=1)
    assert len(tapes(at.talk)) == 1


def _passed_on(world: World, **queue: Any) -> Talk:
    """Ruth talks with a lawyer, and with nobody of ours."""
    at = handing(world, recording="all", **queue)
    lawyer = outsider(world)
    world.run(10)
    at.sends_on(Target(number=lawyer.phone.number))
    at.until(TransferState.COMPLETED)
    world.run(20)
    assert hear_each_other(at.ruth, lawyer.phone)
    return at.talk


def test_a_recording_stops_when_nobody_of_ours_is_left(world: World) -> None:
    talk = _passed_on(world)
    assert recording(talk).state == RecordingState.COMPLETED
    assert seconds_of(talk, music) < 1


def test_a_recording_goes_on_with_outsiders_where_the_queue_wants_it(world: World) -> None:
    talk = _passed_on(world, recording_outside="go-on")
    assert recording(talk).state == RecordingState.IN_PROGRESS
    lawyer = talk.call.legs.get(role=LegRole.EXTERNAL)
    heard = [p for p in tape(talk).on_tape(world.carrier.now) if str(lawyer.sid) in str(p.heard)]
    assert sum(part.seconds for part in heard) > 15


def test_no_call_is_recorded_in_a_queue_that_records_none(world: World) -> None:
    """A recording that was begun elsewhere ends when the caller talks with somebody there."""
    talk = recorded(world, agent_gone="requeue")
    talk.queue.recording = "none"
    talk.queue.save()
    talk.agents["Dana"].hangs_up()
    world.run(5)
    talk.agents["Dana"].goes_available()
    world.run_until(lambda: talk.call.state == CallState.TALKING)
    world.run(5)
    assert recording(talk).state == RecordingState.COMPLETED


# The carrier fails --------------------------------------------------------------------------------


def test_a_recording_that_the_carrier_refuses_leaves_a_call_that_is_not_recorded(
    world: World,
) -> None:
    talk = talking(world, recording="none")
    talk.queue.recording = "all"
    talk.queue.recording_consent = ""
    talk.queue.save()
    answers(world, REFUSED)
    made = talk.does(plans.record)
    assert made.state == ChangeState.FAILED
    assert recording(talk).state == RecordingState.FAILED
    assert talk.call.timeline.filter(text__startswith="The call is not recorded:").exists()
    assert hear_each_other(talk.ruth.person, talk.agents["Dana"].phone)
    talk.does(plans.record)
    assert tape(talk).live


@pytest.mark.parametrize("planning", [plans.resume_recording, plans.stop_recording])
def test_an_order_that_the_carrier_refuses_changes_nothing(world: World, planning: object) -> None:
    talk = recorded(world)
    talk.does(plans.pause_recording, why="card number")
    answers(world, REFUSED)
    made = talk.does(planning)  # type: ignore[arg-type]
    assert made.state == ChangeState.FAILED
    assert recording(talk).state == RecordingState.PAUSED
    assert tape(talk).status == "paused"


def test_a_pause_that_was_made_though_nothing_says_so_is_found_out(world: World) -> None:
    talk = recorded(world)
    answers(world, CARRIER_AWAY, times=99, does_it=True)
    made = talk.does(plans.pause_recording, why="card number")
    world.run(60)
    made.refresh_from_db()
    assert made.state == ChangeState.FAILED
    assert recording(talk).state == RecordingState.PAUSED
    [gap] = gaps(talk)
    assert gap.why == "card number"


def test_a_recording_whose_news_was_lost_is_found(world: World) -> None:
    talk = recorded(world)
    world.run(10)
    world.outage.lost = lambda fetch: "/call-recording/" in fetch.url
    talk.ruth.hangs_up()
    world.run(120)
    done = recording(talk)
    assert (done.state, done.seconds) == (RecordingState.COMPLETED, 11)


def test_news_that_comes_twice_and_late_changes_nothing(world: World) -> None:
    talk = recorded(world)
    world.run(10)
    done = over(talk)
    late = CarrierEvent.objects.filter(kind="call-recording").order_by("id").first()
    assert late is not None
    CarrierEvent.objects.filter(pk=late.pk).update(state="pending")
    world.run(15)
    late.refresh_from_db()
    assert late.state == "stale"
    assert recording(talk).state == done.state


def test_a_recording_the_carrier_turns_out_not_to_have_is_absent(world: World) -> None:
    talk = recorded(world)
    tape(talk).void = True
    assert over(talk).state == RecordingState.ABSENT
    assert Call.objects.get().state == CallState.ENDED
