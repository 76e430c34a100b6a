"""Everything that people and programs do to live calls, as somebody at random would try it.

Nothing here looks whether it makes sense: that is the product's, which says so in a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User

from agents.services import directing, handoffs, shifts
from agents.services.handoffs import Target
from calls import plans
from calls.models import Call, Change, HelpRequest, Leg, Queue
from calls.plans import CannotNow
from calls.services import (
    changing,
    lifecycle,
    parking,
    queueing,
    second_party,
    sending,
    transfers,
    watching,
)
from calls.states import TRANSFER_OPEN, CallState, WatchMode
from tests.journeys import verbs_of_lines
from tests.journeys.people import Colleague, Outsider
from tests.journeys.world import World

LISTEN, WHISPER, BARGE = WatchMode
DOCUMENTS = (
    "<Response><Say>Somebody will call you back.</Say></Response>",
    "<Response><Say>One moment.</Say><Pause length='20'/><Hangup/></Response>",
)
SOUND = f"{settings.PUBLIC_URL}{settings.STATIC_URL}audio/waiting.wav"
PAGE = f"{settings.PUBLIC_URL}/pages/somewhere"
CONVERSATION = (CallState.TALKING, CallState.GOING_ON)
REFUSALS = (CannotNow, watching.MayNot, queueing.CannotRedirect, shifts.NotTheirs, shifts.NoLine)
# What one may do and a second person at the same instant may not: they are told why.
ONCE = frozenset(
    {
        "hold", "resume", "mute", "unmute", "digits", "drop", "park", "record",
        "pause recording", "resume recording", "stop recording", "warm to an agent",
        "warm to a queue", "warm outside", "blind to an agent", "blind to a queue",
        "blind outside", "swap", "complete", "cancel", "to the front", "pull",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Try:
    """Who tries it, on which call and whose leg; `other` chooses among whatever else there is."""

    call: Call
    leg: Leg | None
    by: User | None
    which: int
    other: int
    now: datetime


@dataclass(slots=True)
class LiveVerbs:
    """The people of one call centre, and what they may think of."""

    world: World
    queues: list[Queue]
    agents: list[Colleague]
    supervisors: list[Colleague]
    outsiders: list[Outsider]
    told: list[str] = field(default_factory=list)  # what was done, and what they were told

    def tries(self, verb: str, which: int, other: int, *, twice: bool = False) -> None:
        """Somebody does it to some live call; `twice`: so does somebody else at this instant."""
        call = self._call(verb, which)
        if call is None:
            return
        leg = self._leg(call, other)
        done = self.is_done(verb, self._try(call, leg, which, other, self._somebody(call, other)))
        if twice and done:
            again = self._try(call, leg, which, other, self._somebody(call, other + 1))
            both = self.is_done(verb, again)
            assert not (both and verb in ONCE), f"{verb}, twice at one instant"

    def is_done(self, verb: str, what: Try) -> bool:
        """False where it is refused, which has to be said in a sentence."""
        try:
            _VERBS[verb](self, what)
        except REFUSALS as refusal:
            self.told.append(f"{verb}: {refusal}")
            if not str(refusal).strip().endswith((".", "?")):
                raise AssertionError(f"{verb}: {refusal!r} is no sentence") from refusal
            return False
        except queueing.CallIsOver:
            return False
        self.told.append(f"{verb} ({what.by or 'a program'})")
        return True

    # of whom

    def _call(self, verb: str, which: int) -> Call | None:
        live = list(Call.objects.filter(ended_at__isnull=True).order_by("arrived_at", "id"))
        fitting = [call for call in live if call.state in _STATES.get(verb, CONVERSATION)]
        if verb in _OF_A_TRANSFER:
            fitting = [call for call in fitting if _is_handed_on(call)]
        elif verb in _OF_A_SUPERVISOR and which % 4:
            fitting = [call for call in fitting if _is_watched(call)] or fitting
        # Now and then also where it makes no sense.
        chosen = fitting if fitting and which % 8 else live
        return chosen[which % len(chosen)] if chosen else None

    def _leg(self, call: Call, other: int) -> Leg | None:
        legs = list(Leg.objects.live().filter(call=call).order_by("-in_room", "planned_at", "id"))
        return legs[other % len(legs)] if legs else None

    def _somebody(self, call: Call, other: int) -> User | None:
        there = Leg.objects.live().filter(call=call, user__isnull=False).select_related("user")
        agents = [leg.user for leg in there.order_by("planned_at", "id")]
        people = [*agents, self.supervisor_of(other), *agents[:1], None]
        return people[other % len(people)]

    def supervisor_of(self, other: int) -> User:
        return self.supervisors[other % len(self.supervisors)].agent.user

    def _try(self, call: Call, leg: Leg | None, which: int, other: int, by: User | None) -> Try:
        return Try(call, leg, by, which, other, self.world.now)

    # to one leg, or to the conversation

    def _leg_verb(self, planning: Callable[..., plans.Plan], what: Try, **more: object) -> None:
        if what.leg is not None:
            leg_id = what.leg.pk
            self._changes(lambda scene: planning(scene, leg_id, **more), what)

    def _changes(self, planning: changing.Planning, what: Try) -> None:
        """Now and then looked at first, or sent again: neither changes anything."""
        call_id = what.call.pk
        foreseen = changing.dry_run(call_id=call_id, planning=planning) if what.other % 3 else None
        do = partial(changing.change, call_id=call_id, planning=planning, by=what.by, now=what.now)
        before = Change.objects.filter(call=call_id).count()
        token = "" if what.which % 5 else f"pressed twice {before}"
        made = do(token=token)
        if foreseen is not None:
            assert foreseen.text[:300] == made.change.text
            assert [step.verb for step in foreseen.steps] == [each.verb for each in made.orders]
        if token:
            again = do(token=token)
            assert again.repeated
            assert again.change == made.change
        assert Change.objects.filter(call=call_id).count() == before + 1

    def _tells_all(self, what: Try) -> None:
        self._changes(lambda scene: plans.announce(scene, None, say="A word to all."), what)

    def _drops_who_rings(self, what: Try) -> None:
        ringing = Leg.objects.live().filter(call=what.call, in_room=False).first()
        if ringing is not None:
            self._changes(lambda scene: plans.drop(scene, ringing.pk), what)

    # handing on

    def _hands_on(self, verb: Callable[..., object], to: Target, what: Try) -> None:
        verb(call_id=what.call.pk, to=to, by=what.by, now=what.now)

    def _an_agent(self, what: Try) -> Target:
        """Somebody who is free, if anybody is."""
        others = [each for each in self.agents if each.phone.call is None] or self.agents
        user = others[(what.which + what.other) % len(others)].agent.user
        return Target(user=user, reason="a refund", notes="Order 7")

    def _a_queue(self, what: Try) -> Target:
        return Target(queue=self.queues[what.other % len(self.queues)])

    def _our_number(self, what: Try) -> Target:
        """It stands for its line."""
        queue = self.queues[what.other % len(self.queues)]
        return Target(number=queue.numbers.get().e164)

    def _outside(self, what: Try) -> Target:
        number = self.outsiders[what.other % len(self.outsiders)].phone.number
        detects = what.other % 3 == 0
        return Target(number=number, show_caller=bool(what.which % 2), detect_machine=detects)

    def _goes_on(self, verb: Callable[..., object], what: Try) -> None:
        verb(call_id=what.call.pk, by=what.by, now=what.now)

    def _declines(self, what: Try) -> None:
        asked = Leg.objects.live().filter(call=what.call, role="consult", joined_at=None).first()
        user = asked.user if asked else what.by
        second_party.decline(call_id=what.call.pk, user=user, now=what.now)

    # set aside, sent elsewhere

    def _retrieves(self, what: Try) -> None:
        user = self._an_agent(what).user
        assert user is not None
        parking.retrieve_for(call_id=what.call.pk, user=user, now=what.now)

    def _ends(self, what: Try) -> None:
        lifecycle.end_call(call_id=what.call.pk, by=what.by, reason="for once", now=what.now)

    def _sends_to_queue(self, what: Try) -> None:
        queue = self.queues[what.other % len(self.queues)]
        queueing.send_to_queue(
            call_id=what.call.pk, queue=queue, by=what.by, reason="", now=what.now
        )

    def _sends_to_our_number(self, what: Try) -> None:
        number = self.queues[what.other % len(self.queues)].numbers.get()
        to = sending.Elsewhere(number=number)
        sending.send(call_id=what.call.pk, to=to, by=what.by, reason="", now=what.now)

    def _sends_to_twiml(self, what: Try) -> None:
        twiml = DOCUMENTS[what.other % len(DOCUMENTS)]
        queueing.send_to_twiml(
            call_id=what.call.pk, twiml=twiml, by=what.by, reason="", now=what.now
        )

    def _sends_to_url(self, what: Try) -> None:
        """A page that says what the first of the documents says."""
        self.world.pages[PAGE] = DOCUMENTS[0]
        queueing.send_to_url(call_id=what.call.pk, url=PAGE, by=what.by, reason="", now=what.now)

    # supervisors

    def _watches(self, mode: WatchMode, what: Try, *, private: bool = False) -> None:
        """Whoever is there already is heard by others from now on."""
        there = Leg.objects.live().filter(call=what.call, role="supervisor", in_room=True).first()
        supervisor = self.supervisor_of(what.other)
        if there is not None and there.user is not None:
            watching.switch(call_id=what.call.pk, by=there.user, mode=mode, now=what.now)
        else:
            watching.watch(
                call_id=what.call.pk, by=supervisor, mode=mode, private=private, now=what.now
            )

    def _whispers_to(self, what: Try) -> None:
        """The one who is named, whoever else is there."""
        on_it = Leg.objects.live().filter(call=what.call, role="supervisor", in_room=True).first()
        verb = watching.watch if on_it is None else watching.switch
        by = on_it.user if on_it and on_it.user else self.supervisor_of(what.other)
        named = what.leg.pk if what.leg else None
        verb(call_id=what.call.pk, by=by, mode=WHISPER, agent_leg=named, now=what.now)

    def _by_a_supervisor(self, verb: Callable[..., object], what: Try) -> None:
        on_it = Leg.objects.live().filter(call=what.call, role="supervisor").first()
        by = on_it.user if on_it else self.supervisor_of(what.other)
        verb(call_id=what.call.pk, by=by, now=what.now)

    def _asks_for_help(self, what: Try) -> None:
        if what.by is not None:
            watching.ask_for_help(call_id=what.call.pk, by=what.by, text="angry", now=what.now)

    def _ends_help(self, what: Try) -> None:
        for asked in HelpRequest.objects.filter(call=what.call, ended_at__isnull=True):
            watching.end_help(help_id=asked.pk, by=self.supervisor_of(what.other), now=what.now)

    def _writes(self, what: Try) -> None:
        by = self.supervisor_of(what.other)
        watching.whisper_text(call_id=what.call.pk, by=by, text="Offer 10 %.", now=what.now)

    def _pulls(self, what: Try) -> None:
        user = self._an_agent(what).user
        assert user is not None
        directing.pull_to(call_id=what.call.pk, agent_id=user.agent.pk, by=what.by, now=what.now)

    def _to_front(self, what: Try) -> None:
        watching.to_front(call_id=what.call.pk, by=what.by, now=what.now)


def _is_handed_on(call: Call) -> bool:
    return call.transfers.filter(state__in=TRANSFER_OPEN).exists()


def _is_watched(call: Call) -> bool:
    return Leg.objects.live().filter(call=call, role="supervisor", in_room=True).exists()


Verb = Callable[[LiveVerbs, Try], None]


def _leg(planning: Callable[..., plans.Plan], **more: object) -> Verb:
    return lambda self, what: self._leg_verb(planning, what, **more)


def _call(planning: Callable[..., plans.Plan], **more: object) -> Verb:
    return lambda self, what: self._changes(lambda scene: planning(scene, **more), what)


def _hand_on(verb: Callable[..., object], to: Callable[[LiveVerbs, Try], Target]) -> Verb:
    return lambda self, what: self._hands_on(verb, to(self, what), what)


def _go_on(verb: Callable[..., object]) -> Verb:
    return lambda self, what: self._goes_on(verb, what)


def _watch(mode: WatchMode, *, private: bool = False) -> Verb:
    return lambda self, what: self._watches(mode, what, private=private)


def _supervise(verb: Callable[..., object]) -> Verb:
    return lambda self, what: self._by_a_supervisor(verb, what)


_VERBS: dict[str, Verb] = {
    "hold": _leg(plans.hold),
    "resume": _leg(plans.resume),
    "mute": _leg(plans.mute),
    "unmute": _leg(plans.unmute),
    "digits": _leg(plans.send_digits, digits="12w#"),
    "tell one": _leg(plans.announce, say="A word to you."),
    "play to one": _leg(plans.announce, play=SOUND),
    "tell all": LiveVerbs._tells_all,
    "play to all": _call(plans.announce, leg_id=None, play=SOUND),
    "drop": _leg(plans.drop),
    "drop who rings": LiveVerbs._drops_who_rings,
    "warm to an agent": _hand_on(handoffs.start_warm, LiveVerbs._an_agent),
    "warm to a queue": _hand_on(handoffs.start_warm, LiveVerbs._a_queue),
    "warm to a number of ours": _hand_on(handoffs.start_warm, LiveVerbs._our_number),
    "warm outside": _hand_on(handoffs.start_warm, LiveVerbs._outside),
    "blind to an agent": _hand_on(handoffs.start_blind, LiveVerbs._an_agent),
    "blind to a queue": _hand_on(handoffs.start_blind, LiveVerbs._a_queue),
    "blind to a number of ours": _hand_on(handoffs.start_blind, LiveVerbs._our_number),
    "blind outside": _hand_on(handoffs.start_blind, LiveVerbs._outside),
    "add an agent": _hand_on(handoffs.add, LiveVerbs._an_agent),
    "add an outsider": _hand_on(handoffs.add, LiveVerbs._outside),
    "swap": _go_on(transfers.swap),
    "three-way": _go_on(transfers.three_way),
    "complete": _go_on(transfers.complete),
    "cancel": _go_on(transfers.cancel),
    "decline": LiveVerbs._declines,
    "leave": _go_on(transfers.leave),
    "park": _go_on(parking.park),
    "retrieve": LiveVerbs._retrieves,
    "end": LiveVerbs._ends,
    "send to a queue": LiveVerbs._sends_to_queue,
    "send to a number of ours": LiveVerbs._sends_to_our_number,
    "send to a document": LiveVerbs._sends_to_twiml,
    "send to an address": LiveVerbs._sends_to_url,
    "move a line": verbs_of_lines.moves_a_line,
    "close a line": verbs_of_lines.closes_a_line,
    "stop moving a line": verbs_of_lines.stops_a_line,
    "listen": _watch(LISTEN),
    "listen unseen": _watch(LISTEN, private=True),
    "whisper": _watch(WHISPER),
    "whisper to one": LiveVerbs._whispers_to,
    "barge": _watch(BARGE),
    "take over": _supervise(watching.take_over),
    "stop watching": _supervise(watching.stop),
    "ask for help": LiveVerbs._asks_for_help,
    "end help": LiveVerbs._ends_help,
    "write": LiveVerbs._writes,
    "pull": LiveVerbs._pulls,
    "to the front": LiveVerbs._to_front,
    "force": verbs_of_lines.forces,
    "log out": verbs_of_lines.logs_out,
    "finish for": verbs_of_lines.finishes_for,
    "record": _call(plans.record),
    "pause recording": _call(plans.pause_recording, why="a card number"),
    "pause recording, left out": _call(
        plans.pause_recording, why="a card number", behaviour="skip"
    ),
    "resume recording": _call(plans.resume_recording),
    "stop recording": _call(plans.stop_recording),
}
_OF_A_TRANSFER = frozenset({"swap", "three-way", "complete", "cancel", "decline"})
_OF_A_SUPERVISOR = frozenset(
    {
        "listen",
        "listen unseen",
        "whisper",
        "whisper to one",
        "barge",
        "take over",
        "stop watching",
    }
)
# Where these make sense; all others in a conversation.
_STATES: dict[str, tuple[CallState, ...]] = {
    "retrieve": (CallState.PARKED,),
    "pull": (CallState.WAITING,),
    "to the front": (CallState.WAITING,),
    "move a line": (CallState.WAITING,),
    "close a line": (CallState.WAITING,),
}
ALL = tuple(_VERBS)
# As often as it stands here.
OFTEN = (
    *_VERBS, "hold", "hold", "resume", "resume", *["warm to an agent"] * 5, "warm to a queue",
    "warm outside", "blind to an agent", "blind to an agent", "blind outside", "swap", "swap",
    "three-way", *["complete"] * 3, *["cancel"] * 3, "add an agent", "leave", "park", "retrieve",
    *["listen"] * 2, *["whisper"] * 4, *["barge"] * 3, "take over", "take over",
)  # fmt: skip
