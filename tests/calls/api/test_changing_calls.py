"""A live call is ended, or sent into another line or to given TwiML; the answer is the order."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from calls import outbox
from calls.models import Call, Command, DialRules, DoNotCall, Queue, TimelineEvent
from calls.services import legs, lifecycle
from calls.states import CallState, OrderState, Verb
from tests import people
from tests.calls.api.programs import Browser, Program, api_key, assert_problem, fields_of
from tests.people import at

pytestmark = pytest.mark.django_db

GOODBYE = "<Response><Say>Goodbye.</Say><Hangup/></Response>"


def again(call: Call) -> Call:
    return Call.objects.select_related("queue").get(pk=call.pk)


def test_ending_a_call_answers_with_the_order_to_hang_up(crm: Program, ruth: Call) -> None:
    answered = crm.post(f"calls/{ruth.pk}/end", {"reason": "fraud"})
    assert answered.status_code == 202
    order = answered.json()
    assert (order["verb"], order["state"], order["leg_role"]) == ("hang-up", "pending", "customer")
    assert Command.objects.get(pk=order["id"]).call == ruth
    assert again(ruth).state == CallState.ENDING


def test_what_the_carrier_confirmed_is_asked_of_the_order(crm: Program, ruth: Call) -> None:
    answered = crm.post(f"calls/{ruth.pk}/end")
    order = Command.objects.get(pk=answered.json()["id"])
    order.state, order.settled_at, order.answer = OrderState.DONE, at(2), "completed"
    order.save()
    told = crm.client.get(answered["Location"]).json()
    assert (told["state"], told["answer"]) == ("done", "completed")


def test_the_story_tells_which_program_ended_the_call_and_why(crm: Program, ruth: Call) -> None:
    crm.post(f"calls/{ruth.pk}/end", {"reason": "fraud"})
    told = TimelineEvent.objects.get(call=ruth, kind="ending")
    assert told.text == "Ended: fraud (API key CRM)"


def test_the_story_tells_who_ended_the_call_from_a_browser(ruth: Call, billing: Queue) -> None:
    sofia = people.make_supervisor("Sofia", billing)
    answered = Browser(sofia).post(f"calls/{ruth.pk}/end", {"reason": "closing time"})
    assert answered.json()["ordered_by"] == {"id": sofia.pk, "name": "Sofia"}
    assert "by Sofia" in TimelineEvent.objects.get(call=ruth, kind="ending").text


def test_a_call_that_is_over_cannot_be_ended_again(crm: Program, ruth: Call) -> None:
    people.over(people.customer(ruth), now=at(5))
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/end"), 409, "call-is-over")
    assert problem["detail"] == "This call is over."


def test_a_call_that_is_being_ended_cannot_be_redirected(crm: Program, ruth: Call) -> None:
    lifecycle.end_call(call_id=ruth.pk, by=None, reason="a test", now=at(1))
    assert_problem(crm.post(f"calls/{ruth.pk}/redirect", {"twiml": GOODBYE}), 409, "call-is-over")
    assert not Command.objects.filter(verb=Verb.REDIRECT).exists()


def test_a_caller_is_sent_into_another_line(crm: Program, ruth: Call, sales: Queue) -> None:
    answered = crm.post(f"calls/{ruth.pk}/redirect", {"queue": "sales"})
    assert (answered.status_code, answered.json()["verb"]) == (202, "enqueue")
    assert again(ruth).queue == sales


def test_a_talking_caller_is_sent_into_another_line_and_the_agent_let_go(
    crm: Program, ruth: Call, dana: User, sales: Queue
) -> None:
    people.talking(ruth, dana, now=at(1))
    answered = crm.post(f"calls/{ruth.pk}/redirect", {"queue": "sales"})
    assert answered.json()["leg_role"] == "customer"
    assert Command.objects.filter(verb=Verb.HANG_UP, leg__role="agent").count() == 1


def test_the_same_line_again_makes_no_sense(crm: Program, ruth: Call) -> None:
    problem = assert_problem(
        crm.post(f"calls/{ruth.pk}/redirect", {"queue": "billing"}), 409, "cannot-redirect"
    )
    assert "already waiting in Billing" in problem["detail"]


def test_a_line_that_is_switched_off_or_not_there_is_named(
    crm: Program, ruth: Call, sales: Queue
) -> None:
    Queue.objects.filter(pk=sales.pk).update(is_active=False)
    for slug in ("sales", "nowhere", "no where", "\x00", "", 7, None, ["sales"]):
        problem = assert_problem(
            crm.post(f"calls/{ruth.pk}/redirect", {"queue": slug}), 400, "invalid"
        )
        assert fields_of(problem) == {"queue"}


def test_a_caller_is_sent_to_given_twiml(crm: Program, ruth: Call) -> None:
    answered = crm.post(f"calls/{ruth.pk}/redirect", {"twiml": GOODBYE})
    order = Command.objects.get(pk=answered.json()["id"])
    assert (order.verb, order.params["twiml"]) == (Verb.REDIRECT, GOODBYE)
    assert again(ruth).state == CallState.ELSEWHERE


def test_twiml_that_may_not_be_given_is_explained_and_nothing_is_ordered(
    crm: Program, ruth: Call
) -> None:
    twiml = "<Response><Dial><Conference>call-1</Conference></Dial><Leave/></Response>"
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/redirect", {"twiml": twiml}), 400)
    told = [(mistake["field"], mistake["detail"]) for mistake in problem["errors"]]
    assert ("twiml", "<Conference> is not allowed in <Dial>.") in told
    assert ("twiml", "<Leave> is not allowed in <Response>.") in told
    assert not Command.objects.filter(verb=Verb.REDIRECT).exists()


@pytest.mark.parametrize("number", ["+19005551234", "+870776123456", "+4930123456", "+15551239999"])
@pytest.mark.parametrize("dial", ["<Dial>{}</Dial>", "<Dial><Number>{}</Number></Dial>"])
def test_given_twiml_dials_nobody_whom_an_agent_may_not_dial(
    crm: Program, ruth: Call, number: str, dial: str
) -> None:
    DoNotCall.objects.create(number="+15551239999")
    twiml = f"<Response><Say>One moment.</Say>{dial.format(number)}</Response>"
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/redirect", {"twiml": twiml}), 400)
    assert fields_of(problem) == {"twiml"}
    assert not Command.objects.filter(verb=Verb.REDIRECT).exists()


@pytest.mark.parametrize("whom", ["+15551230002", "<Sip>sip:ruth@sip.example.com</Sip>"])
def test_given_twiml_dials_nobody_while_dialling_out_is_off(
    crm: Program, ruth: Call, settings: Settings, whom: str
) -> None:
    settings.API_TWIML_HOSTS = ["sip.example.com"]
    twiml = f"<Response><Dial>{whom}</Dial></Response>"
    DialRules.objects.create(pk=1, is_on=False)
    assert_problem(crm.post(f"calls/{ruth.pk}/redirect", {"twiml": twiml}), 400)
    DialRules.objects.update(is_on=True)
    assert crm.post(f"calls/{ruth.pk}/redirect", {"twiml": twiml}).status_code == 202


def test_a_caller_is_sent_to_an_address_that_is_allowed(
    crm: Program, ruth: Call, settings: Settings
) -> None:
    settings.API_TWIML_HOSTS = ["crm.example"]
    address = "https://crm.example/goodbye.xml"
    answered = crm.post(f"calls/{ruth.pk}/redirect", {"url": address})
    order = Command.objects.get(pk=answered.json()["id"])
    assert (order.verb, order.params) == (Verb.REDIRECT, {"url": address})
    problem = assert_problem(
        crm.post(f"calls/{ruth.pk}/redirect", {"url": "https://elsewhere.example/"}), 400
    )
    assert fields_of(problem) == {"url"}


@pytest.mark.parametrize("body", [{}, {"queue": "billing", "twiml": GOODBYE}, {"reason": "why"}])
def test_exactly_one_of_queue_and_twiml_is_given(
    crm: Program, ruth: Call, body: dict[str, str]
) -> None:
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/redirect", body), 400)
    assert problem["errors"] == [
        {"field": "", "detail": "Give one of queue, number, twiml and url."}
    ]


@pytest.mark.parametrize(
    "extra", ["coaching", "call_sid", "CallSid", "leg", "user", "call_id", "Twiml", "muted"]
)
def test_a_field_that_is_nobodys_business_is_refused_by_name(
    crm: Program, ruth: Call, dana: User, extra: str
) -> None:
    other = people.rings(now=at(1))
    body = {"twiml": GOODBYE, extra: str(other.pk)}
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/redirect", body), 400, "invalid")
    assert fields_of(problem) == {extra}
    assert fields_of(assert_problem(crm.post(f"calls/{ruth.pk}/end", {extra: 1}), 400)) == {extra}
    assert again(ruth).state == again(other).state == CallState.WAITING


@pytest.mark.parametrize("body", ["[]", '"end"', "7", "null"])
def test_a_body_that_is_no_object_is_refused(crm: Program, ruth: Call, body: str) -> None:
    assert_problem(crm.post(f"calls/{ruth.pk}/end", body), 400)


def test_a_reason_has_a_length(crm: Program, ruth: Call) -> None:
    problem = assert_problem(crm.post(f"calls/{ruth.pk}/end", {"reason": "x" * 121}), 400)
    assert fields_of(problem) == {"reason"}


def test_the_longest_reason_of_the_longest_key_still_fits(ruth: Call) -> None:
    program = Program(api_key("calls:write", name="K" * 50))
    answered = program.post(f"calls/{ruth.pk}/end", {"reason": "x" * 120})
    assert answered.json()["reason"].endswith(f"(API key {'K' * 50})")


def test_an_agent_who_was_on_the_call_may_look_but_not_end_it(ruth: Call, dana: User) -> None:
    people.over(people.talking(ruth, dana), now=at(5))
    browser = Browser(dana)
    assert browser.get(f"calls/{ruth.pk}").status_code == 200
    problem = assert_problem(browser.post(f"calls/{ruth.pk}/end"), 403)
    assert problem["detail"] == "You may look at this call, but not change it."


def test_a_call_of_others_is_as_if_it_were_not_there(ruth: Call, omar: User) -> None:
    browser = Browser(omar)
    assert_problem(browser.get(f"calls/{ruth.pk}"), 404)
    assert_problem(browser.post(f"calls/{ruth.pk}/end"), 404)
    assert_problem(browser.post(f"calls/{ruth.pk}/redirect", {"queue": "billing"}), 404)


def test_what_an_end_would_come_to_is_told_and_not_done(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.talking(ruth, dana, now=at(1))
    written = Command.objects.count()
    answered = crm.post(f"calls/{ruth.pk}/end?dry_run=1", {"reason": "fraud"})
    assert (answered.status_code, answered.json()["text"]) == (200, "End the call of Ruth")
    assert [step["verb"] for step in answered.json()["steps"]] == ["hang-up", "hang-up"]
    assert (Command.objects.count(), again(ruth).state) == (written, CallState.TALKING)


@pytest.mark.parametrize(
    ("body", "verb", "where"),
    [({"queue": "sales"}, "enqueue", "Sales"), ({"twiml": GOODBYE}, "redirect", "the TwiML")],
)
def test_where_a_caller_would_be_sent_is_told_and_not_done(
    crm: Program, ruth: Call, sales: Queue, body: dict[str, str], verb: str, where: str
) -> None:
    written = Command.objects.count()
    answered = crm.post(f"calls/{ruth.pk}/redirect?dry_run=1", body)
    assert answered.status_code == 200
    assert where in answered.json()["text"]
    assert [step["verb"] for step in answered.json()["steps"]] == [verb]
    assert Command.objects.count() == written


@pytest.mark.parametrize("body", [{}, {"queue": "sales"}, {"twiml": GOODBYE}])
def test_what_is_told_is_what_is_done(
    crm: Program, ruth: Call, dana: User, sales: Queue, body: dict[str, str]
) -> None:
    """Also where a line is being ended already, which is not asked for twice."""
    people.talking(ruth, dana, now=at(1))
    line = ruth.legs.get(role="agent")
    with transaction.atomic():
        legs.order_hang_up(line, "taken out", at(2))
    path = f"calls/{ruth.pk}/{'redirect' if body else 'end'}"
    told = crm.post(f"{path}?dry_run=1", body).json()["steps"]
    assert again(ruth).state == CallState.TALKING
    before = set(Command.objects.values_list("pk", flat=True))
    assert crm.post(path, body).status_code == 202
    done = Command.objects.exclude(pk__in=before).values_list("verb", "leg_id")
    assert {(step["verb"], step["leg"]) for step in told} == {(v, str(leg)) for v, leg in done}


def test_what_cannot_be_done_is_refused_without_doing_it(crm: Program, ruth: Call) -> None:
    there = crm.post(f"calls/{ruth.pk}/redirect?dry_run=1", {"queue": "billing"})
    assert_problem(there, 409, "cannot-redirect")
    people.over(people.customer(ruth), now=at(5))
    assert_problem(crm.post(f"calls/{ruth.pk}/end?dry_run=1"), 409, "call-is-over")
    assert_problem(crm.post(f"calls/{ruth.pk}/end?dry_run=2"), 400)


def test_those_who_talk_on_without_the_caller_are_hung_up_on(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.talking(ruth, dana, now=at(1))
    people.over(people.customer(ruth), now=at(5))
    Call.objects.filter(pk=ruth.pk).update(state=CallState.GOING_ON, ended_at=None)
    answered = crm.post(f"calls/{ruth.pk}/end")
    assert (answered.status_code, answered.json()["leg_role"]) == (202, "agent")


def test_an_end_that_is_on_its_way_already_is_answered_with_its_order(
    crm: Program, ruth: Call, dana: User
) -> None:
    people.talking(ruth, dana, now=at(1))
    customer = people.customer(ruth)
    outbox.put(leg=customer, verb=Verb.HANG_UP, reason="taken out", now=at(2))
    answered = crm.post(f"calls/{ruth.pk}/end")
    assert (answered.status_code, answered.json()["reason"]) == (202, "taken out")
