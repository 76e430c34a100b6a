"""`GET /Calls.json`: filters and paging, through the SDK's own iterators."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.rest.house import ACCOUNT, DANA, NUMBER, OMAR, House
from tests.sandbox.rest.refusals import refused


def place(house: House, *callees: str) -> list[str]:
    """Calls, one after another, in the order given."""
    sids = []
    for to in callees:
        call = house.client.calls.create(to=to, from_=NUMBER, twiml="<Response/>")
        sids.append(call.sid)
    return sids


def calls(house: House, **filters: object) -> list[str | None]:
    return [call.sid for call in house.client.calls.list(**filters)]


# filters


def test_calls_are_listed_newest_first(house: House) -> None:
    sids = place(house, DANA, OMAR, DANA)
    assert calls(house) == sids[::-1]


def test_by_party(house: House) -> None:
    to_dana, to_omar = place(house, DANA, OMAR)
    assert calls(house, to=OMAR) == [to_omar]
    assert calls(house, to="+15550999") == []
    assert calls(house, from_=NUMBER) == [to_omar, to_dana]
    assert calls(house, from_=OMAR) == []


def test_by_status(house: House) -> None:
    house.person(DANA)
    talking = house.call()
    waiting = house.call(to=OMAR)
    assert calls(house, status="in-progress") == [talking]
    assert calls(house, status="ringing") == [waiting]


def test_an_unknown_status_is_refused(house: House) -> None:
    answered = house.send("GET", "Calls.json?Status=initiated")
    assert (answered.status, json.loads(answered.body)["code"]) == (400, 20001)


def test_by_parent(house: House) -> None:
    house.person(DANA)
    house.pages["/dial"] = f"<Response><Dial>{OMAR}</Dial></Response>"
    parent = house.call(page="/dial")
    house.advance(2)
    (child,) = house.client.calls.list(parent_call_sid=parent)
    assert (child.to, child.direction, child.parent_call_sid) == (OMAR, "outbound-dial", parent)


def test_by_start_time(house: House) -> None:
    house.person(DANA)
    first = house.call()
    house.advance(86_400)
    second = house.call()
    noon = datetime(2026, 11, 5, 0, 0, tzinfo=UTC)
    assert calls(house, start_time_after=noon) == [second]
    assert calls(house, start_time_before=noon) == [first]
    assert calls(house, start_time=date(2026, 11, 4)) == [first]


def test_by_end_time(house: House) -> None:
    house.person(DANA)
    over, live = house.call(), house.call()
    house.client.calls(over).update(status="completed")
    house.advance(1)
    assert calls(house, end_time_after=datetime(2026, 11, 4, tzinfo=UTC)) == [over]
    assert live not in calls(house, end_time=date(2026, 11, 4))


def test_a_date_that_is_none_is_refused(house: House) -> None:
    answered = house.send("GET", "Calls.json?StartTime%3E=soon")
    assert json.loads(answered.body)["code"] == 20001


# paging


def test_a_list_is_one_key_beside_the_paging(house: House) -> None:
    place(house, DANA)
    body = json.loads(house.send("GET", "Calls.json?To=%2B15550177").body)
    uri = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?To=%2B15550177&PageSize=50&Page=0"
    assert len(body.pop("calls")) == 1
    assert body == {
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": 0,
        "uri": uri,
        "first_page_uri": uri,
        "next_page_uri": None,
        "previous_page_uri": None,
    }


def test_an_empty_list_has_no_further_pages(house: House) -> None:
    body = json.loads(house.send("GET", "Calls.json").body)
    assert (body["calls"], body["next_page_uri"], body["start"], body["end"]) == ([], None, 0, 0)


def test_the_sdk_streams_through_all_pages(house: House) -> None:
    sids = place(house, *[DANA] * 7)
    streamed = [call.sid for call in house.client.calls.stream(page_size=3)]
    assert streamed == sids[::-1]
    assert sum("Page" in each.url for each in house.carrier.log if each.method == "GET") == 3


def test_the_last_full_page_has_no_next(house: House) -> None:
    place(house, *[DANA] * 4)
    page = house.client.calls.page(page_size=2).next_page()
    assert page is not None
    assert len(list(page)) == 2
    assert page.next_page() is None


def test_a_limit_ends_the_stream(house: House) -> None:
    place(house, *[DANA] * 5)
    assert len(house.client.calls.list(limit=2)) == 2


def test_pages_go_back_too(house: House) -> None:
    sids = place(house, *[DANA] * 5)
    last = house.client.calls.page(page_size=2).next_page().next_page()
    assert [call.sid for call in last] == [sids[0]]
    middle = last.previous_page()
    assert [call.sid for call in middle] == [sids[2], sids[1]]
    first = middle.previous_page()
    assert [call.sid for call in first] == [sids[4], sids[3]]
    assert first.previous_page() is None


def test_the_token_names_the_last_resource_of_the_page(house: House) -> None:
    sids = place(house, *[DANA] * 3)
    body = json.loads(house.send("GET", "Calls.json?PageSize=2").body)
    query = parse_qs(urlsplit(body["next_page_uri"]).query)
    assert query["PageToken"][0].startswith(f"PA{sids[1]}")
    assert query["Page"] == ["1"]


def test_start_and_end_count_through_the_pages(house: House) -> None:
    place(house, *[DANA] * 5)
    first = json.loads(house.send("GET", "Calls.json?PageSize=2").body)
    second = json.loads(house.send("GET", first["next_page_uri"]).body)
    assert (first["start"], first["end"]) == (0, 1)
    assert (second["start"], second["end"], second["page"]) == (2, 3, 1)


def test_filters_stay_on_every_page(house: House) -> None:
    place(house, DANA, OMAR, DANA, OMAR, DANA)
    assert [c.to for c in house.client.calls.stream(to=DANA, page_size=1)] == [DANA] * 3


def test_new_calls_between_two_pages_shift_nothing(house: House) -> None:
    sids = place(house, *[DANA] * 4)
    page = house.client.calls.page(page_size=2)
    assert [call.sid for call in page] == [sids[3], sids[2]]
    place(house, OMAR, OMAR)
    assert [call.sid for call in page.next_page()] == [sids[1], sids[0]]


def test_hanging_up_while_streaming_what_is_in_progress_misses_nobody(house: House) -> None:
    house.person(DANA)
    sids = [house.call() for _ in range(5)]
    hung_up = []
    for call in house.client.calls.stream(status="in-progress", page_size=2):
        call.update(status="completed")
        house.advance(1)
        hung_up.append(call.sid)
    assert hung_up == sids[::-1]


def test_deleting_while_streaming_misses_nobody(house: House) -> None:
    place(house, *[DANA] * 5)
    house.advance(120)
    for call in house.client.calls.stream(page_size=2):
        assert call.delete()
    assert house.client.calls.list() == []


def test_a_page_number_alone_moves_nothing(house: House) -> None:
    sids = place(house, *[DANA] * 3)
    page = house.client.calls.page(page_size=1, page_number=2)
    assert [call.sid for call in page] == [sids[2]]


def test_a_page_of_more_than_1000_is_20007(house: House) -> None:
    answered = house.send("GET", "Calls.json?PageSize=1001")
    assert (answered.status, json.loads(answered.body)["code"]) == (400, 20007)


@pytest.mark.parametrize("token", ["x", "PACA1", "P", "PCCA" + "0" * 32 + "-1"])
def test_a_page_token_of_ones_own_making_is_21481(house: House, token: str) -> None:
    answered = house.send("GET", f"Calls.json?PageToken={token}")
    assert (answered.status, json.loads(answered.body)["code"]) == (400, 21481)


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_page_size_that_is_none_is_refused(house: House, size: str) -> None:
    assert house.send("GET", f"Calls.json?PageSize={size}").status == 400


def test_the_sdk_raises_when_a_page_is_refused(house: House) -> None:
    with refused(20404, 404):
        house.client.calls("CA" + "0" * 32).fetch()
