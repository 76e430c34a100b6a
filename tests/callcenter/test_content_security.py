"""What the pages may fetch: the desk's telephone meets its carrier, and nobody else."""

from django.test import override_settings

from callcenter.content_security import policy_for


def parts(path: str) -> dict[str, list[str]]:
    """Each directive of the path's policy, and what it allows."""
    told = (part.split() for part in policy_for(path).split(";"))
    return {name: allowed for name, *allowed in told}


@override_settings(CARRIER_API_URL="http://127.0.0.1:8810")
def test_a_desk_without_an_account_meets_the_sandbox_carrier_alone() -> None:
    assert parts("/desk")["connect-src"] == ["'self'", "ws://127.0.0.1:8810"]


@override_settings(CARRIER_IS_SANDBOX=False, CARRIER_API_URL="", TWILIO_EDGES=[])
def test_a_desk_with_an_account_meets_twilio_by_way_of_the_nearest_edge() -> None:
    meets = parts("/desk")["connect-src"]
    assert meets[:2] == ["'self'", "wss://voice-js.roaming.twilio.com"]
    # To which the SDK comes back when the line was lost in the middle of a call.
    assert "wss://voice-js.ashburn.twilio.com" in meets
    assert meets[-4:] == [
        "https://eventgw.twilio.com",
        "https://eventgw.us1.twilio.com",
        "https://eventgw.ie1.twilio.com",
        "https://eventgw.au1.twilio.com",
    ]


@override_settings(CARRIER_IS_SANDBOX=False, CARRIER_API_URL="https://proxy.example.com")
def test_a_proxy_for_orders_is_no_place_for_telephones() -> None:
    assert not any("proxy" in address for address in parts("/desk")["connect-src"])


@override_settings(
    CARRIER_IS_SANDBOX=False, CARRIER_API_URL="", TWILIO_EDGES=["dublin", "frankfurt"]
)
def test_a_desk_meets_the_edges_that_were_chosen() -> None:
    meets = [address for address in parts("/desk")["connect-src"] if address.startswith("wss:")]
    assert meets == ["wss://voice-js.dublin.twilio.com", "wss://voice-js.frankfurt.twilio.com"]


def test_a_desk_plays_what_comes_from_here_and_what_its_telephone_hears() -> None:
    assert parts("/desk")["media-src"] == ["'self'", "mediastream:"]


def test_a_desk_runs_nothing_but_our_own_files() -> None:
    assert parts("/desk")["script-src"] == ["'self'"]
    assert parts("/desk")["style-src"] == ["'self'"]


def test_no_other_page_meets_the_carrier() -> None:
    for path in ("/", "/board", "/calls", "/login/", "/desk-of-somebody", "/desk/softphone/token"):
        assert parts(path)["connect-src"] == ["'self'"]
