"""What a party hears, in words, and what somebody remembers of it."""

import re

import pytest

from sandbox.core.sounds import (
    Beep,
    Plays,
    Ringback,
    Room,
    Says,
    Silence,
    Spoken,
    Talk,
    Tones,
)
from sandbox.people.ears import Heard, Memory, Words, in_words, is_company

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        (Says("Press 1"), "Press 1"),
        (Spoken("CA1", "Good morning"), "Good morning"),
        (Plays("https://app.example/hold.mp3"), "https://app.example/hold.mp3"),
        (Tones("CA1", "42"), "42"),
        (Beep(), "beep"),
        (Ringback(), "ringing"),
        (Room("CF1", "call_7", NOBODY), "call_7"),
        (Talk("CA1"), ""),
        (Silence(), ""),
    ],
)
def test_every_sound_has_words_or_none(heard: Heard, words: str) -> None:
    assert in_words(heard) == words


def test_company_is_another_person_not_a_recording() -> None:
    assert is_company((Talk("CA1"),))
    assert is_company((Says("x"), Room("CF1", "call_7", frozenset({"CA1"}))))
    assert not is_company((Room("CF1", "call_7", NOBODY),))
    assert not is_company((Says("x"), Plays("y"), Ringback(), Silence()))
    assert not is_company(())


@pytest.mark.parametrize("wanted", ["press 1", "PRESS   1 for", "  for billing "])
def test_words_are_found_in_any_case_and_spacing(wanted: str) -> None:
    assert Words(wanted).are_in("Welcome.\n Press 1 for  Billing")


def test_a_pattern_is_searched_as_it_is() -> None:
    assert Words(re.compile("number (is )?[0-9]+")).are_in("your number is 7")
    assert not Words(re.compile("NUMBER")).are_in("your number is 7")


def test_words_show_what_was_wanted() -> None:
    assert str(Words("press 1")) == "press 1"
    assert str(Words(re.compile("a|b"))) == "/a|b/"


def test_memory_of_the_call_is_longer_than_memory_since_the_last_act() -> None:
    memory = Memory()
    memory.take(Says("Press 1 for billing"))
    memory.act()
    memory.take(Silence())
    assert memory.has(Words("press 1"))
    assert not memory.has_since(Words("press 1"))
    memory.take(Says("Press 1 to confirm"))
    assert memory.has_since(Words("press 1"))


def test_silence_leaves_nothing_to_remember() -> None:
    memory = Memory()
    memory.take(Silence())
    memory.take(Talk("CA1"))
    assert memory.transcript == []
