"""`python -m sandbox`: starts, says where it is, stops when told, and explains what is wrong."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from twilio.rest import Client

from sandbox.__main__ import main, read_options
from sandbox.world import SANDBOX_SID, SANDBOX_TOKEN

ROOT = Path(__file__).parents[3]


@contextmanager
def running(*arguments: str, where: Path = ROOT, path: str = "") -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=where,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def address(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().split(" listens on ")[1].split()[0]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_and_stops(how: signal.Signals) -> None:
    with running("--port", "0") as program:
        url = address(program)
        assert requests.get(f"{url}/healthz", timeout=5).json()["status"] == "ok"
        assert "Sandbox carrier" in requests.get(url, timeout=5).text
        program.send_signal(how)
        said, complained = program.communicate(timeout=10)
    assert program.returncode == 0
    assert "has stopped" in said
    assert complained == ""


def test_the_folder_alone_is_a_carrier_for_any_project(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sandbox", tmp_path / "sandbox")
    with running("--port", "0", where=tmp_path) as program:
        client = Client(SANDBOX_SID, SANDBOX_TOKEN)
        client.api.base_url = address(program)
        number = client.incoming_phone_numbers.create(phone_number="+15557000555")
        assert [each.sid for each in client.incoming_phone_numbers.list()] == [number.sid]


def test_a_file_describes_who_is_there(tmp_path: Path) -> None:
    path = tmp_path / "town.yaml"
    path.write_text("people: {dana: {number: +15550100001}}\n", encoding="utf-8")
    with running("--port", "0", "--config", str(path), "--seed", "3", "--quiet") as program:
        state = requests.get(f"{address(program)}/console/state.json", timeout=5).json()
    assert state["phones"][0]["name"] == "dana"


def test_a_port_that_is_taken_is_explained() -> None:
    with running("--port", "0") as first:
        port = address(first).rsplit(":", 1)[1]
        with running("--port", port) as second:
            _, complained = second.communicate(timeout=10)
    assert second.returncode == 2
    assert f"127.0.0.1:{port} cannot be had" in complained
    assert "Try --port 0" in complained


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "http"], "'http' is no port: give a number from 0 to 65535"),
        (["--port", "70000"], "'70000' is no port"),
        (["--cps", "fast"], "'fast' is no rate: give 1, 2.5, or 0 for no limit"),
        (["--cps", "-1"], "'-1' is no rate"),
        (["--cps", "nan"], "'nan' is no rate"),
        (["--seed", "x"], "'x' is no seed: give a whole number"),
        (["--speed", "3"], "unrecognized arguments: --speed 3. See python -m sandbox --help"),
        (["--config", "/nowhere/town.yaml"], "/nowhere/town.yaml cannot be read: No such file"),
    ],
)
def test_bad_options_are_answered_with_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in complaint(capsys, *arguments)


def test_a_mistake_in_the_file_is_answered_with_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "town.yaml"
    path.write_text("cps: 1\npeple: {}\n", encoding="utf-8")
    said = complaint(capsys, "--config", str(path))
    assert f"sandbox: {path}, line 2:" in said
    assert "Write 'people' instead" in said


def test_a_file_in_another_encoding_is_explained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "town.yaml"
    path.write_bytes(b"people: \xff\xfe")
    assert "is not UTF-8. Save it as UTF-8" in complaint(capsys, "--config", str(path))


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for option in ("--port", "--host", "--config", "--seed", "--cps", "--quiet"):
        assert option in said


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert read_options([]).host == "127.0.0.1"


def seed_of(*arguments: str) -> int:
    with running("--port", "0", *arguments) as program:
        assert program.stdout is not None
        line = next(each for each in program.stdout if each.strip().startswith("seed"))
    return int(line.split()[1].rstrip(":"))


def test_a_carrier_that_is_started_anew_names_its_calls_anew() -> None:
    assert seed_of() != seed_of()
    assert seed_of("--seed", "5") == 5


def test_addresses_that_others_can_reach_come_with_a_warning() -> None:
    with running("--port", "0", "--host", "0.0.0.0") as program:
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(6)]
    assert "Whoever reaches this address can use its console" in "".join(lines)


def test_without_the_packages_for_sound_it_runs_and_says_so(tmp_path: Path) -> None:
    missing = "raise ModuleNotFoundError(\"No module named 'numpy'\", name='numpy')"
    (tmp_path / "numpy.py").write_text(missing)
    with running("--port", "0", path=str(tmp_path)) as program:
        assert program.stdout is not None
        lines = "".join(program.stdout.readline() for _ in range(5))
    assert "sound   none: the package numpy is missing" in lines
    assert "requirements/sandbox.txt" in lines


def test_it_says_who_reads_texts_out_and_that_it_was_told_to_be_silent() -> None:
    for options, expected in (((), "sound   read by "), (("--silent",), "sound   none, as asked")):
        with running("--port", "0", *options) as program:
            assert program.stdout is not None
            assert expected in "".join(program.stdout.readline() for _ in range(5))
