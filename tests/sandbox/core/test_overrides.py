"""Connection overrides in the fragment of a webhook's URL."""

from __future__ import annotations

import pytest

from sandbox.core.overrides import Overrides, split_overrides

URL = "https://app.test/voice"


def overrides(fragment: str) -> Overrides:
    return split_overrides(f"{URL}#{fragment}")[1]


def test_without_a_fragment_the_defaults_hold() -> None:
    assert split_overrides(URL) == (URL, Overrides())


def test_the_fragment_is_taken_off_the_url() -> None:
    assert split_overrides(f"{URL}?a=1#rc=2")[0] == f"{URL}?a=1"


def test_every_key_is_read() -> None:
    assert overrides("ct=200&rt=3000&tt=9000&rc=4&rp=4xx,5xx&sni=n&e=ashburn,dublin") == Overrides(
        connect_timeout=0.2,
        read_timeout=3.0,
        total_timeout=9.0,
        retries=4,
        retry_on=frozenset({"4xx", "5xx"}),
        sni=False,
        edges=("ashburn", "dublin"),
    )


@pytest.mark.parametrize(
    "fragment",
    ["ct=99", "ct=10001", "rt=15001", "tt=99", "rc=6", "rc=-1", "rc=many", "rp=sometimes", "x=1"],
)
def test_what_is_out_of_range_leaves_the_default(fragment: str) -> None:
    assert overrides(fragment) == Overrides()


@pytest.mark.parametrize("fragment", ["ct=100", "ct=10000", "rt=100", "rt=15000", "rc=0", "rc=5"])
def test_the_ends_of_the_ranges_are_in(fragment: str) -> None:
    key, value = fragment.split("=")
    read = overrides(fragment)
    seconds = {"ct": read.connect_timeout * 1000, "rt": read.read_timeout * 1000}
    assert {**seconds, "rc": float(read.retries)}[key] == float(value)


def test_an_ordinary_anchor_is_no_override() -> None:
    assert split_overrides(f"{URL}#top") == (URL, Overrides())


@pytest.mark.parametrize(
    ("policy", "outcome", "retried"),
    [
        ("ct", "ct", True),
        ("ct", "rt", False),
        ("rt", "rt", True),
        ("4xx", "4xx", True),
        ("4xx", "5xx", False),
        ("all", "ct", True),
        ("all", "5xx", True),
        ("all", "2xx", False),
        ("all", "3xx", False),
        ("all", "redirects", False),
    ],
)
def test_a_policy_says_what_is_retried(policy: str, outcome: str, retried: bool) -> None:
    assert overrides(f"rp={policy}").retries_after(outcome) is retried
