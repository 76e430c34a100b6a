"""What a caller in line hears, and where a live call can be sent."""

import pytest
from django.contrib.auth.models import User

from calls.models import Call, Command, Queue, Waiting
from calls.services import estimating, lifecycle, queueing, rooms
from calls.states import CallOutcome, CallState, LegState, OrderState, Verb, WaitingExit
from calls.steps import Announce, HangUp, Leave, OneMoment, PlayOut, Wait
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


def again(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


def hears(call: Call, *, now: float = 5) -> Announce:
    step = queueing.wait_announcement(leg_id=people.customer(call).id, now=at(now))
    assert isinstance(step, Announce)
    return step


def order(verb: Verb) -> Command:
    return Command.objects.get(verb=verb)


def talked_before(queue: Queue, user: User, times: int, seconds: float) -> None:
    for turn in range(times):
        began = at(-3600 + turn * 300)
        call = people.rings(number=f"+1555777{turn:04d}", now=began)
        people.talking(call, user, now=began)
        people.over(people.customer(call), now=began + (at(seconds) - NOON))
        leg = call.legs.get(user=user)
        people.over(leg, now=began + (at(seconds) - NOON))


def test_the_first_in_line_is_told_so(call: Call) -> None:
    assert hears(call).sentences == ("You are next in line.",)


def test_the_position_counts_those_before(call: Call) -> None:
    later = people.rings(number="+15551230002", now=at(1))
    assert hears(later).sentences == ("You are number 2 in line.",)


def test_a_caller_for_whom_an_agent_comes_is_not_counted(call: Call, dana: User) -> None:
    later = people.rings(number="+15551230002", now=at(1))
    people.took(call, dana)
    assert hears(later).sentences == ("You are next in line.",)


def test_the_music_of_the_queue_or_our_own_is_played(call: Call, billing: Queue) -> None:
    assert hears(call).music_url.startswith("http")
    Queue.objects.update(hold_music_url="https://example.com/jazz.mp3")
    assert hears(call).music_url == "https://example.com/jazz.mp3"


def test_hearing_the_wait_document_means_the_call_was_answered(call: Call) -> None:
    hears(call)
    assert people.customer(call).state == LegState.IN_PROGRESS
    assert again(call).greeted_at == at(5)


def test_no_wait_is_promised_when_too_little_is_known(billing: Queue, dana: User) -> None:
    talked_before(billing, dana, times=2, seconds=90)
    assert queueing.estimate_seconds(queue=billing, position=1, now=NOON) is None


def test_the_wait_follows_from_talk_times_staff_and_position(
    billing: Queue, dana: User, omar: User
) -> None:
    talked_before(billing, dana, times=3, seconds=90)
    handling = 90 + billing.wrap_up_seconds
    for position in (1, 4):
        estimate = queueing.estimate_seconds(queue=billing, position=position, now=NOON)
        assert estimate == position * handling / 2


def test_no_wait_is_promised_where_nobody_is_signed_in(billing: Queue, dana: User) -> None:
    talked_before(billing, dana, times=3, seconds=90)
    dana.agent.delete()
    assert queueing.estimate_seconds(queue=billing, position=1, now=NOON) is None


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (None, ""),
        (0, "We expect to take your call within a minute."),
        (60, "We expect to take your call within a minute."),
        (61, "We expect to take your call in about 2 minutes."),
        (3601, "The wait is longer than an hour."),
    ],
)
def test_the_wait_is_said_in_minutes(seconds: int | None, sentence: str) -> None:
    assert estimating.in_words(seconds) == sentence


def test_the_estimate_is_spoken(billing: Queue, dana: User) -> None:
    talked_before(billing, dana, times=3, seconds=90)
    call = people.rings(number="+15551230005")
    assert hears(call).sentences[1] == "We expect to take your call in about 2 minutes."


def test_what_an_order_did_not_reach_is_noticed_at_the_next_round(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    rooms.entered(leg=leg, now=at(2))
    step = queueing.wait_announcement(leg_id=people.customer(call).id, now=at(10))
    assert isinstance(step, Leave)


def test_a_caller_whose_call_is_ending_is_hung_up_on_at_the_next_round(call: Call) -> None:
    lifecycle.end_call(call_id=call.id, by=None, reason="spam", now=at(1))
    step = queueing.wait_announcement(leg_id=people.customer(call).id, now=at(10))
    assert isinstance(step, HangUp)


def test_a_line_that_stays_unstaffed_is_not_waited_in_for_ever(call: Call, dana: User) -> None:
    dana.agent.delete()
    hears(call, now=10)
    hears(call, now=120)
    step = queueing.wait_announcement(leg_id=people.customer(call).id, now=at(130))
    assert isinstance(step, Leave)
    assert people.waiting_of(call).exit == WaitingExit.UNSTAFFED
    assert isinstance(lifecycle.next_step(leg=people.customer(call), now=at(131)), PlayOut)


def test_an_agent_who_comes_back_keeps_the_line_open(
    call: Call, billing: Queue, dana: User
) -> None:
    dana.agent.delete()
    hears(call, now=10)
    people.make_agent_user("Vera", billing)
    hears(call, now=130)
    assert people.waiting_of(call).unstaffed_since is None


def test_waiting_too_long_ends_in_the_full_message(call: Call, billing: Queue) -> None:
    waiting = people.waiting_of(call)
    queueing.waited_long(waiting_id=waiting.id, now=at(billing.max_wait_seconds))
    assert people.waiting_of(call).exit == WaitingExit.TOO_LONG
    assert (again(call).state, again(call).outcome) == (CallState.MESSAGE, CallOutcome.FULL)
    assert order(Verb.PLAY_OUT).params == {
        "message": billing.full_message,
        "recourse": billing.full_recourse,
    }


def test_an_early_look_at_a_long_wait_does_nothing(call: Call) -> None:
    queueing.waited_long(waiting_id=people.waiting_of(call).id, now=at(60))
    assert again(call).state == CallState.WAITING


def test_a_long_wait_is_not_cut_off_while_an_agents_phone_rings(call: Call, dana: User) -> None:
    people.offered(call, dana, now=at(1799))
    queueing.waited_long(waiting_id=people.waiting_of(call).id, now=at(1800))
    waiting = people.waiting_of(call)
    assert (waiting.exit, waiting.leave_by) == ("", at(1810))


def test_a_queue_without_a_limit_lets_callers_wait(billing: Queue, dana: User) -> None:
    Queue.objects.update(max_wait_seconds=0)
    assert people.waiting_of(people.rings()).leave_by is None


def test_priority_puts_a_caller_ahead_by_the_time_it_is_worth(billing: Queue, dana: User) -> None:
    first = people.rings(number="+15551230001")
    Queue.objects.update(priority=2, ageing_seconds=60)
    later = people.rings(number="+15551230002", now=at(100))
    assert people.waiting_of(later).place < people.waiting_of(first).place


# Sent elsewhere -----------------------------------------------------------------------------------


@pytest.fixture
def sales(db: None) -> Queue:
    return people.make_queue("Sales")


def test_a_waiting_caller_is_moved_and_keeps_the_time_waited(
    call: Call, sales: Queue, dana: User
) -> None:
    offer = people.offered(call, dana, now=at(5))
    queueing.send_to_queue(call_id=call.id, queue=sales, by=None, reason="", now=at(30))
    before, after = Waiting.objects.filter(call=call).order_by("id")
    assert before.exit == WaitingExit.MOVED
    assert (after.queue, after.since) == (sales, NOON)
    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    assert order(Verb.ENQUEUE).params["queue_name"] == "q-sales"


def test_a_talking_customer_is_sent_to_another_line_and_the_agent_wraps_up(
    call: Call, sales: Queue, dana: User
) -> None:
    leg = people.talking(call, dana)
    queueing.send_to_queue(call_id=call.id, queue=sales, by=dana, reason="wants to buy", now=at(60))
    assert again(call).state == CallState.WAITING
    verbs = list(Command.objects.order_by("ordered_at", "id").values_list("verb", flat=True))
    assert set(verbs) == {Verb.DIAL, Verb.JOIN_ROOM, Verb.ENQUEUE, Verb.HANG_UP}
    assert order(Verb.ENQUEUE).ordered_by == dana
    assert leg.wrap_up.started_at == at(60)


def test_a_caller_is_not_sent_where_they_are_waiting_already(call: Call, billing: Queue) -> None:
    with pytest.raises(queueing.CannotRedirect):
        queueing.send_to_queue(call_id=call.id, queue=billing, by=None, reason="", now=at(30))


def test_a_caller_who_is_gone_is_sent_nowhere(call: Call, sales: Queue) -> None:
    people.over(people.customer(call), now=at(1))
    with pytest.raises(queueing.CallIsOver):
        queueing.send_to_queue(call_id=call.id, queue=sales, by=None, reason="", now=at(2))
    with pytest.raises(queueing.CallIsOver):
        queueing.send_to_twiml(call_id=call.id, twiml="<Response/>", by=None, reason="", now=at(2))


def test_a_live_call_follows_given_twiml(call: Call, dana: User) -> None:
    twiml = "<Response><Say>Hello</Say></Response>"
    queueing.send_to_twiml(call_id=call.id, twiml=twiml, by=dana, reason="survey", now=at(30))
    assert order(Verb.REDIRECT).params == {"twiml": twiml}
    assert people.waiting_of(call).exit == WaitingExit.REDIRECTED
    people.over(people.customer(call), now=at(60))
    assert again(call).outcome == CallOutcome.REDIRECTED


def test_a_caller_asking_before_the_redirect_arrived_is_kept_on_the_line(call: Call) -> None:
    queueing.send_to_twiml(call_id=call.id, twiml="<Response/>", by=None, reason="", now=at(30))
    step = lifecycle.next_step(leg=people.customer(call), now=at(31))
    assert isinstance(step, OneMoment)


def test_a_caller_whose_given_twiml_failed_comes_back_to_the_line(call: Call) -> None:
    queueing.send_to_twiml(call_id=call.id, twiml="<Broken", by=None, reason="", now=at(30))
    Command.objects.update(state=OrderState.DONE, settled_at=at(31))
    step = lifecycle.next_step(leg=people.customer(call), now=at(32))
    assert isinstance(step, Wait)
    assert again(call).state == CallState.WAITING


def test_a_redirect_that_the_carrier_refuses_puts_the_caller_back_in_line(call: Call) -> None:
    queueing.send_to_twiml(call_id=call.id, twiml="<Response/>", by=None, reason="", now=at(30))
    lifecycle.redirect_failed(call_id=call.id, why="refused", now=at(31))
    assert again(call).state == CallState.WAITING
    assert people.waiting_of(call).since == NOON
