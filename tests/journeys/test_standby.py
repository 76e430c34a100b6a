"""An agent's line is rung once and kept open: calls come to it by a beep, and it goes back."""

from typing import Any

import pytest

from calls.models import Leg, Offer, Queue, Standby, StandbyLeg, TimelineEvent
from calls.services import lifecycle, offers, queueing
from calls.states import AgentGone, CallState, LegRole, OfferState, WaitingExit
from sandbox.core.config import Config
from sandbox.core.sounds import Plays
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.conftest import MakeWorld
from tests.journeys.keeping_open import (
    ends,
    is_idle,
    is_ready,
    line_of,
    on_standby,
    rung,
    starts,
)
from tests.journeys.people import Colleague, Visit
from tests.journeys.talks import hear_each_other, hears_music, hears_nothing, is_told
from tests.journeys.world import World

pytestmark = pytest.mark.usefixtures("nothing_fails")


def ready(world: World, **fields: Any) -> tuple[Queue, Colleague]:
    """Dana is on standby for Billing."""
    fields.setdefault("wrap_up_seconds", 0)
    billing = world.queue("Billing", **fields)
    dana = world.agent("Dana", billing)
    on_standby(world, dana)
    return billing, dana


def beeped(world: World, after: float = 0) -> tuple[Visit, Colleague]:
    """Dana is asked for a key, because Ruth calls; `after` so many seconds on standby."""
    billing, dana = ready(world)
    dana.confirms_by_key()
    world.run(after)
    visit = world.calls_in("Ruth", billing)
    world.run_until(lambda: dana.phone.has_heard("Press 1 to take it"))
    return visit, dana


def talks(world: World, visit: Visit, dana: Colleague) -> None:
    world.run_until(lambda: hear_each_other(visit.person, dana.phone))


def agents_leg(visit: Visit) -> Leg:
    return visit.call.legs.get(role=LegRole.AGENT)


# Kept open ----------------------------------------------------------------------------------------


def test_a_line_is_rung_once_and_waits_in_silence(world: World) -> None:
    _, dana = ready(world)
    assert is_idle(dana)
    world.run(900)
    assert is_idle(dana)
    assert hears_nothing(dana.phone)
    assert rung(dana) == 1


def test_whoever_answers_presses_a_key_so_that_no_mailbox_is_kept_open(world: World) -> None:
    dana = world.agent("Dana", world.queue("Billing"), confirm_by_key=True)
    dana.answers_after(2)
    begun = starts(dana)
    world.run(3)
    assert not is_ready(dana)
    dana.presses("1")
    world.run(1)
    assert is_ready(dana)
    assert is_told(dana.phone, "You are on standby")
    assert begun.started_by == dana.agent.user


@pytest.mark.parametrize(
    ("keys", "why"), [("", "answered, but no key was pressed"), ("2", "declined on the phone")]
)
def test_whoever_does_not_want_it_is_not_rung_again(world: World, keys: str, why: str) -> None:
    dana = world.agent("Dana", world.queue("Billing"), confirm_by_key=True)
    dana.answers_after(2, presses=keys)
    begun = starts(dana)
    world.run(300)
    begun.refresh_from_db()
    assert begun.why == why
    assert begun.ended_by is None
    assert dana.phone.call is None
    assert rung(dana) == 1


def test_a_start_that_is_pressed_twice_is_one(world: World) -> None:
    dana = world.agent("Dana", world.queue("Billing"))
    dana.answers_after(2)
    assert starts(dana) == starts(dana)
    world.run(10)
    assert starts(dana).lines.count() == 1
    assert rung(dana) == 1


def test_while_the_line_is_rung_for_standby_it_is_offered_no_caller(world: World) -> None:
    billing = world.queue("Billing")
    dana = world.agent("Dana", billing, confirm_by_key=True)
    dana.answers_after(5)
    starts(dana)
    visit = world.calls_in("Ruth", billing)
    world.run(8)
    assert not dana.offers
    dana.presses("1")
    world.run_until(lambda: bool(dana.offers))
    assert visit.call.state == CallState.WAITING


# Calls by a beep ----------------------------------------------------------------------------------


def test_one_ring_for_two_calls(world: World) -> None:
    billing, dana = ready(world)
    line = line_of(dana)
    for name in ("Ruth", "Rosa"):
        visit = world.calls_in(name, billing)
        talks(world, visit, dana)
        visit.hangs_up()
        world.run_until(lambda: is_idle(dana))
        leg = agents_leg(visit)
        assert leg.standby == line
        assert leg.answered_at is not None
        assert leg.joined_at is not None
        assert leg.ended_at is not None
        assert visit.call.state == CallState.ENDED
        world.run(30)
        assert hears_nothing(dana.phone)
    assert rung(dana) == 1
    assert Leg.objects.filter(sid=line.sid if line else "").count() == 2


def test_the_call_comes_with_a_beep_and_in_a_moment(world: World) -> None:
    billing, dana = ready(world)
    visit = world.calls_in("Ruth", billing)
    world.run_until(lambda: any(isinstance(s, Plays) for s in dana.phone.hearing), within=2)
    assert not hear_each_other(visit.person, dana.phone)
    began = world.carrier.now
    talks(world, visit, dana)
    assert world.carrier.now - began < 2


def test_whoever_confirms_by_key_is_told_who_calls_and_the_caller_keeps_the_music(
    world: World,
) -> None:
    visit, dana = beeped(world)
    assert hears_music(visit.person) or is_told(visit.person, "next in line")
    dana.presses("1")
    talks(world, visit, dana)
    assert dana.offers[0].state == OfferState.ACCEPTED


@pytest.mark.parametrize(("keys", "state"), [("2", OfferState.DECLINED), ("", OfferState.MISSED)])
def test_a_call_that_is_not_taken_stays_in_line_and_the_line_stays_open(
    world: World, keys: str, state: OfferState
) -> None:
    visit, dana = beeped(world)
    place = visit.waiting.place
    if keys:
        dana.presses(keys)
    world.run(25)
    assert dana.offers[0].state == state
    assert is_ready(dana)
    assert visit.waiting.place == place
    assert visit.call.state == CallState.WAITING
    assert rung(dana) == 1
    ben = world.agent("Ben", dana.agent.queues.get())
    ben.answers_after(2)
    talks(world, visit, ben)


def test_a_call_that_is_declined_at_the_desk_leaves_the_line_open(world: World) -> None:
    visit, dana = beeped(world)
    offers.decline(offer_id=dana.offers[0].pk, user=dana.agent.user, now=world.now)
    world.settle()
    world.run(3)
    assert is_idle(dana)
    assert hears_nothing(dana.phone)
    assert visit.call.state == CallState.WAITING


def test_a_caller_who_hangs_up_during_the_beep_leaves_the_line_open(world: World) -> None:
    visit, dana = beeped(world)
    visit.hangs_up()
    world.run(3)
    assert dana.offers[0].state == OfferState.WITHDRAWN
    assert is_idle(dana)
    assert hears_nothing(dana.phone)


def test_a_break_during_the_beep_takes_the_offer_back_and_keeps_the_line(world: World) -> None:
    visit, dana = beeped(world)
    dana.takes_break()
    world.run(5)
    assert dana.offers[0].state == OfferState.WITHDRAWN
    assert is_idle(dana)
    dana.goes_available()
    world.run_until(lambda: len(dana.offers) == 2)
    assert visit.call.state == CallState.WAITING


def test_after_call_work_is_as_after_any_call(world: World) -> None:
    billing, dana = ready(world, wrap_up_seconds=20)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    world.calls_in("Rosa", billing)
    visit.hangs_up()
    world.run(10)
    assert agents_leg(visit).wrap_up.finished_at is None
    assert is_idle(dana)
    assert len(dana.offers) == 1
    world.run_until(lambda: len(dana.offers) == 2, within=15)


def test_a_call_that_is_ended_at_the_desk_leaves_the_line_open(world: World) -> None:
    billing, dana = ready(world)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    lifecycle.end_call(call_id=visit.call.pk, by=dana.agent.user, reason="done", now=world.now)
    world.run(3)
    assert visit.person.call is None
    assert visit.call.state == CallState.ENDED
    assert is_idle(dana)
    told = TimelineEvent.objects.filter(call=visit.call).values_list("text", flat=True)
    assert any(text.endswith("line is out of the call, on standby again") for text in told)


def test_a_call_that_is_sent_to_another_line_gives_the_line_back(world: World) -> None:
    billing, dana = ready(world)
    sales = world.queue("Sales")
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    queueing.send_to_queue(
        call_id=visit.call.pk, queue=sales, by=dana.agent.user, reason="", now=world.now
    )
    world.run(5)
    assert is_idle(dana)
    assert hears_nothing(dana.phone)
    assert visit.call.state == CallState.WAITING


# Lost ---------------------------------------------------------------------------------------------


def test_a_line_that_drops_between_calls_is_rung_again(world: World) -> None:
    billing, dana = ready(world)
    first = line_of(dana)
    world.run(120)
    dana.hangs_up()
    world.run_until(lambda: is_ready(dana), within=15)
    assert line_of(dana) != first
    assert rung(dana) == 2
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)


def test_a_line_that_is_put_down_as_soon_as_it_is_there_is_not_rung_again(world: World) -> None:
    _, dana = ready(world)
    dana.hangs_up()
    world.run(300)
    assert Standby.objects.get().why == "the phone was put down"
    assert rung(dana) == 1


def test_a_line_that_cannot_be_had_again_is_given_up_and_calls_ring(world: World) -> None:
    billing, dana = ready(world)
    world.run(120)
    dana.cannot_be_reached()
    dana.hangs_up()
    world.run(240)
    assert Standby.objects.get().why == "the line could not be kept open"
    assert rung(dana) == 5
    dana.answers_after(2)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    assert agents_leg(visit).standby is None
    assert rung(dana) == 6


def test_while_a_lost_line_waits_to_be_rung_again_calls_ring(world: World) -> None:
    billing, dana = ready(world)
    world.run(120)
    dana.cannot_be_reached()
    dana.hangs_up()
    world.run(5)
    dana.answers_after(2)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    assert agents_leg(visit).standby is None
    world.run(60)
    assert hear_each_other(visit.person, dana.phone)
    visit.hangs_up()
    world.run_until(lambda: is_idle(dana), within=30)


@pytest.mark.parametrize("gone", list(AgentGone))
def test_a_line_that_drops_in_mid_call_sends_the_caller_to_the_front(
    world: World, gone: AgentGone
) -> None:
    billing, dana = ready(world, agent_gone=gone)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    world.run(120)
    dana.hangs_up()
    world.run(1)
    assert visit.call.state == CallState.WAITING
    assert visit.waiting.exit != WaitingExit.ENDED_BY_US
    world.run_until(lambda: hear_each_other(visit.person, dana.phone), within=30)
    visit.hangs_up()
    world.run_until(lambda: is_idle(dana), within=30)


def test_a_line_that_drops_during_the_beep_costs_the_caller_nothing(world: World) -> None:
    visit, dana = beeped(world, after=120)
    dana.hangs_up()
    world.run(2)
    assert visit.call.state == CallState.WAITING
    assert not Offer.objects.open().exists() or rung(dana) > 1


def test_a_line_whose_end_nobody_has_told_us_of_is_no_trap_for_the_next_caller(
    world: World,
) -> None:
    """Nobody missed anything: the agent is rung instead, at once."""
    billing, dana = ready(world)
    world.run(120)
    world.outage.lost = lambda fetch: "/standby" in fetch.url
    dana.hangs_up()
    world.outage.lost = None
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    first = dana.offers[0]
    assert first.state == OfferState.WITHDRAWN
    assert first.note == "the standby line was over"


def test_the_carriers_longest_call_does_not_end_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three and a half hours it is rung anew, but not while somebody talks on it; and a talk
    that is on after four hours goes on."""
    for often in ("LOOK_EVERY", "SWEEP_EVERY", "RECONCILE_EVERY"):
        monkeypatch.setattr(f"tests.journeys.world.{often}", 60.0)
    billing, dana = ready(world)
    world.run(3 * 3600)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    world.run(75 * 60)
    assert hear_each_other(visit.person, dana.phone)
    assert rung(dana) == 1
    visit.hangs_up()
    world.run(60)
    assert is_idle(dana)
    assert rung(dana) == 2


def test_an_account_that_allows_no_longer_call_keeps_a_line_open_all_the_same(
    world: World,
) -> None:
    def refuses(request: RestRequest) -> RestAnswer | None:
        asked = "TimeLimit" in dict(request.form)
        return RestAnswer(400, {}, b'{"code": 13216, "message": "no"}') if asked else None

    world.driver.ambush = refuses
    _, dana = ready(world)
    assert is_idle(dana)
    assert rung(dana) == 1


@pytest.mark.parametrize("lost", [True, False])
def test_a_break_ends_the_ringing_for_standby(world: World, *, lost: bool) -> None:
    """At the first time, and where a lost line is rung again."""
    dana = world.agent("Dana", world.queue("Billing"))
    if lost:
        on_standby(world, dana)
        world.run(60)
        dana.lets_it_ring()
        dana.hangs_up()
    else:
        dana.lets_it_ring()
        starts(dana)
    world.run(3)
    assert dana.phone.call is not None
    dana.takes_break()
    world.run(120)
    assert dana.phone.call is None
    assert rung(dana) == (2 if lost else 1)
    assert Standby.objects.get().why == "on a break"


def test_a_line_that_is_lost_on_a_break_is_not_rung_again(world: World) -> None:
    _, dana = ready(world)
    dana.takes_break()
    world.run(60)
    assert is_idle(dana)
    dana.hangs_up()
    world.run(120)
    assert rung(dana) == 1
    assert Standby.objects.get().why == "on a break"


def test_going_offline_ends_the_ringing_for_standby(world: World) -> None:
    dana = world.agent("Dana", world.queue("Billing"))
    dana.lets_it_ring()
    starts(dana)
    world.run(3)
    assert dana.phone.call is not None
    dana.goes_offline()
    world.run(60)
    assert dana.phone.call is None
    assert rung(dana) == 1


# The end of the shift -----------------------------------------------------------------------------


def test_going_offline_ends_it(world: World) -> None:
    _, dana = ready(world)
    dana.goes_offline()
    world.run(5)
    assert dana.phone.call is None
    ended = Standby.objects.get()
    assert ended.why == "went offline"
    assert ended.ended_by == dana.agent.user
    assert not StandbyLeg.objects.live().exists()
    world.run(120)
    assert rung(dana) == 1


def test_an_end_in_mid_call_lets_the_two_talk(world: World) -> None:
    billing, dana = ready(world)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    ends(dana)
    world.run(60)
    assert hear_each_other(visit.person, dana.phone)
    visit.hangs_up()
    world.run(5)
    assert dana.phone.call is None
    assert not StandbyLeg.objects.live().exists()


def test_an_end_while_it_rings_stops_the_ringing(world: World) -> None:
    dana = world.agent("Dana", world.queue("Billing"))
    dana.lets_it_ring()
    starts(dana)
    world.run(3)
    assert dana.phone.call is not None
    ends(dana)
    world.run(3)
    assert dana.phone.call is None
    world.run(300)
    assert rung(dana) == 1


def test_a_desk_that_is_left_alone_does_not_keep_the_line_open_for_the_night(
    world: World,
) -> None:
    _, dana = ready(world)
    dana.desk_freezes()
    world.run(8 * 60)
    assert is_ready(dana)
    world.run(4 * 60)
    assert dana.phone.call is None
    assert Standby.objects.get().why == "the agent is not at work"


# Trouble ------------------------------------------------------------------------------------------


def test_a_ringing_whose_answer_never_comes_is_not_two_open_lines(world: World) -> None:
    dana = world.agent("Dana", world.queue("Billing"))
    dana.answers_after(2)
    world.carrier.faults.rest_next.append("timeout")
    starts(dana)
    world.run(90)
    assert is_idle(dana)
    up = [c for c in world.carrier.calls.values() if c.to == dana.phone.number and not c.ended]
    assert len(up) == 1


def test_no_news_at_all_is_made_up_for_by_looking(world: World) -> None:
    billing, dana = ready(world)
    world.run(120)
    world.outage.lost = lambda fetch: "standby-status" in fetch.url
    dana.hangs_up()
    world.run(90)
    world.outage.lost = None
    assert rung(dana) == 2
    assert is_idle(dana)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)


def test_a_line_that_we_call_over_is_ended_at_the_carrier(world: World) -> None:
    _, dana = ready(world)
    world.run(30)
    lost = line_of(dana)
    assert lost is not None
    Standby.objects.update(ended_at=world.now, why="lost")
    StandbyLeg.objects.update(state="completed", ended_at=world.now)
    world.run(90)
    assert dana.phone.call is None


@pytest.mark.parametrize("mishap", ["500", "slow", "refused"])
def test_a_question_about_the_line_that_we_do_not_answer_costs_nothing(
    world: World, mishap: Any
) -> None:
    billing, dana = ready(world)
    visit = world.calls_in("Ruth", billing)
    world.outage.next["standby"] = mishap
    talks(world, visit, dana)
    visit.hangs_up()
    world.outage.next["standby"] = mishap
    world.run(30)
    assert is_idle(dana)
    assert rung(dana) == 1


def test_a_worker_that_is_away_finds_the_line_as_it_was(world: World) -> None:
    billing, dana = ready(world)
    visit = world.calls_in("Ruth", billing)
    talks(world, visit, dana)
    world.outage.worker = True
    visit.hangs_up()
    world.run(60)
    world.outage.worker = False
    world.run(30)
    assert is_idle(dana)
    assert visit.call.state == CallState.ENDED


@pytest.mark.parametrize("seed", range(3))
def test_news_that_is_repeated_late_and_out_of_order(make_world: MakeWorld, seed: int) -> None:
    world = make_world(seed=seed, config=Config(cps=0))
    faults = world.carrier.faults
    faults.callback_repeated = faults.callback_reordered = faults.callback_late = 0.4
    billing, dana = ready(world)
    for name in ("Ruth", "Rosa", "Rita"):
        visit = world.calls_in(name, billing)
        talks(world, visit, dana)
        world.run(20)
        assert hear_each_other(visit.person, dana.phone)
        visit.hangs_up()
        world.run_until(lambda: is_idle(dana))
    assert rung(dana) == 1
    world.run(40)
    assert visit.call.state == CallState.ENDED
    assert is_idle(dana)
