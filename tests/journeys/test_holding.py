"""Hold, mute, messages and tones in a live call, judged by what each person hears."""

import re

import pytest
from django.conf import settings

from agents.screens import draw_desk
from calls import plans
from calls.models import Command
from calls.services import changing
from calls.states import ChangeState, OrderState, Verb
from sandbox.core.sounds import Plays
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.talks import (
    hear_each_other,
    hear_nothing_of_each_other,
    hears,
    hears_music,
    hears_nothing,
    is_told,
    talking,
)
from tests.journeys.world import World


def test_a_customer_on_hold_hears_music_and_nobody_hears_them(world: World) -> None:
    talk = talking(world)
    ruth, dana = talk.ruth.person, talk.agents["Dana"]
    made = talk.does(plans.hold, talk.ruth.leg.id, by=dana.agent.user)
    assert made.state == ChangeState.DONE
    assert hears_music(ruth)
    assert hear_nothing_of_each_other(ruth, dana.phone)
    assert talk.ruth.leg.on_hold
    talk.does(plans.resume, talk.ruth.leg.id, by=dana.agent.user)
    assert hear_each_other(ruth, dana.phone)
    assert not talk.ruth.leg.on_hold


def test_the_desk_shows_what_is_waited_for_and_not_what_is_hoped_for(world: World) -> None:
    talk = talking(world)
    ruth, dana = talk.ruth.leg, talk.agents["Dana"].agent.user
    held, busy = 'data-testid="held"', re.compile(r'aria-busy="true" data-testid="(\w+)"')
    for verb, plan, before, after in (
        ("hold", plans.hold, False, True),
        ("resume", plans.resume, True, False),
    ):
        changing.change(
            call_id=talk.call.pk,
            planning=lambda scene, plan=plan: plan(scene, ruth.pk),  # type: ignore[misc]
            by=dana,
            now=world.now,
        )
        page = draw_desk(dana)  # the carrier has not answered
        assert (held in page, busy.findall(page)) == (before, [verb])
        world.settle()
        page = draw_desk(dana)
        assert (held in page, busy.findall(page)) == (after, [])


def test_hold_plays_the_queues_own_audio(world: World) -> None:
    harp = f"https://harps.example{settings.STATIC_URL}{settings.HOLD_MUSIC}"
    talk = talking(world, hold_music_url=harp)
    talk.does(plans.hold, talk.ruth.leg.id)
    assert Plays(harp) in talk.ruth.person.hearing


def test_an_agent_can_be_held_as_well(world: World) -> None:
    talk = talking(world)
    dana = talk.agents["Dana"]
    talk.does(plans.hold, talk.leg_of(dana).id)
    assert hears_music(dana.phone)
    assert hears_nothing(talk.ruth.person)


def test_music_goes_on_for_as_long_as_the_hold(world: World) -> None:
    talk = talking(world)
    talk.does(plans.hold, talk.ruth.leg.id)
    world.run(600)
    assert hears_music(talk.ruth.person)
    now = world.carrier.now
    assert not any(quiet.longer_than(1, now=now) for quiet in talk.ruth.person.quiets)


def test_who_is_muted_hears_and_is_not_heard(world: World) -> None:
    talk = talking(world)
    ruth, dana = talk.ruth.person, talk.agents["Dana"]
    talk.does(plans.mute, talk.leg_of(dana).id)
    assert hears(dana.phone, ruth)
    assert not hears(ruth, dana.phone)
    assert talk.leg_of(dana).muted
    talk.does(plans.unmute, talk.leg_of(dana).id)
    assert hear_each_other(ruth, dana.phone)


def test_a_message_is_for_one_ear_only(world: World) -> None:
    talk = talking(world)
    ruth, dana = talk.ruth.person, talk.agents["Dana"].phone
    talk.does(plans.announce, talk.ruth.leg.id, say="This call is recorded.")
    assert is_told(ruth, "This call is recorded.")
    assert not is_told(dana, "This call is recorded.")
    world.run(10)
    assert hear_each_other(ruth, dana)


def test_a_message_to_everybody_is_heard_by_everybody(world: World) -> None:
    talk = talking(world)
    talk.does(plans.announce, None, say="We close in five minutes.")
    for person in (talk.ruth.person, talk.agents["Dana"].phone):
        assert is_told(person, "We close in five minutes.")


def test_a_sound_is_played_to_one_ear_and_then_to_all(world: World) -> None:
    chime = Plays(f"https://sounds.example{settings.STATIC_URL}{settings.HOLD_MUSIC}")
    talk = talking(world)
    ruth, dana = talk.ruth.person, talk.agents["Dana"].phone
    talk.does(plans.announce, talk.ruth.leg.id, play=chime.url)
    assert chime in ruth.hearing
    assert chime not in dana.hearing
    world.run(120)
    assert hear_each_other(ruth, dana)
    talk.does(plans.announce, None, play=chime.url)
    assert chime in ruth.hearing
    assert chime in dana.hearing


def test_digits_reach_the_far_end_and_its_person_comes_back(world: World) -> None:
    talk = talking(world)
    dana = talk.agents["Dana"]
    talk.does(plans.send_digits, talk.leg_of(dana).id, "12#")
    assert not hears(talk.ruth.person, dana.phone)
    world.run(10)
    assert hear_each_other(talk.ruth.person, dana.phone)
    assert all(dana.phone.has_heard(key) for key in "12#")


def test_a_hold_whose_answer_is_an_error_is_shown_as_it_is(world: World) -> None:
    """Scenario 14: the caller is held although the request failed: held is shown, and resume."""
    talk = talking(world)

    def answers_500(request: RestRequest) -> RestAnswer | None:
        if request.method != "POST" or "/Participants/" not in request.path:
            return None
        world.driver.ambush = None
        world.driver.rest(request)
        return RestAnswer(500, {}, b"{}")

    world.driver.ambush = answers_500
    talk.does(plans.hold, talk.ruth.leg.id)
    assert talk.ruth.leg.on_hold
    with pytest.raises(plans.CannotNow, match="on hold already"):
        talk.does(plans.hold, talk.ruth.leg.id)
    talk.does(plans.resume, talk.ruth.leg.id)
    world.run(10)
    assert hear_each_other(talk.ruth.person, talk.agents["Dana"].phone)


def test_a_held_customer_who_hangs_up_ends_the_call(world: World) -> None:
    talk = talking(world)
    talk.does(plans.hold, talk.ruth.leg.id)
    talk.ruth.hangs_up()
    world.run(5)
    assert talk.call.ended_at is not None
    assert talk.leg_of(talk.agents["Dana"]).ended_at is not None


def test_an_agent_who_hangs_up_leaves_nobody_on_hold_for_ever(world: World) -> None:
    talk = talking(world, agent_gone="requeue")
    talk.does(plans.hold, talk.ruth.leg.id)
    talk.agents["Dana"].hangs_up()
    world.run(3)
    assert not talk.ruth.leg.on_hold
    assert talk.call.state == "waiting"
    assert not hears_nothing(talk.ruth.person)


def test_what_makes_no_sense_now_is_refused_with_a_sentence(world: World) -> None:
    talk = talking(world)
    ruth = talk.ruth.leg.id
    with pytest.raises(plans.CannotNow, match="is not on hold"):
        talk.does(plans.resume, ruth)
    with pytest.raises(plans.CannotNow, match="End the call instead"):
        talk.does(plans.drop, ruth)
    talk.ruth.hangs_up()
    with pytest.raises(plans.CannotNow, match="This call is over"):
        talk.does(plans.hold, ruth)
    refused = Command.objects.filter(verb__in=[Verb.RESUME, Verb.HOLD])
    assert not refused.exclude(state=OrderState.DONE).exists()
