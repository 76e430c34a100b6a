"""A request as it comes off the wire."""

from __future__ import annotations

from sandbox.rest.exchange import RestRequest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_query_and_form_become_pairs_in_order() -> None:
    request = RestRequest.parse("post", "/a/b.json?x=1&y=%2B1", FORM, b"To=%2B15550100&To=c+d")
    assert request.method == "POST"
    assert request.path == "/a/b.json"
    assert request.query == (("x", "1"), ("y", "+1"))
    assert request.form == (("To", "+15550100"), ("To", "c d"))


def test_a_name_in_the_path_stays_encoded() -> None:
    assert RestRequest.parse("GET", "/Conferences/a%2Fb.json", {}).path == "/Conferences/a%2Fb.json"


def test_inequality_filters_keep_their_sign() -> None:
    request = RestRequest.parse("GET", "/Calls.json?StartTime%3E=2026-01-01T00:00:00Z", {})
    assert request.query == (("StartTime>", "2026-01-01T00:00:00Z"),)


def test_a_body_of_another_type_is_no_form() -> None:
    request = RestRequest.parse("POST", "/a", {"Content-Type": "application/json"}, b'{"To":1}')
    assert request.form == ()


def test_a_charset_beside_the_type_does_not_matter() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert RestRequest.parse("POST", "/a", headers, b"x=").form == (("x", ""),)


def test_header_names_are_found_in_small_letters() -> None:
    assert RestRequest.parse("GET", "/a", {"AuthoriZation": "Basic x"}).headers == {
        "authorization": "Basic x"
    }
