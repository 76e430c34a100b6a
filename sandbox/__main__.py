"""`python -m sandbox`: a telephone company on this machine, for any Twilio project."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import signal
import sys
from pathlib import Path
from typing import NoReturn

from sandbox.drivers.heard import AUDIO, WITHOUT_AUDIO
from sandbox.drivers.realtime import Clock
from sandbox.drivers.server import Server
from sandbox.world import Wishes, World, from_file, from_text
from sandbox.written.parts import WrittenWrong

PORT = 8810
LOCAL = ("127.0.0.1", "localhost", "::1")
MISTAKE = 2


class Options(argparse.ArgumentParser):
    """Says what to do instead of printing how it is used."""

    def error(self, message: str) -> NoReturn:
        give_up(f"{message}. See python -m sandbox --help")


def give_up(sentence: str) -> NoReturn:
    sys.stderr.write(f"sandbox: {sentence.rstrip('.')}.\n")
    raise SystemExit(MISTAKE)


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def calls_per_second(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate: give 1, 2.5, or 0 for no limit")
    return number


def seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: give a whole number") from None


def read_options(arguments: list[str]) -> argparse.Namespace:
    parser = Options(prog="python -m sandbox", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=port, default=PORT, help=f"0: any free one ({PORT})")
    parser.add_argument("--host", default=LOCAL[0], help=f"where to listen ({LOCAL[0]})")
    parser.add_argument("--config", type=Path, help="accounts, numbers, people: docs/sandbox.md")
    parser.add_argument("--seed", type=seed, help="the same seed draws the same SIDs and people")
    parser.add_argument("--cps", type=calls_per_second, help="outbound starts a second, 0: any")
    parser.add_argument("--silent", action="store_true", help="no sound: facts alone")
    parser.add_argument("--quiet", action="store_true", help="nobody calls in by themselves")
    return parser.parse_args(arguments)


def build(options: argparse.Namespace, clock: Clock) -> World:
    """The world that the options and the file describe."""
    wishes = Wishes(
        seed=options.seed,
        cps=options.cps,
        base_url="",
        quiet=options.quiet,
        usual_seed=secrets.randbelow(2**31),
    )
    try:
        if options.config is None:
            return from_text("", now=clock(), wishes=wishes)
        return from_file(options.config, now=clock(), wishes=wishes)
    except WrittenWrong as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{options.config} cannot be read: {error.strerror}. Give --config another file")
    except UnicodeDecodeError:
        give_up(f"{options.config} is not UTF-8. Save it as UTF-8")


async def serve(options: argparse.Namespace) -> None:
    """Run until somebody says stop (SIGINT, SIGTERM)."""
    clock = Clock()
    audio = None if options.silent else AUDIO
    world = build(options, clock)
    server = Server(world, clock, host=options.host, port=options.port, audio=audio)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    try:
        await server.start()
    except OSError as error:
        give_up(f"{options.host}:{options.port} cannot be had ({error.strerror}). Try --port 0")
    sys.stdout.write(greeting(server, silent=options.silent))
    sys.stdout.flush()
    await stop.wait()
    await server.stop()
    sys.stdout.write("The sandbox carrier has stopped.\n")


def heard(server: Server, *, silent: bool) -> str:
    """What can be heard, or why nothing can."""
    if server.audio is not None:
        return server.audio.described
    return "none, as asked" if silent else WITHOUT_AUDIO


def greeting(server: Server, *, silent: bool = False) -> str:
    carrier = server.world.carrier
    lines = [f"The sandbox carrier listens on {server.url} (console: open it in a browser)."]
    lines += [f"  account {each.sid} token {each.auth_token}" for each in carrier.accounts.values()]
    lines += [f"  number  {each.phone_number}" for each in carrier.numbers.values()]
    lines.append(f"  seed    {server.world.seed}: --seed {server.world.seed} repeats this town")
    lines.append(f"  sound   {heard(server, silent=silent)}")
    lines.append(f'  Twilio SDK: client.api.base_url = "{server.url}"')
    if server.host not in LOCAL:
        lines.append("  Whoever reaches this address can use its console: loopback is safer.")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = read_options(sys.argv[1:] if arguments is None else arguments)
    asyncio.run(serve(options))


if __name__ == "__main__":
    main()
