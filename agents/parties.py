"""Who is on live calls and how they are treated, with what has been asked for and not happened.

Read in a few statements for however many calls: a desk shows one, a board all of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef

from calls.models import (
    Call,
    Change,
    Command,
    HelpRequest,
    Leg,
    Recording,
    RecordingGap,
    TextWhisper,
    Transfer,
)
from calls.states import (
    RECORDING_OPEN,
    TRANSFER_OPEN,
    LegRole,
    OrderState,
    RecordingPolicy,
    TransferState,
    Verb,
    WatchMode,
)
from calls.timeline import name_of

# What is said of somebody while an order of theirs is on its way.
DOING = {
    Verb.DIAL: "being rung",
    Verb.JOIN_ROOM: "being brought in",
    Verb.HOLD: "going on hold",
    Verb.RESUME: "coming off hold",
    Verb.MUTE: "being muted",
    Verb.UNMUTE: "being unmuted",
    Verb.COACH: "changing who hears",
    Verb.ANNOUNCE: "being told",
    Verb.SEND_DIGITS: "digits are sent",
    Verb.HANG_UP: "line is being ended",
    Verb.PARK: "being parked",
    Verb.ENQUEUE: "going back in line",
    Verb.REDIRECT: "being sent elsewhere",
}
# Of a line that is kept open, which is moved and not rung.
DOING_KEPT_OPEN = {Verb.DIAL: "being moved in", Verb.HANG_UP: "going back on standby"}
RECORDING = (Verb.RECORD, Verb.PAUSE_RECORDING, Verb.RESUME_RECORDING, Verb.STOP_RECORDING)
MODE_WORDS = {
    WatchMode.LISTEN: "listens",
    WatchMode.WHISPER: "whispers",
    WatchMode.BARGE: "is heard by all",
}
MOST_TEXTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One live line of a call. What is true of it is what the carrier confirmed."""

    leg_id: UUID
    role: str
    state: str
    who: str  # a name, or the far end's number
    user_id: int | None
    answered: bool
    in_room: bool
    held_at: datetime | None
    muted: bool
    mode: WatchMode | None  # a supervisor's
    whispers_to: str  # of a supervisor who whispers: to whom
    is_private: bool
    is_kept_open: bool  # on standby between calls
    asked: frozenset[str]  # verbs that were ordered and not carried out yet

    @property
    def doing(self) -> list[str]:
        words = DOING | DOING_KEPT_OPEN if self.is_kept_open else DOING
        return [words[verb] for verb in words if verb in self.asked]

    @property
    def is_supervisor(self) -> bool:
        return self.role == LegRole.SUPERVISOR

    @property
    def mode_words(self) -> str:
        to = f" to {self.whispers_to}" if self.whispers_to else ""
        return MODE_WORDS[self.mode] + to if self.mode else ""

    @property
    def hold_is_changing(self) -> bool:
        return bool(self.asked & {Verb.HOLD, Verb.RESUME})

    @property
    def mute_is_changing(self) -> bool:
        return bool(self.asked & {Verb.MUTE, Verb.UNMUTE})

    @property
    def is_leaving(self) -> bool:
        return Verb.HANG_UP in self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A call on its way from one agent to somebody else."""

    kind: str
    state: str
    to: str
    to_user_id: int | None
    second_leg: UUID | None
    by: str
    by_user_id: int
    first_leg: UUID | None
    reason: str
    notes: str
    started_at: datetime
    answered_at: datetime | None

    @property
    def is_seeking(self) -> bool:
        return self.state == TransferState.SEEKING

    @property
    def is_consulting(self) -> bool:
        return self.state == TransferState.CONSULTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What is recorded of the call, and whether somebody on it may decide."""

    state: str  # empty: nothing is recorded
    allowed: bool
    is_changing: bool
    paused_by_itself: bool = False  # it goes on by itself, and nobody is offered to say so


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    help_id: int
    who: str
    user_id: int
    text: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A supervisor's written word."""

    by: str
    to_user_id: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """A live call, as those see it who can change it."""

    call_id: UUID
    state: str
    parties: tuple[Party, ...] = ()
    handover: Handover | None = None
    tape: Tape = Tape(state="", allowed=False, is_changing=False)
    helps: tuple[Help, ...] = ()
    texts: tuple[Text, ...] = ()
    # Names the moment that is shown: a button that is pressed twice in it is pressed once.
    moment: str = ""

    def of(self, user_id: int) -> Party | None:
        """This person's line."""
        return next((party for party in self.parties if party.user_id == user_id), None)

    @property
    def customer(self) -> Party | None:
        return next((party for party in self.parties if party.role == LegRole.CUSTOMER), None)

    @property
    def agents(self) -> list[Party]:
        """To whom a supervisor can write or whisper."""
        spoken_to = (LegRole.AGENT, LegRole.CONSULT)
        return [each for each in self.parties if each.role in spoken_to and each.user_id]

    @property
    def three_talk(self) -> bool:
        talks = [party for party in self.parties if party.in_room and not party.is_supervisor]
        return len(talks) > 2

    @property
    def second(self) -> Party | None:
        """Who is brought in by the handover that is going on."""
        wanted = self.handover.second_leg if self.handover else None
        return next((party for party in self.parties if party.leg_id == wanted), None)


def of_calls(calls: Collection[Call], *, private: bool) -> dict[UUID, OnCall]:
    """Each of these calls, by its id. Without `private`, nothing of those who listen unseen."""
    ids = [call.pk for call in calls]
    orders = _pending(ids)
    lines = _legs(ids, private=private)
    handovers = {each.call_id: _handover(each) for each in _transfers(ids)}
    tapes, helps, texts, moments = _tapes(ids), _helps(ids), _texts(ids), _moments(ids)
    return {
        call.pk: OnCall(
            call_id=call.pk,
            state=call.state,
            parties=_parties(lines[call.pk], orders),
            handover=handovers.get(call.pk),
            tape=_tape(call, tapes.get(call.pk, ("", False)), lines[call.pk], orders),
            helps=tuple(helps[call.pk]),
            texts=tuple(texts[call.pk][-MOST_TEXTS:]),
            moment=moments.get(call.pk, "0"),
        )
        for call in calls
    }


def of_call(call: Call, *, private: bool) -> OnCall:
    return of_calls([call], private=private)[call.pk]


def _pending(call_ids: list[UUID]) -> defaultdict[UUID, set[str]]:
    asked = defaultdict(set)
    pending = Command.objects.filter(call__in=call_ids, state=OrderState.PENDING)
    for leg_id, verb in pending.values_list("leg_id", "verb"):
        asked[leg_id].add(verb)
    return asked


def _moments(call_ids: list[UUID]) -> dict[UUID, str]:
    """The last change of each call."""
    changes = Change.objects.filter(call__in=call_ids).order_by("call_id", "-asked_at", "-id")
    last = changes.distinct("call_id").values_list("call_id", "id")
    return {call_id: change_id.hex for call_id, change_id in last}


def _legs(call_ids: list[UUID], *, private: bool) -> defaultdict[UUID, list[Leg]]:
    found = defaultdict(list)
    live = Leg.objects.live().filter(call__in=call_ids).select_related("user__agent")
    for leg in (live if private else live.exclude(is_private=True)).order_by("planned_at", "id"):
        found[leg.call_id].append(leg)
    return found


def _parties(here: list[Leg], orders: dict[UUID, set[str]]) -> tuple[Party, ...]:
    names = {leg.pk: _who(leg) for leg in here}
    return tuple(_party(leg, orders.get(leg.pk, set()), names) for leg in here)


def _who(leg: Leg) -> str:
    return name_of_user(leg.user) if leg.user else leg.address


def _party(leg: Leg, asked: Iterable[str], names: dict[UUID, str]) -> Party:
    mode = _mode(leg)
    whispers = mode is WatchMode.WHISPER and leg.whispers_to_id is not None
    return Party(
        leg_id=leg.pk,
        role=leg.role,
        state=leg.state,
        who=_who(leg),
        user_id=leg.user_id,
        answered=leg.answered_at is not None,
        in_room=leg.in_room,
        held_at=leg.held_at,
        muted=leg.muted,
        mode=mode,
        whispers_to=names.get(leg.whispers_to_id, "") if whispers and leg.whispers_to_id else "",
        is_private=leg.is_private,
        is_kept_open=leg.standby_id is not None,
        asked=frozenset(asked),
    )


def _mode(leg: Leg) -> WatchMode | None:
    if leg.role != LegRole.SUPERVISOR or not leg.in_room:
        return None
    if leg.muted:
        return WatchMode.LISTEN
    return WatchMode.WHISPER if leg.whispers_to_id else WatchMode.BARGE


def name_of_user(user: User) -> str:
    """An agent as callers and colleagues know them."""
    agent = getattr(user, "agent", None)
    return agent.name if agent else name_of(user)


def _transfers(call_ids: list[UUID]) -> list[Transfer]:
    going_on = Transfer.objects.filter(call__in=call_ids, state__in=TRANSFER_OPEN)
    people = ("started_by__agent", "to_user__agent", "to_queue", "to_leg__user__agent")
    return list(going_on.select_related(*people))


def _handover(transfer: Transfer) -> Handover:
    leg = transfer.to_leg
    second = leg.user if leg is not None else transfer.to_user
    place = transfer.to_queue.name if transfer.to_queue else transfer.to_number
    return Handover(
        kind=transfer.kind,
        state=transfer.state,
        to=name_of_user(second) if second else place,
        to_user_id=second.pk if second else None,
        second_leg=transfer.to_leg_id,
        by=name_of_user(transfer.started_by),
        by_user_id=transfer.started_by_id,
        first_leg=transfer.from_leg_id,
        reason=transfer.reason,
        notes=transfer.notes,
        started_at=transfer.started_at,
        answered_at=transfer.answered_at,
    )


def _tapes(call_ids: list[UUID]) -> dict[UUID, tuple[str, bool]]:
    """Of each call that is recorded: the state, and whether that is a pause of the call's own."""
    own = RecordingGap.objects.filter(
        recording=OuterRef("pk"), ended_at__isnull=True, is_automatic=True
    )
    tapes = Recording.objects.filter(call__in=call_ids, state__in=RECORDING_OPEN)
    found = tapes.order_by("planned_at").annotate(by_itself=Exists(own))
    return {
        call_id: (state, by_itself)
        for call_id, state, by_itself in found.values_list("call_id", "state", "by_itself")
    }


def _tape(
    call: Call, tape: tuple[str, bool], lines: list[Leg], orders: dict[UUID, set[str]]
) -> Tape:
    policy = call.queue.recording if call.queue else RecordingPolicy.NONE
    changing = any(orders[leg.pk] & set(RECORDING) for leg in lines)
    state, by_itself = tape
    return Tape(
        state=state,
        allowed=policy != RecordingPolicy.NONE,
        is_changing=changing,
        paused_by_itself=by_itself,
    )


def _helps(call_ids: list[UUID]) -> defaultdict[UUID, list[Help]]:
    found = defaultdict(list)
    raised = HelpRequest.objects.filter(call__in=call_ids, ended_at__isnull=True)
    for each in raised.select_related("asked_by__agent").order_by("asked_at", "id"):
        found[each.call_id].append(
            Help(
                help_id=each.pk,
                who=name_of_user(each.asked_by),
                user_id=each.asked_by_id,
                text=each.text,
                asked_at=each.asked_at,
            )
        )
    return found


def _texts(call_ids: list[UUID]) -> defaultdict[UUID, list[Text]]:
    found = defaultdict(list)
    written = TextWhisper.objects.filter(call__in=call_ids)
    for each in written.select_related("by").order_by("at", "id"):
        found[each.call_id].append(
            Text(by=name_of(each.by), to_user_id=each.to_id, text=each.text, at=each.at)
        )
    return found
