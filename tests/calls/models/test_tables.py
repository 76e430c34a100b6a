"""What the tables themselves hold to be true, whoever writes."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from calls.models import Call, Leg, Offer, OpeningHours, PhoneNumber, Queue, Waiting, WrapUp
from calls.models.queues import check_time_zone
from calls.models.waiting import place_in_line
from calls.states import LEG_LIVE, LEG_OVER, CallState, LegRole, LegState, leg_may_become
from tests import people
from tests.people import NOON, at

STATES = st.sampled_from(list(LegState))


@pytest.fixture
def queue(db: None) -> Queue:
    return people.make_queue("Billing")


@pytest.fixture
def dana(db: None) -> User:
    return people.make_user("Dana")


@pytest.fixture
def call(queue: Queue) -> Call:
    return Call.objects.create(queue=queue, arrived_at=NOON)


@given(now=STATES, then=STATES)
def test_a_leg_never_moves_back_and_what_is_over_stays_over(now: LegState, then: LegState) -> None:
    if leg_may_become(now=now, then=then):
        assert not leg_may_become(now=then, then=now)
        assert now not in LEG_OVER
    if now == then or now in LEG_OVER:
        assert not leg_may_become(now=now, then=then)


@given(st.sampled_from(LEG_LIVE), st.sampled_from(LEG_OVER))
def test_a_live_leg_may_end_in_any_way(now: LegState, then: LegState) -> None:
    assert leg_may_become(now=now, then=then)


@given(early=st.integers(0, 3600), priority=st.integers(0, 100))
def test_whoever_came_earlier_stays_ahead_at_the_same_priority(early: int, priority: int) -> None:
    def place(seconds: int) -> datetime:
        return place_in_line(arrived_at=at(seconds), priority=priority, ageing_seconds=60)

    assert place(0) <= place(early)


def test_a_point_of_priority_is_worth_the_ageing_time() -> None:
    ahead = place_in_line(arrived_at=at(120), priority=2, ageing_seconds=60)
    assert ahead == place_in_line(arrived_at=at(0), priority=0, ageing_seconds=60)


# Opening hours ----------------------------------------------------------------------------------


def test_a_queue_without_hours_is_always_open(queue: Queue) -> None:
    assert queue.is_open_at(NOON)


def test_a_queue_that_is_switched_off_is_closed(queue: Queue) -> None:
    queue.is_active = False
    assert not queue.is_open_at(NOON)


@pytest.mark.parametrize(
    ("zone", "is_open"), [("UTC", True), ("Europe/Berlin", True), ("Asia/Tokyo", False)]
)
def test_hours_are_read_in_the_queues_own_time_zone(queue: Queue, zone: str, is_open: bool) -> None:
    queue.time_zone = zone
    OpeningHours.objects.create(queue=queue, weekday=0, opens=time(9), closes=time(17))
    assert queue.is_open_at(datetime(2026, 3, 2, 12, tzinfo=UTC)) == is_open


@pytest.mark.parametrize("at", [time(0), time(23, 59, 59), time(23, 59, 59, 999_999)])
def test_a_line_that_is_open_all_day_is_open_in_its_last_second(queue: Queue, at: time) -> None:
    OpeningHours.objects.create(queue=queue, weekday=0, opens=time(0), closes=time(23, 59, 59))
    assert queue.is_open_at(datetime.combine(NOON.date(), at, tzinfo=UTC))


def test_a_call_at_closing_time_is_taken_and_one_a_second_later_is_not(queue: Queue) -> None:
    OpeningHours.objects.create(queue=queue, weekday=0, opens=time(9), closes=time(17))
    assert queue.is_open_at(datetime(2026, 3, 2, 17, tzinfo=UTC))
    assert not queue.is_open_at(datetime(2026, 3, 2, 17, 0, 1, tzinfo=UTC))


def test_another_weekday_is_closed(queue: Queue) -> None:
    OpeningHours.objects.create(queue=queue, weekday=0, opens=time(9), closes=time(17))
    assert not queue.is_open_at(NOON + timedelta(days=1))


def test_a_time_zone_must_exist() -> None:
    with pytest.raises(ValidationError):
        check_time_zone("Middle/Earth")


def test_a_number_is_written_with_its_country(queue: Queue) -> None:
    with pytest.raises(ValidationError):
        PhoneNumber(e164="0301234", queue=queue).full_clean()


# Constraints ------------------------------------------------------------------------------------


def refused(make: object) -> bool:
    try:
        with transaction.atomic():
            make()  # type: ignore[operator]
    except IntegrityError:
        return True
    return False


def test_a_call_has_one_live_customer(call: Call) -> None:
    first = Leg.objects.create(call=call, role=LegRole.CUSTOMER, planned_at=NOON)
    again = lambda: Leg.objects.create(call=call, role=LegRole.CUSTOMER, planned_at=NOON)  # noqa: E731
    assert refused(again)
    Leg.objects.filter(pk=first.pk).update(state=LegState.COMPLETED, ended_at=NOON)
    assert not refused(again)


def test_an_agent_is_in_one_call(call: Call, queue: Queue, dana: User) -> None:
    other = Call.objects.create(queue=queue, arrived_at=NOON)
    Leg.objects.create(call=call, role=LegRole.AGENT, user=dana, planned_at=NOON)
    assert refused(
        lambda: Leg.objects.create(call=other, role=LegRole.AGENT, user=dana, planned_at=NOON)
    )


def test_a_leg_that_is_over_has_a_moment_and_no_room(call: Call) -> None:
    leg = Leg.objects.create(call=call, role=LegRole.CUSTOMER, planned_at=NOON)
    row = Leg.objects.filter(pk=leg.pk)
    assert refused(lambda: row.update(state=LegState.COMPLETED))
    assert refused(lambda: row.update(state=LegState.COMPLETED, ended_at=NOON, in_room=True))
    assert not refused(lambda: row.update(state=LegState.COMPLETED, ended_at=NOON))


def test_a_call_that_ended_has_a_moment(call: Call) -> None:
    assert refused(lambda: Call.objects.update(state=CallState.ENDED))
    assert refused(lambda: Call.objects.update(ended_at=NOON))


def test_a_caller_has_one_place(call: Call, queue: Queue) -> None:
    place = {"call": call, "queue": queue, "since": NOON, "place": NOON}
    Waiting.objects.create(**place)
    assert refused(lambda: Waiting.objects.create(**place))


def test_whoever_leaves_the_line_does_so_for_a_reason(call: Call, queue: Queue) -> None:
    Waiting.objects.create(call=call, queue=queue, since=NOON, place=NOON)
    assert refused(lambda: Waiting.objects.update(left_at=NOON))


def test_a_call_and_an_agent_have_one_open_offer(call: Call, queue: Queue, dana: User) -> None:
    waiting = Waiting.objects.create(call=call, queue=queue, since=NOON, place=NOON)

    def offer(user: User) -> Offer:
        return Offer.objects.create(
            call=call, waiting=waiting, user=user, offered_at=NOON, expires_at=at(20)
        )

    offer(dana)
    assert refused(lambda: offer(dana))
    assert refused(lambda: offer(people.make_user("Omar")))
    assert refused(lambda: Offer.objects.update(state="missed"))


def test_an_agent_wraps_up_one_call_at_a_time(call: Call, dana: User) -> None:
    def wrap_up() -> WrapUp:
        leg = Leg.objects.create(call=call, role=LegRole.SUPERVISOR, user=dana, planned_at=NOON)
        return WrapUp.objects.create(leg=leg, call=call, user=dana, started_at=NOON, due_at=at(30))

    wrap_up()
    assert refused(wrap_up)


def test_a_calls_room_is_named_after_it(call: Call) -> None:
    assert call.room == f"call-{call.id}"
