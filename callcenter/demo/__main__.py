"""`python -m callcenter.demo`: a whole call centre on this machine, until Ctrl-C.

1. PostgreSQL, unless DATABASE_URL names one
2. tables, static files, a believable call centre
3. the sandbox carrier (unless TWILIO_ACCOUNT_SID names an account), fallback, web, worker
4. once all are ready: where to look, and who can sign in
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

from callcenter import postgres
from callcenter.demo.database import keep_up
from callcenter.demo.leftovers import (
    DemoError,
    only_demo,
    remember,
    require_free_ports,
    stop_programs_of_a_killed_demo,
)
from callcenter.demo.plan import CHECKOUT, LOCAL, Plan, make_plan, options_from, programs
from callcenter.demo.runner import Runner
from callcenter.demo.screen import Screen

LOGS = LOCAL / "logs"
PIDS = LOCAL / "demo.pids"


def main(arguments: list[str]) -> int:
    options = options_from(arguments)
    screen = Screen(verbose=options.verbose)
    LOCAL.mkdir(exist_ok=True)
    # Asked to stop in mid-preparation, we still stop the database on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with only_demo(LOCAL / "demo.lock"):
            run(make_plan(options, os.environ), screen)
    except (DemoError, postgres.PostgresError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        screen.plain("stopped")
    return 0


def run(plan: Plan, screen: Screen) -> None:
    for name in stop_programs_of_a_killed_demo(PIDS):
        screen.say(name, "stopped; an earlier demo that was killed had left it running")
    require_free_ports(plan.options.host, plan.ports)
    with database(plan, screen):
        logins = prepare(plan, screen)
        asyncio.run(serve(plan, screen, logins))


@contextlib.contextmanager
def database(plan: Plan, screen: Screen) -> Iterator[None]:
    if not plan.own_database:
        screen.say("postgres", "the one that DATABASE_URL names")
        yield
        return
    cluster = postgres.locate()
    with postgres.running(cluster):
        screen.say("postgres", f"running; its rows are in {cluster.data_dir}")
        yield
    screen.say("postgres", "stopped")


def prepare(plan: Plan, screen: Screen) -> str:
    """Tables, static files and people; what the seeding says: who can sign in."""
    screen.say("web", "tables and static files")
    manage(plan, "migrate", "--noinput", "--verbosity", "0")
    manage(plan, "collectstatic", "--noinput", "--verbosity", "0")
    screen.say("web", "people, queues and numbers")
    return manage(plan, "seed_demo")


def manage(plan: Plan, *command: str) -> str:
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *command],
        cwd=CHECKOUT,
        env=plan.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise DemoError(
            f"{ended.stdout}{ended.stderr}\n`manage.py {command[0]}` failed. If the rows in .local"
            " are of no value, `make clean` and try again."
        )
    return ended.stdout


async def serve(plan: Plan, screen: Screen, logins: str) -> None:
    stopping = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sign, stopping.set)
    runner = Runner(
        plan.environment, CHECKOUT, LOGS, screen, pids_changed=lambda pids: remember(PIDS, pids)
    )
    running = asyncio.create_task(runner.run(programs(plan), stopping))
    watching = asyncio.create_task(watch_database(plan, screen, stopping))
    try:
        unready = await wait_until_ready(plan, running, stopping)
        if unready:
            raise DemoError(f"Not ready after {plan.options.patience:.0f} s: {unready}\n{LOGS}/")
        if not (stopping.is_set() or running.done()):
            greet(plan, screen, logins)
            await asyncio.wait([running])
    finally:
        stopping.set()
        await watching
        await running
        PIDS.unlink(missing_ok=True)


async def watch_database(plan: Plan, screen: Screen, stopping: asyncio.Event) -> None:
    if plan.own_database:
        await keep_up(postgres.locate(), screen, stopping)


async def wait_until_ready(
    plan: Plan, running: "asyncio.Task[None]", stopping: asyncio.Event
) -> str:
    """What is not ready when patience ends; nothing when all is, or when it is stopped before."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + plan.options.patience
    missing = "nothing answered yet"
    while loop.time() < deadline and not (stopping.is_set() or running.done()):
        missing = await asyncio.to_thread(what_is_missing, f"{plan.options.web_url}/readyz")
        if not missing:
            return ""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 0.3)
    return "" if stopping.is_set() or running.done() else missing


def what_is_missing(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return "" if answer.status == 200 else f"{address} answered {answer.status}"
    except urllib.error.HTTPError as error:
        return sentences(error.read())
    except OSError as error:
        return f"{address}: {error}"


def sentences(body: bytes) -> str:
    try:
        parts: dict[str, dict[str, object]] = json.loads(body)["parts"]
    except (ValueError, KeyError):
        return body.decode(errors="replace")[:300]
    return "; ".join(str(part["sentence"]) for part in parts.values() if not part["ok"])


def greet(plan: Plan, screen: Screen, logins: str) -> None:
    options = plan.options
    screen.plain("")
    screen.heading("The call centre is open.")
    screen.plain(f"  desk    {options.web_url}/desk      board  {options.web_url}/board")
    screen.plain(f"  admin   {options.web_url}/admin/    API    {options.web_url}/api/v1/docs")
    if plan.own_carrier:
        screen.plain(
            f"  carrier {options.sandbox_url}/  every phone and every webhook; call in here"
        )
        screen.plain(f"  phone   {options.sandbox_url}/phone  call in with your own voice")
    screen.plain(f"  logs    {LOGS}/")
    screen.plain(f"\n{logins.rstrip()}\n")
    screen.plain("Ctrl-C stops everything.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
