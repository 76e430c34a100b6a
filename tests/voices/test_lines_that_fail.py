"""What goes wrong with an agent's line in the browser, in mid-call and before: who hears whom."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from agents.availability import is_stale
from agents.models import Agent
from calls.states import LegRole, OfferState
from tests.journeys.programs import PATIENCE, wait_until
from tests.voices.hearing import ada_wants, hear_each_other, talks_with_ada, the_call, was_rung
from tests.voices.people import ADA, BEN, DANA, SOON, SPARE, Desk, Street
from tests.voices.place import FRONT_DOOR


def test_a_desk_that_is_loaded_again_comes_back_to_its_call(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    ada.page.reload()
    ada.talks()
    hear_each_other(dana, ada)
    expect(ada.page.get_by_test_id("line-lost")).to_have_count(0, timeout=SOON)
    lines = the_call().legs.filter(role=LegRole.AGENT)
    assert list(lines.values_list("user__username", flat=True)) == ["ada", "ada"]


def test_a_call_outlives_the_loss_of_its_signalling(street: Street) -> None:
    """They hear each other on, over the same line; when it is back, either can hang up."""
    dana, ada = talks_with_ada(street)
    street.way.cut()
    expect(ada.line).to_contain_text("Line lost", timeout=SOON)
    hear_each_other(dana, ada)
    street.way.mend()
    ada.talks()
    hear_each_other(dana, ada)
    dana.presses("Hang up")
    ada.is_in_no_call()
    assert the_call().legs.filter(role=LegRole.AGENT).count() == 1


def test_a_line_that_the_carrier_has_given_up_is_begun_anew(street: Street) -> None:
    """The network was gone for too long: the caller hears music until Ada's page is back."""
    dana, ada = talks_with_ada(street)
    street.way.cut()
    dana.waits_not_to_hear(ADA)
    dana.waits_for_sound()
    street.way.mend()
    ada.talks()
    hear_each_other(dana, ada)


def test_a_token_is_renewed_in_mid_call_and_the_carrier_can_ring_as_before(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    for _ in range(2):  # the first one has expired then
        with ada.page.expect_response("**/desk/softphone/token", timeout=SOON) as renewed:
            pass
        assert renewed.value.ok
    hear_each_other(dana, ada)
    expect(ada.remarks).to_be_empty()
    dana.presses("Hang up")
    ada.is_in_no_call()
    with ada_wants(browser_rings=True):
        dana.calls(FRONT_DOOR)
        ada.accepts()
        hear_each_other(dana, ada)
    assert was_rung()


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
    offers = the_call().offers.order_by("offered_at")
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
    """Scenario 22: it is registered, and not reachable; thawed, it is asked again, and was never
    asked in vain."""
    ada, ben = street.ada().is_available(), street.ben().is_available()
    ada.is_frozen()
    # So that it does not take half a minute: one heartbeat, each ten seconds, would make up for it.
    agents = Agent.objects.filter(user__username="ada")
    agents.update(seen_at=F("seen_at") - timedelta(seconds=17))
    wait_until(lambda: is_silent(agents.get()), within=PATIENCE)
    dana = street.dana_calls()
    ben.accepts()
    dana.waits_to_hear(BEN)
    assert list(the_call().offers.values_list("user__username", flat=True)) == ["ben"]
    dana.presses("Hang up")
    ben.is_in_no_call()
    ada.is_thawed()
    wait_until(lambda: not is_silent(agents.get()), within=PATIENCE)
    expect(ada.is_ready().page.get_by_test_id("status")).to_have_text("Available", timeout=SOON)
    dana.calls(FRONT_DOOR)
    ada.accepts()
    hear_each_other(dana, ada)


def is_silent(agent: Agent) -> bool:
    return is_stale(needs_desk=True, seen_at=agent.seen_at, now=timezone.now())
