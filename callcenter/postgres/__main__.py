"""`python -m callcenter.postgres start|stop|status|remove [--name pg]`"""

import argparse
import sys
from collections.abc import Callable

from callcenter.postgres import Cluster, PostgresError, locate, remove, running_pid, start, stop

VERBS: dict[str, Callable[[Cluster], object]] = {
    "start": start,
    "stop": stop,
    "status": running_pid,
    "remove": remove,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m callcenter.postgres", description="The checkout's own PostgreSQL."
    )
    parser.add_argument("verb", choices=["start", "stop", "status", "remove"])
    parser.add_argument(
        "--name", default="pg", help="pg: the demo's (default); pg-test: the tests'"
    )
    options = parser.parse_args(arguments)
    cluster = locate(name=options.name, durable=options.name != "pg-test")
    try:
        VERBS[options.verb](cluster)
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    pid = running_pid(cluster)
    sys.stdout.write(f"running as process {pid}: {cluster.url}\n" if pid else "not running\n")
    return 0 if pid or options.verb in {"stop", "remove"} else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
