"""Which programs a demo consists of, where they listen, and what is in their environment."""

import argparse
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.demo.cast import SUPERVISOR_LINE
from callcenter.demo.leftovers import DemoError
from callcenter.demo.runner import Program
from callcenter.postgres import locate

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LOCAL = CHECKOUT / ".local"
# The sandbox's people and numbers; written for the usual addresses.
TOWN = CHECKOUT / "callcenter" / "demo" / "town.yaml"
SERVER = (
    *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    # Small pieces of a page; to compress each costs every socket memory and time.
    *("--ws-per-message-deflate", "false"),
    # Who is believed about where a request came from is a setting (PROXIES_IN_FRONT).
    "--no-proxy-headers",
)


@dataclass(frozen=True)
class Options:
    host: str = "127.0.0.1"
    web_port: int = 8800
    fallback_port: int = 8805
    sandbox_port: int = 8810
    quiet: bool = False
    verbose: bool = False
    patience: float = 90.0

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def fallback_url(self) -> str:
        return f"http://127.0.0.1:{self.fallback_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"


@dataclass(frozen=True)
class Plan:
    options: Options
    environment: Mapping[str, str]
    own_database: bool
    own_carrier: bool

    @property
    def ports(self) -> dict[str, int]:
        ports = {"web": self.options.web_port, "fallback": self.options.fallback_port}
        return ports | ({"sandbox": self.options.sandbox_port} if self.own_carrier else {})


def options_from(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="make demo ARGS='…'", description=__doc__)
    default = Options()
    parser.add_argument("--quiet", action="store_true", help="no callers come by themselves")
    parser.add_argument("--verbose", action="store_true", help="show every line of every log")
    parser.add_argument("--host", default=default.host, help="the address to listen on")
    for name in ("web", "fallback", "sandbox"):
        option = f"{name}_port"
        parser.add_argument(f"--{name}-port", type=int, default=getattr(default, option))
    return Options(**vars(parser.parse_args(arguments)))


def make_plan(options: Options, outside: Mapping[str, str]) -> Plan:
    """Real servers and a real account are used where the environment names them."""
    own_database = not outside.get("DATABASE_URL")
    own_carrier = not outside.get("TWILIO_ACCOUNT_SID")
    if not own_carrier and not (outside.get("TWILIO_AUTH_TOKEN") and outside.get("PUBLIC_URL")):
        raise DemoError(
            "TWILIO_ACCOUNT_SID is set: TWILIO_AUTH_TOKEN is needed too, and PUBLIC_URL, the https"
            " address at which Twilio reaches this machine. Unset it to use the sandbox carrier."
        )
    ours = {
        "DJANGO_SETTINGS_MODULE": "callcenter.settings",
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": secret_key(LOCAL),
        "PUBLIC_URL": options.web_url,
        "FALLBACK_URL": options.fallback_url,
        "SUPERVISOR_LINES": SUPERVISOR_LINE,
    }
    if own_database:
        ours["DATABASE_URL"] = locate().url
    if own_carrier:
        ours["CARRIER_API_URL"] = options.sandbox_url
    chosen = {name: value for name, value in outside.items() if value}
    return Plan(options, {**ours, **chosen}, own_database, own_carrier)


def secret_key(folder: Path) -> str:
    """The same at every start, so that nobody is signed out by a restart."""
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()


def programs(plan: Plan) -> list[Program]:
    """In the order in which they start; they are stopped in the reverse of it."""
    options = plan.options
    return [
        *([_sandbox(options)] if plan.own_carrier else []),
        _server("fallback", "callcenter.fallback:application", options.host, options.fallback_port),
        _server("web", "callcenter.asgi:application", options.host, options.web_port),
        Program("worker", (sys.executable, "manage.py", "worker")),
    ]


def _sandbox(options: Options) -> Program:
    command = [sys.executable, "-m", "sandbox", "--config", str(write_town(options, LOCAL))]
    command += ["--host", options.host, "--port", str(options.sandbox_port)]
    return Program("sandbox", (*command, *(["--quiet"] if options.quiet else [])))


def write_town(options: Options, folder: Path) -> Path:
    """The sandbox's people and numbers, with the addresses at which this demo listens."""
    usual = Options()
    town = TOWN.read_text().replace(usual.web_url, options.web_url)
    path = folder / "town.yaml"
    path.write_text(town.replace(usual.fallback_url, options.fallback_url))
    return path


def _server(name: str, application: str, host: str, port: int) -> Program:
    address = ("--host", host, "--port", str(port), "--timeout-graceful-shutdown", "5")
    return Program(name, (sys.executable, "-m", "uvicorn", *SERVER, *address, application))
