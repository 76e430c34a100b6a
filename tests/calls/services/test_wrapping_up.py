"""After-call work, voicemails, and who may see a call."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from calls.models import Call, Disposition, Queue, Voicemail, WrapUp
from calls.services import access, voicemails, wrapups
from calls.states import CallOutcome
from calls.timeline import story
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


@pytest.fixture
def wrap_up(call: Call, dana: User) -> WrapUp:
    people.talking(call, dana)
    people.over(people.customer(call), now=at(60))
    return WrapUp.objects.get()


def test_the_agent_finishes_with_an_outcome_and_notes(wrap_up: WrapUp, dana: User) -> None:
    solved = Disposition.objects.create(name="solved")
    done = wrapups.finish(
        wrap_up_id=wrap_up.id, user=dana, disposition_id=solved.id, notes="refunded", now=at(70)
    )
    assert (done.finished_at, done.disposition, done.notes) == (at(70), solved, "refunded")
    assert not done.finished_by_timer


def test_nobody_finishes_anothers_work(wrap_up: WrapUp, omar: User) -> None:
    with pytest.raises(wrapups.NotYourWrapUp):
        wrapups.finish(wrap_up_id=wrap_up.id, user=omar, disposition_id=None, notes="", now=at(70))


def test_what_is_finished_stays_finished(wrap_up: WrapUp, dana: User) -> None:
    wrapups.expire(wrap_up_id=wrap_up.id, now=at(90))
    with pytest.raises(wrapups.WrapUpIsOver):
        wrapups.finish(wrap_up_id=wrap_up.id, user=dana, disposition_id=None, notes="", now=at(91))


def test_the_clock_ends_it_and_keeps_the_notes(wrap_up: WrapUp, dana: User) -> None:
    wrapups.save_notes(wrap_up_id=wrap_up.id, user=dana, notes="half a sen", now=at(80))
    wrapups.expire(wrap_up_id=wrap_up.id, now=at(89))
    assert WrapUp.objects.get().finished_at is None
    wrapups.expire(wrap_up_id=wrap_up.id, now=at(90))
    ended = WrapUp.objects.get()
    assert (ended.finished_at, ended.finished_by_timer, ended.notes) == (at(90), True, "half a sen")


def test_an_outcome_of_another_queue_is_refused(wrap_up: WrapUp, dana: User) -> None:
    sold = Disposition.objects.create(name="sold")
    sold.queues.add(people.make_queue("Sales"))
    with pytest.raises(wrapups.WrongDisposition):
        wrapups.finish(
            wrap_up_id=wrap_up.id, user=dana, disposition_id=sold.id, notes="", now=at(70)
        )


def test_a_queue_may_give_no_time_for_it(call: Call, dana: User) -> None:
    Queue.objects.update(wrap_up_seconds=0)
    people.talking(call, dana)
    people.over(people.customer(call), now=at(60))
    assert not WrapUp.objects.exists()


def test_an_agent_has_one_at_a_time(wrap_up: WrapUp, dana: User) -> None:
    people.over(wrap_up.leg, now=at(61))
    other = people.rings(number="+15551230009", now=at(62))
    people.talking(other, dana, now=at(63))
    people.over(people.customer(other), now=at(70))
    wrap_up.refresh_from_db()
    assert wrap_up.finished_at == at(70)
    assert WrapUp.objects.filter(finished_at__isnull=True).count() == 1


def test_a_caller_leaves_a_message(billing: Queue) -> None:
    call = people.rings()
    leave(call, "RE1")
    leave(call, "RE1")
    assert Voicemail.objects.get().seconds == 12
    people.over(people.customer(call), now=at(30))
    assert Call.objects.get().outcome == CallOutcome.VOICEMAIL


def test_silence_is_no_message(billing: Queue) -> None:
    call = people.rings()
    leave(call, "RE1", seconds=0)
    assert not Voicemail.objects.exists()


def test_the_recording_may_be_ready_after_the_caller_is_gone(billing: Queue) -> None:
    call = people.rings()
    people.over(people.customer(call), now=at(20))
    leave(call, "RE1")
    assert Call.objects.get().outcome == CallOutcome.VOICEMAIL


def leave(call: Call, sid: str, seconds: int = 12) -> None:
    voicemails.left(
        leg=people.customer(call),
        recording_sid=sid,
        recording_url="https://example.com/RE1",
        seconds=seconds,
        now=at(25),
    )


# Who may --------------------------------------------------------------------------------------


def test_an_agent_sees_their_own_calls_and_no_others(call: Call, dana: User, omar: User) -> None:
    people.talking(call, dana)
    assert access.may_see(dana, call)
    assert access.may_control(dana, call)
    assert not access.may_see(omar, call)
    assert not access.may_control(omar, call)


def test_an_agent_whose_phone_only_rings_does_not_control_the_call(call: Call, dana: User) -> None:
    people.offered(call, dana)
    assert not access.may_control(dana, call)


def test_a_call_that_is_over_is_seen_but_not_touched(call: Call, dana: User) -> None:
    people.over(people.talking(call, dana), now=at(60))
    assert access.may_see(dana, call)
    assert not access.may_control(dana, call)


def test_a_supervisor_sees_and_touches_the_calls_of_their_queues(
    call: Call, billing: Queue
) -> None:
    sales = people.make_queue("Sales")
    vera, nils = people.make_supervisor("Vera", billing), people.make_supervisor("Nils", sales)
    assert access.may_see(vera, call)
    assert access.may_control(vera, call)
    assert access.supervised_queue_ids(vera) == {billing.id}
    assert not access.may_see(nils, call)
    assert not access.may_control(nils, call)


def test_an_admin_sees_and_touches_everything(call: Call, billing: Queue) -> None:
    ada = User.objects.create_superuser("ada")
    assert access.may_see(ada, call)
    assert access.may_control(ada, call)
    assert access.supervised_queue_ids(ada) == {billing.id}


def test_nobody_in_particular_sees_nothing(call: Call, dana: User) -> None:
    people.talking(call, dana)
    dana.is_active = False
    for nobody in (AnonymousUser(), dana):
        assert not access.visible_calls(nobody).exists()
        assert not access.may_control(nobody, call)


# The story --------------------------------------------------------------------------------------


def test_the_story_tells_what_happened_what_was_ordered_and_what_came_in(
    call: Call, dana: User
) -> None:
    leg = people.talking(call, dana, now=at(3))
    people.news("status", leg=leg, CallStatus="ringing", SequenceNumber=1, now=at(1))
    told = story(call, private=True)
    assert [entry.at for entry in told] == sorted(entry.at for entry in told)
    kinds = [entry.kind for entry in told]
    assert kinds[:2] == ["arrived", "waiting"]
    assert {"offered", "accepted", "talking", "order:dial", "news:status"} <= set(kinds)
    assert next(entry.who for entry in told if entry.kind == "accepted") == "Dana"
    assert told[0].at == NOON
