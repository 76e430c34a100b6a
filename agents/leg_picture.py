"""A call's legs over time, as lengths and positions that a template draws. Pure: no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.models import Leg, Waiting

WIDTH = 1200
NAMES = 190  # where the time axis begins
ROW = 40
TOP = 28
BAR = 18
# A tick where it can be read: about this many of them, this far apart.
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of a leg. `kind` is ring, line, room or wait; x and width are in picture units."""

    kind: str
    x: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    far_end: str
    y: int
    bars: tuple[Bar, ...]
    words: str  # the whole row in a sentence, for those who do not see it

    @property
    def bar_y(self) -> int:
        return self.y + (ROW - BAR) // 2

    @property
    def name_y(self) -> int:
        return self.y + ROW // 2 - 1

    @property
    def far_end_y(self) -> int:
        return self.y + ROW // 2 + 13


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    width: int
    height: int
    bar: int = BAR

    @property
    def floor(self) -> int:
        return self.height - 4


@dataclass(frozen=True, slots=True)
class _Axis:
    begin: datetime
    seconds: float

    def x(self, moment: datetime) -> float:
        share = (moment - self.begin).total_seconds() / self.seconds
        return round(NAMES + (WIDTH - NAMES - 8) * min(1.0, max(0.0, share)), 1)


@dataclass(frozen=True, slots=True)
class _Span:
    kind: str
    begin: datetime | None
    end: datetime | None


def draw(
    *, legs: Iterable[Leg], waitings: Iterable[Waiting], begin: datetime, end: datetime
) -> Picture:
    """`end` is now, or when the call ended. The customer's row also shows the waiting."""
    lines = sorted(legs, key=lambda leg: (leg.planned_at, str(leg.id)))
    waited = [_Span("wait", w.since, w.left_at or end) for w in waitings]
    axis = _Axis(begin, max(1.0, (end - begin).total_seconds()))
    rows = tuple(
        _row(leg, waited if leg.role == "customer" else [], axis, index, end)
        for index, leg in enumerate(lines)
    )
    return Picture(rows, tuple(_ticks(axis)), WIDTH, TOP + ROW * len(rows) + 8)


def spell(seconds: float) -> str:
    """75 seconds is 1:15."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _row(leg: Leg, waited: list[_Span], axis: _Axis, index: int, end: datetime) -> Row:
    over = leg.ended_at or end
    answered = leg.answered_at
    spans = [
        _Span("ring", leg.ringing_at or leg.planned_at, answered or over),
        _Span("line", answered, over),
        *waited,
        _Span("room", leg.joined_at, leg.left_room_at if not leg.in_room else over),
    ]
    bars = tuple(bar for span in spans if (bar := _bar(span, axis)))
    words = ", ".join([name_of(leg), *(bar.words for bar in bars), f"now {leg.state}"])
    return Row(name_of(leg), leg.address, TOP + index * ROW, bars, words)


_WORDS = {"ring": "rang", "line": "on the line", "wait": "waited", "room": "in the room"}


def _bar(span: _Span, axis: _Axis) -> Bar | None:
    if span.begin is None:
        return None
    end = span.end or axis.begin + timedelta(seconds=axis.seconds)
    seconds = (end - span.begin).total_seconds()
    if seconds <= 0:
        return None
    x = axis.x(span.begin)
    from_start = spell((span.begin - axis.begin).total_seconds())
    words = f"{_WORDS[span.kind]} {spell(seconds)} from {from_start}"
    return Bar(span.kind, x, round(max(2.0, axis.x(end) - x), 1), words)


def name_of(leg: Leg) -> str:
    """The agent's name, or what the leg is in the call."""
    who = leg.user.get_full_name() or leg.user.get_username() if leg.user else ""
    return who or leg.role.capitalize()


def _ticks(axis: _Axis) -> Iterable[Tick]:
    step = next((t for t in TICKS if axis.seconds / t <= MOST_TICKS), TICKS[-1])
    for number in range(int(axis.seconds // step) + 1):
        moment = axis.begin + timedelta(seconds=number * step)
        yield Tick(axis.x(moment), spell(number * step))
