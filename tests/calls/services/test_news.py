"""News comes late, twice, in any order, or makes no sense; nobody's call suffers."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from calls.models import Call, CarrierEvent, Command, Leg, Offer, Queue, Voicemail, WrapUp
from calls.services import news
from calls.states import CallOutcome, CallState, LegState, NewsState, OfferState, Verb, WaitingExit
from tests import people
from tests.people import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(billing: Queue, dana: User) -> Call:
    return people.rings()


def apply(now: float = 1) -> int:
    return news.apply_pending(limit=100, now=at(now))


def states() -> list[str]:
    return list(CarrierEvent.objects.order_by("id").values_list("state", flat=True))


def room(
    leg: Leg, what: str, number: int, *, conference: str = "CF1", moment: float = 0, **more: Any
) -> CarrierEvent:
    return people.news(
        "conference",
        leg=leg,
        ConferenceSid=conference,
        CallSid=leg.sid,
        ParticipantLabel=leg.id,
        StatusCallbackEvent=what,
        SequenceNumber=number,
        Timestamp=format_datetime(at(moment).astimezone(UTC)),
        **more,
    )


def test_news_is_applied_once(call: Call, dana: User) -> None:
    leg = people.line_of(people.offered(call, dana))
    people.news("status", leg=leg, CallStatus="ringing", SequenceNumber=1)
    assert apply() == 1
    assert apply() == 0
    leg.refresh_from_db()
    assert (leg.state, leg.ringing_at, leg.last_sequence) == (LegState.RINGING, at(1), 1)


def test_late_news_is_kept_as_stale(call: Call, dana: User) -> None:
    leg = people.line_of(people.offered(call, dana))
    people.news("status", leg=leg, CallStatus="busy", SequenceNumber=2, SipResponseCode=486)
    people.news("status", leg=leg, CallStatus="ringing", SequenceNumber=1)
    apply()
    leg.refresh_from_db()
    assert (leg.state, leg.sip_code) == (LegState.BUSY, 486)
    assert states() == [NewsState.APPLIED, NewsState.STALE]
    assert Offer.objects.get().state == OfferState.BUSY


def test_a_callers_end_comes_without_our_leg_id(call: Call) -> None:
    sid = people.customer(call).sid
    people.news("number-status", CallSid=sid, CallStatus="completed", SequenceNumber=3)
    apply()
    assert Call.objects.get().state == CallState.ENDED
    assert CarrierEvent.objects.get().call_id == call.id


def test_news_of_a_caller_we_do_not_know_yet_waits_a_moment(billing: Queue, dana: User) -> None:
    people.news("number-status", CallSid="CA1", CallStatus="completed")
    apply(now=1)
    assert states() == [NewsState.PENDING]
    assert apply(now=2) == 0
    people.rings(sid="CA1", now=at(3))
    apply(now=4)
    assert states() == [NewsState.STALE]
    assert Call.objects.get().state == CallState.ENDED


def test_news_of_nobody_is_kept_as_stale_in_the_end(billing: Queue) -> None:
    people.news("status", CallSid="CA404", CallStatus="completed")
    apply(now=20)
    assert states() == [NewsState.STALE]
    assert CarrierEvent.objects.get().note == "no such leg"


def test_news_that_makes_no_sense_is_kept_and_holds_up_nobody(call: Call) -> None:
    leg = people.customer(call)
    people.news("status", leg=leg, CallStatus="levitating")
    people.news("status", leg=leg, CallStatus="completed")
    for turn in range(news.MOST_ATTEMPTS):
        apply(now=1 + turn * 3)
    assert states() == [NewsState.FAILED, NewsState.APPLIED]
    assert "levitating" in CarrierEvent.objects.earliest("id").note


def test_a_line_that_has_another_name_is_not_renamed(call: Call) -> None:
    leg = people.customer(call)
    people.news("status", leg=leg, CallSid="CAother", CallStatus="completed")
    apply()
    leg.refresh_from_db()
    assert leg.is_live
    assert states() == [NewsState.STALE]


def test_other_requests_are_only_recorded(billing: Queue) -> None:
    people.news("fallback", CallSid="CA1")
    apply()
    assert states() == [NewsState.APPLIED]


# Rooms ------------------------------------------------------------------------------------------


def test_the_rooms_news_brings_customer_and_agent_together(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    room(leg, "participant-join", 1)
    apply()
    assert Command.objects.filter(verb=Verb.JOIN_ROOM).exists()
    room(people.customer(call), "participant-join", 2)
    apply()
    assert Call.objects.get().state == CallState.TALKING


def test_leaving_overtakes_entering(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    room(leg, "participant-leave", 4)
    room(leg, "participant-join", 1)
    apply()
    leg.refresh_from_db()
    assert (leg.in_room, leg.joined_at) == (False, at(1))
    assert states() == [NewsState.APPLIED, NewsState.STALE]


def test_coming_back_is_news_again(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    for number, what in enumerate(("join", "leave", "join"), start=1):
        room(leg, f"participant-{what}", number)
    apply()
    leg.refresh_from_db()
    assert leg.in_room


def test_a_room_that_emptied_counts_anew(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    room(leg, "participant-leave", 9, conference="CF1", moment=10)
    apply()
    room(leg, "participant-join", 1, conference="CF2", moment=20)
    room(leg, "participant-join", 2, conference="CF1", moment=5)
    apply()
    leg.refresh_from_db()
    assert (leg.in_room, leg.conference_sid) == (True, "CF2")


def test_the_end_of_a_room_empties_it_even_if_news_of_leaving_was_lost(
    call: Call, dana: User
) -> None:
    leg = people.took(call, dana)
    room(leg, "participant-join", 1)
    room(leg, "conference-end", 5)
    apply()
    leg.refresh_from_db()
    assert not leg.in_room


def test_nobody_enters_a_room_that_has_ended(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    room(leg, "conference-end", 5)
    room(leg, "participant-join", 1)
    apply()
    leg.refresh_from_db()
    assert (leg.in_room, leg.joined_at) == (False, at(1))


def test_somebody_who_hung_up_in_the_room_is_over_at_once(call: Call, dana: User) -> None:
    people.talking(call, dana)
    caller = people.customer(call)
    room(caller, "participant-leave", 3, ParticipantCallStatus="completed")
    apply()
    assert Call.objects.get().outcome == CallOutcome.ANSWERED


def test_the_room_may_be_heard_of_after_the_call_is_over(call: Call, dana: User) -> None:
    """The caller talked and hung up; all news of the room came after the end of the call."""
    leg = people.took(call, dana)
    caller = people.customer(call)
    people.over(caller, now=at(60))
    assert Call.objects.get().outcome == CallOutcome.ABANDONED
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    room(leg, "participant-join", 1)
    room(caller, "participant-join", 2)
    apply(now=61)
    assert Call.objects.get().outcome == CallOutcome.ANSWERED
    assert people.waiting_of(call).exit == WaitingExit.CONNECTED
    assert Offer.objects.get().state == OfferState.ACCEPTED
    assert WrapUp.objects.filter(leg=leg).exists()


def test_news_of_an_unknown_room_does_not_stop_the_inbox(billing: Queue) -> None:
    event = people.news("conference", ConferenceSid="CF1", StatusCallbackEvent="conference-start")
    event.call_id = uuid4()
    event.save()
    apply(now=20)
    assert states() == [NewsState.STALE]


def test_speech_is_only_noted(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    room(leg, "participant-speech-start", 3)
    apply()
    leg.refresh_from_db()
    assert leg.in_room
    assert states() == [NewsState.APPLIED]


def test_each_piece_of_a_room_says_all_that_is_true_of_somebody(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    room(leg, "participant-mute", 3, Muted="true", Hold="true")
    apply()
    leg.refresh_from_db()
    assert (leg.in_room, leg.muted, leg.on_hold) == (True, True, True)


def test_a_late_hold_does_not_undo_the_resume_after_it(call: Call, dana: User) -> None:
    leg = people.talking(call, dana)
    room(leg, "participant-unhold", 4, Hold="false")
    room(leg, "participant-hold", 3, Hold="true")
    apply()
    leg.refresh_from_db()
    assert not leg.on_hold
    assert states() == [NewsState.APPLIED, NewsState.STALE]


# Recordings -------------------------------------------------------------------------------------


def test_a_message_is_kept_once(billing: Queue) -> None:
    leg = people.customer(people.rings())
    for _ in range(2):
        people.news(
            "recording",
            leg=leg,
            RecordingSid="RE1",
            RecordingUrl="https://example.com/RE1",
            RecordingDuration=7,
            RecordingStatus="completed",
        )
    apply()
    assert Voicemail.objects.get().seconds == 7
    assert states() == [NewsState.APPLIED, NewsState.STALE]


def test_an_absent_recording_is_no_message(billing: Queue) -> None:
    leg = people.customer(people.rings())
    people.news("recording", leg=leg, RecordingSid="RE1", RecordingStatus="absent")
    apply()
    assert not Voicemail.objects.exists()
    assert states() == [NewsState.APPLIED]


def test_a_moment_that_cannot_be_read_is_taken_as_received(call: Call, dana: User) -> None:
    leg = people.took(call, dana)
    event = room(leg, "participant-join", 1)
    event.params["Timestamp"] = "yesterday"
    event.save()
    apply()
    leg.refresh_from_db()
    assert leg.in_room
    assert isinstance(leg.room_event_at, datetime)
