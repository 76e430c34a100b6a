"""What dialling out may cost: no cap is passed, whoever dials at the same instant."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from agents.services import handoffs
from agents.services.handoffs import Target
from calls.models import Call, DialAlarm, Dialling, DialRules, Leg, PhonePrice, Queue
from calls.plans import CannotNow
from calls.services import dial_rules
from calls.services.dial_rules import Allowed, CapReached
from tests import people
from tests.agents.test_dispatch_races import workers
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

RUTH = "+15551230001"
NO_CAPS = dict.fromkeys(
    [
        f"{what}_{of}"
        for what in ("calls_an_hour", "calls_a_day", "minutes_a_day", "money_a_day")
        for of in ("each", "all")
    ]
)


@pytest.fixture
def billing() -> Queue:
    queue = people.make_queue("Billing")
    people.make_number(queue)
    return queue


def rules(**fields: object) -> DialRules:
    """Only these limits; a minute costs a tenth where nothing else is said."""
    usual = {**NO_CAPS, "unknown_price": Decimal("0.1"), "longest_minutes": 60}
    return DialRules.objects.create(pk=1, **usual | fields)


def dialled(user: User, *, ago: timedelta, talked: int | None = None, limit: int = 3600) -> None:
    """So long ago; `talked` seconds, or still going on."""
    began = NOON - ago
    over = None if talked is None else began + timedelta(seconds=talked)
    call = Call.objects.create(
        direction="outbound",
        state="ended" if over else "talking",
        arrived_at=began,
        ended_at=over,
    )
    leg = Leg.objects.create(
        call=call,
        role="customer",
        state="completed" if over else "in-progress",
        planned_at=began,
        answered_at=began,
        ended_at=over,
    )
    Dialling.objects.create(
        call=call,
        leg=leg,
        user=user,
        number=RUTH,
        per_minute=Decimal("0.1"),
        limit_seconds=limit,
        dialled_at=began,
    )


def reserve(user: User, number: str = RUTH) -> Allowed:
    with transaction.atomic():
        return dial_rules.reserve(number=number, user_id=user.pk, now=NOON)


# What a minute costs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "price"),
    [("+15551230001", "0.0140"), ("+4930123456", "0.0200"), ("+4915112345", "0.1500")],
)
def test_the_longest_beginning_that_is_known_counts(number: str, price: str) -> None:
    for prefix, per_minute in (("+1", "0.014"), ("+49", "0.02"), ("+4915", "0.15")):
        PhonePrice.objects.create(prefix=prefix, per_minute=per_minute)
    assert dial_rules.price_of(number, rules()) == Decimal(price)


def test_a_number_of_which_no_price_is_known_counts_as_dear(dana: User) -> None:
    assert dial_rules.allowed(number=RUTH, user_id=dana.pk, now=NOON).per_minute == Decimal("0.5")


def test_such_a_number_is_refused_where_the_administrator_wants_that(dana: User) -> None:
    rules(unknown_price=None)
    with pytest.raises(CannotNow, match="has no price"):
        reserve(dana)


@pytest.mark.parametrize("line", ["client:user_7", "sip:omar@desks.example.com"])
def test_a_colleague_who_is_at_no_number_costs_nothing_but_counts(dana: User, line: str) -> None:
    rules(unknown_price=None, money_a_day_each=Decimal(0), calls_an_hour_each=1)
    assert reserve(dana, line) == Allowed(per_minute=Decimal(0), limit_seconds=3600)
    dialled(dana, ago=timedelta(minutes=5), talked=60)
    with pytest.raises(CapReached, match="1 times"):
        reserve(dana, line)


# Caps ---------------------------------------------------------------------------------------------


def test_nothing_is_dialled_while_it_is_switched_off(dana: User) -> None:
    rules(is_on=False)
    with pytest.raises(CannotNow, match="switched off"):
        reserve(dana)


@pytest.mark.parametrize("minutes", [1, 2])
def test_calls_that_may_only_be_short_are_dialled(dana: User, minutes: int) -> None:
    rules(longest_minutes=minutes, minutes_a_day_each=60, money_a_day_all=Decimal(50))
    assert reserve(dana).limit_seconds == 60 * minutes


def test_a_line_that_is_still_up_counts_though_its_call_is_over(dana: User) -> None:
    dialled(dana, ago=timedelta(minutes=5), talked=60)
    Leg.objects.update(ended_at=None, state="in-progress")
    rules(minutes_a_day_each=61)
    with pytest.raises(CapReached):
        reserve(dana)


@pytest.mark.parametrize(
    ("cap", "ago"),
    [
        ("calls_an_hour_each", timedelta(minutes=59)),
        ("calls_a_day_each", timedelta(hours=23)),
        ("calls_an_hour_all", timedelta(minutes=59)),
        ("calls_a_day_all", timedelta(hours=23)),
    ],
)
def test_calls_are_counted(dana: User, cap: str, ago: timedelta) -> None:
    rules(**{cap: 2})
    dialled(dana, ago=ago, talked=0)
    reserve(dana)
    dialled(dana, ago=ago, talked=0)
    with pytest.raises(CapReached) as reached:
        reserve(dana)
    assert reached.value.cap == cap.replace("_", "-")
    assert reached.value.code == "cap-reached"


def test_what_is_longer_ago_does_not_count(dana: User) -> None:
    rules(calls_an_hour_each=1, calls_a_day_each=2)
    dialled(dana, ago=timedelta(minutes=61), talked=60)
    dialled(dana, ago=timedelta(hours=25), talked=60)
    reserve(dana)


def test_one_persons_cap_is_not_anothers(dana: User, billing: Queue) -> None:
    omar = people.make_agent_user("Omar", billing)
    rules(calls_an_hour_each=1)
    dialled(dana, ago=timedelta(minutes=1), talked=60)
    reserve(omar)
    with pytest.raises(CapReached):
        reserve(dana)


def test_begun_minutes_are_paid_for(dana: User) -> None:
    rules(minutes_a_day_each=10)
    dialled(dana, ago=timedelta(hours=2), talked=61)
    assert reserve(dana).limit_seconds == 8 * 60


def test_a_call_that_goes_on_counts_for_as_long_as_it_may_become(dana: User) -> None:
    rules(minutes_a_day_each=20)
    dialled(dana, ago=timedelta(minutes=1), limit=15 * 60)
    assert reserve(dana).limit_seconds == 5 * 60
    rules_now = DialRules.objects.get()
    rules_now.minutes_a_day_each = 16
    rules_now.save()
    with pytest.raises(CapReached, match="used up, or needed by calls that are going on"):
        reserve(dana)


def test_a_call_lasts_no_longer_than_what_is_left_pays_for(dana: User) -> None:
    rules(money_a_day_each=Decimal("1"))
    assert reserve(dana).limit_seconds == 10 * 60
    dialled(dana, ago=timedelta(hours=1), talked=6 * 60)
    assert reserve(dana).limit_seconds == 4 * 60


def test_what_would_have_to_end_soon_is_not_begun(dana: User) -> None:
    rules(money_a_day_all=Decimal("1"))
    dialled(dana, ago=timedelta(hours=1), talked=8 * 60)
    with pytest.raises(CapReached) as reached:
        reserve(dana)
    assert reached.value.cap == "money-a-day-all"
    assert reached.value.user_id is None


def test_a_line_that_was_never_answered_costs_nothing(dana: User) -> None:
    rules(minutes_a_day_each=3)
    dialled(dana, ago=timedelta(minutes=5), talked=0)
    Leg.objects.update(answered_at=None)
    reserve(dana)


@pytest.mark.django_db(transaction=True)
def test_two_who_dial_at_once_are_not_both_given_the_last_call(dana: User, billing: Queue) -> None:
    omar = people.make_agent_user("Omar", billing)
    rules(calls_an_hour_all=1)

    def dials(user: User) -> bool:
        try:
            with transaction.atomic():
                allowed = dial_rules.reserve(number=RUTH, user_id=user.pk, now=NOON)
                call = Call.objects.create(direction="outbound", state="dialling", arrived_at=NOON)
                Dialling.objects.create(
                    call=call,
                    user=user,
                    number=RUTH,
                    per_minute=allowed.per_minute,
                    limit_seconds=allowed.limit_seconds,
                    dialled_at=NOON,
                )
        except CapReached:
            return False
        return True

    with workers(2) as start:
        came = [start(partial(dials, user)) for user in (dana, omar)]
    assert sorted(each.result() for each in came) == [False, True]


# Alarms -------------------------------------------------------------------------------------------


def test_an_alarm_is_raised_once_an_hour_for_each_cap(dana: User) -> None:
    reached = CapReached("Enough.", "calls-an-hour-each", dana.pk)
    for seconds in (0, 10, 3000):
        dial_rules.alarm(reached=reached, now=at(seconds))
    assert DialAlarm.objects.count() == 1
    dial_rules.alarm(reached=reached, now=at(3601))
    assert DialAlarm.objects.count() == 2
    others = people.make_user("Sven")
    assert not dial_rules.alarms(user_ids=[others.pk], now=at(3601))
    assert len(dial_rules.alarms(user_ids=[dana.pk], now=at(3601))) == 2


def test_an_alarm_about_all_is_for_everybody_who_watches(dana: User) -> None:
    reached = CapReached("Enough.", "money-a-day-all", None)
    reached.asked_by = dana.pk
    dial_rules.alarm(reached=reached, now=NOON)
    [told] = dial_rules.alarms(user_ids=[], now=NOON)
    assert told.text == "Dana wanted to dial out and was refused: Enough."
    assert not dial_rules.alarms(user_ids=[], now=at(25 * 3600))


# Third parties ------------------------------------------------------------------------------------


def test_a_number_outside_that_is_added_is_given_what_is_left(dana: User) -> None:
    rules(money_a_day_each=Decimal("1"))
    ruth = people.rings()
    people.talking(ruth, dana)
    to = Target(number="+15551239999")
    made = handoffs.add(call_id=ruth.pk, to=to, by=dana, now=at(60))
    [dial] = made.orders
    assert dial.params["time_limit"] == 10 * 60
    kept = Dialling.objects.get(leg=dial.leg)
    assert (kept.user, kept.number) == (dana, "+15551239999")


def test_what_is_refused_of_a_third_party_changes_nothing(dana: User) -> None:
    rules(calls_a_day_each=0)
    ruth = people.rings()
    people.talking(ruth, dana)
    with pytest.raises(CapReached):
        handoffs.add(call_id=ruth.pk, to=Target(number="+15551239999"), by=dana, now=at(60))
    assert not Leg.objects.filter(role="external").exists()
    assert not Dialling.objects.exists()
