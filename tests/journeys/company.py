"""Who hears whom, at every instant: nobody is left with nothing, and nobody hears what is not
theirs.

Judged by what comes out of the telephones at the sandbox carrier. Our records are asked only about
what was wanted: by whom a supervisor may be heard, and whether a consult was opened to the caller.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from calls.models import Command, Leg, StandbyLeg, Transfer
from calls.states import TRANSFER_OPEN, ChangeState, LegRole, OrderState, TransferKind, Verb
from sandbox.core.calls import Call as Line
from sandbox.core.conferences import Conference, Participant
from sandbox.core.sounds import Room
from tests.journeys.ears import is_quiet
from tests.journeys.world import World

# Silence on an answered line that no trouble explains. The longest path: news of an agent's end is
# lost (30 s until the reconciler looks), and the way back to the music takes its own time.
LONGEST_SILENCE = 60.0
# By oneself in a room, with music or without: somebody rings for 20 s, is asked for a key, and 25 s
# later is not expected any more; or news is lost, the reconciler looks, and 20 s are over.
LONGEST_ALONE = 75.0
# Held, muted or whispering here and not at the carrier, or the reverse: the news was lost, and the
# reconciler has not looked yet.
LONGEST_LIE = 50.0


def _stands_by(line: Line) -> bool:
    """Silence is what an agent's line has between calls, if it is kept open."""
    lent = Leg.objects.live().filter(sid=line.sid)
    return StandbyLeg.objects.filter(sid=line.sid).exists() and not lent.exists()


@dataclass(slots=True)
class Company:
    """Looks whenever something has happened; `calm_since` tells when the last trouble was over."""

    world: World
    calm_since: Callable[[], float]
    supervisors: set[str] = field(default_factory=set)  # their numbers
    _since: dict[tuple[str, str], float] = field(default_factory=dict)
    _heard: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.watchers.append(self.look)

    def look(self) -> None:
        rooms = [room for room in self.world.carrier.conferences.values() if not room.ended]
        inside = {p.call.sid: p for room in rooms for p in room.present()}
        now_so: set[tuple[str, str]] = set()
        for line in self.world.carrier.calls.values():
            if not line.ended and line.answered:
                now_so |= self._is_left(line, inside.get(line.sid))
        self._since = {key: since for key, since in self._since.items() if key in now_so}
        for room in rooms:
            self._ears_of_customers(room)

    # with nobody

    def _is_left(self, line: Line, place: Participant | None) -> set[tuple[str, str]]:
        company = place is not None and self._has_company(place)
        left = set()
        if not company and is_quiet(line.hearing) and not _stands_by(line):
            left.add(self._lasts(line, "hears nothing", LONGEST_SILENCE))
        if not company and place is not None:
            left.add(self._lasts(line, "is alone in a room", LONGEST_ALONE))
        return left

    def _lasts(self, line: Line, what: str, longest: float) -> tuple[str, str]:
        now = self.world.carrier.now
        since = self._since.setdefault((line.sid, what), now)
        lasted = now - max(since, self.calm_since())
        assert lasted <= longest, f"{line} {what} since {since}, it is {now}"
        return line.sid, what

    def _has_company(self, place: Participant) -> bool:
        """Supervisors are nobody's company, and have that of everybody."""
        others = [p.call for p in place.conference.present() if p is not place]
        return any(not self.is_supervisor(other) for other in others)

    def is_supervisor(self, line: Line) -> bool:
        if line.to not in self.supervisors:
            return False
        return Leg.objects.filter(sid=line.sid, role=LegRole.SUPERVISOR).exists()

    # what callers hear

    def _ears_of_customers(self, room: Conference) -> None:
        for place in room.present():
            line, heard = place.call, voices(place.call)
            if heard != self._heard.get(line.sid):
                self._heard[line.sid] = heard
                if _is_customer(line):
                    self._may_hear(line, heard, {p.call.sid: p.call for p in room.present()})

    def _may_hear(self, line: Line, heard: Iterable[str], there: dict[str, Line]) -> None:
        for sid in heard:
            if sid in there and self.is_supervisor(there[sid]):
                assert _barges(sid), f"{line} hears the supervisor {there[sid]}"
        self._consult_is_without(line, set(heard))

    def _consult_is_without(self, line: Line, heard: set[str]) -> None:
        """Until somebody brings them together."""
        consults = Transfer.objects.filter(
            call__legs__sid=line.sid, kind=TransferKind.WARM, state__in=TRANSFER_OPEN
        )
        for transfer in consults.select_related("to_leg"):
            second = transfer.to_leg.sid if transfer.to_leg else None
            if second in heard:
                resumed = Command.objects.filter(
                    leg__sid=line.sid, verb=Verb.RESUME, ordered_at__gte=transfer.started_at
                )
                assert resumed.exists(), f"{line} hears {second} in a consult"


def _is_customer(line: Line) -> bool:
    """Who called, or was called."""
    return Leg.objects.filter(sid=line.sid, role=LegRole.CUSTOMER).exists()


def voices(line: Line) -> frozenset[str]:
    heard = [sound.heard for sound in line.hearing if isinstance(sound, Room)]
    return frozenset().union(*heard)


def _barges(sid: str) -> bool:
    """Whether it was asked for that all hear them, and not taken back since."""
    wishes = Command.objects.filter(leg__sid=sid, verb__in=[Verb.DIAL, Verb.COACH])
    for wish in wishes.order_by("-ordered_at", "-id"):
        loud = wish.params.get("mode") == "barge" and not wish.params.get("muted")
        if loud and wish.attempts:
            return True
        if wish.state == OrderState.DONE:
            return False
    return False


def voices_of_the_held(world: World) -> list[str]:
    """Of those who are on hold as we say: whoever hears more than music, or is heard."""
    return [
        f"{line} is on hold, and hears or is heard"
        for leg in Leg.objects.live().filter(held_at__isnull=False)
        if (line := world.carrier.calls[leg.sid or ""]) and (voices(line) or _is_heard(world, line))
    ]


def _is_heard(world: World, line: Line) -> bool:
    return any(
        line.sid in voices(other) for other in world.carrier.calls.values() if not other.ended
    )


def held_for_nothing(world: World) -> list[str]:
    """Who is on hold at the carrier, neither because somebody who is there put them on hold, nor
    for a transfer that goes on."""
    rooms = [room for room in world.carrier.conferences.values() if not room.ended]
    held = [p.call.sid for room in rooms for p in room.present() if p.hold]
    legs = Leg.objects.live().filter(sid__in=held)
    return [f"{leg} is held for nothing" for leg in legs if not _has_reason(leg)]


def _has_reason(leg: Leg) -> bool:
    if Transfer.objects.filter(call=leg.call_id, state__in=TRANSFER_OPEN).exists():
        return True
    agents = Leg.objects.live().filter(call=leg.call_id, role=LegRole.AGENT, in_room=True)
    asked = Command.objects.filter(leg=leg, verb__in=[Verb.HOLD, Verb.RESUME], attempts__gt=0)
    # A step of what did not work, and what took it back, leave them as they were.
    failed = Q(verb=Verb.RESUME, change__state=ChangeState.FAILED)
    taken_back = Q(verb=Verb.HOLD, reason__startswith="taken back")
    so = asked.exclude(failed | taken_back).select_related("change")
    last = so.order_by("-ordered_at", "-id").first()
    by_hand = last is not None and last.change is not None and last.change.kind in _BY_HAND
    return by_hand and agents.exists()


# Put on hold, or not taken off it after all; a swap leaves the second as they are.
_BY_HAND = ("hold", "resume", "swap")


def differences(world: World) -> list[str]:
    """Where our record of how somebody is treated in a room is not the carrier's."""
    rooms = [room for room in world.carrier.conferences.values() if not room.ended]
    places = {p.call.sid: p for room in rooms for p in room.present()}
    legs = {leg.sid: leg for leg in Leg.objects.live().filter(in_room=True)}
    sids = {leg.pk: leg.sid for leg in legs.values()}
    found = []
    for sid, leg in legs.items():
        place = places.get(sid or "")
        if place is None:
            continue
        coached = place.call_sid_to_coach if place.coaching else None
        at_carrier = (place.hold, place.muted, coached if coached in places else None)
        ours = (
            leg.on_hold,
            leg.muted,
            sids.get(leg.whispers_to_id) if leg.whispers_to_id else None,
        )
        if ours != at_carrier:
            found.append(f"{leg} is {ours} here and {at_carrier} at the carrier")
    return found
