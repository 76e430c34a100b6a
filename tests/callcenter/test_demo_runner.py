"""The demo's runner, with real tiny programs: kept running, started again, stopped in order."""

import asyncio
import io
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from callcenter.demo.runner import Patience, Program, Runner
from callcenter.demo.screen import Screen, trouble_in

HURRIED = Patience(first_pause=0.05, longest_pause=0.1, stopping=1.0)
COUNTS_ITS_STARTS = """
import pathlib, time
with pathlib.Path("starts").open("a") as file: file.write("x")
print("at work", flush=True)
time.sleep(60)
"""
SAYS_WHEN_IT_STOPS = """
import pathlib, signal, sys, time
def stop(*_):
    with pathlib.Path("stops").open("a") as file: file.write(sys.argv[1])
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("at work", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def program(name: str, source: str, *arguments: str) -> Program:
    return Program(name, (sys.executable, "-c", source, *arguments))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    screen = Screen(out=io.StringIO())
    return Runner({**os.environ}, tmp_path, tmp_path / "logs", screen, HURRIED)


def seen(runner: Runner) -> str:
    assert isinstance(runner.screen.out, io.StringIO)
    return runner.screen.out.getvalue()


async def until(path: Path, text: str) -> None:
    async with asyncio.timeout(20):
        while not (path.exists() and text in path.read_text()):
            await asyncio.sleep(0.02)


def test_a_program_that_dies_is_started_again_and_the_person_is_told(
    runner: Runner, tmp_path: Path
) -> None:
    async def story() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(runner.run([program("worker", COUNTS_ITS_STARTS)], stopping))
        await until(tmp_path / "starts", "x")
        os.kill(runner.pids["worker"], signal.SIGKILL)
        await until(tmp_path / "starts", "xx")
        stopping.set()
        await running

    asyncio.run(story())
    assert "was killed by SIGKILL; starting it again in 0.05 s" in seen(runner)
    assert runner.pids == {}


def test_a_program_that_cannot_live_is_tried_ever_more_slowly(
    runner: Runner, tmp_path: Path
) -> None:
    async def story() -> None:
        stopping = asyncio.Event()
        broken = program("web", "import sys; sys.exit('ImportError: no such module')")
        running = asyncio.create_task(runner.run([broken], stopping))
        async with asyncio.timeout(20):
            while "again in 0.1 s" not in seen(runner):
                await asyncio.sleep(0.02)
        stopping.set()
        await running

    asyncio.run(story())
    assert "ended (1); starting it again in 0.05 s" in seen(runner)
    assert "ImportError: no such module" in seen(runner)


def test_programs_stop_in_the_reverse_of_their_order(runner: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        stopping = asyncio.Event()
        names = ["sandbox", "web", "worker"]
        programs = [program(name, SAYS_WHEN_IT_STOPS, name[0:2]) for name in names]
        running = asyncio.create_task(runner.run(programs, stopping))
        for name in names:
            await until(tmp_path / "logs" / f"{name}.log", "at work")
        stopping.set()
        await running

    asyncio.run(story())
    assert (tmp_path / "stops").read_text() == "wo" + "we" + "sa"


def test_a_program_that_ignores_the_request_is_killed_with_its_children(
    runner: Runner, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "worker.log"

    async def story() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(runner.run([program("worker", STUBBORN)], stopping))
        await until(log, "\n")
        stopping.set()
        await running

    asyncio.run(story())
    assert "killed" in seen(runner)
    child = int(log.read_text())
    if psutil.pid_exists(child):
        psutil.wait_procs([psutil.Process(child)], timeout=5)
        assert not psutil.pid_exists(child)


def test_a_program_that_does_not_exist_ends_the_demo_with_its_name(runner: Runner) -> None:
    async def story() -> None:
        await runner.run([Program("web", ("/no/such/program",))], asyncio.Event())

    with pytest.raises(FileNotFoundError, match="/no/such/program"):
        asyncio.run(story())


def test_a_line_without_end_is_logged_in_pieces(runner: Runner, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "web.log"

    async def story() -> None:
        stopping = asyncio.Event()
        endless = program(
            "web", "import time; print('x' * 3_000_000); print('after', flush=True); time.sleep(60)"
        )
        running = asyncio.create_task(runner.run([endless], stopping))
        await until(log, "after")
        stopping.set()
        await running

    asyncio.run(story())
    assert log.read_text().count("x") >= 3_000_000


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level": "INFO", "message": "a call arrived"}', ""),
        ('{"level": "ERROR", "message": "the carrier refused"}', "error: the carrier refused"),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
        ("ValueError: no such leg", "ValueError: no such leg"),
        ("a call arrived", ""),
        ("{not json}", "{not json}"),
    ],
)
def test_only_trouble_reaches_the_terminal(line: str, shown: str) -> None:
    assert trouble_in(line) == shown


def test_colours_are_for_terminals_alone() -> None:
    screen = Screen(out=io.StringIO())
    screen.say("web", "stopped", 31)
    assert isinstance(screen.out, io.StringIO)
    assert screen.out.getvalue() == "      web  stopped\n"


def test_one_outage_is_told_once_and_in_one_line() -> None:
    screen = Screen(out=io.StringIO())
    for pause in ("0.2", "0.4"):
        screen.overheard("worker", f"ERROR ear failed, beginning again in {pause} s")
    screen.overheard("web", "ERROR ear failed, beginning again in 0.2 s")
    screen.overheard("web", '{"level": "ERROR", "message": "no database\\nis it running?"}')
    assert isinstance(screen.out, io.StringIO)
    assert screen.out.getvalue().splitlines() == [
        "   worker  ERROR ear failed, beginning again in 0.2 s",
        "      web  ERROR ear failed, beginning again in 0.2 s",
        "      web  error: no database …",
    ]
