"""docs/sandbox.md tells the truth: its tables come from the code, its examples can be run."""

import re
from pathlib import Path

import pytest

from sandbox.core.config import Choices
from sandbox.core.faults import Faults
from sandbox.core.twiml.schema import SHAPES
from sandbox.core.twiml.schema import WITHOUT_EFFECT as IGNORED
from sandbox.people.suffixes import BEHAVIOURS
from sandbox.people.words import WORDS
from sandbox.reference import TABLES, renewed, table
from sandbox.rest.table import CARRIED, NOT_CARRIED
from sandbox.world import SANDBOX_SID, SANDBOX_TOKEN, from_text
from sandbox.written.knobs import knobs

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "sandbox.md"


@pytest.fixture
def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code(text: str) -> None:
    assert renewed(text) == text, "run: python -m sandbox.reference docs/sandbox.md"


def test_every_choice_is_named_with_its_default_meaning_and_evidence() -> None:
    written = TABLES["choices"]()
    for row in Choices().table():
        assert f"`{row.name}`" in written
        assert row.means in written
        assert row.evidence in written


def test_every_fault_word_digit_and_path_is_listed() -> None:
    assert all(f"`{knob.name}`" in TABLES["faults"]() for knob in knobs(Faults()))
    assert all(f"`{word}`" in TABLES["words"]() for word in WORDS)
    assert all(each.means in TABLES["suffixes"]() for each in BEHAVIOURS.values())
    listed = TABLES["rest"]() + TABLES["not carried"]()
    paths = {path.removeprefix("Accounts/{account}") for _, path, _ in (*CARRIED, *NOT_CARRIED)}
    assert all(f"{path}.json" in listed for path in paths)


def test_every_attribute_is_read_or_told_to_be_without_effect() -> None:
    judged = {"schema.py", "values.py"}
    sources = [p for p in (ROOT / "sandbox" / "core").rglob("*.py") if p.name not in judged]
    read = set(re.findall(r'"(\w+)"', "".join(p.read_text(encoding="utf-8") for p in sources)))
    for name, shape in SHAPES.items():
        without = IGNORED.get(name, frozenset())
        assert without <= shape.attributes, name
        assert shape.attributes - without <= read, name


def test_a_document_without_a_place_for_a_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no place for faults"):
        renewed(text.replace("<!-- faults -->", ""))


def test_bars_do_not_break_a_table() -> None:
    assert table(("a",), [("x|y",)]).splitlines()[2] == "| x\\|y |"


def test_the_example_file_can_be_read(text: str) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    world = from_text(example, "docs/sandbox.md", now=0.0)
    assert {person.name for person in world.town.people.values()} == {"dana", "omar", "nina", "kim"}
    assert world.town.arrivals[0].at_most == 12
    assert len(world.carrier.numbers) == 2


def test_the_credentials_on_the_page_are_those_of_the_program(text: str) -> None:
    assert f'Client("{SANDBOX_SID}", "{SANDBOX_TOKEN}")' in text


def test_the_python_example_is_python(text: str) -> None:
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        compile(example, "docs/sandbox.md", "exec")


def test_the_example_of_a_test_without_a_server_runs_as_it_stands(text: str) -> None:
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (example,) = [each for each in examples if "InProcess" in each]
    exec(compile(example, "docs/sandbox.md", "exec"), {})


@pytest.mark.parametrize("option", ["--port", "--host", "--config", "--seed", "--cps", "--quiet"])
def test_every_option_is_explained(text: str, option: str) -> None:
    assert f"| `{option}" in text
