"""`python -m sandbox.audio.reader`: a voice in a process of its own, so that nobody waits for it.

In, a line for each text: {"id": 1, "text": "Hello", "pitch": 1.0}
Out, a line {"voice": name} first, then for each text {"id": 1, "bytes": n} and n bytes of samples;
{"id": 1, "problem": "…"} for what cannot be read.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, BinaryIO

from sandbox.audio.voices import Reading, installed, open_voice

POLITENESS = 5


def main() -> None:
    os.nice(POLITENESS)
    # What a voice prints is no answer.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    # Whoever stops the carrier from a terminal stops this by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    name = installed()
    read = open_voice(name) if name else None
    _say(answers, {"voice": name})
    for line in sys.stdin:
        asked = json.loads(line)
        if read is None:
            _say(answers, {"id": asked["id"], "problem": "no voice is installed"})
        else:
            _say(answers, *_read(read, asked))


def _read(read: Reading, asked: dict[str, Any]) -> tuple[dict[str, object], bytes]:
    try:
        sound = read(asked["text"], asked["pitch"])
    except Exception as error:  # noqa: BLE001 - whatever a voice stumbles over, it goes on reading
        return {"id": asked["id"], "problem": f"{type(error).__name__}: {error}"}, b""
    samples = sound.astype("<i2").tobytes()
    return {"id": asked["id"], "bytes": len(samples)}, samples


def _say(answers: BinaryIO, head: dict[str, object], samples: bytes = b"") -> None:
    answers.write(json.dumps(head).encode() + b"\n" + samples)
    answers.flush()


if __name__ == "__main__":
    main()
