"""Whoever is left on a call is left with somebody who hears them, whom they hear; nobody who talks
is hung up on because something else did not work."""

import pytest

from agents.services import handoffs
from agents.services.handoffs import Target
from calls import plans
from calls.models import Leg
from calls.plans import CannotNow
from calls.services import watching
from calls.states import CallState, ChangeState, LegRole, RecordingState, TransferState, WatchMode
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.handing import Handing, another_queue, handing, outsider
from tests.journeys.people import Outsider
from tests.journeys.talks import (
    hear_each_other,
    hear_nothing_of_each_other,
    hears_music,
    is_told,
    talking,
)
from tests.journeys.tapes import recording, tapes
from tests.journeys.test_supervisors import supervised
from tests.journeys.world import World

CONSENT = "This call may be recorded, and what you say is kept for ninety days."


def with_lawyer(world: World) -> tuple[Handing, Outsider]:
    """Ruth, Dana and a lawyer talk."""
    at, lawyer = handing(world), outsider(world)
    at.adds(Target(number=lawyer.phone.number))
    world.run_until(lambda: at.ruth_is_with(lawyer.phone))
    return at, lawyer


def line_of(at: Handing, who: Outsider) -> Leg:
    return at.talk.call.legs.get(role=LegRole.EXTERNAL, address=who.phone.number)


def cannot_be_let_go(at: Handing, *, seconds: float) -> None:
    """For so long the carrier refuses, for now, to end Dana's line."""
    line, until = at.dana.phone.call, at.world.carrier.now + seconds
    assert line is not None

    def refuses(request: RestRequest) -> RestAnswer | None:
        ends = request.method == "POST" and line.sid in request.path
        is_so = ends and at.world.carrier.now < until
        return RestAnswer(503, {}, b'{"status": 503, "message": "later"}') if is_so else None

    at.world.driver.ambush = refuses


# Muted, held --------------------------------------------------------------------------------------


def test_a_muted_customer_who_is_given_to_somebody_outside_is_heard(world: World) -> None:
    at, lawyer = handing(world), outsider(world)
    at.consulting(Target(number=lawyer.phone.number))
    at.brings_all_together()
    at.talk.does(plans.mute, at.talk.ruth.leg.pk)
    at.completes()
    world.run(3)
    assert at.ruth_is_with(lawyer.phone)


def test_a_muted_customer_who_is_sent_on_is_heard_by_the_next_agent(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(2)
    at.talk.does(plans.mute, at.talk.ruth.leg.pk)
    at.sends_on()
    at.until(TransferState.COMPLETED)
    world.run(3)
    assert at.ruth_is_with(at.omar.phone)


def test_nobody_is_muted_for_ever_when_the_last_agent_hangs_up(world: World) -> None:
    at, lawyer = with_lawyer(world)
    at.talk.does(plans.mute, line_of(at, lawyer).pk)
    at.dana.hangs_up()
    world.run(3)
    assert at.ruth_is_with(lawyer.phone)


def test_nor_where_the_carrier_was_down_for_as_long_as_it_was_asked(world: World) -> None:
    at, lawyer = with_lawyer(world)
    at.talk.does(plans.mute, line_of(at, lawyer).pk)
    world.carrier.faults.rest_5xx = 1.0
    at.dana.hangs_up()
    world.run(45)
    world.carrier.faults.rest_5xx = 0.0
    world.run(30)
    assert at.ruth_is_with(lawyer.phone)


def test_an_agent_on_hold_has_the_caller_when_the_other_agent_hangs_up(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(1)
    at.adds(Target(user=at.omar.agent.user))
    world.run_until(lambda: at.ruth_is_with(at.dana.phone, at.omar.phone))
    at.talk.does(plans.hold, at.talk.leg_of(at.dana).pk)
    at.omar.hangs_up()
    world.run(3)
    assert at.ruth_is_with(at.dana.phone)


def test_somebody_outside_is_held_and_the_two_others_talk_on(world: World) -> None:
    at, lawyer = with_lawyer(world)
    at.talk.does(plans.hold, line_of(at, lawyer).pk)
    assert at.ruth_is_with(at.dana.phone)
    assert hears_music(lawyer.phone)
    assert hear_nothing_of_each_other(at.ruth, lawyer.phone)
    assert hear_nothing_of_each_other(at.dana.phone, lawyer.phone)


def test_of_those_who_go_on_without_caller_and_agent_nobody_is_on_hold(world: World) -> None:
    at, lawyer = with_lawyer(world)
    clerk = outsider(world)
    at.adds(Target(number=clerk.phone.number))
    world.run_until(lambda: at.ruth_is_with(clerk.phone))
    at.talk.ruth.hangs_up()
    at.talk.does(plans.hold, line_of(at, lawyer).pk)
    at.dana.hangs_up()
    world.run(8)
    assert hear_each_other(lawyer.phone, clerk.phone)


def test_who_waits_with_music_is_not_taken_off_hold_into_silence(world: World) -> None:
    at = handing(world)
    at.omar.lets_it_ring()
    at.sends_on()
    world.run(3)
    with pytest.raises(CannotNow, match="would hear silence"):
        at.talk.does(plans.resume, at.talk.ruth.leg.pk)
    assert hears_music(at.ruth)


# Rung, and not needed; there, and needed ----------------------------------------------------------


def test_who_is_rung_to_join_is_let_go_when_the_caller_goes_to_another_line(world: World) -> None:
    at, lawyer = handing(world), outsider(world)
    lawyer.lets_it_ring()
    at.adds(Target(number=lawyer.phone.number))
    at.sends_on(Target(queue=another_queue(world, "Sales")))
    world.run(2)
    assert not line_of(at, lawyer).is_live
    assert at.talk.call.state == CallState.WAITING


def test_who_has_the_caller_keeps_them_though_the_first_cannot_be_let_go(world: World) -> None:
    at = handing(world)
    at.omar.answers_after(2)
    cannot_be_let_go(at, seconds=60)
    made = at.sends_on()
    world.run(40)
    made.refresh_from_db()
    assert made.state == ChangeState.FAILED
    assert at.ruth_is_with(at.omar.phone)


def test_a_caller_who_stands_in_another_line_stays_there_though_the_first_is_still_up(
    world: World,
) -> None:
    at = handing(world)
    sales = another_queue(world, "Sales", at.omar)
    at.omar.answers_after(17)
    cannot_be_let_go(at, seconds=20)
    at.sends_on(Target(queue=sales))
    world.run(16)
    assert at.talk.call.state == CallState.WAITING
    assert hears_music(at.ruth)
    world.run(20)
    assert at.ruth_is_with(at.omar.phone)
    assert not at.talk.leg_of(at.dana).is_live


@pytest.mark.parametrize("outside", [True, False])
def test_nobody_takes_over_in_the_middle_of_a_transfer(world: World, outside: bool) -> None:
    floor, lawyer = supervised(world), outsider(world)
    floor.joins(WatchMode.LISTEN)
    to = Target(number=lawyer.phone.number) if outside else Target(queue=world.queue("Sales"))
    floor.does(handoffs.start_warm, by=floor.dana, to=to)
    with pytest.raises(CannotNow, match="Dana is handing the call on to"):
        floor.does(watching.take_over)


def test_an_agent_who_is_only_rung_to_join_does_not_keep_anybody_from_taking_over(
    world: World,
) -> None:
    floor = supervised(world)
    omar = world.agent("Omar", floor.talk.queue)
    omar.lets_it_ring()
    floor.joins(WatchMode.BARGE)
    floor.does(handoffs.add, by=floor.dana, to=Target(user=omar.agent.user))
    floor.world.run(1)
    floor.does(watching.take_over)
    omar.picks_up()
    world.run(3)
    assert hear_each_other(floor.talk.ruth.person, omar.phone)
    assert hear_each_other(floor.talk.ruth.person, floor.sofia.phone)


def test_nobody_consults_who_is_on_hold(world: World) -> None:
    at = handing(world)
    at.talk.does(plans.hold, at.talk.leg_of(at.dana).pk)
    with pytest.raises(CannotNow, match="Dana is on hold"):
        at.consults()


# Told ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("away", ["hold", "digits"])
def test_who_was_away_while_it_was_said_is_not_recorded_untold(world: World, away: str) -> None:
    talk = talking(world, recording="on-demand", recording_consent=CONSENT)
    first = talk.does(plans.record)
    world.run(1)
    ruth = talk.ruth.leg.pk
    if away == "hold":
        talk.does(plans.hold, ruth)
    else:
        talk.does(plans.send_digits, ruth, digits="1234ww1234")
    world.run(15)
    first.refresh_from_db()
    assert (first.state, tapes(talk), talk.call.consent_at) == (ChangeState.FAILED, [], None)
    if away == "hold":
        talk.does(plans.resume, ruth)
    talk.does(plans.record)
    assert is_told(talk.ruth.person, CONSENT)
    world.run(15)
    assert recording(talk).state == RecordingState.IN_PROGRESS
