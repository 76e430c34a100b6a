"""Whoever writes a wrong file is told where and what to write instead."""

import pytest

from sandbox.written.parts import Part, WrittenWrong, read


def part(text: str) -> Part:
    found = read(text, "town.yaml")
    assert found is not None
    return found


def complaint(text: str) -> str:
    with pytest.raises(WrittenWrong) as caught:
        part(text).names()
    return str(caught.value)


def test_a_telephone_number_needs_no_quotes() -> None:
    assert part("number: +15550100001").names()["number"].text() == "+15550100001"


def test_leading_noughts_stay() -> None:
    assert part("presses: 007").names()["presses"].text() == "007"


def test_an_empty_file_says_nothing() -> None:
    assert read("# only a comment\n") is None


def test_a_tab_is_told_with_its_line() -> None:
    said = complaint("people:\n\tdana: 1\n")
    assert said.startswith("town.yaml, line 2: this is not YAML")
    assert "indentation" in said


def test_an_unclosed_quote_is_told() -> None:
    assert "this is not YAML" in complaint('people:\n  - says: "hello\n')


def test_binary_rubbish_is_told() -> None:
    assert "this is not YAML" in complaint("a: \x00")


def test_a_name_written_twice_is_told_with_both_lines() -> None:
    said = complaint("people: 1\ncps: 2\npeople: 3\n")
    assert said == (
        "town.yaml, line 3: 'people' is written twice in the file. Keep one; the first is on line 1"
    )


def test_an_unknown_word_is_answered_with_the_nearest() -> None:
    with pytest.raises(WrittenWrong, match=r"line 2: .*'peple'.* Write 'people' instead"):
        part("cps: 1\npeple: {}").only(("people", "cps"))


def test_a_word_that_is_near_to_nothing_is_answered_with_all() -> None:
    with pytest.raises(WrittenWrong, match="Write one of: people, cps"):
        part("zebra: 1").only(("people", "cps"))


def test_spaces_within_a_word_do_not_matter() -> None:
    assert "answers after" in part("answers   after: 2").only(("answers after",))


def test_a_missing_value_is_told() -> None:
    with pytest.raises(WrittenWrong, match="presses has nothing written after it"):
        part("presses: # is a comment").names()["presses"].text()


def test_a_list_where_one_text_belongs_is_told() -> None:
    with pytest.raises(WrittenWrong, match="says is to be one text"):
        part("says: [a, b]").names()["says"].text()


def test_a_text_where_a_list_belongs_is_told() -> None:
    with pytest.raises(WrittenWrong, match=r"accounts is to be a list. Write its items below it"):
        part("accounts: one").names()["accounts"].items()


def test_a_list_where_names_belong_is_told() -> None:
    with pytest.raises(WrittenWrong, match="the file is to be a list of names with values"):
        part("- a\n- b").names()


def test_one_thing_may_stand_for_a_list_of_one() -> None:
    assert [each.text() for each in part("about: rain").names()["about"].one_or_more()] == ["rain"]


@pytest.mark.parametrize(("written", "meant"), [("yes", True), ("False", False), ("on", True)])
def test_flags(written: str, meant: bool) -> None:
    assert part(f"beep: {written}").names()["beep"].flag() is meant


def test_a_flag_that_is_none() -> None:
    with pytest.raises(WrittenWrong, match=r"beep is 'perhaps'. Write true or false"):
        part("beep: perhaps").names()["beep"].flag()


def test_numbers() -> None:
    names = part("cps: 2.5\nseed: 7\nlog: many\ntimes: 1.5").names()
    assert names["cps"].number() == 2.5
    assert names["seed"].whole() == 7
    with pytest.raises(WrittenWrong, match="log is to be a number, not 'many'"):
        names["log"].number()
    with pytest.raises(WrittenWrong, match="times is to be a whole number"):
        names["times"].whole()


def test_one_of_several_words() -> None:
    assert part("method: GET").names()["method"].one_of(("GET", "POST")) == "GET"
    with pytest.raises(WrittenWrong, match="Write 'POST' instead"):
        part("method: POSTT").names()["method"].one_of(("GET", "POST"))
