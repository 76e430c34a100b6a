"""`python -m benchmarks [name …]`: measure, print a table, write a JSON file."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ground
from benchmarks.report import Measured, table, write

# In this order, each in a process and a database of its own.
ALL = ("webhooks", "dispatch", "pull", "push", "verbs", "voices")
CHECKOUT = Path(__file__).parent.parent
LONGEST = 300
# A table is printed; what goes well is not told beside it. No page's files are served.
_QUIET = {"LOG_LEVEL": "WARNING", "PYTHONWARNINGS": "ignore:No directory at:UserWarning"}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="all of them by default")
    parser.add_argument("--strict", action="store_true", help="fail where a target is missed")
    options = parser.parse_args(arguments)
    results: dict[str, Sequence[Measured]] = {}
    with ground.postgres_server() as server:
        for name in options.names or ALL:
            print(f"measuring {name} …", flush=True)
            with ground.database(server) as url:
                results[name] = _measured(name, url)
            print(table(name, results[name]), end="\n\n", flush=True)
    print(f"written to {write(results, datetime.now(UTC)).relative_to(CHECKOUT)}")
    missed = [one for measured in results.values() for one in measured if not one.met]
    return 1 if missed and options.strict else 0


def _measured(name: str, url: str) -> list[Measured]:
    """In a process of its own, so that no benchmark warms up or clutters another."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.one", name, answer.name],
            env=_QUIET | os.environ | {"DATABASE_URL": url},
            cwd=CHECKOUT,
            timeout=LONGEST,
            check=True,
        )
        return [Measured(**one) for one in json.load(answer)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
