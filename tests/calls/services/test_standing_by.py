"""A leg that is kept open: what it is told while news and orders about it are on their way."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from calls import steps
from calls.carrier.outcomes import AlreadyOver, Done, NoAnswer, Outcome, Passing, Refused
from calls.carrier.readings import CarrierCall
from calls.models import Call, CarrierEvent, Leg, Offer, Queue, Standby, StandbyLeg
from calls.services import (
    answering,
    forgetting,
    keeping_open,
    legs,
    lifecycle,
    offering,
    offers,
    reconcile,
    rooms,
    standby_lines,
    standing_by,
    sweeping,
)
from calls.services.reconcile import Report, Seen
from calls.states import LegState, OfferState, Verb
from calls.timeline import story
from tests import people
from tests.people import NOON, at

pytestmark = pytest.mark.django_db

SID = "CA" + "7" * 32
ADDRESS = "+15559008888"


@pytest.fixture
def line(dana: User) -> StandbyLeg:
    """Dana's line is open, and part of no call."""
    return kept_open(dana)


def kept_open(user: User) -> StandbyLeg:
    found = started(user)
    answers(found, Done(SID, "queued"))
    standing_by.heard(line_id=found.pk, state=LegState.IN_PROGRESS, now=at(2))
    standing_by.asked(line_id=found.pk, now=at(2))
    return fresh(found)


def started(user: User) -> StandbyLeg:
    begun = keeping_open.start(user=user, address=ADDRESS, confirm_by_key=False, by=user, now=NOON)
    return begun.lines.get()


def fresh(line: StandbyLeg) -> StandbyLeg:
    return StandbyLeg.objects.select_related("standby").get(pk=line.pk)


def asks(line: StandbyLeg, now: float = 1) -> Verb | None:
    """What the carrier is asked about it now."""
    question = standby_lines.prepare(line_id=line.pk, now=at(now))
    return question.verb if question else None


def answers(line: StandbyLeg, outcome: Outcome, now: float = 1) -> object:
    """The carrier is asked, and says this."""
    verb = asks(line, now)
    assert verb is not None
    return standby_lines.settle(line_id=line.pk, verb=verb, outcome=outcome, now=at(now))


def offered(user: User, *, now: float, by_key: bool = False) -> Offer:
    """A new caller is offered to them."""
    offer = offering.make(
        waiting=people.waiting_of(people.rings()),
        user=user,
        address=ADDRESS,
        confirm_by_key=by_key,
        reason={},
        now=at(now),
    )
    assert offer is not None
    return offer


def leg_of(offer: Offer) -> Leg:
    return Leg.objects.select_related("call").get(offer=offer)


def talks(line: StandbyLeg, user: User, *, now: float) -> Leg:
    """They have taken the call, and are in the room with the caller."""
    leg = leg_of(offered(user, now=now))
    standing_by.asked(line_id=line.pk, now=at(now))
    rooms.entered(leg=leg, now=at(now))
    rooms.entered(leg=people.customer(leg.call), now=at(now))
    return leg


# What it is told ----------------------------------------------------------------------------------


def test_between_calls_it_waits(line: StandbyLeg) -> None:
    step = standing_by.asked(line_id=line.pk, now=at(10))
    assert step == steps.StandBy(line_id=line.pk)


def test_lent_to_a_call_it_does_what_the_call_wants(line: StandbyLeg, dana: User) -> None:
    offer = offered(dana, now=10)
    step = standing_by.asked(line_id=line.pk, now=at(11))
    assert isinstance(step, steps.JoinRoom)
    assert step.leg_id == leg_of(offer).pk
    assert step.sound_url.endswith("standby.wav")


def test_where_no_sound_can_be_fetched_a_word_is_said(
    line: StandbyLeg, dana: User, settings: Settings
) -> None:
    settings.HOLD_MUSIC = ""
    offered(dana, now=10)
    step = standing_by.asked(line_id=line.pk, now=at(11))
    assert isinstance(step, steps.JoinRoom)
    assert (step.sound_url, step.announcement) == ("", "A call.")


def test_what_asks_while_it_is_let_go_is_let_go(line: StandbyLeg, dana: User) -> None:
    """The carrier may ask before it has answered the order that makes it ask."""
    leg = talks(line, dana, now=10)
    legs.order_hang_up(leg, "dropped", at(20))
    step = standing_by.asked(line_id=line.pk, now=at(20))
    assert step == steps.StandBy(line_id=line.pk)
    leg.refresh_from_db()
    assert leg.state == LegState.COMPLETED


def test_what_is_asked_of_the_last_call_takes_no_offer_of_the_next(
    line: StandbyLeg, dana: User
) -> None:
    """Whoever leaves a room is asked about by the carrier, also after they were moved out of it."""
    before = talks(line, dana, now=10)
    people.over(people.customer(before.call), now=at(20))
    people.over(before, now=at(20))
    offer = offered(dana, now=21)
    said = lifecycle.next_step(leg=before, now=at(21), on_leaving=True)
    step = standing_by.rather_than_end(Leg.objects.get(pk=before.pk), said, at(21))
    assert step == steps.StandBy(line_id=line.pk)
    offer.refresh_from_db()
    assert offer.state == OfferState.OFFERED


def test_whoever_declines_hears_so_and_waits_on(line: StandbyLeg, dana: User) -> None:
    leg = leg_of(offered(dana, now=10, by_key=True))
    standing_by.asked(line_id=line.pk, now=at(11))
    said = answering.pressed(leg_id=leg.pk, digits="2", now=at(12))
    step = standing_by.rather_than_end(leg, said, at(12))
    assert step == steps.StandBy(line_id=line.pk, text=offers.DECLINED)
    leg.refresh_from_db()
    assert not leg.is_live


def test_a_goodbye_is_not_said_to_somebody_who_stays(line: StandbyLeg, dana: User) -> None:
    leg = leg_of(offered(dana, now=10, by_key=True))
    standing_by.asked(line_id=line.pk, now=at(11))
    said = answering.pressed(leg_id=leg.pk, digits="", now=at(12))
    step = standing_by.rather_than_end(leg, said, at(12))
    assert isinstance(step, steps.StandBy)
    assert step.text == "Nobody pressed a key."


def test_a_line_that_is_found_by_the_carriers_name_alone(line: StandbyLeg) -> None:
    assert standing_by.asked_by_sid(sid=SID, now=at(9)) == steps.StandBy(line_id=line.pk)
    assert standing_by.asked_by_sid(sid="CA" + "8" * 32, now=at(9)) is None


# One leg, many calls ------------------------------------------------------------------------------


def test_two_calls_do_not_have_it_at_once(line: StandbyLeg, dana: User, omar: User) -> None:
    offered(dana, now=10)
    other = people.rings()
    with pytest.raises(IntegrityError), transaction.atomic():
        Leg.objects.create(call=other, role="consult", user=omar, standby=line, planned_at=NOON)


def test_a_leg_that_is_not_lent_is_one_calls_alone(billing: Queue, dana: User) -> None:
    people.rings(sid="CA" + "5" * 32)
    with pytest.raises(IntegrityError), transaction.atomic():
        Leg.objects.create(
            call=people.rings(), role="external", sid="CA" + "5" * 32, planned_at=NOON
        )


def told(kind: str, about: UUID) -> CarrierEvent:
    event = people.news(kind, CallSid=SID, CallStatus="in-progress")
    CarrierEvent.objects.filter(pk=event.pk).update(leg_id=about, state="applied")
    return event


def test_a_calls_story_tells_nothing_of_the_next_one(line: StandbyLeg, dana: User) -> None:
    first = talks(line, dana, now=10)
    people.over(people.customer(first.call), now=at(20))
    people.over(first, now=at(20))
    second = talks(line, dana, now=30)
    told("room-left", first.pk)
    told("room-left", second.pk)
    told("standby", line.pk)
    for leg in (first, second):
        entries = story(leg.call, private=True)
        assert [e.kind for e in entries].count("news:room-left") == 1


def test_a_standby_is_forgotten_with_the_last_of_its_calls(
    line: StandbyLeg, dana: User, settings: Settings
) -> None:
    settings.CALLS_KEPT_DAYS = 1.0
    leg = talks(line, dana, now=10)
    people.over(people.customer(leg.call), now=at(20))
    people.over(leg, now=at(20))
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(30))
    forgetting.sweep(now=at(86_410))
    assert Standby.objects.exists()
    forgetting.sweep(now=at(86_440))
    assert not Standby.objects.exists()
    assert not Leg.objects.filter(pk=leg.pk).exists()


# Asking the carrier -------------------------------------------------------------------------------


def test_a_ringing_is_asked_for_once(dana: User) -> None:
    line = started(dana)
    assert asks(line) == Verb.STAND_BY
    assert asks(line) is None
    assert fresh(line).given_up
    assert fresh(line).standby.next_try_at == at(3)


def test_a_carrier_that_is_busy_is_asked_again(dana: User) -> None:
    line = started(dana)
    answers(line, Passing("too many", 429, 20429))
    assert fresh(line).is_live
    assert asks(line, 2) == Verb.STAND_BY


def test_a_carrier_that_is_busy_for_long_is_tried_later(dana: User) -> None:
    line = started(dana)
    answers(line, Passing("too many", 429, 20429), now=31)
    assert not fresh(line).is_live
    assert fresh(line).standby.tries == 1


def test_a_line_that_the_carrier_will_not_ring_is_not_rung_for_ever(dana: User) -> None:
    standby = started(dana).standby
    for tries in range(len(standing_by.PAUSES) + 1):
        line = standby.lines.get(ended_at=None)
        answers(line, Refused(400, 21211, "not a number"), now=200 * tries)
        standing_by.due(standby_id=standby.pk, now=at(200 * tries + 100))
    standby.refresh_from_db()
    assert standby.why == "the line could not be kept open"
    assert standby.lines.count() == len(standing_by.PAUSES) + 1


def test_a_line_that_was_given_up_and_rings_after_all_is_ended(dana: User) -> None:
    line = started(dana)
    answers(line, NoAnswer("no answer"))
    standing_by.heard(line_id=line.pk, state=LegState.RINGING, sid=SID, now=at(2))
    assert asks(line) == Verb.HANG_UP


def test_a_line_that_was_never_asked_for_ends_without_the_carrier(dana: User) -> None:
    line = started(dana)
    keeping_open.end(user_id=dana.pk, by=dana, why="ended", now=at(1))
    assert asks(line) is None
    assert fresh(line).state == LegState.CANCELED


def test_an_end_that_the_carrier_cannot_carry_out_is_asked_for_again(
    line: StandbyLeg, dana: User
) -> None:
    keeping_open.end(user_id=dana.pk, by=dana, why="ended", now=at(10))
    answers(line, Passing("busy", 503, None), now=100)
    assert asks(line, 200) == Verb.HANG_UP


def test_an_end_of_what_has_ended_is_looked_at(line: StandbyLeg, dana: User) -> None:
    keeping_open.end(user_id=dana.pk, by=dana, why="ended", now=at(10))
    settled = answers(line, AlreadyOver())
    assert getattr(settled, "look", False)


# Made up for --------------------------------------------------------------------------------------


def found(now: float) -> dict[str, int]:
    return {kind: number for kind, number in sweeping.run(now=at(now)).items() if number}


def test_a_job_that_was_lost_is_made_up_for(dana: User) -> None:
    line = started(dana)
    ProcrastinateJob.objects.all().delete()
    assert found(30) == {"standby lines that nobody rings or ends": 1}
    assert ProcrastinateJob.objects.filter(args__line_id=str(line.pk)).count() == 1


def test_a_timer_that_was_lost_is_made_up_for(line: StandbyLeg) -> None:
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(200))
    assert found(207) == {"lost standby lines": 1}
    assert StandbyLeg.objects.live().count() == 1


def test_a_leg_whose_line_is_over_does_not_stay_on_its_call(line: StandbyLeg, dana: User) -> None:
    leg = talks(line, dana, now=100)
    StandbyLeg.objects.update(state=LegState.COMPLETED, ended_at=at(110))
    assert found(115)["lines of calls that were lent and are over"] == 1
    leg.refresh_from_db()
    assert not leg.is_live


def seen(*sids: str) -> Seen:
    calls = [
        CarrierCall(sid, "in-progress", "outbound-api", ADDRESS, people.OUR_NUMBER, "", NOON, None)
        for sid in sids
    ]
    return Seen({call.sid: call for call in calls}, {})


def repaired(*sids: str, now: float) -> dict[str, int]:
    report = Report()
    reconcile.repair(seen(*sids), report=report, now=at(now))
    return {kind: number for kind, number in report.repaired.items() if number}


def test_a_line_that_is_open_on_both_sides_is_left_alone(line: StandbyLeg, dana: User) -> None:
    leg = talks(line, dana, now=10)
    people.over(people.customer(leg.call), now=at(20))
    people.over(leg, now=at(20))
    assert repaired(SID, now=100) == {}
    assert fresh(line).let_go_at is None


def test_a_line_that_is_over_here_and_not_there_is_ended(line: StandbyLeg) -> None:
    standing_by.heard(line_id=line.pk, state=LegState.COMPLETED, now=at(100))
    ProcrastinateJob.objects.all().delete()
    assert repaired(SID, now=200) == {"standby lines": 1}
    assert asks(line) == Verb.HANG_UP


def test_a_line_whose_dial_was_never_answered_turns_up_and_is_ended(dana: User) -> None:
    line = started(dana)
    answers(line, NoAnswer("no answer"))
    assert repaired("CA" + "9" * 32, now=60) == {"standby lines": 1}
    assert fresh(line).sid == "CA" + "9" * 32
    assert asks(line) == Verb.HANG_UP


def test_an_open_line_is_not_taken_for_an_offers_that_was_given_up(
    line: StandbyLeg, dana: User, omar: User
) -> None:
    """Both were rung at one number, with one of ours shown."""
    call: Call = people.rings()
    leg = people.line_of(people.offered(call, omar))
    Leg.objects.filter(pk=leg.pk).update(
        sid=None, address=ADDRESS, our_number=people.OUR_NUMBER, given_up=True
    )
    leg.orders.filter(verb=Verb.DIAL).update(state="unknown", settled_at=at(5))
    caller = people.customer(call).sid or ""
    assert "lines that turned up" not in repaired(SID, caller, now=60)
    assert fresh(line).is_live
