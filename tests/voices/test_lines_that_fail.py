"""What goes wrong with an agent's line in the browser, in mid-call and before: who hears whom."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from agents.availability import STALE_AFTER
from agents.models import Agent, LineState
from calls.models import Call, Offer
from calls.states import LegRole, OfferState
from tests.journeys.programs import PATIENCE, wait_until
from tests.voices.hearing import hear_each_other, talks_with_ada
from tests.voices.people import ADA, BEN, DANA, SOON, SPARE, Desk, Street
from tests.voices.place import FRONT_DOOR


def test_a_desk_that_is_loaded_again_comes_back_to_its_call(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    ada.page.reload()
    ada.talks()
    hear_each_other(dana, ada)
    lines = Call.objects.latest("arrived_at").legs.filter(role=LegRole.AGENT)
    assert list(lines.values_list("user__username", flat=True)) == ["ada", "ada"]


def test_a_call_outlives_the_loss_of_its_signalling(street: Street) -> None:
    """They hear each other on; when it is back, either can hang up."""
    dana, ada = talks_with_ada(street)
    street.way.cut()
    expect(ada.line).to_contain_text("Line lost", timeout=SOON)
    hear_each_other(dana, ada)
    street.way.mend()
    ada.talks()
    hear_each_other(dana, ada)
    dana.presses("Hang up")
    ada.is_in_no_call()


def test_a_line_that_the_carrier_has_given_up_is_begun_anew(street: Street) -> None:
    """The network was gone for too long: the caller hears music until Ada's page is back."""
    dana, ada = talks_with_ada(street)
    street.way.cut()
    dana.waits_not_to_hear(ADA)
    dana.waits_for_sound()
    street.way.mend()
    ada.talks()
    hear_each_other(dana, ada)


def test_a_token_is_renewed_in_mid_call_and_calls_come_as_before(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    for _ in range(2):  # the first one has expired then
        with ada.page.expect_response("**/desk/softphone/token", timeout=SOON) as renewed:
            pass
        assert renewed.value.ok
    hear_each_other(dana, ada)
    dana.presses("Hang up")
    ada.is_in_no_call()
    dana.calls(FRONT_DOOR)
    ada.accepts()
    hear_each_other(dana, ada)


def test_a_microphone_that_is_unplugged_is_followed_by_the_next(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    ada.page.evaluate("unplug", SPARE)
    dana.waits_to_hear(SPARE, nothing_of=[ADA, DANA])
    expect(ada.remarks).to_contain_text("You are heard through", timeout=SOON)
    ada.waits_to_hear(DANA)


def test_a_winner_whose_microphone_fails_loses_the_call_to_the_next(street: Street) -> None:
    """Scenario 2: the caller keeps their place, and hears music, until Ben has them."""
    ada, ben = street.ada().is_available(), street.ben().is_available()
    dana = street.dana_calls()
    ada.is_offered_a_call()
    ada.page.evaluate("unplug(0)")
    ada.accepts()
    ben.accepts()
    dana.waits_to_hear(BEN, nothing_of=[ADA, DANA])
    ben.waits_to_hear(DANA)
    call = Call.objects.latest("arrived_at")
    offers = Offer.objects.filter(call=call).order_by("offered_at")
    assert list(offers.values_list("state", flat=True)) == [OfferState.FAILED, OfferState.ACCEPTED]
    assert len({offer.waiting.place for offer in offers}) == 1


def test_the_newer_of_two_tabs_has_the_line_and_a_second_sign_in_the_next_call(
    street: Street,
) -> None:
    """Scenario 21: what is being talked is talked to its end where it is."""
    older = street.ada().is_available()
    newer = older.another_tab().is_available()
    is_elsewhere(older)
    dana = street.dana_calls()
    newer.accepts()
    hear_each_other(dana, newer)
    assert not older.page.get_by_test_id("accept").is_visible()
    is_elsewhere(older)

    third = street.ada().is_ready()
    expect(newer.remarks).to_contain_text("Talk on here", timeout=SOON)
    hear_each_other(dana, newer)
    dana.presses("Hang up")
    is_elsewhere(newer)
    dana.calls(FRONT_DOOR)
    third.accepts()
    hear_each_other(dana, third)


def is_elsewhere(desk: Desk) -> None:
    expect(desk.line).to_have_text("In another window", timeout=SOON)


def test_a_frozen_tab_is_offered_no_calls(street: Street) -> None:
    """Scenario 22: it is registered, and not reachable; thawed, it is asked again."""
    ada, ben = street.ada().is_available(), street.ben().is_available()
    ada.is_frozen()
    wait_until(lambda: not is_reachable("ada"), within=PATIENCE)
    dana = street.dana_calls()
    ben.accepts()
    dana.waits_to_hear(BEN)
    dana.presses("Hang up")
    ben.is_in_no_call()
    ada.is_thawed()
    ada.is_available()
    wait_until(lambda: is_reachable("ada"), within=PATIENCE)
    dana.calls(FRONT_DOOR)
    ada.accepts()
    hear_each_other(dana, ada)


def is_reachable(name: str) -> bool:
    """Whether dispatch would ask this agent, by what it knows of their page."""
    agent = Agent.objects.get(user__username=name)
    assert agent.seen_at is not None
    fresh = timezone.now() - agent.seen_at < STALE_AFTER + timedelta(seconds=1)
    return fresh and agent.line_state == LineState.READY
