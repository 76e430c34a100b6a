"""Callers who cannot be queued: each has a path of its own, and is told."""

from datetime import time

import pytest

from agents.models import Agent
from calls.models import OpeningHours, Queue, Voicemail
from calls.states import CallOutcome, CallState, Recourse, WaitingExit
from tests.journeys.ears import Listener
from tests.journeys.people import Colleague, Visit
from tests.journeys.world import World


def leaves_a_message(world: World, visit: Visit) -> None:
    world.run_until(lambda: visit.person.has_heard("after the tone"), within=30)
    world.run(5)
    assert visit.person.call is not None
    visit.person.call.speak("please call me back about my bill")
    world.run(60)
    assert visit.person.call is None


def test_a_caller_after_hours_hears_so_and_leaves_a_message(world: World) -> None:
    billing = world.queue("Billing", closed_message="We are closed today. Leave a message.")
    world.agent("Ana", billing)
    day_before = (world.now.weekday() - 1) % 7
    OpeningHours.objects.create(queue=billing, weekday=day_before, opens=time(9), closes=time(17))
    dana = world.calls_in("Dana", billing)
    leaves_a_message(world, dana)
    assert dana.call.outcome == CallOutcome.VOICEMAIL
    assert Voicemail.objects.get().call == dana.call


def test_a_caller_who_finds_nobody_signed_in_is_told(world: World) -> None:
    billing = world.queue("Billing", unstaffed_recourse=Recourse.HANG_UP)
    dana = world.calls_in("Dana", billing)
    world.run(30)
    assert dana.person.has_heard("Nobody is here")
    assert dana.person.call is None
    assert (dana.call.state, dana.call.outcome) == (CallState.ENDED, CallOutcome.UNSTAFFED)


def test_a_caller_who_does_not_fit_into_the_line_is_told(world: World) -> None:
    billing = world.queue("Billing", max_waiting=1)
    ana = world.agent("Ana", billing)
    ana.takes_break()
    dana = world.calls_in("Dana", billing)
    eli = world.calls_in("Eli", billing)
    world.run(30)
    assert eli.person.has_heard("lines are busy")
    assert eli.call.outcome == CallOutcome.FULL
    assert dana.call.state == CallState.WAITING


def test_a_caller_who_finds_nobody_signed_in_may_leave_a_message(world: World) -> None:
    billing = world.queue("Billing", unstaffed_recourse=Recourse.VOICEMAIL)
    dana = world.calls_in("Dana", billing)
    leaves_a_message(world, dana)
    assert dana.person.has_heard("Nobody is here")
    assert dana.call.outcome == CallOutcome.VOICEMAIL
    assert Voicemail.objects.get().call == dana.call


def test_a_caller_who_does_not_fit_into_the_line_may_leave_a_message(world: World) -> None:
    billing = world.queue("Billing", max_waiting=1, full_recourse=Recourse.VOICEMAIL)
    world.agent("Ana", billing).takes_break()
    world.calls_in("Dana", billing)
    eli = world.calls_in("Eli", billing)
    leaves_a_message(world, eli)
    assert eli.person.has_heard("lines are busy")
    assert Voicemail.objects.get().call == eli.call


def test_an_agents_line_may_be_a_sip_telephone(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing, available=False)
    desk_phone = Listener(world.carrier, "sip:ana@office.example.com", name="Ana's desk phone")
    Agent.objects.filter(pk=ana.agent.pk).update(line_kind="sip", line_address=desk_phone.number)
    at_the_desk = Colleague(world, ana.fresh(), desk_phone)
    at_the_desk.answers_after(2)
    at_the_desk.goes_available()
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(desk_phone), within=30)


def test_a_queue_that_is_switched_off_is_closed_at_any_hour(world: World) -> None:
    billing = world.queue("Billing", closed_recourse=Recourse.HANG_UP)
    world.agent("Ana", billing)
    Queue.objects.update(is_active=False)
    dana = world.calls_in("Dana", billing)
    world.run(30)
    assert dana.person.has_heard("closed")
    assert dana.call.outcome == CallOutcome.CLOSED


def test_a_caller_who_waited_too_long_is_not_left_to_the_music(world: World) -> None:
    billing = world.queue("Billing", max_wait_seconds=120)
    world.agent("Ana", billing).takes_break()
    dana = world.calls_in("Dana", billing)
    world.run(200)
    assert dana.person.has_heard("lines are busy")
    assert dana.waiting.exit == WaitingExit.TOO_LONG
    assert dana.person.call is None


def test_waiting_callers_hear_their_place_and_an_estimate(world: World) -> None:
    billing = world.queue("Billing")
    world.agent("Ana", billing).takes_break()
    world.calls_in("Dana", billing)
    eli = world.calls_in("Eli", billing)
    world.run(60)
    assert eli.person.has_heard("second in line") or eli.person.has_heard("number 2")


def test_nobody_is_promised_two_minutes_while_everybody_is_at_lunch(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    for name in ("Dana", "Eli", "Femi"):
        visit = world.calls_in(name, billing)
        world.run(50)
        visit.hangs_up()
        world.run(40)
    busy = world.calls_in("Gus", billing)
    world.run(5)
    hopeful = world.calls_in("Hana", billing)
    world.run(20)
    assert hopeful.person.has_heard("We expect to take your call")
    busy.hangs_up()
    ana.takes_break()
    hungry = world.calls_in("Ida", billing)
    world.run(20)
    assert hungry.person.has_heard("in line")
    assert not hungry.person.has_heard("We expect to take your call")


@pytest.mark.parametrize("number", ["anonymous", "", "+266696687", "Restricted"])
def test_callers_without_a_number_are_served_like_others(world: World, number: str) -> None:
    """Scenario 31."""
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    hidden = world.caller("Hidden")
    world.carrier.dial_in(hidden, from_=number, to=billing.numbers.get().e164)
    world.settle()
    world.run_until(lambda: ana.live_leg is not None and ana.live_leg.in_room)
    world.run(5)
    call = billing.call_set.get()
    assert call.state == CallState.TALKING


def test_the_same_person_calling_twice_at_once_has_two_calls(world: World) -> None:
    """Scenario 31."""
    billing = world.queue("Billing")
    world.agent("Ana", billing).takes_break()
    first = world.calls_in("Dana", billing, number="+15553007777")
    second = world.calls_in("Dana again", billing, number="+15553007777")
    world.run(5)
    assert billing.call_set.filter(state=CallState.WAITING).count() == 2
    first.hangs_up()
    world.run(5)
    assert billing.call_set.filter(state=CallState.WAITING).count() == 1
    assert second.person.call is not None
