"""From a path to an operation."""

from __future__ import annotations

import pytest

from sandbox.core.errors import RestError
from sandbox.rest.asked import Asked
from sandbox.rest.exchange import RestAnswer
from sandbox.rest.routes import Route, Router

ROOT = "/2010-04-01/Accounts/AC1"


def fetch(_: Asked) -> RestAnswer:
    return RestAnswer(200)


def create(_: Asked) -> RestAnswer:
    return RestAnswer(201)


def front(_: Asked) -> RestAnswer:
    return RestAnswer(202)


ROUTER = Router(
    [
        Route("GET", "Accounts/{account}/Calls", fetch),
        Route("POST", "Accounts/{account}/Calls", create),
        Route("GET", "Accounts/{account}/Conferences/{conference}", fetch),
        Route("GET", "Accounts/{account}/Recordings/{recording}", fetch),
        Route("GET", "Accounts/{account}/Recordings/{recording}", front, ".wav"),
        Route("GET", "Accounts/{account}/Recordings/{recording}", front, ""),
    ]
)


def refusal(method: str, path: str) -> RestError:
    with pytest.raises(RestError) as refused:
        ROUTER.find(method, path)
    return refused.value


def test_method_and_path_choose_the_operation() -> None:
    assert ROUTER.find("POST", f"{ROOT}/Calls.json").route.operation is create
    assert ROUTER.find("GET", f"{ROOT}/Calls.json").route.operation is fetch


def test_what_stands_in_braces_is_named() -> None:
    found = ROUTER.find("GET", f"{ROOT}/Conferences/CF1.json")
    assert found.names == {"account": "AC1", "conference": "CF1"}


def test_a_friendly_name_may_hold_spaces_slashes_and_dots() -> None:
    found = ROUTER.find("GET", f"{ROOT}/Conferences/my%20room%2F2.json.json")
    assert found.names["conference"] == "my room/2.json"


def test_the_suffix_tells_the_resource_from_its_media() -> None:
    assert ROUTER.find("GET", f"{ROOT}/Recordings/RE1.json").route.operation is fetch
    wav = ROUTER.find("GET", f"{ROOT}/Recordings/RE1.wav")
    assert (wav.route.operation, wav.names["recording"]) == (front, "RE1")
    assert ROUTER.find("GET", f"{ROOT}/Recordings/RE1").names["recording"] == "RE1"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/2010-04-01",
        "/2010-04-01/",
        "/2008-08-01/Accounts/AC1/Calls.json",
        f"{ROOT}/Faxes.json",
        f"{ROOT}/Calls",
        f"{ROOT}/Conferences/.json",
        f"{ROOT}/Calls/CA1/More/Than/This.json",
    ],
)
def test_paths_that_name_nothing_are_20404(path: str) -> None:
    refused = refusal("GET", path)
    assert (refused.code, refused.status) == (20404, 404)
    assert refused.message == f"The requested resource {path} was not found"


def test_a_method_that_a_resource_lacks_is_20004() -> None:
    refused = refusal("DELETE", f"{ROOT}/Calls.json")
    assert (refused.code, refused.status) == (20004, 405)
