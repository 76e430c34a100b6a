"""What becomes of a button on the desk or the board: done once, or refused with a sentence."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from agents.models import Agent, IntentChange
from agents.screens import draw_board, draw_desk
from calls.models import (
    Call,
    Change,
    Command,
    Leg,
    Queue,
    Recording,
    RecordingGap,
    TextWhisper,
    TimelineEvent,
    Transfer,
    WrapUp,
)
from calls.plans import LINE_IS_OVER
from calls.states import CallState, LegRole, Verb
from tests import people
from tests.calls.api.programs import Browser, assert_problem, fields_of

pytestmark = pytest.mark.django_db

HANG_UP = "<Response><Hangup/></Response>"


@pytest.fixture
def billing(db: None) -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    return queue


@pytest.fixture
def sam(billing: Queue) -> User:
    return people.make_supervisor("Sam", billing)


@pytest.fixture
def ines(dana: User) -> Call:
    """Dana talks with Ines."""
    call = people.rings(name="Ines")
    people.talking(call, dana)
    return call


class Presses:
    """Somebody at a page of theirs."""

    def __init__(self, user: User, page: str) -> None:
        self.page, self.client = page, Client()
        self.client.force_login(user)

    def __call__(self, call: Call, verb: str, token: str = "", **given: object) -> str:
        path = f"/{self.page}/calls/{call.pk}/do/{verb}"
        return self._said(path, given, token)

    def of(self, agent: Agent, verb: str, token: str = "", **given: object) -> str:
        return self._said(f"/board/agents/{agent.pk}/do/{verb}", given, token)

    def _said(self, path: str, given: dict[str, object], token: str) -> str:
        """What the page is told."""
        headers = {"Idempotency-Key": token} if token else {}
        answered = self.client.post(path, given, headers=headers)
        self.status = answered.status_code
        return answered.content.decode().partition('id="said"')[2]


def agent_of(user: User) -> Agent:
    return Agent.objects.get(user=user)


# Once ---------------------------------------------------------------------------------------------


def test_what_is_sent_again_for_want_of_an_answer_is_done_once(ines: Call, sam: User) -> None:
    press, token = Presses(sam, "board"), uuid4().hex
    for _ in range(2):
        press(ines, "text", token, text="Offer a refund")
        assert press.status == 200
    assert TextWhisper.objects.count() == 1
    press(ines, "text", uuid4().hex, text="Offer a refund")
    assert TextWhisper.objects.count() == 2


def test_other_words_are_another_wish_whatever_the_token(ines: Call, sam: User) -> None:
    press, token = Presses(sam, "board"), uuid4().hex
    press(ines, "text", token, text="Offer a refund")
    press(ines, "text", token, text="No refund!")
    assert TextWhisper.objects.count() == 2


def test_who_repeats_it_is_answered_as_before(ines: Call, dana: User, sam: User) -> None:
    """Without the token it would be a refusal: the caller is the next already."""
    people.rings(name="Adam")
    eve, press, token = people.rings(name="Eve"), Presses(sam, "board"), uuid4().hex
    assert [press(eve, "to-front", token), press(eve, "to-front", token)] == [
        press(eve, "to-front", token)
    ] * 2
    assert "is the next already" in press(eve, "to-front")


def test_a_wish_is_nobody_elses(ines: Call, sam: User, billing: Queue) -> None:
    token, sofia = uuid4().hex, people.make_supervisor("Sofia", billing)
    for user in (sam, sofia):
        Presses(user, "board")(ines, "text", token, text="Well done")
    assert TextWhisper.objects.count() == 2


def test_an_end_is_ordered_once(ines: Call, dana: User) -> None:
    client = Client(headers={"Idempotency-Key": uuid4().hex})
    client.force_login(dana)
    answers = {client.post(f"/desk/calls/{ines.pk}/end").content for _ in range(2)}
    assert len(answers) == 1
    assert Command.objects.filter(verb=Verb.HANG_UP, leg__role="customer").count() == 1


# Refused ------------------------------------------------------------------------------------------


def test_what_somebody_may_not_is_told_in_a_sentence(ines: Call, sam: User) -> None:
    sam.supervisor.may_barge = False
    sam.supervisor.save()
    press = Presses(sam, "board")
    assert "You may not barge on calls of this queue." in press(ines, "watch", mode="barge")
    assert press.status == 403


def test_the_line_of_who_listens_unseen_is_not_there(ines: Call, dana: User, sam: User) -> None:
    unseen = Leg.objects.create(
        call=ines, role=LegRole.SUPERVISOR, user=sam, is_private=True, in_room=True,
        planned_at=people.NOON, joined_at=people.NOON,
    )  # fmt: skip
    for verb in ("hold", "mute", "drop"):
        assert LINE_IS_OVER in Presses(dana, "desk")(ines, verb, leg=str(unseen.pk))
    assert not Change.objects.exists()


# Nobody is offered what would be refused ----------------------------------------------------------


def shown_to(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/desk").content.decode()


def test_who_is_only_consulted_is_offered_nothing_that_conducts_the_call(
    ines: Call, dana: User, billing: Queue
) -> None:
    omar = people.make_agent_user("Omar", billing)
    Queue.objects.update(recording="on-demand")
    line = Leg.objects.create(
        call=ines, role=LegRole.CONSULT, user=omar, in_room=True, state="in-progress",
        planned_at=people.NOON, answered_at=people.NOON, joined_at=people.NOON,
    )  # fmt: skip
    Transfer.objects.create(
        call=ines, to_user=omar, to_leg=line, started_by=dana, kind="warm", state="consulting",
        reason="a refund", started_at=people.NOON, from_leg=ines.legs.get(user=dana),
    )  # fmt: skip
    for verb in ("complete", "swap", "three-way", "cancel", "hold", "mute", "record", "say-all"):
        assert f'data-testid="{verb}"' in shown_to(dana)
        assert f'data-testid="{verb}"' not in shown_to(omar)
    for verb in ("leave", "ask-help"):
        assert f'data-testid="{verb}"' in shown_to(omar)
    assert "a refund" in shown_to(omar)


def test_a_pause_that_the_call_made_is_nobodys_to_end(ines: Call, dana: User) -> None:
    Queue.objects.update(recording="on-demand")
    tape = Recording.objects.create(
        call=ines, leg=people.customer(ines), state="paused", planned_at=people.NOON
    )
    gap = RecordingGap.objects.create(recording=tape, began_at=people.NOON, is_automatic=True)
    assert "Recording is paused" in shown_to(dana)
    assert "resume-recording" not in shown_to(dana)
    gap.is_automatic = False
    gap.save()
    assert "resume-recording" in shown_to(dana)


# Sent elsewhere -----------------------------------------------------------------------------------


def test_a_caller_is_sent_to_another_line_from_the_board(ines: Call, sam: User) -> None:
    sales = people.make_queue("Sales")
    press = Presses(sam, "board")
    press(ines, "send-elsewhere", to_queue=sales.pk, reason="asked for Sales")
    ines.refresh_from_db()
    assert (press.status, ines.queue) == (200, sales)
    told = TimelineEvent.objects.get(call=ines, kind="redirected")
    assert (told.text, told.user) == ("Sent to Sales: asked for Sales", sam)
    assert "already waiting in Sales" in press(ines, "send-elsewhere", to_queue=sales.pk) or (
        press.status == 404  # Sam does not watch over Sales
    )


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"url": "https://crm.example.com/menu.xml"}, "url"),
        ({"twiml": HANG_UP}, "twiml"),
    ],
)
def test_a_caller_is_sent_to_what_a_document_says(
    ines: Call, sam: User, settings: Settings, given: dict[str, str], asked: str
) -> None:
    settings.API_TWIML_HOSTS = ["crm.example.com"]
    Presses(sam, "board")(ines, "send-elsewhere", **given)
    order = Command.objects.get(call=ines, verb=Verb.REDIRECT)
    assert (order.params, order.ordered_by) == ({asked: given[asked]}, sam)
    ines.refresh_from_db()
    assert ines.state == CallState.ELSEWHERE


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"url": "https://elsewhere.example.com/"}, "elsewhere.example.com"),
        ({"twiml": "<Response><Conference>x</Conference></Response>"}, "Conference"),
        ({}, "Choose a queue or a number, or give an address or TwiML"),
        ({"url": "https://crm.example.com/", "twiml": HANG_UP}, "one of them"),
    ],
)
def test_where_nobody_may_be_sent_is_told(
    ines: Call, sam: User, settings: Settings, given: dict[str, str], told: str
) -> None:
    settings.API_TWIML_HOSTS = ["crm.example.com"]
    press = Presses(sam, "board")
    assert told in press(ines, "send-elsewhere", **given)
    assert press.status == 422
    assert not Command.objects.filter(verb=Verb.REDIRECT).exists()


SALES = "+15550002000"
LAWYER = "+15550009999"


@pytest.mark.parametrize("verb", ["consult", "send-on", "add"])
@pytest.mark.parametrize("ticked", [True, False])
def test_the_desk_asks_whose_number_somebody_outside_sees(
    ines: Call, dana: User, verb: str, ticked: bool
) -> None:
    assert 'type="checkbox" name="show_caller"' in draw_desk(dana)
    press = Presses(dana, "desk")
    press(ines, verb, number=LAWYER, **({"show_caller": "1"} if ticked else {}))
    assert press.status == 200
    outside = Leg.objects.get(call=ines, role=LegRole.EXTERNAL)
    assert outside.our_number == ("+15551230000" if ticked else people.OUR_NUMBER)


def test_the_board_offers_the_numbers_of_ours_that_are_in_use(ines: Call, sam: User) -> None:
    """And a caller who is sent to one is where its callers are: nobody is signed in for Sales."""
    number = people.make_number(people.make_queue("Sales", unstaffed_message="Nobody here"), SALES)
    people.make_number(people.make_queue("Old", is_active=False), "+15550003000")
    page = draw_board(sam)
    assert f'<option value="{number.pk}">{SALES} Sales (Sales)</option>' in page
    assert "+15550003000" not in page
    Presses(sam, "board")(ines, "send-elsewhere", to_number=number.pk)
    order = Command.objects.get(call=ines, verb=Verb.PLAY_OUT)
    assert (order.params["message"], order.ordered_by) == ("Nobody here", sam)
    ines.refresh_from_db()
    assert (ines.state, ines.queue) == (CallState.MESSAGE, number.queue)


def test_an_agent_sends_their_call_to_a_line_or_number_of_ours_and_nowhere_else(
    ines: Call, dana: User
) -> None:
    press = Presses(dana, "desk")
    assert "or a number of ours, and nowhere else" in press(ines, "send-elsewhere", twiml=HANG_UP)
    assert press.status == 403
    number = people.make_number(people.make_queue("Sales"), SALES)
    press(ines, "send-elsewhere", to_number=number.pk)
    assert press.status == 200
    press(ines, "send-elsewhere", to_queue=people.make_queue("Returns").pk)
    assert press.status == 200


@pytest.mark.parametrize("to", ["+15550009999", "Billing", "+15550002000"])
def test_a_number_that_is_not_ours_or_not_in_use_is_no_place_to_send_to(
    ines: Call, sam: User, to: str
) -> None:
    people.make_number(people.make_queue("Sales", is_active=False), SALES)
    program = Browser(sam)
    problem = assert_problem(program.post(f"calls/{ines.pk}/redirect", {"number": to}), 400)
    assert fields_of(problem) == {"number"}


# Agents -------------------------------------------------------------------------------------------


def test_who_is_logged_out_stays_so_and_it_is_kept_who_did_it_and_why(
    dana: User, sam: User
) -> None:
    press = Presses(sam, "board")
    press.of(agent_of(dana), "log-out", why="went home ill")
    kept = IntentChange.objects.get()
    assert (kept.intent, kept.by) == ("offline", sam)
    assert kept.why == "set by a supervisor: went home ill"
    assert "Dana is offline already." in press.of(agent_of(dana), "log-out")


def test_the_last_call_is_told_on_it(ines: Call, dana: User, sam: User) -> None:
    press = Presses(sam, "board")
    press.of(agent_of(dana), "log-out", after_call="1", why="end of the shift")
    told = TimelineEvent.objects.get(kind="after-call")
    assert told.text == "Sam has Dana go offline after this call: end of the shift"
    assert (told.call, told.user, agent_of(dana).after_call) == (ines, sam, "offline")
    again = press.of(agent_of(dana), "log-out", after_call="1")
    assert "Dana goes offline after this call already." in again


def test_after_call_work_is_ended_for_an_agent(ines: Call, dana: User, sam: User) -> None:
    people.over(people.customer(ines), now=people.at(30))
    press = Presses(sam, "board")
    press.of(agent_of(dana), "finish-wrap-up", why="the line is long")
    assert WrapUp.objects.get().finished_at is not None
    told = TimelineEvent.objects.get(kind="wrapped-up").text
    assert told == "Sam finished Dana's after-call work: the line is long"
    assert "Dana has no after-call work" in press.of(agent_of(dana), "finish-wrap-up")


def test_a_state_that_is_so_is_refused(dana: User, sam: User) -> None:
    press = Presses(sam, "board")
    assert "Dana is available already." in press.of(agent_of(dana), "state", wanted="available")
    assert "Choose a reason" in press.of(agent_of(dana), "state", wanted="break:")
    assert press.status == 422
