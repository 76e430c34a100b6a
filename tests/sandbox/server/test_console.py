"""The console by HTTP: what it shows, what one can do, and who may not."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from sandbox.console.actions import ACTIONS
from sandbox.console.html import Markup, el, inside
from sandbox.console.wall import pretty
from sandbox.core.calls import Call
from sandbox.people.suffixes import BEHAVIOURS
from tests.sandbox.server.office import DANA, HOLD_ON, OFFICE, Office

NINA = "+15550100003"


def token(office: Office) -> str:
    return office.server.console.guard.token


def page(office: Office) -> str:
    return requests.get(office.url, timeout=5).text


def ask(office: Office, **what: str) -> requests.Response:
    return requests.post(
        f"{office.url}/console/do",
        json=what,
        headers={"Origin": office.url, "X-Console-Token": token(office)},
        timeout=5,
    )


def said(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["said"])


def problem(answer: requests.Response) -> str:
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["problem"])


def rings_nina(office: Office) -> Call:
    office.client().calls.create(to=NINA, from_=OFFICE, twiml=HOLD_ON)
    office.until(lambda: _ringing(office))
    found = _ringing(office)
    assert found is not None
    return found


def _ringing(office: Office) -> Call | None:
    calls = office.carrier.calls.values()
    return next((each for each in calls if each.status.value == "ringing"), None)


# what it shows


def test_the_page_shows_who_is_there_and_how_to_sign_in(office: Office) -> None:
    text = page(office)
    for expected in ("dana", DANA, OFFICE, office.account.sid, office.account.auth_token):
        assert expected in text
    assert f'content="{token(office)}"' in text


def test_the_page_loads_nothing_from_elsewhere(office: Office) -> None:
    answer = requests.get(office.url, timeout=5)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "//cdn" not in answer.text
    for name in ("console.css", "console.js"):
        assert requests.get(f"{office.url}/console/{name}", timeout=5).status_code == 200
    assert requests.get(f"{office.url}/console/pages.py", timeout=5).status_code == 404


def test_every_button_asks_for_something_that_can_be_done(office: Office) -> None:
    talking = office.dana_dials()
    office.until(lambda: talking.answered)
    office.client().calls.create(to="+15550100044", from_=OFFICE, twiml=HOLD_ON)
    office.until(lambda: _ringing(office))
    asked = set(re.findall(r'data-do="(\w+)"', page(office)))
    assert asked == set(ACTIONS) - {"unreachable", "arrivals"}


def test_the_behaving_numbers_are_explained(office: Office) -> None:
    text = page(office)
    assert all(each.means in text for each in BEHAVIOURS.values())


def test_a_live_call_is_shown_with_what_it_hears(office: Office) -> None:
    office.dana_dials()
    office.until(lambda: "Please hold the line." in page(office) or "silence" in page(office))
    state = requests.get(f"{office.url}/console/state.json", timeout=5).json()
    (leg,) = state["calls"]
    assert (leg["who"], leg["other"], leg["direction"]) == ("nina", OFFICE, "inbound")


def test_what_people_say_cannot_become_html(office: Office) -> None:
    call = office.dana_dials()
    office.until(lambda: call.answered)
    said(ask(office, do="say", call=call.sid, text="<script>alert(1)</script>"))
    nina = office.server.world.town.people[NINA]
    office.do(lambda: nina.writes("hears <img src=x onerror=alert(1)>"))
    text = page(office)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;img src=x" in text


def test_the_state_is_there_for_programs(office: Office) -> None:
    state = requests.get(f"{office.url}/console/state.json", timeout=5).json()
    assert {each["name"]: each["state"] for each in state["phones"]} == {
        "dana": "idle",
        "omar": "idle",
        "nina": "idle",
    }
    assert state["rooms"] == state["queues"] == state["calls"] == []


def test_a_queue_and_its_callers(office: Office) -> None:
    office.app.documents["/voice"] = "<Response><Enqueue>claims</Enqueue></Response>"
    office.dana_dials()
    office.until(lambda: office.carrier.queues)
    office.until(lambda: "1 waiting" in page(office))
    (queue,) = requests.get(f"{office.url}/console/state.json", timeout=5).json()["queues"]
    assert (queue["name"], queue["waiting"][0]["who"]) == ("claims", "nina")


def test_a_room_and_who_hears_whom(office: Office) -> None:
    room = "<Response><Dial><Conference>room</Conference></Dial></Response>"
    office.app.documents["/voice"] = room
    office.dana_dials()
    office.client().calls.create(to=DANA, from_=OFFICE, twiml=room)

    def seats() -> dict[str, Any]:
        state = requests.get(f"{office.url}/console/state.json", timeout=5).json()
        rooms = state["rooms"]
        return {seat["who"]: seat for each in rooms for seat in each["seats"]}

    office.until(lambda: seats().get("nina", {}).get("hears") == ["dana"])
    assert seats()["dana"]["hears"] == ["nina"]
    sid = seats()["nina"]["sid"]
    conference = office.client().conferences.list(friendly_name="room")[0]
    office.client().conferences(conference.sid or "").participants(sid).update(muted=True)
    office.until(lambda: seats()["dana"]["hears"] == [])
    assert "muted" in page(office)


# the log


def test_every_request_is_in_the_log_with_its_answer(office: Office) -> None:
    office.dana_dials()
    office.until(lambda: office.app.at("/voice"))
    office.client().calls.list(limit=1)
    office.until(lambda: all(each.answer_status for each in office.carrier.log))
    kinds = {each.kind: each.number for each in office.carrier.log}
    webhook = requests.get(f"{office.url}/console/log/{kinds['webhook']}", timeout=5).text
    rest = requests.get(f"{office.url}/console/log/{kinds['rest']}", timeout=5).text
    assert "Please hold the line." in webhook
    assert "+15550100003" in webhook
    assert "&quot;calls&quot;" in rest


def test_a_line_that_is_gone_is_said_to_be(office: Office) -> None:
    answer = requests.get(f"{office.url}/console/log/9999", timeout=5)
    assert (answer.status_code, answer.text) == (404, "That line is no longer kept.")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a":1}', '{\n  "a": 1\n}'),
        ("<Response><Say>x</Say></Response>", "  <Say>x</Say>"),
        ("{broken", "{broken"),
        ("<broken", "<broken"),
        ("plain", "plain"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
    ],
)
def test_answers_are_indented_where_they_can_be(body: str, expected: str) -> None:
    assert expected in pretty(body)


# what one can do


def test_anybody_can_call_in(office: Office) -> None:
    assert said(ask(office, do="dial", **{"from": "+1 555 010 0777", "to": OFFICE})) == (
        "+15550100777 dials +15557000100"
    )
    office.until(lambda: office.app.at("/voice"))
    assert office.app.at("/voice")[0].params["From"] == "+15550100777"


def test_a_ringing_telephone_is_answered_by_hand(office: Office) -> None:
    call = rings_nina(office)
    assert said(ask(office, do="answer", call=call.sid)) == "Answered"
    office.until(lambda: call.answered)
    said(ask(office, do="hang_up", call=call.sid))
    office.until(lambda: call.ended)
    assert call.status.value == "completed"


@pytest.mark.parametrize(
    ("do", "status"), [("reject", "busy"), ("busy", "busy"), ("unreachable", "failed")]
)
def test_a_ringing_telephone_is_refused_by_hand(office: Office, do: str, status: str) -> None:
    call = rings_nina(office)
    said(ask(office, do=do, call=call.sid))
    office.until(lambda: call.ended)
    assert call.status.value == status


def test_keys_and_words_reach_the_application(office: Office) -> None:
    office.app.documents["/voice"] = (
        "<Response><Gather input='dtmf speech' numDigits='1' speechTimeout='1' action='/chosen'"
        " timeout='30'/></Response>"
    )
    office.app.documents["/chosen"] = (
        "<Response><Gather input='speech' speechTimeout='1' action='/said'/></Response>"
    )
    call = office.dana_dials()
    office.until(lambda: call.activity == "Gather")
    assert said(ask(office, do="press", call=call.sid, keys="4")) == "Pressed 4"
    office.until(lambda: office.app.at("/chosen"))
    office.until(lambda: call.activity == "Gather")
    said(ask(office, do="say", call=call.sid, text="my invoice"))
    office.until(lambda: office.app.at("/said"))
    assert office.app.at("/chosen")[0].params["Digits"] == "4"
    assert office.app.at("/said")[0].params["SpeechResult"] == "my invoice"


def test_faults_are_turned_on_and_off(office: Office) -> None:
    faults = office.carrier.faults
    assert said(ask(office, do="fault", name="callback_lost", value="0.5")) == "callback lost: 0.5"
    said(ask(office, do="fault_next", name="rest_next", fault="429"))
    said(ask(office, do="fault_next", name="rest_next", fault="500"))
    assert (faults.callback_lost, faults.rest_next) == (0.5, ["429", "500"])
    assert "2</b> faults on" in page(office)
    assert said(ask(office, do="faults_off")) == "All faults are off"
    assert (faults.callback_lost, faults.rest_next) == (0, [])


def test_arrivals_are_paused_and_resumed() -> None:
    office = Office(
        "people: {them: {number: +1555020####, dials: +15557000100, arrives every: 1h,"
        " patience: 9, talks for: 9}}"
    )
    (stream,) = office.server.world.town.arrivals
    assert said(ask(office, do="arrivals", name="them", paused="true")) == "them: paused"
    assert stream.paused
    said(ask(office, do="arrivals", name="them", paused="false"))
    assert not stream.paused
    office.close()


def test_the_log_is_cleared(office: Office) -> None:
    office.client().calls.list(limit=1)
    said(ask(office, do="clear_log"))
    assert len(office.carrier.log) == 0


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ({"do": "dance"}, "There is no action 'dance'"),
        ({"do": "answer"}, "Say which: call is missing"),
        ({"do": "answer", "call": "CA1"}, "That call is over"),
        ({"do": "dial", "from": "dana", "to": OFFICE}, "dana is no number: write +15550100001"),
        ({"do": "dial", "from": NINA, "to": "+15551112222"}, "Nobody owns +15551112222. Numbers"),
        ({"do": "fault", "name": "x", "value": "1"}, "there is no setting 'x'"),
        ({"do": "fault", "name": "rest_429", "value": "lots"}, "Write a number from 0 up"),
        ({"do": "fault_next", "name": "rest_429", "fault": "429"}, "There is no list of faults"),
        ({"do": "fault_next", "name": "rest_next", "fault": "430"}, "rest_next is '430'"),
        ({"do": "arrivals", "name": "x", "paused": "true"}, "Nobody called x comes by"),
    ],
)
def test_what_cannot_be_done_is_explained(office: Office, what: dict[str, str], text: str) -> None:
    assert text in problem(ask(office, **what))


def test_only_what_makes_sense_for_a_call_can_be_done(office: Office) -> None:
    ringing = rings_nina(office)
    assert "Nobody has answered" in problem(ask(office, do="say", call=ringing.sid, text="hi"))
    said(ask(office, do="answer", call=ringing.sid))
    office.until(lambda: ringing.answered)
    assert "does not ring" in problem(ask(office, do="answer", call=ringing.sid))
    assert "Keys are digits" in problem(ask(office, do="press", call=ringing.sid, keys="one"))
    taken = problem(ask(office, do="dial", **{"from": NINA, "to": OFFICE}))
    assert taken == "nina is in a call already"


# who may not


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"X-Console-Token": "{token}"}, "comes from another page"),
        ({"Origin": "http://evil.example", "X-Console-Token": "{token}"}, "from another page"),
        ({"Origin": "null", "X-Console-Token": "{token}"}, "comes from another page"),
        ({"Origin": "{url}"}, "load it again"),
        ({"Origin": "{url}", "X-Console-Token": "guess"}, "load it again"),
        (
            {"Host": "evil.example", "Origin": "http://evil.example", "X-Console-Token": "{token}"},
            "does not answer to the name 'evil.example'",
        ),
    ],
)
def test_other_pages_can_change_nothing(office: Office, headers: dict[str, str], why: str) -> None:
    filled = {
        name: value.format(token=token(office), url=office.url) for name, value in headers.items()
    }
    answer = requests.post(
        f"{office.url}/console/do", json={"do": "faults_off"}, headers=filled, timeout=5
    )
    assert answer.status_code == 403
    assert why in problem(answer)


def test_a_name_that_was_made_to_point_here_sees_nothing(office: Office) -> None:
    for path in ("/", "/console/state.json", "/console/log/1"):
        answer = requests.get(office.url + path, headers={"Host": "evil.example"}, timeout=5)
        assert answer.status_code == 403
        assert token(office) not in answer.text


@pytest.mark.parametrize("body", ["", "[]", "not json", "3"])
def test_an_action_that_is_no_object_is_refused(office: Office, body: str) -> None:
    answer = requests.post(
        f"{office.url}/console/do",
        data=body,
        headers={"Origin": office.url, "X-Console-Token": token(office)},
        timeout=5,
    )
    assert problem(answer) == "An action is JSON: names with texts."


def test_an_endless_action_is_refused(office: Office) -> None:
    assert problem(ask(office, do="say", text="x" * 30_000)) == "That is too long."


# the socket


@contextmanager
def visitor(office: Office, **changes: str) -> Iterator[ClientConnection]:
    address = office.url.replace("http", "ws")
    origin = changes.get("origin", office.url)
    query = changes.get("token", token(office))
    with connect(f"{address}/console/live?token={query}", origin=Origin(origin)) as socket:
        yield socket


def news(socket: ClientConnection) -> dict[str, str]:
    panels: dict[str, str] = json.loads(socket.recv(timeout=5))["panels"]
    return panels


def test_a_page_gets_everything_once_and_then_what_changes(office: Office) -> None:
    with visitor(office) as socket:
        assert set(news(socket)) == {
            "bar",
            "calls",
            "phones",
            "rooms",
            "queues",
            "log",
            "notifications",
            "faults",
        }
        office.do(lambda: setattr(office.carrier.faults, "rest_delay", 0.5))
        ask(office, do="fault", name="callback_lost", value="1")
        changed = news(socket)
    assert "faults" in changed
    assert "calls" not in changed


def test_a_storm_of_changes_is_a_handful_of_messages(office: Office) -> None:
    nina = office.server.world.town.people[NINA]
    with visitor(office) as socket:
        news(socket)
        for n in range(100):
            office.do(lambda n=n: nina.writes(f"thought {n}"))  # type: ignore[misc]
        count = 0
        while "thought 99" not in news(socket).get("phones", ""):
            count += 1
    assert count < 30


def test_a_page_sees_only_the_lines_that_it_asked_for(office: Office) -> None:
    office.client().calls.list(limit=1)
    office.client().queues.list(limit=1)
    with visitor(office) as socket:
        both = news(socket)["log"]
        socket.send(json.dumps({"text": "queues.json", "kind": "rest"}))
        one = news(socket)["log"]
        socket.send(json.dumps({"text": "no such thing"}))
        none = news(socket)["log"]
    assert "Calls.json" in both
    assert "Queues.json" in one
    assert "Calls.json" not in one
    assert "Nothing has gone over the wire" in none


def test_more_lines_are_shown_when_asked_for(office: Office) -> None:
    for _ in range(60):
        office.client().calls.list(limit=1)
    with visitor(office) as socket:
        assert news(socket)["log"].count("<summary>") == 50
        socket.send(json.dumps({"rows": "100"}))
        assert news(socket)["log"].count("<summary>") == 60


@pytest.mark.parametrize("what", ["not json", "[1]", '{"rows": "many", "kind": "x"}'])
def test_nonsense_from_a_page_is_ignored(office: Office, what: str) -> None:
    with visitor(office) as socket:
        news(socket)
        socket.send(what)
        ask(office, do="fault", name="callback_lost", value="1")
        assert "faults" in news(socket)


@pytest.mark.parametrize("changes", [{"token": "guess"}, {"origin": "http://evil.example"}])
def test_other_pages_cannot_listen(office: Office, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus, match="403"), visitor(office, **changes):
        pass


def test_open_pages_do_not_keep_the_server_from_stopping(office: Office) -> None:
    with visitor(office) as socket:
        news(socket)
        office.run(office.server.stop())


# HTML


def test_elements_escape_what_they_are_given() -> None:
    assert el("p", "<b>", title='"x"') == '<p title="&quot;x&quot;">&lt;b&gt;</p>'
    assert el("p", Markup("<b></b>"), None, ["a", el("i", "b")]) == "<p><b></b>a<i>b</i></p>"
    assert el("input", required=True, disabled=False, value=None) == "<input required>"
    assert el("label", for_="x", class_="y", data_value_call="z") == (
        '<label for="x" class="y" data-value-call="z"></label>'
    )
    assert inside("a & b", None) == "a &amp; b"
