"""Scripts in YAML: what is understood, and what is answered to what is not."""

import pytest

from sandbox.core.endpoints import Callee
from sandbox.people.words import WORDS, address, script, step
from sandbox.written.parts import WrittenWrong
from tests.sandbox.people.town_square import written


def steps(text: str) -> list[str]:
    return [each.text for each in script(written(text)).steps]


def complaint(text: str) -> str:
    with pytest.raises(WrittenWrong) as caught:
        script(written(text))
    return str(caught.value)


def test_words_with_and_without_values_make_one_script() -> None:
    assert steps(
        """
        - dials: +15557000100
        - waits to hear: press 1
          within: 30
        - presses: 1
        - says: billing
        - hangs up
        """
    ) == ["dials", "waits to hear", "presses", "says", "hangs up"]


def test_one_word_is_a_script_too() -> None:
    assert steps("is busy") == ["is busy"]
    assert steps("answers after: 3") == ["answers after"]


def test_each_step_remembers_its_line() -> None:
    found = script(written("- answers\n- says: hello\n- hangs up\n"))
    assert [each.place for each in found.steps] == [
        "town.yaml, line 1",
        "town.yaml, line 2",
        "town.yaml, line 3",
    ]


@pytest.mark.parametrize("name", WORDS)
def test_the_example_of_every_word_can_be_read(name: str) -> None:
    assert step(written(f"- {WORDS[name].example}").items()[0]).text == name


def test_every_word_says_what_it_means() -> None:
    assert all(word.means for word in WORDS.values())


def test_a_machine_is_known_before_it_answers() -> None:
    machine = script(written("is a machine: {greeting: 8, beep: false}"))
    assert machine.pick_up == Callee("machine", 8, beep=False)
    assert script(written("is a machine")).pick_up == Callee("machine", 6, beep=True)


def test_fax_and_silence_are_known_before_they_answer() -> None:
    fax, silent = script(written("is a fax")).pick_up, script(written("stays silent")).pick_up
    assert fax is not None
    assert silent is not None
    assert (fax.kind, silent.kind) == ("fax", "silence")


def test_somebody_busy_is_busy_before_it_rings() -> None:
    assert script(written("is busy")).refusal == ("busy", 486)
    assert script(written("is unreachable")).refusal == ("failed", 404)
    assert script(written("rejects")).refusal is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- awnsers", "town.yaml, line 1: nobody knows how to do 'awnsers'. Write 'answers'"),
        ("- answers\n- hang up", "line 2: nobody knows how to do 'hang up'. Write 'hangs up'"),
        ("- sez: hello", "nobody knows how to do 'sez'. Write"),
        ("- says", "line 1: 'says' needs something after it. Write - says: billing"),
        ("- says:", "says has nothing written after it"),
        ("- presses: one", "'one' are not keys of a telephone"),
        ("- presses: #", "put a lone # in quotes"),
        ("- dials: 5557000100", "dials is to be a number or address, not '5557000100'"),
        ("- waits: soon", "waits is to be a time, not 'soon'. Write 2.5, 90s or 3m"),
        ("- says: hello\n  within: 3", "line 2: 'within' does not go with 'says'"),
        ("- says: hello\n  presses: 1", "one step has both 'says' and 'presses'. Begin a new line"),
        ("- waits to hear: /(/", "is not a pattern"),
        ("- is a machine: {greting: 3}", "does not know the word 'greting'. Write 'greeting'"),
        ("- is a machine: {beep: loud}", "beep is 'loud'. Write true or false"),
        ("- [says, hello]", "a step is to be one thing that somebody does"),
        ("- one of: [{chance: 3}]", "one of several ways has no steps. Write does:"),
        ("- one of: [{chance: 0, does: answers}]", "chances are to be 0 or more, one above 0"),
        ("- one of: answers", "one of is to be a list"),
        ("- {}", "nobody knows how to do ''"),
    ],
)
def test_nonsense_is_told_with_line_and_remedy(text: str, said: str) -> None:
    assert said in complaint(text)


@pytest.mark.parametrize("text", ["+15550100001", "client:dana", "sip:dana@desk.example"])
def test_addresses(text: str) -> None:
    assert address(written(f"number: {text}").names()["number"]) == text
