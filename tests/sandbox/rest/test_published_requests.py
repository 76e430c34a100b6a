"""Every parameter of the published requests is looked at, or told to be without effect."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.rest import RestRequest
from sandbox.rest.not_carried import WITHOUT_EFFECT
from tests.sandbox.rest.house import ACCOUNT, DANA, TOKEN, House, room
from tests.sandbox.rest.published_requests import SENT

IGNORED = {name for names, _ in WITHOUT_EFFECT for name in names.split(", ")}


class Name(str):
    """A parameter's name that notices when it is asked for."""

    asked_for: bool = False

    def __eq__(self, other: object) -> bool:
        same = str.__eq__(self, other) is True
        self.asked_for = self.asked_for or same
        return same

    __hash__ = str.__hash__


@pytest.fixture
def talking(house: House) -> House:
    """Dana is in a room."""
    house.pages["/room"] = room("meeting")
    house.person(DANA)
    house.call(to=DANA, page="/room")
    return house


def sent(house: House, line: str, names: dict[Name, str]) -> int:
    """The status of a request with these parameters."""
    (meeting,) = house.carrier.conferences.values()
    method, path = line.split()
    path = path.format(call=next(iter(meeting.participants)), room=meeting.sid)
    word = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    where: dict[str, Any] = {("query" if method == "GET" else "form"): tuple(names.items())}
    target = f"/2010-04-01/Accounts/{ACCOUNT}/{path}.json"
    headers = {"authorization": f"Basic {word}"}
    answered = house.town.rest(RestRequest(method, target, headers=headers, **where))
    house.advance(1)
    return answered.status


@pytest.mark.parametrize("line", SENT)
def test_what_is_published_is_looked_at_unless_told_otherwise(talking: House, line: str) -> None:
    names = {Name(name): value for name, value in SENT[line].items()}
    assert sent(talking, line, names) in (200, 201)
    overlooked = {str(name) for name in names if not name.asked_for}
    assert overlooked == IGNORED & set(SENT[line])


def test_what_is_told_to_be_without_effect_is_published() -> None:
    assert {name for sendable in SENT.values() for name in sendable} >= IGNORED
