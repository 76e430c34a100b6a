"""`/Conferences` and `/Participants`: rooms, and who is in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.core.config import Choices, Config
from tests.sandbox.rest.house import APP, CARRIER, DANA, NUMBER, OMAR, House, room
from tests.sandbox.rest.refusals import refused

ZOE = "+15550179"


@pytest.fixture
def sid(house: House) -> str:
    """The room "briefing", with dana and omar in it."""
    house.pages["/room"] = room("briefing")
    for number in (DANA, OMAR):
        house.person(number)
        house.call(to=number, page="/room")
    (found,) = house.client.conferences.list(friendly_name="briefing", status="in-progress")
    return str(found.sid)


def leg(house: House, number: str) -> str:
    """The SID of the call to this number."""
    (call,) = house.client.calls.list(to=number)
    return str(call.sid)


def add(house: House, where: str, **changes: Any) -> Any:
    house.person(ZOE)
    joining = house.client.conferences(where).participants.create(
        **({"from_": NUMBER, "to": ZOE} | changes)
    )
    house.advance(2)
    return joining


# rooms


def test_a_room_is_found_by_its_sid(house: House, sid: str) -> None:
    found = house.client.conferences(sid).fetch()
    assert (found.friendly_name, found.status) == ("briefing", "in-progress")
    assert (found.reason_conference_ended, found.call_sid_ending_conference) == (None, None)


def test_a_room_is_not_fetched_by_name(house: House, sid: str) -> None:
    with refused(20404, 404):
        house.client.conferences("briefing").fetch()


def test_rooms_are_listed_by_name_status_and_date(house: House, sid: str) -> None:
    conferences = house.client.conferences
    assert [each.sid for each in conferences.list(friendly_name="briefing")] == [sid]
    assert conferences.list(friendly_name="other") == []
    assert conferences.list(status="completed") == []
    assert [each.sid for each in conferences.list(date_created="2026-11-04")] == [sid]
    assert conferences.list(date_created_after="2026-11-05") == []
    assert conferences.list(date_updated_before="2026-11-03") == []


def test_a_room_is_ended_for_everybody(house: House, sid: str) -> None:
    house.client.conferences(sid).update(status="completed")
    house.advance(2)
    ended = house.client.conferences(sid).fetch()
    assert (ended.status, ended.reason_conference_ended) == (
        "completed",
        "conference-ended-via-api",
    )
    assert house.client.calls(leg(house, DANA)).fetch().status == "completed"


def test_nobody_is_listed_in_a_room_that_is_over(house: House, sid: str) -> None:
    house.client.conferences(sid).update(status="completed")
    house.advance(2)
    assert house.client.conferences(sid).participants.list() == []


def test_an_announcement_is_fetched_for_everybody(house: House, sid: str) -> None:
    house.pages["/news"] = "<Response><Say>Recording starts</Say></Response>"
    house.client.conferences(sid).update(announce_url=f"{APP}/news", announce_method="GET")
    house.advance(1)
    asked = [fetch for fetch in house.asked if fetch.url.startswith(f"{APP}/news")]
    assert [fetch.method for fetch in asked] == ["GET"]


@pytest.mark.parametrize("status", ["in-progress", "over"])
def test_a_room_can_only_be_set_to_completed(house: House, sid: str, status: str) -> None:
    with refused(20001, text=status):
        house.client.conferences(sid).update(status=status)


def test_an_announcement_needs_an_address(house: House, sid: str) -> None:
    with refused(21205, text="AnnounceUrl"):
        house.client.conferences(sid).update(announce_url="/news")


# participants


def test_participants_are_listed_with_what_holds_for_them(house: House, sid: str) -> None:
    people = house.client.conferences(sid).participants.list()
    assert {person.call_sid for person in people} == {leg(house, DANA), leg(house, OMAR)}
    assert {(p.muted, p.hold, p.coaching, p.status) for p in people} == {
        (False, False, False, "connected")
    }


def test_participants_are_filtered(house: House, sid: str) -> None:
    participants = house.client.conferences(sid).participants
    participants(leg(house, DANA)).update(muted=True)
    participants(leg(house, OMAR)).update(hold=True)
    assert [p.call_sid for p in participants.list(muted=True)] == [leg(house, DANA)]
    assert [p.call_sid for p in participants.list(hold=True)] == [leg(house, OMAR)]
    assert participants.list(coaching=True) == []


def test_participants_are_paged(house: House, sid: str) -> None:
    streamed = list(house.client.conferences(sid).participants.stream(page_size=1))
    assert len(streamed) == 2


def test_somebody_is_rung_into_a_room(house: House, sid: str) -> None:
    joining = add(house, sid, label="zoe")
    assert (joining.status, joining.label, joining.conference_sid) == ("queued", "zoe", sid)
    assert joining.queue_time == "0"
    there = house.client.conferences(sid).participants("zoe").fetch()
    assert (there.call_sid, there.status) == (joining.call_sid, "connected")


def test_a_room_called_by_name_is_opened(house: House) -> None:
    joining = add(house, "my room")
    (opened,) = house.client.conferences.list(friendly_name="my room")
    assert opened.sid == joining.conference_sid


def test_a_room_called_by_name_is_joined_when_it_is_open(house: House, sid: str) -> None:
    assert add(house, "briefing").conference_sid == sid


def test_a_name_with_a_slash_is_one_name(house: House) -> None:
    house.person(ZOE)
    form = {"From": NUMBER, "To": ZOE}
    house.send("POST", "Conferences/a%2Fb/Participants.json", form=form)
    house.advance(2)
    assert [each.friendly_name for each in house.client.conferences.list()] == ["a/b"]


def test_a_name_has_a_length(house: House) -> None:
    form = {"From": NUMBER, "To": ZOE}
    answered = house.send("POST", f"Conferences/{'r' * 129}/Participants.json", form=form)
    assert answered.status == 400
    assert house.client.conferences.list() == []


def test_an_unknown_room_sid_is_20404(house: House) -> None:
    with refused(20404, 404):
        add(house, "CF" + "0" * 32)


def test_a_room_that_is_over_is_not_joined(house: House, sid: str) -> None:
    house.client.conferences(sid).update(status="completed")
    house.advance(2)
    with refused(16022):
        add(house, sid)


def test_the_options_of_somebody_rung_in_hold(house: House, sid: str) -> None:
    add(house, sid, label="zoe", muted=True, end_conference_on_exit=True)
    zoe = house.client.conferences(sid).participants("zoe").fetch()
    assert (zoe.muted, zoe.end_conference_on_exit) == (True, True)
    assert zoe.start_conference_on_enter is True


def test_a_coach_is_named_by_whom_they_coach(house: House, sid: str) -> None:
    joining = add(house, sid, call_sid_to_coach=leg(house, DANA))
    coach = house.client.conferences(sid).participants(joining.call_sid).fetch()
    assert (coach.coaching, coach.call_sid_to_coach) == (True, leg(house, DANA))


def test_coaching_needs_somebody_to_coach(house: House, sid: str) -> None:
    with refused(20001, text="CallSidToCoach"):
        add(house, sid, coaching=True)


def test_coaching_somebody_who_is_not_there_is_16028(house: House, sid: str) -> None:
    with refused(16028):
        add(house, sid, coaching=True, call_sid_to_coach="CA" + "0" * 32)


@pytest.mark.parametrize("label", ["a/b", "x" * 129, "CA" + "0" * 32])
def test_labels_that_could_not_stand_in_a_path_are_16024(
    house: House, sid: str, label: str
) -> None:
    with refused(16024):
        add(house, sid, label=label)


def test_a_label_that_is_in_use_is_16026(house: House, sid: str) -> None:
    add(house, sid, label="zoe")
    with refused(16026):
        add(house, sid, label="zoe")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("to", "", 21201),
        ("to", "zoe", 21211),
        ("from_", "", 21213),
        ("from_", "+15550999", 21210),
        ("timeout", 4, 21208),
        ("timeout", 601, 21208),
        ("time_limit", 0, 13216),
        ("max_participants", 1, 20001),
        ("max_participants", 251, 20001),
        ("beep", "loud", 20001),
        ("wait_url", "/music", 21205),
        ("conference_record", "sometimes", 20001),
        ("conference_trim", "sometimes", 20001),
        ("conference_status_callback", "/events", 21205),
        ("conference_status_callback_event", ["dance"], 20001),
        ("conference_recording_status_callback_event", ["dance"], 20001),
        ("machine_detection", "Maybe", 21234),
    ],
)
def test_an_order_for_a_participant_is_judged(
    house: House, sid: str, name: str, value: Any, code: int
) -> None:
    with refused(code):
        add(house, sid, **{name: value})


def test_an_application_as_participant_is_not_carried(house: House, sid: str) -> None:
    with refused(20501, 501, "app:AP"):
        add(house, sid, to="app:AP" + "0" * 32)


def test_conference_events_may_be_repeated_or_words_in_one(house: House) -> None:
    callback = {"conference_status_callback": f"{APP}/events"}
    for name, events in (("one", ["join leave"]), ("two", ["join", "leave"])):
        add(house, name, **callback, conference_status_callback_event=events)
    told = [dict(fetch.params) for fetch in house.asked if fetch.url == f"{APP}/events"]
    assert [(each["FriendlyName"], each["StatusCallbackEvent"]) for each in told] == [
        ("one", "participant-join"),
        ("two", "participant-join"),
    ]


# what may be done with a participant


def test_mute_and_hold_come_and_go(house: House, sid: str) -> None:
    dana = house.client.conferences(sid).participants(leg(house, DANA))
    assert dana.update(muted=True).muted is True
    assert dana.update(hold=True).hold is True
    released = dana.update(muted=False, hold=False)
    assert (released.muted, released.hold) == (False, False)


def test_what_is_not_sent_stays(house: House, sid: str) -> None:
    dana = house.client.conferences(sid).participants(leg(house, DANA))
    dana.update(muted=True)
    assert dana.update(end_conference_on_exit=True).muted is True


def test_end_on_exit_does_not_change_while_on_hold(house: House, sid: str) -> None:
    dana = house.client.conferences(sid).participants(leg(house, DANA))
    dana.update(hold=True)
    assert dana.update(end_conference_on_exit=True).end_conference_on_exit is False
    dana.update(hold=False)
    assert dana.update(end_conference_on_exit=True).end_conference_on_exit is True


def test_a_hold_url_is_fetched_with_get(house: House, sid: str) -> None:
    house.pages["/music"] = "<Response><Say>Please hold</Say></Response>"
    dana = house.client.conferences(sid).participants(leg(house, DANA))
    dana.update(hold=True, hold_url=f"{APP}/music")
    house.advance(1)
    asked = [fetch for fetch in house.asked if fetch.url.startswith(f"{APP}/music")]
    assert [fetch.method for fetch in asked] == ["GET"]


def test_a_coach_moves_to_somebody_else(house: House, sid: str) -> None:
    coach = add(house, sid, call_sid_to_coach=leg(house, DANA)).call_sid
    zoe = house.client.conferences(sid).participants(coach)
    assert zoe.update(call_sid_to_coach=leg(house, OMAR)).call_sid_to_coach == leg(house, OMAR)
    assert zoe.update(coaching=False).coaching is False


@pytest.mark.parametrize("name", ["hold_url", "announce_url", "wait_url"])
def test_addresses_for_a_participant_are_absolute(house: House, sid: str, name: str) -> None:
    with refused(21205):
        house.client.conferences(sid).participants(leg(house, DANA)).update(**{name: "/x"})


def test_a_participant_is_thrown_out_and_the_other_stays(house: House, sid: str) -> None:
    participants = house.client.conferences(sid).participants
    assert participants(leg(house, OMAR)).delete() is True
    house.advance(1)
    assert [p.call_sid for p in participants.list()] == [leg(house, DANA)]
    with refused(20404, 404):
        participants(leg(house, OMAR)).fetch()


def test_somebody_who_left_is_20404(house: House, sid: str) -> None:
    omar = leg(house, OMAR)
    house.people[OMAR].calls[0].hang_up()
    house.advance(1)
    with refused(20404, 404):
        house.client.conferences(sid).participants(omar).update(muted=True)


def test_somebody_who_never_was_there_is_20404(house: House, sid: str) -> None:
    with refused(20404, 404):
        house.client.conferences(sid).participants("nobody").update(hold=True)


def test_participants_are_not_found_by_the_rooms_name(house: House, sid: str) -> None:
    with refused(20404, 404):
        house.client.conferences("briefing").participants(leg(house, DANA)).fetch()


def test_the_choice_can_find_them_by_the_rooms_name() -> None:
    house = House(Config(cps=0, base_url=CARRIER, choices=Choices(room_by_name_everywhere=True)))
    add(house, "briefing", label="zoe")
    assert house.client.conferences("briefing").participants("zoe").fetch().label == "zoe"
    with refused(20404, 404):
        house.client.conferences("other").participants("zoe").fetch()


def test_another_accounts_room_is_20404(house: House, sid: str) -> None:
    globex = house.carrier.add_account(name="Globex")
    stranger = house.sign_in(globex.sid, globex.auth_token)
    answered = house.ask(
        "GET",
        f"/2010-04-01/Accounts/{globex.sid}/Conferences/{sid}/Participants.json",
        (globex.sid, globex.auth_token),
        "",
    )
    assert json.loads(answered.body)["code"] == 20404
    assert stranger.conferences.list() == []
