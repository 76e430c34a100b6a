"""What the person at the terminal sees: short lines, one colour for each process."""

import json
import os
import re
import sys
from dataclasses import dataclass, field
from typing import TextIO

COLOURS = {"postgres": 34, "sandbox": 35, "fallback": 36, "web": 32, "worker": 33}
WARN, BAD, DIM, BOLD = 33, 31, 2, 1
WORTH_SHOWING = re.compile(r"\b(WARNING|ERROR|CRITICAL|Traceback)\b|(Error|Exception): ")
LONGEST_SHOWN = 300


@dataclass
class Screen:
    """`verbose` shows every line that a process writes, not only those of trouble."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    verbose: bool = False

    def say(self, name: str, sentence: str, colour: int | None = None) -> None:
        prefix = self._painted(f"{name:>9}", COLOURS.get(name, DIM))
        self._write(f"{prefix}  {self._painted(sentence, colour)}")

    def heading(self, sentence: str) -> None:
        self._write(self._painted(sentence, BOLD))

    def plain(self, text: str) -> None:
        self._write(text)

    def overheard(self, name: str, line: str) -> None:
        """One line of a process's log: shown when it tells of trouble."""
        sentence = line if self.verbose else trouble_in(line)
        if sentence:
            self.say(name, sentence[:LONGEST_SHOWN], None if self.verbose else WARN)

    def _painted(self, text: str, colour: int | None) -> str:
        if colour is None or not self.out.isatty() or os.environ.get("NO_COLOR"):
            return text
        return f"\x1b[{colour}m{text}\x1b[0m"

    def _write(self, text: str) -> None:
        self.out.write(f"{text}\n")
        self.out.flush()


def trouble_in(line: str) -> str:
    """The part of a log line that tells of trouble; empty where there is none."""
    if not line.startswith("{"):
        return line if WORTH_SHOWING.search(line) else ""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if entry.get("level") in {"WARNING", "ERROR", "CRITICAL"}:
        return f"{entry['level'].lower()}: {entry.get('message', '')}"
    return ""
