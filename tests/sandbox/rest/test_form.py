"""Parameters of a request: what is read, and which error a wrong one gets."""

from __future__ import annotations

import pytest

from sandbox.core.errors import RestError
from sandbox.rest.form import Form, is_absolute_url, may_be_called_back


def form(**values: str) -> Form:
    return Form(tuple(values.items()))


def test_the_last_of_repeated_values_counts_where_one_is_wanted() -> None:
    assert Form((("To", "+15550001"), ("To", "+15550002"))).text("To") == "+15550002"


def test_repeated_values_are_all_kept_where_several_are_wanted() -> None:
    events = Form((("StatusCallbackEvent", "ringing"), ("StatusCallbackEvent", "answered")))
    assert events.every("StatusCallbackEvent") == ["ringing", "answered"]


def test_words_in_one_value_are_told_apart_only_when_asked() -> None:
    events = form(StatusCallbackEvent="ringing answered")
    assert events.every("StatusCallbackEvent") == ["ringing answered"]
    assert events.words("StatusCallbackEvent") == ["ringing", "answered"]


def test_an_empty_value_is_not_a_value_but_was_given() -> None:
    cleared = form(VoiceUrl="")
    assert cleared.text("VoiceUrl") is None
    assert cleared.cleared("VoiceUrl")
    assert not cleared.cleared("VoiceMethod")


def test_a_required_parameter_that_is_missing_is_named() -> None:
    with pytest.raises(RestError, match="FriendlyName") as refused:
        form().required("FriendlyName")
    assert (refused.value.code, refused.value.status) == (20001, 400)


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("True", True), ("false", False)])
def test_flags_are_words(text: str, meant: bool) -> None:
    assert form(Muted=text).flag("Muted") is meant


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(RestError, match="maybe"):
        form(Muted="maybe").flag("Muted")


def test_a_flag_not_given_has_its_default() -> None:
    assert form().flag("EarlyMedia", default=True) is True
    assert form().maybe_flag("EarlyMedia") is None


@pytest.mark.parametrize("text", ["0", "601", "soon", "1.5", "-3"])
def test_a_timeout_out_of_bounds_is_21208(text: str) -> None:
    with pytest.raises(RestError) as refused:
        form(Timeout=text).whole("Timeout", 1, 600, code=21208)
    assert refused.value.code == 21208


def test_a_timeout_within_bounds_is_a_number() -> None:
    assert form(Timeout="55").whole("Timeout", 1, 600) == 55
    assert form().whole("Timeout", 1, 600) is None


def test_methods_may_be_written_small() -> None:
    assert form(Method="get").method("Method") == "GET"
    assert form().method("Method") == "POST"


def test_other_methods_are_21209() -> None:
    with pytest.raises(RestError) as refused:
        form(Method="PUT").method("Method")
    assert refused.value.code == 21209


def test_a_url_that_is_none_is_21205_and_is_quoted() -> None:
    with pytest.raises(RestError, match="Url is not a valid URL: /voice") as refused:
        form(Url="/voice").url("Url")
    assert refused.value.code == 21205


def test_a_choice_must_be_one_of_its_words() -> None:
    assert form(Trim="do-not-trim").choice("Trim", ("do-not-trim",)) == "do-not-trim"
    with pytest.raises(RestError, match="Trim"):
        form(Trim="yes").choice("Trim", ("do-not-trim",))


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example/voice?x=1#rc=2",
        "http://127.0.0.1:8000/voice",
        "http://[::1]:8000/voice",
        "https://dana:pw@app.example/",
    ],
)
def test_addresses_a_carrier_can_reach(url: str) -> None:
    assert is_absolute_url(url)


@pytest.mark.parametrize(
    "url",
    ["/voice", "app.example/voice", "ftp://app.example", "https://", "https://a b/", "http://x:y/"],
)
def test_addresses_a_carrier_cannot_reach(url: str) -> None:
    assert not is_absolute_url(url)


def test_a_host_with_an_underscore_gets_no_callbacks() -> None:
    assert is_absolute_url("https://my_app.example/status")
    assert not may_be_called_back("https://my_app.example/status")
    assert may_be_called_back("https://app.example/my_status")
