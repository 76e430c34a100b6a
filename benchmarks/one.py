"""Runs one benchmark in this process: `python -m benchmarks.one NAME FILE`."""

import json
import os
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import django


def main(name: str, answer: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
    django.setup()
    measured = import_module(f"benchmarks.{name}").run()
    Path(answer).write_text(json.dumps([asdict(one) for one in measured]))


if __name__ == "__main__":
    main(*sys.argv[1:])
