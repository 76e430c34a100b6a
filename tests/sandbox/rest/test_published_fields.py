"""Every object answered has the fields of the published description, no more and no less."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.sandbox.rest.house import ACCOUNT, APP, DANA, NUMBER, OMAR, WAIT, House, room
from tests.sandbox.rest.published_fields import PUBLISHED

DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000")
DATES = ("date_created", "date_updated", "start_time", "end_time", "date_enqueued", "message_date")


@pytest.fixture
def busy(house: House) -> House:
    """One of everything: talkers in a recorded room, a caller in line, a warning, settings."""
    house.pages |= {"/room": room("briefing", "record='record-from-start'"), "/voice": WAIT}
    for number in (DANA, OMAR):
        house.person(number)
        house.call(to=number, page="/room", status_callback="http://my_app.test/x")
    waiting = house.dial_in("+15550179")
    house.client.calls(waiting.sid).recordings.create()
    house.client.applications.create(friendly_name="desk", voice_url=f"{APP}/voice")
    house.carrier.add_caller_id(house.account, "+15550142", "omar's mobile")
    return house


def get(house: House, path: str) -> Any:
    answered = house.send("GET", path)
    assert answered.status == 200, answered.body
    return json.loads(answered.body)


def first(house: House, path: str, key: str) -> Any:
    return get(house, f"{path}.json")[key][0]


def in_progress(house: House) -> str:
    (_, talking) = get(house, "Calls.json?Status=in-progress&From=%2B15550100")["calls"]
    return f"Calls/{talking['sid']}"


def everything(house: House) -> dict[str, Any]:
    """One answer of each kind, by the published name of its schema."""
    call = in_progress(house)
    recorded = get(house, "Calls.json?From=%2B15550179")["calls"][0]["sid"]
    meeting = f"Conferences/{first(house, 'Conferences', 'conferences')['sid']}"
    queue = f"Queues/{first(house, 'Queues', 'queues')['sid']}"
    note = f"{call}/Notifications/{first(house, f'{call}/Notifications', 'notifications')['sid']}"
    own = get(house, "Recordings.json")["recordings"]
    of_call = next(each["sid"] for each in own if each["call_sid"] == recorded)
    return {
        "account": get(house, f"/2010-04-01/Accounts/{ACCOUNT}.json"),
        "call": get(house, f"{call}.json"),
        "call_recording": get(house, f"Calls/{recorded}/Recordings/{of_call}.json"),
        "recording": own[0],
        "conference": get(house, f"{meeting}.json"),
        "participant": first(house, f"{meeting}/Participants", "participants"),
        "conference_recording": first(house, f"{meeting}/Recordings", "recordings"),
        "queue": get(house, f"{queue}.json"),
        "queue_member": get(house, f"{queue}/Members/Front.json"),
        "application": first(house, "Applications", "applications"),
        "incoming_phone_number": first(house, "IncomingPhoneNumbers", "incoming_phone_numbers"),
        "outgoing_caller_id": first(house, "OutgoingCallerIds", "outgoing_caller_ids"),
        "call_notification": first(house, f"{call}/Notifications", "notifications"),
        "call_notification_fetched": get(house, f"{note}.json"),
        "notification": first(house, "Notifications", "notifications"),
        "call_event": first(house, f"{call}/Events", "events"),
    }


def test_every_object_has_exactly_the_published_fields(busy: House) -> None:
    answered = everything(busy)
    assert answered.keys() == PUBLISHED.keys()
    for name, body in answered.items():
        assert sorted(body) == sorted(PUBLISHED[name].split()), name


def test_every_date_is_in_rfc_2822(busy: House) -> None:
    for body in everything(busy).values():
        for name in DATES:
            assert body.get(name) is None or DATE.fullmatch(body[name]), (name, body)


def test_every_uri_leads_back_to_the_object(busy: House) -> None:
    for name, body in everything(busy).items():
        if name not in ("call_event", "queue_member"):
            again = get(busy, body["uri"])
            assert again.get("sid", again.get("call_sid")) == body.get("sid", body.get("call_sid"))


def test_every_subresource_is_a_path_the_carrier_knows(busy: House) -> None:
    for body in everything(busy).values():
        for path in body.get("subresource_uris", {}).values():
            if "AddOnResults" not in path and "/Recordings/RE" not in path:
                assert busy.send("GET", path).status in (200, 405), path


def test_what_looks_like_a_number_in_a_call_is_a_string(busy: House) -> None:
    sid = in_progress(busy).removeprefix("Calls/")
    busy.client.calls(sid).update(status="completed")
    busy.advance(1)
    body = get(busy, f"Calls/{sid}.json")
    assert isinstance(body["duration"], str)
    assert isinstance(body["queue_time"], str)
    assert (body["price"], body["price_unit"]) == (None, "USD")


def test_a_call_is_printed_for_people(house: House) -> None:
    house.carrier.add_number(house.account, "+14155550100")
    call = house.client.calls.create(to="+14155550123", from_="+14155550100", twiml="<Response/>")
    assert (call.to_formatted, call.from_formatted) == ("(415) 555-0123", "(415) 555-0100")


def test_an_incoming_call_names_the_number_that_was_dialled(house: House) -> None:
    call = house.client.calls(house.dial_in(DANA).sid).fetch()
    assert (call.direction, call._from, call.to) == ("inbound", DANA, NUMBER)
    assert call.phone_number_sid == house.number.sid
