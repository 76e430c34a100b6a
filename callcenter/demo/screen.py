"""What the person at the terminal sees: short lines, one colour for each process."""

import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

COLOURS = {"postgres": 34, "sandbox": 35, "fallback": 36, "web": 32, "worker": 33}
WARN, BAD, DIM, BOLD = 33, 31, 2, 1
WORTH_SHOWING = re.compile(r"\b(WARNING|ERROR|CRITICAL|Traceback)\b|(Error|Exception): ")
LONGEST_SHOWN = 300
# Trouble that begins with the same words is the same, and is shown again after so many seconds.
GIST, REPEATED_AFTER = 25, 30.0


@dataclass
class Screen:
    """`verbose` shows every line that a process writes, not only those of trouble."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    verbose: bool = False
    _shown_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def say(self, name: str, sentence: str, colour: int | None = None) -> None:
        prefix = self._painted(f"{name:>9}", COLOURS.get(name, DIM))
        self._write(f"{prefix}  {self._painted(sentence, colour)}")

    def heading(self, sentence: str) -> None:
        self._write(self._painted(sentence, BOLD))

    def plain(self, text: str) -> None:
        self._write(text)

    def overheard(self, name: str, line: str) -> None:
        """One line of a process's log: shown when it tells of trouble that is news."""
        if self.verbose:
            self.say(name, line[:LONGEST_SHOWN])
            return
        sentence, _, more = trouble_in(line).partition("\n")
        if sentence and self._is_news(name, sentence):
            self.say(name, sentence[:LONGEST_SHOWN] + (" …" if more else ""), WARN)

    def _is_news(self, name: str, sentence: str) -> bool:
        """An outage is told once in a while, not at every attempt that fails by it."""
        gist = (name, re.sub(r"\d+", "", sentence)[:GIST])
        now = time.monotonic()
        quiet = now - self._shown_at.get(gist, -REPEATED_AFTER) >= REPEATED_AFTER
        if quiet:
            self._shown_at[gist] = now
        return quiet

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
