"""Every accident of other people's callers has a journey here, named by its number."""

import ast
import re
from pathlib import Path
from typing import TypeGuard

HERE = Path(__file__).parent
# Journeys on one clock, and whole products that are heard.
FOLDERS = (HERE, HERE.parent / "voices")
HEARD = {2, 21, 22}
EXPECTED = {1, 2, 3, 4, 6, 7, 8, 10, 11, 13, 14, 15, 18, 20, 21, 22, 24, 26, 28, 29, 30, 31, 33}


def numbers_in(path: Path) -> set[int]:
    """The scenario numbers in the docstrings of a file's tests."""
    tests = (node for node in ast.parse(path.read_text()).body if is_test(node))
    told = " ".join(ast.get_docstring(test) or "" for test in tests)
    return {int(number) for number in re.findall(r"Scenario (\d+)", told)}


def is_test(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def numbers_below(*folders: Path) -> set[int]:
    files = [path for folder in folders for path in folder.glob("test_*.py")]
    return {number for path in files for number in numbers_in(path)}


def test_every_scenario_has_a_journey() -> None:
    assert numbers_below(*FOLDERS) >= EXPECTED
    assert numbers_below(FOLDERS[1]) >= HEARD


def test_the_table_tells_the_same() -> None:
    table = (HERE / "README.md").read_text().partition("tested here")[2]
    rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", table, re.MULTILINE)
    assert {int(number) for number, _ in rows} >= EXPECTED
    for number, files in rows:
        named = re.findall(r"`(test_\w+\.py)`", files)
        there = [folder / name for name in named for folder in FOLDERS if (folder / name).exists()]
        assert any(int(number) in numbers_in(path) for path in there), number
