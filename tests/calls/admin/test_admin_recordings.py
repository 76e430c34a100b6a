"""Administrators keep calls by legal hold, erase callers, and see what was recorded and heard."""

import pytest

from calls.models import Call, CarrierDeletion, Recording, RecordingAccess, RecordingGap
from tests import people
from tests.calls.admin.desk import AdminDesk
from tests.people import at

pytestmark = pytest.mark.django_db

SID = "RE" + "1" * 32


@pytest.fixture
def tape(ruth: Call) -> Recording:
    """Of Ruth's call, which is over; Ada has listened to it."""
    leg = people.customer(ruth)
    people.over(leg, now=at(60))
    return Recording.objects.create(
        call=ruth, leg=leg, sid=SID, state="completed", seconds=20, planned_at=at(5)
    )


def test_a_recording_shows_its_gaps_and_who_heard_it(ada: AdminDesk, tape: Recording) -> None:
    RecordingGap.objects.create(recording=tape, began_at=at(7), ended_at=at(9), why="card number")
    RecordingAccess.objects.create(recording=tape, by=ada.user, at=at(99), what="played")
    page = ada.opens(f"calls/recording/{tape.pk}/change/")
    assert "card number" in page
    assert "played" in page
    assert "/calls/recordingaccess/" in ada.opens("")
    assert "Ada" in ada.opens("calls/recordingaccess/")


def test_a_legal_hold_asks_why(ada: AdminDesk, tape: Recording) -> None:
    asked = ada.acts("calls/call/", "hold", tape.call)
    assert "Put on legal hold?" in asked.content.decode()
    ada.acts("calls/call/", "hold", tape.call, confirmed="yes", why=" ")
    assert Call.objects.get().legal_hold == ""
    ada.acts("calls/call/", "hold", tape.call, confirmed="yes", why="a lawsuit")
    assert Call.objects.get().legal_hold == "a lawsuit"
    ada.acts("calls/call/", "release", tape.call, confirmed="yes")
    assert Call.objects.get().legal_hold == ""


def test_a_caller_is_erased_after_a_question(ada: AdminDesk, tape: Recording) -> None:
    ada.acts("calls/call/", "erase", tape.call)
    assert Call.objects.get().customer_number
    erased = ada.acts("calls/call/", "erase", tape.call, confirmed="yes").content.decode()
    assert "1 recordings" in erased
    assert Call.objects.get().customer_number == ""
    assert CarrierDeletion.objects.filter(sid=SID).exists()


def test_a_legal_hold_refuses_an_erasure(ada: AdminDesk, tape: Recording) -> None:
    Call.objects.update(legal_hold="a lawsuit")
    refused = ada.acts("calls/call/", "erase", tape.call, confirmed="yes").content.decode()
    assert "there is a legal hold" in refused
    assert Call.objects.get().customer_number


def test_nobody_but_superusers_decides_what_is_kept(ada: AdminDesk, tape: Recording) -> None:
    ada.user.is_superuser = False
    ada.user.save()
    ada.acts("calls/call/", "hold", tape.call, confirmed="yes", why="a lawsuit")
    assert Call.objects.get().legal_hold == ""
