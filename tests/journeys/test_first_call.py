"""A caller reaches an agent: from the ring to the wrap-up."""

from calls.models import Call, Offer, WrapUp
from calls.states import CallOutcome, CallState, OfferState, WaitingExit
from tests.journeys.world import World


def test_dana_waits_reaches_ana_talks_and_is_wrapped_up(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing)
    ana.answers_after(3)

    dana = world.calls_in("Dana", billing)
    world.run_until(lambda: dana.hears(ana.phone))
    call = dana.call
    assert call.state == CallState.TALKING
    assert dana.waiting.exit == WaitingExit.CONNECTED

    world.run(60)
    dana.hangs_up()
    world.run(5)
    call = dana.call
    assert (call.state, call.outcome) == (CallState.ENDED, CallOutcome.ANSWERED)
    assert ana.live_leg is None
    assert WrapUp.objects.get().user == ana.agent.user
    assert Offer.objects.get().state == OfferState.ACCEPTED
    assert Call.objects.count() == 1


def test_ana_hears_who_calls_before_she_takes_the_call(world: World) -> None:
    billing = world.queue("Billing")
    ana = world.agent("Ana", billing, confirm_by_key=True)
    ana.answers_when_asked()
    dana = world.calls_in("Dana", billing, number="+12125550123")
    world.run_until(lambda: dana.hears(ana.phone))
    assert ana.phone.has_heard("A call for Billing from 1, 2 1 2, 5 5 5, 0 1 2 3.")
