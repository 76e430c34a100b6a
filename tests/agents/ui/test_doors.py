"""Who may open which page, and what a page may ask for."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent, BreakReason
from calls.models import Call, Command, Disposition, Offer, Queue, WrapUp
from calls.states import OfferState
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def billing() -> Queue:
    queue = people.make_queue("Billing", wrap_up_seconds=60)
    people.make_number(queue)
    return queue


@pytest.fixture
def sales() -> Queue:
    return people.make_queue("Sales")


@pytest.fixture
def omar(billing: Queue) -> User:
    return people.make_agent_user("Omar", billing)


@pytest.fixture
def sam(billing: Queue) -> User:
    return people.make_supervisor("Sam", billing)


@pytest.fixture
def charlie(sales: Queue) -> User:
    """Watches over sales, and must see nothing of billing."""
    return people.make_supervisor("Charlie", sales)


def browser(user: User, *, checks_csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client


@pytest.fixture
def ines(billing: Queue, dana: User) -> Call:
    """Waits in billing, where somebody is signed in."""
    return people.rings(name="Ines")


# Who sees what ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/desk", "/board", "/calls"])
def test_a_stranger_is_sent_to_the_door(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/login/?next={path}"


def test_a_supervisor_has_no_desk(sam: User) -> None:
    assert browser(sam).get("/desk").status_code == 403


def test_an_agent_has_no_board_and_no_search(dana: User) -> None:
    client = browser(dana)
    assert [client.get(path).status_code for path in ("/board", "/calls")] == [403, 403]


def test_a_call_is_seen_by_its_agent_and_its_supervisor_alone(
    ines: Call, dana: User, omar: User, sam: User, charlie: User
) -> None:
    people.talking(ines, dana)
    seen = {
        user.username: browser(user).get(f"/calls/{ines.pk}").status_code
        for user in (dana, omar, sam, charlie)
    }
    assert seen == {"dana": 200, "omar": 404, "sam": 200, "charlie": 404}


def test_the_board_shows_a_supervisors_own_queues_alone(
    ines: Call, dana: User, sam: User, charlie: User
) -> None:
    assert b"Ines" in browser(sam).get("/board").content
    assert b"Ines" not in browser(charlie).get("/board").content
    assert b"Dana" not in browser(charlie).get("/board").content


def test_the_search_finds_a_supervisors_own_calls_alone(
    ines: Call, sam: User, charlie: User
) -> None:
    assert b"Ines" in browser(sam).get("/calls?q=ines").content
    assert b"Ines" not in browser(charlie).get("/calls?q=ines").content


@pytest.mark.parametrize(
    "query", ["page=x", "page=-3", "queue=999", "since=yesterday", "outcome=strange", "agent=x"]
)
def test_a_search_that_makes_no_sense_is_still_a_page(sam: User, query: str) -> None:
    assert browser(sam).get(f"/calls?{query}").status_code == 200


def test_every_page_refuses_what_is_inline(dana: User) -> None:
    policy = browser(dana).get("/desk")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


# Who touches what ---------------------------------------------------------------------------------


def test_an_action_from_another_site_is_refused(dana: User) -> None:
    answer = browser(dana, checks_csrf=True).post("/desk/state", {"intent": "offline"})
    assert answer.status_code == 403
    assert Agent.objects.get(user=dana).intent == "available"


def test_an_action_is_never_a_link(dana: User) -> None:
    assert browser(dana).get("/desk/state", {"intent": "offline"}).status_code == 405


def test_an_agent_ends_their_own_call(ines: Call, dana: User) -> None:
    people.talking(ines, dana)
    answer = browser(dana).post(f"/desk/calls/{ines.pk}/end")
    assert answer.status_code == 200
    assert Command.objects.filter(verb="hang-up", ordered_by=dana).exists()


def test_an_agent_cannot_end_somebody_elses_call(ines: Call, dana: User, omar: User) -> None:
    people.talking(ines, dana)
    assert browser(omar).post(f"/desk/calls/{ines.pk}/end").status_code == 404
    assert not Command.objects.filter(verb="hang-up").exists()


def test_a_supervisor_of_another_queue_cannot_end_a_call(ines: Call, charlie: User) -> None:
    assert browser(charlie).post(f"/board/calls/{ines.pk}/end").status_code == 404


def test_ending_a_call_that_has_ended_says_so(ines: Call, dana: User, sam: User) -> None:
    people.talking(ines, dana)
    people.over(people.customer(ines), now=people.at(30))
    answer = browser(sam).post(f"/board/calls/{ines.pk}/end")
    assert answer.status_code == 200
    assert b"had already ended" in answer.content


def test_only_named_fields_are_read(dana: User, omar: User) -> None:
    """A page that posts somebody else's id with its own wish changes only its own agent."""
    other = Agent.objects.get(user=omar)
    wish = {"intent": "offline", "agent": other.pk, "user": omar.pk, "line_address": "+15550000000"}
    assert browser(dana).post("/desk/state", wish).status_code == 200
    other.refresh_from_db()
    mine = Agent.objects.get(user=dana)
    assert (mine.intent, other.intent) == ("offline", "available")
    assert mine.line_address != "+15550000000"


def test_only_the_agent_it_is_made_to_declines_an_offer(ines: Call, dana: User, omar: User) -> None:
    offer = people.offered(ines, dana)
    assert browser(omar).post(f"/desk/offers/{offer.pk}/decline").status_code == 404
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED


def test_a_decline_crossed_by_a_miss_says_what_happened(ines: Call, dana: User) -> None:
    offer = people.offered(ines, dana)
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.MISSED, settled_at=people.at(20))
    answer = browser(dana).post(f"/desk/offers/{offer.pk}/decline")
    assert answer.status_code == 200
    assert b"already over" in answer.content


@pytest.mark.parametrize("path", ["/desk/offers/999/decline", "/desk/wrap-ups/999"])
def test_what_is_not_there_is_not_found(dana: User, path: str) -> None:
    assert browser(dana).post(path).status_code == 404


def test_a_break_without_a_reason_says_what_to_do(dana: User) -> None:
    answer = browser(dana).post("/desk/state", {"intent": "break"})
    assert answer.status_code == 422
    assert b"Choose a reason for the break." in answer.content


def test_a_supervisor_sets_only_their_own_agents(dana: User, sam: User, charlie: User) -> None:
    agent = Agent.objects.get(user=dana)
    wish = {"wanted": "offline"}
    assert browser(charlie).post(f"/board/agents/{agent.pk}/do/state", wish).status_code == 404
    assert browser(sam).post(f"/board/agents/{agent.pk}/do/state", wish).status_code == 200
    agent.refresh_from_db()
    assert agent.intent == "offline"


def test_a_supervisor_sets_a_break_with_its_reason(dana: User, sam: User) -> None:
    lunch = BreakReason.objects.create(name="Lunch")
    agent = Agent.objects.get(user=dana)
    browser(sam).post(f"/board/agents/{agent.pk}/do/state", {"wanted": f"break:{lunch.pk}"})
    agent.refresh_from_db()
    assert (agent.intent, agent.break_reason) == ("break", lunch)


# After-call work ----------------------------------------------------------------------------------


@pytest.fixture
def solved(billing: Queue) -> Disposition:
    return Disposition.objects.create(name="Solved")


@pytest.fixture
def after_call(ines: Call, dana: User, solved: Disposition) -> WrapUp:
    people.talking(ines, dana)
    people.over(people.customer(ines), now=people.at(30))
    return WrapUp.objects.get(user=dana)


def test_an_outcome_is_asked_for(after_call: WrapUp, dana: User) -> None:
    answer = browser(dana).post(f"/desk/wrap-ups/{after_call.pk}", {"notes": "fine"})
    assert answer.status_code == 422
    assert b"Choose what came of the call." in answer.content


def test_outcome_and_notes_are_kept(after_call: WrapUp, dana: User, solved: Disposition) -> None:
    done = {"disposition": solved.pk, "notes": "All is well"}
    assert browser(dana).post(f"/desk/wrap-ups/{after_call.pk}", done).status_code == 200
    after_call.refresh_from_db()
    assert (after_call.disposition, after_call.notes) == (solved, "All is well")
    assert after_call.finished_at is not None


def test_what_was_written_when_the_time_was_over_is_kept(
    after_call: WrapUp, dana: User, solved: Disposition
) -> None:
    WrapUp.objects.filter(pk=after_call.pk).update(finished_at=people.at(90))
    done = {"disposition": solved.pk, "notes": "All is well"}
    answer = browser(dana).post(f"/desk/wrap-ups/{after_call.pk}", done)
    assert b"is kept" in answer.content
    after_call.refresh_from_db()
    assert after_call.notes == "All is well"


def test_nobody_writes_into_somebody_elses_notes(after_call: WrapUp, omar: User) -> None:
    asked = browser(omar).post(f"/desk/wrap-ups/{after_call.pk}/notes", {"notes": "hello"})
    assert asked.status_code == 404
    after_call.refresh_from_db()
    assert after_call.notes == ""


def test_an_outcome_of_another_queue_is_refused(
    after_call: WrapUp, dana: User, sales: Queue
) -> None:
    sold = Disposition.objects.create(name="Sold")
    sold.queues.add(sales)
    done = {"disposition": sold.pk, "notes": ""}
    answer = browser(dana).post(f"/desk/wrap-ups/{after_call.pk}", done)
    assert answer.status_code == 422
    assert b"Choose another one." in answer.content
