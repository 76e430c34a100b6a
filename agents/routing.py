"""Which waiting caller is offered to which free agent, and why. Pure: values in, values out.

Callers are served in the order of their place in line, whatever queue they stand in; a caller
whose agents are all taken or barred is passed over, so that no line waits for another. Each gets,
of the free agents who serve the queue, one of the lowest membership priority, and of these the one
who has been idle for longest (then the lower id). Somebody who has just declined this caller is
barred; once others were tried, the decliner may be asked again, but after everybody else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody near the front of a line."""

    waiting_id: int
    queue_id: int
    place: datetime
    barred: frozenset[int] = frozenset()  # users who declined this caller a moment ago
    reluctant: frozenset[int] = frozenset()  # users who declined, and others were tried since


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A free agent's membership in one queue; an agent of three queues has three."""

    agent_id: int
    user_id: int
    name: str
    queue_id: int
    priority: int
    idle_since: datetime
    skills: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A free agent who was considered for a caller; `why` says chosen or passed over for what."""

    seat: Seat
    why: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """This caller is offered to this agent."""

    caller: Caller
    seat: Seat
    because: str
    candidates: tuple[Candidate, ...]

    def reason(self, *, now: datetime) -> dict[str, Any]:
        """What is kept on the offer: why this agent, and who else was considered."""
        return {
            "because": self.because,
            "candidates": [_as_stored(candidate, now) for candidate in self.candidates],
        }


def match(callers: Iterable[Caller], seats: Iterable[Seat]) -> list[Pair]:
    """The pairs to offer now: no caller and no agent twice, best caller first."""
    by_queue: dict[int, list[Seat]] = {}
    for seat in seats:
        by_queue.setdefault(seat.queue_id, []).append(seat)
    taken: set[int] = set()
    pairs = []
    for caller in sorted(callers, key=lambda caller: (caller.place, caller.waiting_id)):
        ranked = _ranked(caller, by_queue.get(caller.queue_id, []))
        chosen = next((seat for seat in ranked if _may_take(seat, caller, taken)), None)
        if chosen is not None:
            pairs.append(_pair(caller, chosen, ranked, taken))
            taken.add(chosen.agent_id)
    return pairs


def _ranked(caller: Caller, seats: Iterable[Seat]) -> list[Seat]:
    return sorted(
        seats,
        key=lambda seat: (
            seat.user_id in caller.reluctant,
            seat.priority,
            seat.idle_since,
            seat.agent_id,
        ),
    )


def _may_take(seat: Seat, caller: Caller, taken: set[int]) -> bool:
    return seat.agent_id not in taken and seat.user_id not in caller.barred


def _pair(caller: Caller, chosen: Seat, ranked: Sequence[Seat], taken: set[int]) -> Pair:
    rivals = [seat for seat in ranked if seat is not chosen and _may_take(seat, caller, taken)]
    because = _because(chosen, rivals)
    considered = [
        Candidate(
            seat=seat,
            chosen=seat is chosen,
            why=because if seat is chosen else _passed_over(seat, chosen, caller, taken),
        )
        for seat in ranked
    ]
    shown = considered[:MOST_CANDIDATES]
    if not any(candidate.chosen for candidate in shown):
        shown[-1] = next(candidate for candidate in considered if candidate.chosen)
    return Pair(caller=caller, seat=chosen, because=because, candidates=tuple(shown))


def _because(chosen: Seat, rivals: Sequence[Seat]) -> str:
    if not rivals:
        return "the only free agent who may take this caller"
    equals = [seat for seat in rivals if seat.priority == chosen.priority]
    if not equals:
        return f"asked first: membership priority {chosen.priority}"
    return f"idle for longest of {len(equals) + 1} with membership priority {chosen.priority}"


def _passed_over(seat: Seat, chosen: Seat, caller: Caller, taken: set[int]) -> str:
    if seat.agent_id in taken:
        return "is being offered another caller"
    if seat.user_id in caller.barred:
        return "declined this caller a moment ago"
    if seat.user_id in caller.reluctant and chosen.user_id not in caller.reluctant:
        return "declined this caller before"
    if seat.priority > chosen.priority:
        return f"asked later: membership priority {seat.priority}"
    if seat.idle_since > chosen.idle_since:
        return "idle for less long"
    return "idle for as long, but later on the list"


def _as_stored(candidate: Candidate, now: datetime) -> dict[str, Any]:
    seat = candidate.seat
    return {
        "user": seat.user_id,
        "name": seat.name,
        "idle_seconds": max(0, int((now - seat.idle_since).total_seconds())),
        "priority": seat.priority,
        "skills": dict(seat.skills),
        "chosen": candidate.chosen,
        "why": candidate.why,
    }
