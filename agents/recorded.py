"""What was recorded of a call, as its page shows it: how long, what is not on it, and what happened
at which of its seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from calls import timeline
from calls.models import Call, Recording, RecordingGap
from calls.states import RECORDING_OPEN, RecordingState
from calls.timeline import name_of

WIDTH = 1000
# What is told of the recording itself, or of the machinery, is no landmark in a conversation.
NOT_MARKS = ("recording", "order-failed", "wrapped-up", "wrap-up", "legal-hold", "erased")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A pause: where it is on the bar, in its units, and in words."""

    x: float
    width: float
    began_at: datetime
    ended_at: datetime | None
    words: str
    is_left_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, and at which second of the recording."""

    x: float
    second: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One recording."""

    id: UUID
    state: str
    because: str
    began_at: datetime | None
    ended_at: datetime | None
    seconds: int
    delete_after: datetime | None
    deleted_at: datetime | None
    blanks: tuple[Blank, ...]
    marks: tuple[Mark, ...]

    @property
    def is_ready(self) -> bool:
        return self.state == RecordingState.COMPLETED and self.seconds > 0

    @property
    def is_open(self) -> bool:
        return self.state in RECORDING_OPEN


def of_call(call: Call, *, private: bool) -> tuple[Shown, ...]:
    """`private`: with supervisors who listen unseen."""
    tapes = Recording.objects.filter(call=call).prefetch_related("gaps__by")
    return tuple(_shown(tape, call, private) for tape in tapes.order_by("planned_at"))


def _shown(tape: Recording, call: Call, private: bool) -> Shown:
    gaps = sorted(tape.gaps.all(), key=lambda gap: gap.began_at)
    return Shown(
        id=tape.pk,
        state=tape.state,
        because=tape.because,
        began_at=tape.began_at,
        ended_at=tape.ended_at,
        seconds=tape.seconds or 0,
        delete_after=tape.delete_after,
        deleted_at=tape.deleted_at,
        blanks=tuple(_blank(gap, tape, gaps) for gap in gaps),
        marks=tuple(_marks(tape, gaps, call, private)),
    )


def second_of(moment: datetime, began_at: datetime, gaps: Iterable[RecordingGap]) -> float:
    """Where on the recording that moment is: what was left out is not there to be counted."""
    seconds = (moment - began_at).total_seconds()
    for gap in gaps:
        if gap.behaviour == "skip" and gap.began_at < moment:
            until = min(gap.ended_at or moment, moment)
            seconds -= (until - gap.began_at).total_seconds()
    return max(seconds, 0.0)


def _blank(gap: RecordingGap, tape: Recording, gaps: list[RecordingGap]) -> Blank:
    begin = end = 0.0
    if tape.began_at is not None:
        begin = second_of(gap.began_at, tape.began_at, gaps)
        until = gap.ended_at or tape.ended_at or gap.began_at
        end = second_of(until, tape.began_at, gaps)
    left_out = gap.behaviour == "skip"
    return Blank(
        x=_x(begin, tape),
        width=max(_x(end, tape) - _x(begin, tape), 3.0),
        began_at=gap.began_at,
        ended_at=gap.ended_at,
        words=_words(gap),
        is_left_out=left_out,
    )


def _words(gap: RecordingGap) -> str:
    by = f", by {name_of(gap.by)}" if gap.by else ""
    how = "left out" if gap.behaviour == "skip" else "silent"
    return f"{gap.why}{by} ({how})"


def _marks(tape: Recording, gaps: list[RecordingGap], call: Call, private: bool) -> Iterable[Mark]:
    if tape.began_at is None or not tape.seconds:
        return
    told = timeline.sentences(call, private=private).exclude(kind__in=NOT_MARKS)
    until = tape.ended_at or tape.began_at
    for event in told.filter(at__gte=tape.began_at, at__lte=until).order_by("at", "id"):
        second = min(second_of(event.at, tape.began_at, gaps), tape.seconds)
        yield Mark(x=_x(second, tape), second=int(second), text=event.text)


def _x(second: float, tape: Recording) -> float:
    return round(WIDTH * min(second / tape.seconds, 1), 1) if tape.seconds else 0.0
