"""A figure, what it should be, and how all of them are shown."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure; `at_least` or `at_most` is what it should be, where there is a target."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        enough = self.at_least is None or self.value >= self.at_least
        return enough and (self.at_most is None or self.value <= self.at_most)

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"


def table(name: str, measured: Iterable[Measured]) -> str:
    rows = [("", f"{name}", "", "target", "")]
    for one in measured:
        verdict = "" if not one.target else "met" if one.met else "MISSED"
        rows.append(("", one.what, f"{_short(one.value)} {one.unit}", one.target, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        f"  {what:<{widths[1]}}  {value:>{widths[2]}}  {target:<{widths[3]}}  {verdict}".rstrip()
        for _, what, value, target, verdict in rows
    ]
    return "\n".join([lines[0], "  " + "─" * (sum(widths) + 6), *lines[1:]])


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(results: dict[str, Sequence[Measured]], now: datetime) -> Path:
    """Everything that was measured, and on what."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    told = {
        "at": now.isoformat(),
        "machine": machine(),
        "results": {
            name: [asdict(one) | {"met": one.met} for one in measured]
            for name, measured in results.items()
        },
    }
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    return path


def machine() -> dict[str, Any]:
    return {
        "cores": psutil.cpu_count(),
        "load": psutil.getloadavg(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
