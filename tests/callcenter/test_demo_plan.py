"""What a demo consists of, and what may be in its way."""

import io
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from django.test import Client

from callcenter.demo import plan
from callcenter.demo.__main__ import greet, sentences, what_is_missing
from callcenter.demo.leftovers import (
    DemoError,
    only_demo,
    remember,
    require_free_ports,
    stop_programs_of_a_killed_demo,
)
from callcenter.demo.plan import Options, make_plan, options_from, programs
from callcenter.demo.screen import Screen
from callcenter.postgres import locate


def names(outside: dict[str, str]) -> list[str]:
    return [program.name for program in programs(make_plan(Options(), outside))]


def test_with_nothing_set_everything_is_our_own() -> None:
    made = make_plan(Options(), {"PATH": "/bin", "DATABASE_URL": ""})
    assert made.own_database
    assert made.own_carrier
    assert made.environment["CARRIER_API_URL"] == "http://127.0.0.1:8810"
    assert made.environment["DATABASE_URL"] == locate().url
    assert names({}) == ["sandbox", "fallback", "web", "worker"]


def test_web_and_fallback_are_started_as_the_documentation_says() -> None:
    documented = (plan.CHECKOUT / "docs" / "going-live.md").read_text()
    web, fallback = (
        program.command
        for program in programs(make_plan(Options(), {}))
        if program.name in {"web", "fallback"}
    )
    for command in (web, fallback):
        assert "--loop uvloop --http httptools" in " ".join(command)
        assert "--ws-per-message-deflate false" in " ".join(command)
    assert documented.count("--loop uvloop --http httptools") == 2
    assert "--ws-per-message-deflate false" in documented


def test_the_addresses_that_the_demo_prints_are_pages(client: Client) -> None:
    printed = io.StringIO()
    greet(make_plan(Options(), {}), Screen(out=printed), "")
    paths = re.findall(re.escape(Options().web_url) + r"(/\S*)", printed.getvalue())
    assert len(paths) == 4
    assert {client.get(path).status_code for path in paths} <= {200, 302}


def test_a_real_account_takes_the_sandboxs_place() -> None:
    real = {
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "2" * 32,
        "PUBLIC_URL": "https://calls.example.com",
    }
    made = make_plan(Options(), real)
    assert not made.own_carrier
    assert "CARRIER_API_URL" not in made.environment
    assert made.environment["PUBLIC_URL"] == "https://calls.example.com"
    assert "sandbox" not in made.ports
    assert names(real) == ["fallback", "web", "worker"]


@pytest.mark.parametrize("given", ["TWILIO_AUTH_TOKEN", "PUBLIC_URL"])
def test_half_a_real_account_is_refused(given: str) -> None:
    with pytest.raises(DemoError, match="TWILIO_AUTH_TOKEN is needed too, and PUBLIC_URL"):
        make_plan(Options(), {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, given: "https://x"})


def test_a_database_that_is_named_is_used() -> None:
    made = make_plan(Options(), {"DATABASE_URL": "postgresql://db/calls", "REDIS_URL": "redis://c"})
    assert not made.own_database
    assert made.environment["DATABASE_URL"] == "postgresql://db/calls"
    assert made.environment["REDIS_URL"] == "redis://c"


def test_ports_can_be_chosen_and_the_town_follows(tmp_path: Path) -> None:
    options = options_from(["--quiet", "--web-port", "9200", "--fallback-port", "9201"])
    town = plan.write_town(options, tmp_path).read_text()
    assert "127.0.0.1:9200" in town
    assert "127.0.0.1:9201" in town
    assert "127.0.0.1:8800" not in town


def test_a_quiet_demo_has_no_callers_of_its_own() -> None:
    quiet = programs(make_plan(Options(quiet=True), {}))[0]
    assert "--quiet" in quiet.command
    assert "--quiet" not in programs(make_plan(Options(), {}))[0].command


def test_the_key_that_signs_sessions_stays_the_same_and_is_for_its_owner(tmp_path: Path) -> None:
    first = plan.secret_key(tmp_path)
    assert plan.secret_key(tmp_path) == first
    assert len(first) > 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_named_with_its_owner_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(DemoError) as refused:
            require_free_ports("127.0.0.1", {"web": port})
    assert f"port {port}, wanted by web: process {os.getpid()}" in str(refused.value)
    assert f"--web-port {port + 100}" in str(refused.value)
    require_free_ports("127.0.0.1", {"web": port})


def test_there_is_one_demo_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "demo.lock"
    second = only_demo(lock)
    with only_demo(lock), pytest.raises(DemoError, match=rf"process {os.getpid()}"), second:
        pass
    with only_demo(lock):
        pass


def test_what_a_killed_demo_left_running_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "demo.pids"
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as left:
        remember(pids, {"web": left.pid})
        assert stop_programs_of_a_killed_demo(pids) == ["web"]
        assert not psutil.pid_exists(left.pid)
    assert stop_programs_of_a_killed_demo(pids) == []


def test_a_number_that_is_somebody_elses_by_now_is_left_alone(tmp_path: Path) -> None:
    pids = tmp_path / "demo.pids"
    pids.write_text(f'{{"web": [{os.getpid()}, {psutil.Process().create_time() - 3600}]}}')
    assert stop_programs_of_a_killed_demo(pids) == []


def test_the_person_reads_what_is_not_ready_and_why() -> None:
    body = b"""{"ready": false, "parts": {
        "database": {"ok": true, "sentence": "fine"},
        "worker": {"ok": false, "sentence": "No worker has ever run."}}}"""
    assert sentences(body) == "No worker has ever run."
    assert sentences(b"<h1>Server Error</h1>") == "<h1>Server Error</h1>"
    assert "127.0.0.1:9" in what_is_missing("http://127.0.0.1:9/readyz")
