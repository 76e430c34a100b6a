"""Everything that is done to live calls, done to agents whose lines are kept open."""

from datetime import timedelta

import pytest

from agents.models import Supervisor
from agents.screens import draw_board
from agents.services import handoffs
from agents.services.handoffs import Target
from calls import plans
from calls.models import Command, Leg, StandbyLeg
from calls.services import lifecycle, parking, queueing, standing_by, transfers, watching
from calls.states import (
    CallState,
    ChangeState,
    LegRole,
    OfferState,
    OrderState,
    TransferState,
    Verb,
    WatchMode,
)
from sandbox.core.orders import ConferenceUpdate
from sandbox.core.sounds import Plays
from sandbox.drivers.inprocess import InProcess
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.handing import Handing
from tests.journeys.judging import Judge
from tests.journeys.keeping_open import ends, is_idle, is_ready, on_standby, rung, starts
from tests.journeys.people import Colleague, Visit
from tests.journeys.talks import (
    Talk,
    hear_each_other,
    hear_nothing_of_each_other,
    hears,
    hears_music,
    hears_nothing,
)
from tests.journeys.world import World

pytestmark = pytest.mark.usefixtures("nothing_fails")


def handing(world: World, *others: str, **queue: object) -> Handing:
    """Ruth talks with Dana; Omar is free; the lines of all agents are kept open."""
    queue.setdefault("wrap_up_seconds", 0)
    billing = world.queue("Billing", **queue)
    talk = Talk(world, billing, Visit(world, world.caller("Ruth")))
    for name in ("Dana", "Omar", *others):
        colleague = world.agent(name, billing)
        on_standby(world, colleague)
        if name != "Dana":
            colleague.takes_break()
        talk.agents[name] = colleague
    talk.ruth.person.lifts(billing.numbers.get().e164)
    world.run_until(lambda: hear_each_other(talk.ruth.person, talk.agents["Dana"].phone))
    talk.agents["Omar"].goes_available()
    return Handing(talk)


def rung_once(at: Handing) -> bool:
    return all(rung(colleague) == 1 for colleague in at.talk.agents.values())


def ends_well(at: Handing) -> None:
    """Ruth hangs up: everybody is back on standby, and nobody was rung."""
    if at.ruth.call is not None:
        at.talk.ruth.hangs_up()
    at.world.run(10)
    assert at.talk.call.state == CallState.ENDED
    assert all(is_idle(colleague) for colleague in at.talk.agents.values())
    assert all(hears_nothing(colleague.phone) for colleague in at.talk.agents.values())
    assert rung_once(at)


# In the conversation ------------------------------------------------------------------------------


def test_hold_mute_and_digits(world: World) -> None:
    at = handing(world)
    dana, ruth = at.talk.leg_of(at.dana), at.talk.ruth.leg
    at.talk.does(plans.hold, ruth.pk)
    assert at.ruth_hears_only_music()
    at.talk.does(plans.resume, ruth.pk)
    assert at.ruth_is_with(at.dana.phone)
    at.talk.does(plans.hold, dana.pk)
    assert hears_music(at.dana.phone)
    at.talk.does(plans.resume, dana.pk)
    at.talk.does(plans.mute, dana.pk)
    assert not hears(at.ruth, at.dana.phone)
    at.talk.does(plans.unmute, dana.pk)
    at.talk.does(plans.send_digits, dana.pk, "1")
    world.run(5)
    assert at.ruth_is_with(at.dana.phone)
    ends_well(at)


# Handing on ---------------------------------------------------------------------------------------


def test_a_consult_moves_the_seconds_line_and_gives_the_firsts_back(world: World) -> None:
    at = handing(world, wrap_up_seconds=30)
    at.consults()
    world.run_until(lambda: any(isinstance(s, Plays) for s in at.omar.phone.hearing), within=3)
    at.until(TransferState.CONSULTING)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    at.completes()
    world.run(3)
    assert at.transfer.state == TransferState.COMPLETED
    assert at.ruth_is_with(at.omar.phone)
    assert hear_nothing_of_each_other(at.ruth, at.dana.phone)
    assert is_idle(at.dana)
    assert at.talk.leg_of(at.dana).wrap_up.finished_at is None
    ends_well(at)


def test_a_room_that_ends_in_a_consult_brings_everybody_back_as_they_were(world: World) -> None:
    at = handing(world)
    at.consulting()
    [room] = [room for room in world.carrier.conferences.values() if not room.ended]
    world.carrier.update_conference(room, ConferenceUpdate(status="completed"))
    world.run(8)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    at.completes()
    world.run(3)
    assert at.ruth_is_with(at.omar.phone)
    ends_well(at)


def test_the_board_tells_a_moved_line_from_one_that_is_rung(world: World) -> None:
    at = handing(world)
    at.omar.confirms_by_key()
    sam = world.agent("Sam").agent.user
    Supervisor.objects.create(user=sam).queues.add(at.talk.queue)
    omar = Target(user=at.omar.agent.user)
    handoffs.start_warm(call_id=at.talk.call.pk, to=omar, by=at.dana.agent.user, now=world.now)
    shown = draw_board(sam)
    assert "being moved in" in shown
    assert "being rung" not in shown
    world.run_until(lambda: at.omar.phone.has_heard("Press 1 to come in"))
    at.omar.presses("1")
    at.until(TransferState.CONSULTING)
    transfers.cancel(call_id=at.talk.call.pk, by=at.dana.agent.user, now=world.now)
    shown = draw_board(sam)
    assert "going back on standby" in shown
    assert "line is being ended" not in shown


def test_the_board_says_of_a_line_on_standby_that_a_call_is_offered(world: World) -> None:
    billing = world.queue("Billing", wrap_up_seconds=0)
    dana = world.agent("Dana", billing)
    dana.confirms_by_key()
    dana.answers_when_asked()
    starts(dana)
    world.run_until(lambda: is_ready(dana))
    sam = world.agent("Sam").agent.user
    Supervisor.objects.create(user=sam).queues.add(billing)
    world.calls_in("Ruth", billing)
    world.run_until(lambda: dana.offers != [])
    shown = draw_board(sam)
    assert "Offered a call" in shown
    assert "Ringing" not in shown


def test_a_consult_that_is_cancelled_gives_the_seconds_line_back(world: World) -> None:
    at = handing(world)
    at.consulting()
    at.cancels()
    world.run(3)
    assert at.transfer.state == TransferState.CANCELLED
    assert at.ruth_is_with(at.dana.phone)
    assert is_idle(at.omar)
    ends_well(at)


@pytest.mark.parametrize(
    ("keys", "state"), [("2", TransferState.DECLINED), ("", TransferState.NO_ANSWER)]
)
def test_a_second_who_does_not_come_goes_back_to_standby(
    world: World, keys: str, state: TransferState
) -> None:
    at = handing(world)
    at.omar.confirms_by_key()
    at.consults()
    world.run_until(lambda: at.omar.phone.has_heard("Press 1 to come in"))
    if keys:
        at.omar.presses(keys)
    at.until(state)
    world.run(3)
    assert at.ruth_is_with(at.dana.phone)
    assert is_idle(at.omar)
    ends_well(at)


def test_a_second_whose_line_drops_during_the_consult(world: World) -> None:
    at = handing(world)
    at.consulting()
    world.run(120)
    at.omar.hangs_up()
    world.run(2)
    assert at.transfer.state == TransferState.SECOND_GONE
    assert at.ruth_is_with(at.dana.phone)
    world.run_until(lambda: is_idle(at.omar), within=20)


def test_a_first_whose_line_drops_during_the_consult(world: World) -> None:
    at = handing(world)
    at.consulting()
    world.run(120)
    at.dana.hangs_up()
    world.run(2)
    assert at.transfer.state == TransferState.FIRST_GONE
    assert at.ruth_is_with(at.omar.phone)
    world.run_until(lambda: is_idle(at.dana), within=20)
    assert hear_each_other(at.ruth, at.omar.phone)


def test_swap_and_three_way_and_leaving(world: World) -> None:
    at = handing(world)
    at.consulting()
    at.swaps()
    world.run(2)
    assert at.ruth_is_with(at.dana.phone)
    assert hear_nothing_of_each_other(at.ruth, at.omar.phone)
    at.brings_all_together()
    world.run(2)
    assert at.ruth_is_with(at.dana.phone, at.omar.phone)
    dana = at.dana.agent.user
    transfers.leave(call_id=at.talk.call.pk, by=dana, now=world.now)
    world.run(3)
    assert at.ruth_is_with(at.omar.phone)
    assert is_idle(at.dana)
    ends_well(at)


def test_a_blind_transfer_moves_one_line_in_and_the_other_back(world: World) -> None:
    at = handing(world)
    at.sends_on()
    at.until(TransferState.COMPLETED)
    world.run(2)
    assert at.ruth_is_with(at.omar.phone)
    assert is_idle(at.dana)
    ends_well(at)


def test_a_blind_transfer_that_nobody_takes_comes_back_by_a_beep(world: World) -> None:
    at = handing(world)
    at.omar.confirms_by_key()
    at.sends_on()
    world.run_until(lambda: at.omar.phone.has_heard("Press 1 to come in"))
    at.omar.presses("2")
    world.run_until(lambda: hear_each_other(at.ruth, at.dana.phone), within=20)
    assert at.dana.offers[-1].reason["because"] == "sent the caller on, and nobody took the call"
    ends_well(at)


def test_the_next_who_is_free_in_a_queue_is_consulted_by_a_beep(world: World) -> None:
    at = handing(world)
    sales = world.queue("Sales")
    at.omar.agent.memberships.create(queue=sales)
    at.consulting(Target(queue=sales))
    assert hear_each_other(at.dana.phone, at.omar.phone)
    at.completes()
    world.run(3)
    assert at.ruth_is_with(at.omar.phone)
    ends_well(at)


def test_a_third_who_is_added_and_dropped(world: World) -> None:
    at = handing(world)
    at.adds(Target(user=at.omar.agent.user))
    world.run_until(lambda: at.ruth_is_with(at.dana.phone, at.omar.phone))
    at.talk.does(plans.drop, at.talk.leg_of(at.omar).pk)
    world.run(3)
    assert at.ruth_is_with(at.dana.phone)
    assert is_idle(at.omar)
    ends_well(at)


def test_two_who_talk_on_without_the_caller(world: World) -> None:
    at = handing(world)
    at.adds(Target(user=at.omar.agent.user))
    world.run_until(lambda: at.ruth_is_with(at.dana.phone, at.omar.phone))
    at.talk.ruth.hangs_up()
    world.run(5)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    lifecycle.end_call(call_id=at.talk.call.pk, by=None, reason="done", now=world.now)
    ends_well(at)


# Setting aside, sending elsewhere -----------------------------------------------------------------


def test_parked_and_retrieved_by_a_beep(world: World) -> None:
    at = handing(world)
    call, dana, omar = at.talk.call, at.dana.agent.user, at.omar.agent.user
    parking.park(call_id=call.pk, by=dana, now=world.now)
    world.run(5)
    assert hears_music(at.ruth)
    assert is_idle(at.dana)
    parking.retrieve_for(call_id=call.pk, user=omar, now=world.now)
    world.run_until(lambda: hear_each_other(at.ruth, at.omar.phone), within=10)
    ends_well(at)


def test_sent_elsewhere(world: World) -> None:
    at = handing(world)
    queueing.send_to_twiml(
        call_id=at.talk.call.pk,
        twiml="<Response><Say>Goodbye</Say><Pause length='5'/><Hangup/></Response>",
        by=at.dana.agent.user,
        reason="done",
        now=world.now,
    )
    world.run(3)
    assert is_idle(at.dana)
    world.run(10)
    ends_well(at)


# Supervisors --------------------------------------------------------------------------------------


def watched(world: World) -> tuple[Handing, Colleague]:
    """Sofia supervises, and keeps a line open as well."""
    at = handing(world, "Sofia")
    sofia = at.talk.agents["Sofia"]
    Supervisor.objects.create(user=sofia.agent.user).queues.set([at.talk.queue])
    return at, sofia


def test_a_supervisor_is_moved_in_and_through_all_four_modes(world: World) -> None:
    at, sofia = watched(world)
    call, by = at.talk.call.pk, sofia.agent.user

    def switches(mode: WatchMode) -> None:
        watching.switch(call_id=call, by=by, mode=mode, now=world.now)
        world.run(3)

    watching.watch(call_id=call, by=by, mode=WatchMode.LISTEN, now=world.now)
    world.run(5)
    assert hears(sofia.phone, at.ruth)
    assert hears(sofia.phone, at.dana.phone)
    assert not hears(at.ruth, sofia.phone)
    assert not hears(at.dana.phone, sofia.phone)
    switches(WatchMode.WHISPER)
    assert hears(at.dana.phone, sofia.phone)
    assert not hears(at.ruth, sofia.phone)
    switches(WatchMode.BARGE)
    assert at.ruth_is_with(at.dana.phone, sofia.phone)
    watching.take_over(call_id=call, by=by, now=world.now)
    world.run(5)
    assert at.ruth_is_with(sofia.phone)
    assert is_idle(at.dana)
    ends_well(at)


def test_a_supervisor_who_stops_is_on_standby_again(world: World) -> None:
    at, sofia = watched(world)
    call, by = at.talk.call.pk, sofia.agent.user
    watching.watch(call_id=call, by=by, mode=WatchMode.LISTEN, now=world.now)
    world.run(5)
    watching.stop(call_id=call, by=by, now=world.now)
    world.run(3)
    assert is_idle(sofia)
    assert hear_nothing_of_each_other(sofia.phone, at.ruth)
    assert at.ruth_is_with(at.dana.phone)
    ends_well(at)


def test_a_supervisor_is_let_go_with_the_call(world: World) -> None:
    at, sofia = watched(world)
    watching.watch(
        call_id=at.talk.call.pk, by=sofia.agent.user, mode=WatchMode.LISTEN, now=world.now
    )
    world.run(5)
    ends_well(at)


def reaches(world: World, caller: Visit, dana: Colleague) -> None:
    world.run_until(lambda: hear_each_other(caller.person, dana.phone), within=15)


# Orders -------------------------------------------------------------------------------------------


def moved_but_unanswered(world: World) -> None:
    """The next order that moves a standby leg is carried out; its answer is an error."""

    def answers(request: RestRequest) -> RestAnswer | None:
        if "/twilio/standby/" not in dict(request.form).get("Url", ""):
            return None
        world.driver.ambush = None
        InProcess.rest(world.driver, request)
        return RestAnswer(500, {}, b'{"code": 20500, "message": "error", "status": 500}')

    world.driver.ambush = answers


def test_a_move_whose_answer_is_lost_brings_the_agent_once(world: World) -> None:
    at = handing(world)
    at.talk.ruth.hangs_up()
    world.run(5)
    moved_but_unanswered(world)
    rosa = world.calls_in("Rosa", at.talk.queue)
    world.run_until(lambda: hear_each_other(rosa.person, at.dana.phone), within=10)
    world.run(20)
    assert hear_each_other(rosa.person, at.dana.phone)
    moves = Command.objects.filter(call=rosa.call, verb=Verb.DIAL)
    assert [order.state for order in moves] == [OrderState.DONE]
    rosa.hangs_up()
    world.run(5)
    assert is_idle(at.dana)


def test_a_way_back_whose_answer_is_lost_does_not_disturb_the_next_call(world: World) -> None:
    at = handing(world)
    at.omar.takes_break()
    rosa = world.calls_in("Rosa", at.talk.queue)
    moved_but_unanswered(world)
    at.talk.ruth.hangs_up()
    world.run_until(lambda: hear_each_other(rosa.person, at.dana.phone), within=20)
    world.run(30)
    assert hear_each_other(rosa.person, at.dana.phone)
    assert rung_once(at)


def test_a_line_that_does_not_go_back_is_ended_and_rung_anew(world: World) -> None:
    at = handing(world)

    def refuses(request: RestRequest) -> RestAnswer | None:
        if "/twilio/standby/" not in dict(request.form).get("Url", ""):
            return None
        return RestAnswer(400, {}, b'{"code": 21218, "message": "no", "status": 400}')

    world.driver.ambush = refuses
    at.talk.ruth.hangs_up()
    world.run(3)
    world.driver.ambush = None
    world.run_until(lambda: is_idle(at.dana), within=30)
    assert rung(at.dana) == 2
    assert at.talk.leg_of(at.dana).ended_at is not None


def test_a_change_that_fails_takes_the_second_back_to_standby(world: World) -> None:
    at = handing(world)

    def refuses(request: RestRequest) -> RestAnswer | None:
        if "/twilio/standby/" not in dict(request.form).get("Url", ""):
            return None
        return RestAnswer(400, {}, b'{"code": 21218, "message": "no", "status": 400}')

    world.driver.ambush = refuses
    made = at.consults()
    world.driver.ambush = None
    world.run(5)
    assert made.state == ChangeState.FAILED
    assert at.transfer.state == TransferState.FAILED
    assert at.ruth_is_with(at.dana.phone)
    assert is_ready(at.omar)
    ends_well(at)


def test_callers_one_after_another_without_a_pause(world: World) -> None:
    """The next is offered in the very moment in which the line is back."""
    at = handing(world)
    at.omar.takes_break()
    callers = [world.calls_in(f"Caller {number}", at.talk.queue) for number in range(6)]
    at.talk.ruth.hangs_up()
    for caller in callers:
        reaches(world, caller, at.dana)
        world.run(3)
        assert hear_each_other(caller.person, at.dana.phone)
        caller.hangs_up()
    world.run(10)
    assert is_idle(at.dana)
    states = {offer.state for offer in at.dana.offers}
    assert states == {OfferState.ACCEPTED}
    assert rung_once(at)
    legs = Leg.objects.filter(user=at.dana.agent.user, role=LegRole.AGENT)
    assert legs.count() == 7
    assert not legs.filter(ended_at=None).exists()


def test_a_line_that_is_old_is_rung_anew_between_two_calls(world: World) -> None:
    """However busy the agent is, the carrier's longest call ends none of theirs."""
    at = handing(world)
    at.omar.takes_break()
    rosa = world.calls_in("Rosa", at.talk.queue)
    StandbyLeg.objects.update(
        answered_at=world.now - standing_by.RENEWED_AFTER - timedelta(minutes=1)
    )
    at.talk.ruth.hangs_up()
    reaches(world, rosa, at.dana)
    assert rung(at.dana) == 2
    assert rosa.call.legs.get(role=LegRole.AGENT).standby is not None
    assert {offer.state for offer in at.dana.offers} == {OfferState.ACCEPTED}


def test_after_an_end_in_mid_call_the_next_call_rings_on_a_free_phone(world: World) -> None:
    at = handing(world)
    at.omar.takes_break()
    rosa = world.calls_in("Rosa", at.talk.queue)
    ends(at.dana)
    at.talk.ruth.hangs_up()
    reaches(world, rosa, at.dana)
    assert rosa.call.legs.get(role=LegRole.AGENT).standby is None
    assert {offer.state for offer in at.dana.offers} == {OfferState.ACCEPTED}


def test_the_records_are_true_while_lines_are_lent(world: World) -> None:
    at = handing(world)
    judge = Judge(world)
    at.consulting()
    world.run(30)
    idle = [at.omar, at.dana]
    assert not any(is_idle(colleague) for colleague in idle)
    judge.live_records_are_true()
