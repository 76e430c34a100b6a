"""What a refused change says of itself."""

import pytest

from calls.plans import CannotNow


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("the caller is on hold already.", "The caller is on hold already."),
        ("+15550100001 is on hold already.", "+15550100001 is on hold already."),
        ("sip:iris@desk.example is on hold already.", "sip:iris@desk.example is on hold already."),
    ],
)
def test_a_refusal_is_a_sentence_and_an_address_stays_as_it_is(why: str, said: str) -> None:
    assert str(CannotNow(why)) == said
