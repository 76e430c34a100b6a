"""What is set up is changed in mid-call: whoever is on the line is served as if nothing were."""

from django.contrib.auth.models import User

from agents.models import Agent
from calls.models import PhoneNumber, Queue
from calls.states import CallOutcome, CallState, OfferState
from tests.journeys.judging import Judge
from tests.journeys.world import World


def test_callers_in_a_line_that_is_switched_off_are_still_answered(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.takes_break()
    dana = world.calls_in("Dana", billing)
    world.run(20)
    Queue.objects.update(is_active=False)
    world.run(60)
    ana.answers_after(1)
    ana.goes_available()
    world.run_until(lambda: dana.hears(ana.phone))


def test_a_talk_goes_on_when_the_agent_is_taken_off_the_books(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    judge = Judge(world)
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    Agent.objects.filter(pk=ana.agent.pk).delete()
    world.run(20)
    assert dana.hears(ana.phone)
    dana.hangs_up()
    world.run(100)
    judge.all_is_over()


def test_an_agent_taken_off_the_books_while_ringing_costs_the_caller_no_place(
    world: World,
) -> None:
    billing = world.queue("Billing")
    ana, bo = world.agent("Ana", billing), world.agent("Bo", billing, confirm_by_key=True)
    bo.answers_when_asked()
    dana = world.calls_in("Dana", billing)
    world.run(3)
    assert [offer.state for offer in ana.offers] == [OfferState.OFFERED]
    Agent.objects.filter(pk=ana.agent.pk).delete()
    world.run_until(lambda: dana.hears(bo.phone), within=40)


def test_a_user_switched_off_in_mid_call_talks_on_and_gets_no_other(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(1)
    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    User.objects.filter(pk=ana.agent.user_id).update(is_active=False)
    world.run(20)
    assert dana.hears(ana.phone)
    eli = world.calls_in("Eli", billing)
    world.run(5)
    assert eli.call.outcome == CallOutcome.UNSTAFFED
    assert len(ana.offers) == 1


def test_a_number_moved_to_another_line_moves_the_next_caller_only(world: World) -> None:
    billing, sales = world.queue("Billing"), world.queue("Sales")
    for queue in (billing, sales):
        world.agent(f"Ana of {queue}", queue).takes_break()
    number = billing.numbers.get()
    dana = world.calls_in("Dana", billing)
    PhoneNumber.objects.filter(pk=number.pk).update(queue=sales)
    eli = world.caller("Eli")
    eli.lifts(number.e164)
    world.run(40)
    assert dana.waiting.queue == billing
    assert sales.waitings.get().call.customer_number == eli.number


def test_an_hour_in_line_is_never_silent_and_ends_with_an_agent(world: World) -> None:
    billing = world.queue("Billing", max_wait_seconds=0)
    ana = world.agent("Ana", billing)
    ana.takes_break()
    judge = Judge(world)
    dana = world.calls_in("Dana", billing)
    for _ in range(60):
        world.run(60)
        judge.look([dana.person])
    assert dana.call.state == CallState.WAITING
    ana.answers_after(1)
    ana.goes_available()
    world.run_until(lambda: dana.hears(ana.phone))


def test_an_agent_who_changes_their_mind_all_the_time_costs_the_caller_nothing(
    world: World,
) -> None:
    billing = world.queue("Billing")
    ana, bo = world.agent("Ana", billing), world.agent("Bo", billing)
    bo.takes_break()
    judge = Judge(world)
    dana = world.calls_in("Dana", billing)
    for _ in range(15):
        ana.takes_break()
        world.run(1)
        ana.goes_available()
        world.run(1)
        ana.goes_offline()
        world.run(1)
        judge.look([dana.person])
    bo.answers_after(1)
    bo.goes_available()
    world.run_until(lambda: dana.hears(bo.phone), within=40)
