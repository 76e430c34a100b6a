"""A caller is sent to a number of ours, as if they had rung it, or to somebody else's address."""

from datetime import time

import pytest

from calls.models import Call, Command, OpeningHours, PhoneNumber, Queue, Voicemail
from calls.services import foreseeing, sending
from calls.services.queueing import CannotRedirect
from calls.states import CallOutcome, CallState, Recourse, Verb
from sandbox.core.effects import FetchAnswer
from tests.journeys.judging import Judge
from tests.journeys.talks import Talk, hear_each_other, is_told, talking
from tests.journeys.test_carrier_fails import Ambush
from tests.journeys.test_doors_closed import leaves_a_message
from tests.journeys.world import World

GREETING = "Welcome to Sales."
CONSENT = "Calls are recorded."
MENU = "https://crm.example.com/menu.xml"
TWIML = "<Response><Say>This is the menu of the shop.</Say><Pause length='5'/></Response>"


@pytest.fixture
def talk(world: World) -> Talk:
    return talking(world)


@pytest.fixture
def sales(world: World) -> Queue:
    return world.queue("Sales", greeting=GREETING, recording_consent=CONSENT, recording="all")


def sent(talk: Talk, to: sending.Elsewhere) -> None:
    send(talk, to)
    talk.world.settle()


def send(talk: Talk, to: sending.Elsewhere) -> None:
    sending.send(
        call_id=talk.call.pk,
        to=to,
        by=talk.agents["Dana"].agent.user,
        reason="wants to buy",
        now=talk.world.now,
    )


def number_of(queue: Queue) -> sending.Elsewhere:
    ours = PhoneNumber.objects.select_related("queue").get(queue=queue)
    return sending.Elsewhere(number=ours)


def closed(queue: Queue, world: World) -> None:
    day_before = (world.now.weekday() - 1) % 7
    OpeningHours.objects.create(queue=queue, weekday=day_before, opens=time(9), closes=time(17))


def goes_well(talk: Talk) -> None:
    Judge(talk.world).live_records_are_true()


def test_who_is_sent_to_an_open_number_is_greeted_there_and_stands_in_its_line(
    world: World, talk: Talk, sales: Queue
) -> None:
    omar = world.agent("Omar", sales, available=False)
    omar.takes_break()
    sent(talk, number_of(sales))
    world.run_until(lambda: is_told(talk.ruth.person, GREETING), within=5)
    world.run_until(lambda: talk.ruth.person.has_heard("next in line"), within=30)
    assert talk.ruth.person.has_heard(CONSENT)
    assert talk.ruth.waiting.queue == sales
    assert talk.agents["Dana"].phone.call is None
    omar.answers_after(1)
    omar.goes_available()
    world.run_until(lambda: hear_each_other(talk.ruth.person, omar.phone), within=30)
    assert talk.call.told_of_recording
    goes_well(talk)


def test_who_is_sent_to_a_closed_number_hears_so_and_leaves_a_message(
    world: World, talk: Talk, sales: Queue
) -> None:
    closed(sales, world)
    Queue.objects.filter(pk=sales.pk).update(
        closed_message="Sales is closed. Leave a message.", closed_recourse=Recourse.VOICEMAIL
    )
    sent(talk, number_of(sales))
    leaves_a_message(world, talk.ruth)
    assert talk.ruth.person.has_heard("Sales is closed")
    assert Voicemail.objects.get().call.queue == sales
    assert talk.agents["Dana"].phone.call is None


def test_who_hears_why_a_number_takes_nobody_is_not_told_so_again(
    world: World, talk: Talk, sales: Queue
) -> None:
    """Sent there twice, by two people or by impatience, the message would begin anew."""
    closed(sales, world)
    sent(talk, number_of(sales))
    orders = Command.objects.count()
    with pytest.raises(CannotRedirect, match="hears already why Sales takes nobody"):
        send(talk, number_of(sales))
    with pytest.raises(CannotRedirect, match="hears already"):
        foreseeing.send(
            call_id=talk.call.pk, to=number_of(sales), by=None, reason="", now=world.now
        )
    assert Command.objects.count() == orders
    goes_well(talk)


@pytest.mark.parametrize("is_open", [True, False])
def test_who_cannot_be_sent_to_a_number_is_not_left_alone(
    world: World, talk: Talk, sales: Queue, is_open: bool
) -> None:
    """The carrier says no: Ruth waits in that line all the same; at one that is closed, in front of
    the line that she came from."""
    world.agent("Omar", sales).lets_it_ring()
    talk.agents["Dana"].lets_it_ring()
    if not is_open:
        closed(sales, world)
    ambush = Ambush(world, Verb.ENQUEUE if is_open else Verb.PLAY_OUT, "refused")
    sent(talk, number_of(sales))
    world.run(50)
    assert ambush.met
    assert talk.ruth.person.has_heard("next in line")
    assert not talk.ruth.person.has_heard(sales.closed_message)
    assert talk.call.state == CallState.WAITING
    assert talk.ruth.waiting.queue == (sales if is_open else talk.queue)
    goes_well(talk)


@pytest.mark.parametrize("refused", [1, 2])
def test_who_is_sent_to_two_closed_numbers_at_once_has_the_second_or_their_own_line(
    world: World, talk: Talk, sales: Queue, refused: int
) -> None:
    """What the carrier refuses first has been overtaken; where it refuses both, Ruth is next in the
    line that she came from, and not in one that is closed."""
    support = world.queue("Support", closed_message="Support is closed.")
    Queue.objects.filter(pk=sales.pk).update(closed_message="Sales is closed.")
    talk.agents["Dana"].lets_it_ring()
    for queue in (sales, support):
        closed(queue, world)
    Ambush(world, Verb.PLAY_OUT, "refused", times=refused)
    for queue in (sales, support):
        send(talk, number_of(queue))
    world.run(50)
    assert not talk.ruth.person.has_heard("Sales is closed.")
    if refused == 1:
        assert talk.ruth.person.has_heard("Support is closed.")
        assert talk.call.queue == support
    else:
        assert talk.ruth.person.has_heard("next in line")
        assert talk.ruth.waiting.queue == talk.queue
    goes_well(talk)


def test_nobody_is_sent_to_the_number_in_whose_line_they_wait(world: World) -> None:
    billing = world.queue("Billing")
    world.agent("Dana", billing, available=False).takes_break()
    ruth = world.calls_in("Ruth", billing)
    world.run(5)
    with pytest.raises(CannotRedirect, match="already waiting in Billing"):
        sent(Talk(world, billing, ruth, {"Dana": world.agent("Lena")}), number_of(billing))


def test_a_caller_who_is_sent_to_an_address_hears_what_it_answers(world: World, talk: Talk) -> None:
    world.others[MENU] = FetchAnswer(200, {"Content-Type": "text/xml"}, TWIML.encode())
    sent(talk, sending.Elsewhere(url=MENU))
    world.run_until(lambda: is_told(talk.ruth.person, "the menu of the shop"), within=5)
    assert talk.agents["Dana"].phone.call is None
    world.run(30)
    assert talk.call.outcome == CallOutcome.REDIRECTED


def test_where_the_address_answers_with_nothing_the_caller_is_next_in_line(
    world: World, talk: Talk
) -> None:
    world.others[MENU] = FetchAnswer(404)
    talk.agents["Dana"].lets_it_ring()
    sent(talk, sending.Elsewhere(url=MENU))
    world.run(40)
    assert talk.ruth.person.has_heard("next in line")
    assert talk.call.state == CallState.WAITING
    goes_well(talk)


def test_who_came_from_no_line_and_cannot_be_sent_on_stands_in_the_one_of_that_number(
    world: World, talk: Talk, sales: Queue
) -> None:
    closed(sales, world)
    Call.objects.filter(pk=talk.call.pk).update(queue=None)
    Ambush(world, Verb.PLAY_OUT, "refused")
    sent(talk, number_of(sales))
    world.run_until(lambda: talk.ruth.person.has_heard("next in line"), within=30)
    assert talk.ruth.waiting.queue == sales
