"""An agent dials somebody, judged by what each hears; and each way in which that may end."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agents.models import Supervisor
from agents.services import dialling, handoffs
from agents.services.dialling import Target
from calls import plans
from calls.models import Dialling, DialRules, Recording
from calls.services import lifecycle, parking, queueing, transfers, watching
from calls.states import CallOutcome, CallState, LegState, Verb, WatchMode
from sandbox.core.calls import Callee
from sandbox.core.errors import RestError
from sandbox.rest import RestAnswer, RestRequest
from sandbox.rest.answers import refusal
from tests.journeys.keeping_open import is_idle, on_standby, rung
from tests.journeys.reaching_out import Reaching, hears_ringing, is_called, reaching
from tests.journeys.talks import (
    hear_each_other,
    hears,
    hears_music,
    is_told,
)
from tests.journeys.test_carrier_fails import WHERE_NO_LINE_IS_YET, Ambush
from tests.journeys.world import World

pytestmark = pytest.mark.usefixtures("nothing_fails")


def test_the_agents_own_line_comes_first_and_then_the_customers(world: World) -> None:
    out = reaching(world)
    out.dials()
    world.run(1)
    assert is_called(out.dana)
    assert not is_called(out.ruth)
    assert out.call.state == CallState.DIALLING
    out.until_talking()
    assert out.call.state == CallState.TALKING
    assert out.call.direction == "outbound"


def test_the_agent_hears_it_ring_and_the_customer_hears_the_agent_at_once(world: World) -> None:
    out = reaching(world)
    out.dials()
    world.run_until(lambda: hears_ringing(out.dana.phone))
    assert is_called(out.ruth)
    out.until_talking()
    assert not any(quiet.longer_than(0.5, now=world.carrier.now) for quiet in out.ruth.phone.quiets)


def test_the_customer_sees_the_number_of_the_queue(world: World) -> None:
    out = reaching(world)
    out.dials()
    out.until_talking()
    leg = out.customer_leg
    assert leg is not None
    line = world.carrier.calls[leg.sid or ""]
    assert line.from_ == out.queue.numbers.get().e164
    assert line.to == out.ruth.phone.number


def test_talked_hung_up_and_written_down(world: World) -> None:
    out = reaching(world)
    out.dials()
    out.until_talking()
    out.ruth.hangs_up()
    world.run(2)
    assert out.call.state == CallState.ENDED
    assert out.call.outcome == CallOutcome.ANSWERED
    assert not is_called(out.dana)
    assert out.wrap_up is not None


def test_a_busy_line(world: World) -> None:
    out = reaching(world)
    out.ruth.is_busy()
    out.dials()
    world.run(10)
    ended_with(out, CallOutcome.BUSY, "the line is busy")


def test_nobody_answers(world: World) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dials()
    world.run(20)
    assert hears_ringing(out.dana.phone)
    world.run(30)
    ended_with(out, CallOutcome.NO_ANSWER, "nobody answered")


def test_a_line_that_cannot_be_reached(world: World) -> None:
    out = reaching(world)
    out.ruth.cannot_be_reached()
    out.dials()
    world.run(10)
    ended_with(out, CallOutcome.FAILED, "could not be reached")


def test_somebody_who_rejects_the_call(world: World) -> None:
    out = reaching(world)
    out.ruth.rejects_after(2)
    out.dials()
    world.run(15)
    assert out.call.outcome in (CallOutcome.BUSY, CallOutcome.NO_ANSWER)
    nobody_is_on_the_line(out)


# Called off, and gone -----------------------------------------------------------------------------


def test_called_off_while_the_agents_own_line_rings(world: World) -> None:
    out = reaching(world)
    out.dana.lets_it_ring()
    out.dials()
    world.run(1)
    out.cancels()
    world.run(5)
    assert out.call.outcome == CallOutcome.CANCELLED
    assert out.call.state == CallState.ENDED
    assert out.customer_leg is None
    nobody_is_on_the_line(out)


def test_called_off_while_the_customers_line_rings(world: World) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dials()
    out.until_ringing()
    out.cancels()
    world.run(5)
    assert out.call.outcome == CallOutcome.CANCELLED
    assert out.wrap_up is not None
    nobody_is_on_the_line(out)


def test_an_answer_that_crosses_the_cancel_ends_cleanly(world: World) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dials()
    out.until_ringing()
    out.ruth.picks_up_unheard()
    out.cancels()
    world.run(5)
    assert out.call.state == CallState.ENDED
    nobody_is_on_the_line(out)


def test_the_agent_puts_down_the_phone_while_it_rings(world: World) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dials()
    out.until_ringing()
    out.dana.hangs_up()
    world.run(5)
    assert out.call.outcome == CallOutcome.AGENT_GONE
    assert out.call.state == CallState.ENDED
    nobody_is_on_the_line(out)


@pytest.mark.parametrize("how", ["lets_it_ring", "is_busy", "cannot_be_reached"])
def test_an_agent_whose_own_line_does_not_come_dials_nobody(world: World, how: str) -> None:
    out = reaching(world)
    getattr(out.dana, how)()
    out.dials()
    world.run(60)
    assert out.call.state == CallState.ENDED
    assert out.call.outcome == CallOutcome.AGENT_GONE
    assert out.customer_leg is None
    assert out.wrap_up is None


def test_whoever_confirms_by_key_is_asked_before_anybody_is_dialled(world: World) -> None:
    out = reaching(world)
    out.dana.confirms_by_key()
    out.dials()
    world.run(5)
    assert is_told(out.dana.phone, "Press 1 to dial")
    assert not is_called(out.ruth)
    out.dana.presses("1")
    out.until_talking()


@pytest.mark.parametrize("keys", ["", "2"])
def test_a_mailbox_that_answers_for_the_agent_dials_nobody(world: World, keys: str) -> None:
    out = reaching(world)
    out.dana.confirms_by_key()
    out.dana.answers_after(2, presses=keys)
    out.dials()
    world.run(60)
    assert out.call.outcome == CallOutcome.AGENT_GONE
    assert out.customer_leg is None
    nobody_is_on_the_line(out)


# A mailbox that answers for the customer ----------------------------------------------------------


def test_the_customers_voicemail_ends_the_call_where_that_is_wanted(world: World) -> None:
    out = reaching(world)
    out.ruth.phone.pick_up = Callee("machine", greeting=6.0)
    out.dials(detects_machine=True)
    world.run(30)
    assert out.call.outcome == CallOutcome.MACHINE
    assert out.call.state == CallState.ENDED
    nobody_is_on_the_line(out)


def test_a_person_is_not_kept_waiting_by_the_detection(world: World) -> None:
    out = reaching(world)
    out.ruth.phone.pick_up = Callee("person", greeting=1.0)
    out.dials(detects_machine=True)
    out.until_talking()
    world.run(20)
    assert hear_each_other(out.ruth.phone, out.dana.phone)


def test_the_agent_says_that_it_was_the_voicemail(world: World) -> None:
    out = reaching(world)
    out.dials()
    out.until_talking()
    leg = out.customer_leg
    assert leg is not None
    lifecycle.machine_answered(leg_id=leg.pk, by=out.dana.agent.user, now=world.now)
    world.run(5)
    assert out.call.outcome == CallOutcome.MACHINE
    assert out.wrap_up is not None
    nobody_is_on_the_line(out)


# What the carrier does, and does not tell ---------------------------------------------------------


def test_a_country_that_the_account_may_not_call(world: World) -> None:
    out = reaching(world)

    def refuses(request: RestRequest) -> RestAnswer | None:
        if not request.path.endswith("/Participants.json") or request.method != "POST":
            return None
        return refusal(RestError(21215, 400, "Account not authorized to call"))

    world.driver.ambush = refuses
    out.dials()
    world.run(10)
    assert out.call.outcome == CallOutcome.FAILED
    assert any("not authorized" in told for told in out.told)
    nobody_is_on_the_line(out)


@pytest.mark.parametrize("way", WHERE_NO_LINE_IS_YET)
def test_a_customer_whose_line_cannot_be_rung_at_first(world: World, way: str) -> None:
    out = reaching(world)
    out.dials()
    world.run_until(lambda: is_called(out.dana))
    ambush = Ambush(world, Verb.DIAL, way)
    world.run(60)
    assert ambush.met
    if out.call.state == CallState.TALKING:
        assert hear_each_other(out.ruth.phone, out.dana.phone)
        out.ruth.hangs_up()
        world.run(10)
    assert out.call.state == CallState.ENDED
    world.run(60)
    nobody_is_on_the_line(out)
    rung_lines = [line for line in world.carrier.calls.values() if line.to == out.ruth.phone.number]
    assert len(rung_lines) <= 1


def test_a_carrier_that_cannot_be_asked_dials_nobody_twice(world: World) -> None:
    out = reaching(world)
    out.dials()
    world.run(1)
    world.carrier.faults.rest_refused = 1.0
    world.run(60)
    world.carrier.faults.rest_refused = 0.0
    world.run(90)
    assert out.call.state == CallState.ENDED
    assert out.call.outcome == CallOutcome.FAILED
    nobody_is_on_the_line(out)


def test_the_news_that_the_agent_is_in_the_room_is_lost(world: World) -> None:
    out = reaching(world)
    world.outage.lost = lambda fetch: "/conference/" in fetch.url
    out.dials()
    world.run(10)
    world.outage.lost = None
    assert not is_called(out.ruth)
    world.run_until(lambda: hear_each_other(out.ruth.phone, out.dana.phone), within=90)
    world.run(60)
    assert out.call.state == CallState.TALKING


def test_the_news_that_the_customer_is_there_is_lost(world: World) -> None:
    out = reaching(world)
    out.dials()
    out.until_ringing()
    world.outage.lost = lambda fetch: "/conference/" in fetch.url
    out.until_talking()
    world.outage.lost = None
    world.run(90)
    assert out.call.state == CallState.TALKING
    assert hear_each_other(out.ruth.phone, out.dana.phone)


def test_all_news_of_a_busy_line_is_lost(world: World) -> None:
    out = reaching(world)
    out.ruth.is_busy()
    world.outage.lost = lambda fetch: "/status/" in fetch.url
    out.dials()
    world.run(10)
    world.outage.lost = None
    world.run(90)
    assert out.call.outcome == CallOutcome.BUSY
    nobody_is_on_the_line(out)


def test_the_carrier_ends_a_call_that_has_become_too_long(world: World) -> None:
    DialRules.objects.create(pk=1, longest_minutes=5)
    out = reaching(world)
    out.dials()
    out.until_talking()
    world.run(290)
    assert hear_each_other(out.ruth.phone, out.dana.phone)
    world.run(15)
    assert out.call.state == CallState.ENDED
    nobody_is_on_the_line(out)


# A line that is kept open -------------------------------------------------------------------------


def test_an_open_line_is_moved_and_not_rung(world: World) -> None:
    out = reaching(world)
    on_standby(world, out.dana)
    out.dials()
    out.until_talking()
    assert rung(out.dana) == 1
    out.ruth.hangs_up()
    world.run_until(lambda: is_idle(out.dana))
    assert out.call.outcome == CallOutcome.ANSWERED
    assert rung(out.dana) == 1


# Everything else that is done to live calls -------------------------------------------------------


def test_hold_both_ways_and_back(world: World) -> None:
    out = reaching(world)
    out.dials()
    out.until_talking()
    customer = out.customer_leg
    assert customer is not None
    out.does(plans.hold, customer.pk)
    assert hears_music(out.ruth.phone)
    assert not hears(out.dana.phone, out.ruth.phone)
    out.does(plans.resume, customer.pk)
    assert hear_each_other(out.ruth.phone, out.dana.phone)


def test_the_customer_is_handed_on_after_a_consult(world: World) -> None:
    out = reaching(world)
    omar = world.agent("Omar", out.queue)
    omar.answers_after(2)
    out.dials()
    out.until_talking()
    to = handoffs.Target(user=omar.agent.user)
    by = out.dana.agent.user
    handoffs.start_warm(call_id=out.call.pk, to=to, by=by, now=world.now)
    world.run_until(lambda: hear_each_other(omar.phone, out.dana.phone))
    assert hears_music(out.ruth.phone)
    transfers.complete(call_id=out.call.pk, by=by, now=world.now)
    world.run_until(lambda: hear_each_other(omar.phone, out.ruth.phone))
    world.run(5)
    assert not is_called(out.dana)


def test_the_customer_is_parked_and_fetched(world: World) -> None:
    out = reaching(world)
    out.dials()
    out.until_talking()
    user = out.dana.agent.user
    parking.park(call_id=out.call.pk, by=user, now=world.now)
    world.run(3)
    assert hears_music(out.ruth.phone) or is_told(out.ruth.phone, "stay on the line")
    parking.retrieve_for(call_id=out.call.pk, user=user, now=world.now)
    world.run_until(lambda: hear_each_other(out.ruth.phone, out.dana.phone))


def test_a_line_of_the_agents_that_fails_leaves_the_customer_next_in_line(world: World) -> None:
    out = reaching(world)
    omar = world.agent("Omar", out.queue)
    omar.answers_after(2)
    out.dials()
    out.until_talking()
    failed = LegState.FAILED
    lifecycle.leg_progress(
        leg=out.own_leg, state=failed, sequence=None, now=world.now, sip_code=503
    )
    world.run_until(lambda: hear_each_other(out.ruth.phone, omar.phone))
    assert out.call.state == CallState.TALKING


def test_the_recording_begins_when_everybody_has_been_told(world: World) -> None:
    out = reaching(world, recording="all")
    out.dials()
    world.run_until(lambda: is_told(out.ruth.phone, "may be recorded"))
    assert not Recording.objects.filter(state="in-progress").exists()
    world.run_until(lambda: Recording.objects.filter(state="in-progress").exists())
    world.run(10)
    assert hear_each_other(out.ruth.phone, out.dana.phone)


def test_a_supervisor_listens_once_there_is_something_to_hear(world: World) -> None:
    out = reaching(world)
    sofia = world.agent("Sofia", out.queue, available=False)
    sofia.answers_after(1)
    Supervisor.objects.create(user=sofia.agent.user).queues.add(out.queue)
    out.ruth.answers_after(8)
    out.dials()
    out.until_ringing()
    by = sofia.agent.user
    with pytest.raises(plans.CannotNow):
        watching.watch(call_id=out.call.pk, by=by, mode=WatchMode.LISTEN, now=world.now)
    out.until_talking()
    watching.watch(call_id=out.call.pk, by=by, mode=WatchMode.LISTEN, now=world.now)
    world.run_until(lambda: hears(sofia.phone, out.ruth.phone))
    assert not hears(out.ruth.phone, sofia.phone)
    assert not hears(out.dana.phone, sofia.phone)


@pytest.mark.parametrize(
    "planning", [plans.hold, plans.drop, lambda scene, leg: plans.send_digits(scene, leg, "1")]
)
def test_what_makes_no_sense_before_the_answer_is_refused(
    world: World, planning: Callable[..., plans.Plan]
) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dials()
    out.until_ringing()
    for leg in (out.own_leg, out.customer_leg):
        assert leg is not None
        with pytest.raises(plans.CannotNow, match="Nobody has answered yet"):
            out.does(planning, leg.pk)


def test_a_call_that_nobody_has_answered_is_sent_nowhere(world: World) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dials()
    out.until_ringing()
    with pytest.raises(queueing.CannotRedirect, match="Nobody has answered yet"):
        queueing.send_to_queue(
            call_id=out.call.pk, queue=out.queue, by=None, reason="", now=world.now
        )


# Who dials, and who waits meanwhile ---------------------------------------------------------------


def test_whoever_dials_is_offered_no_caller(world: World) -> None:
    out = reaching(world)
    out.ruth.lets_it_ring()
    out.dana.goes_available()
    out.dials()
    out.until_ringing()
    visit = world.calls_in("Rosa", out.queue)
    world.run(20)
    assert not out.dana.offers
    assert visit.call.state == CallState.WAITING


def test_two_presses_are_one_call(world: World) -> None:
    out = reaching(world)
    out.dials()
    with pytest.raises(plans.CannotNow, match="Your line is in use"):
        out.dials()
    out.until_talking()


def test_a_colleague_is_dialled_and_is_busy_with_it(world: World) -> None:
    out = reaching(world)
    omar = world.agent("Omar", out.queue)
    omar.answers_after(2)
    to = Target(colleague=omar.fresh())
    user = out.dana.agent.user
    dialling.dial(agent=out.dana.fresh(), to=to, by=user, now=world.now)
    world.settle()
    world.run_until(lambda: hear_each_other(omar.phone, out.dana.phone))
    visit = world.calls_in("Rosa", out.queue)
    world.run(5)
    assert not omar.offers
    omar.hangs_up()
    world.run(60)
    assert out.call.state == CallState.ENDED
    assert visit.call is not None


def test_a_colleague_in_the_browser_is_dialled_and_costs_nothing(world: World) -> None:
    DialRules.objects.create(pk=1, unknown_price=None, money_a_day_each=Decimal(0))
    out = reaching(world)
    omar = world.agent("Omar", out.queue, browser=True)
    omar.answers_after(2)
    to = Target(colleague=omar.fresh())
    dialling.dial(agent=out.dana.fresh(), to=to, by=out.dana.agent.user, now=world.now)
    world.run_until(lambda: hear_each_other(omar.phone, out.dana.phone))
    assert Dialling.objects.get().per_minute == 0
    out.dana.hangs_up()
    world.run(60)
    assert out.call.state == CallState.ENDED
    nobody_is_on_the_line(out)


def ended_with(out: Reaching, outcome: CallOutcome, words: str) -> None:
    """Nobody is on the line, all of it is on record, and there is time to write it down."""
    assert out.call.state == CallState.ENDED
    assert out.call.outcome == outcome
    assert any(words in told for told in out.told), out.told
    assert out.wrap_up is not None
    nobody_is_on_the_line(out)


def nobody_is_on_the_line(out: Reaching) -> None:
    assert not is_called(out.dana)
    assert not is_called(out.ruth)
    assert all(line.ended for line in out.world.carrier.calls.values())
