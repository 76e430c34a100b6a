"""What a desk and the board show, read in a few statements however much there is.

Cheap enough to be read again whenever something changes. Plain values come out: templates and the
API follow no relations from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from agents.availability import Status
from agents.lines import QueueLine, Today, lines, today
from agents.models import Agent, LineKind, Membership
from agents.past import LegLine, PastCall, last_calls_of, leg_line, past_calls_with
from agents.roster import Standing, standings
from calls import timeline
from calls.models import Call, Disposition, Leg, Offer, Queue, Standby, WrapUp
from calls.services import access
from calls.states import CallState, LegRole, LegState
from calls.timeline import name_of

MOST_MOMENTS = 50
MOST_LIVE_CALLS = 200
# For so long a desk says why no line is kept open any more.
STANDBY_TOLD = timedelta(minutes=30)


class NotAnAgent(Exception):
    """The user has no line that could be rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOffer:
    """A caller for whom this agent's line rings."""

    offer_id: int
    call_id: UUID
    queue_name: str
    customer_number: str
    customer_name: str
    waiting_since: datetime
    offered_at: datetime
    expires_at: datetime
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One sentence of a call's story."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """A call in progress; `since` is when it was first answered."""

    call_id: UUID
    state: str
    queue_name: str
    customer_number: str
    customer_name: str
    arrived_at: datetime
    since: datetime | None
    dialled_by: str  # of an outbound call: who dialled
    legs: tuple[LegLine, ...]
    timeline: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """How a call that somebody dialled is getting on, until the customer is there."""

    step: str  # own-line, dialling, ringing
    words: str
    shows: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWrapUp:
    """After-call work that is not finished. `outcome`: why nobody was reached, who was dialled."""

    wrap_up_id: int
    outcome: str
    call_id: UUID
    queue_name: str
    customer_number: str
    customer_name: str
    started_at: datetime
    due_at: datetime
    notes: str
    disposition_id: int | None
    dispositions: tuple[tuple[int, str], ...]  # id and name of those to choose from


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything on one agent's desk. `history` is the customer's of the offer, call or wrap-up."""

    me: Standing
    line_address: str
    in_browser: bool  # the line is the browser that shows the desk
    may_stand_by: bool
    standby_over: str  # why no line is kept open any more, where nobody wanted that
    queues: tuple[QueueLine, ...]
    offer: OpenOffer | None
    call: LiveCall | None
    wrap_up: OpenWrapUp | None
    history: tuple[PastCall, ...]
    recent: tuple[PastCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQueue:
    """One line now and today, and its agents by what they are doing."""

    line: QueueLine
    today: Today
    agents: dict[Status, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What a supervisor watches: the queues they supervise, those queues' agents and calls."""

    queues: tuple[BoardQueue, ...]
    agents: tuple[Standing, ...]
    calls: tuple[LiveCall, ...]


# The desk -----------------------------------------------------------------------------------------


def desk_of(user: User, now: datetime) -> Desk:
    """The user's desk at `now`. Raises NotAnAgent."""
    agent = Agent.objects.filter(user=user).first()
    if agent is None:
        raise NotAnAgent(f"{user} is not an agent")
    [me] = standings(agent_ids=[agent.pk], now=now, own=True)
    queue_ids = list(agent.memberships.values_list("queue_id", flat=True))
    call = _call(me.call_id)
    return Desk(
        me=me,
        line_address=agent.address,
        in_browser=agent.line_kind == LineKind.BROWSER,
        may_stand_by=agent.may_stand_by,
        standby_over=_standby_over(user, now) if agent.may_stand_by and not me.standby else "",
        queues=tuple(lines(queue_ids=queue_ids, now=now)),
        offer=_open_offer(user) if me.status is Status.RINGING else None,
        call=_live_call(call, user) if call and me.status is Status.BUSY else None,
        wrap_up=_open_wrap_up(user) if me.status is Status.WRAPPING_UP else None,
        history=past_calls_with(call) if call else (),
        recent=last_calls_of(user),
    )


def _standby_over(user: User, now: datetime) -> str:
    last = Standby.objects.filter(user=user).order_by("-started_at").first()
    if last is None or last.ended_at is None or last.ended_by_id is not None:
        return ""
    return last.why if now - last.ended_at < STANDBY_TOLD else ""


def _call(call_id: UUID | None) -> Call | None:
    if call_id is None:
        return None
    return Call.objects.select_related("queue", "dialled_by").get(pk=call_id)


def _open_offer(user: User) -> OpenOffer | None:
    offer = Offer.objects.open().filter(user=user).select_related("call", "waiting__queue").first()
    if offer is None:  # settled since the status was read; the next reading shows it
        return None
    return OpenOffer(
        offer_id=offer.pk,
        call_id=offer.call_id,
        queue_name=offer.waiting.queue.name,
        customer_number=offer.call.customer_number,
        customer_name=offer.call.customer_name,
        waiting_since=offer.waiting.since,
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
        because=offer.reason.get("because", ""),
    )


def _live_call(call: Call, user: User) -> LiveCall:
    """As this person is shown it: without supervisors who listen unseen, for whom they are."""
    legs = list(
        Leg.objects.filter(call=call).select_related("user__agent").order_by("planned_at", "id")
    )
    talks = any(leg.user_id == user.pk and leg.role != LegRole.SUPERVISOR for leg in legs)
    private = not talks and access.may_see_private(user, call)
    newest = timeline.sentences(call, private=private).order_by("-at", "-id")[:MOST_MOMENTS]
    moments = [Moment(at=event.at, kind=event.kind, text=event.text) for event in newest]
    shown = [leg for leg in legs if private or not leg.is_private]
    return _as_live(call, shown, reversed(moments))


def _as_live(call: Call, legs: Iterable[Leg], moments: Iterable[Moment] = ()) -> LiveCall:
    return LiveCall(
        call_id=call.pk,
        state=call.state,
        queue_name=call.queue.name if call.queue else "",
        customer_number=call.customer_number,
        customer_name=call.customer_name,
        arrived_at=call.arrived_at,
        since=call.answered_at,
        dialled_by=name_of(call.dialled_by),
        legs=tuple(leg_line(leg) for leg in legs),
        timeline=tuple(moments),
    )


def dialled(call_id: UUID) -> Dialled | None:
    """None for a call that is not being dialled."""
    call = Call.objects.select_related("number").get(pk=call_id)
    if call.state != CallState.DIALLING:
        return None
    legs = list(Leg.objects.live().filter(call=call))
    own = next((leg for leg in legs if leg.role == LegRole.AGENT), None)
    customer = next((leg for leg in legs if leg.role == LegRole.CUSTOMER), None)
    step, words = _step(own, customer)
    limit = call.diallings.order_by("id").values_list("limit_seconds", flat=True).first()
    shows = call.number.e164 if call.number else ""
    return Dialled(step=step, words=words, shows=shows, minutes=(limit or 0) // 60)


def _step(own: Leg | None, customer: Leg | None) -> tuple[str, str]:
    if customer is None and (own is None or own.answered_at is None):
        return "own-line", "Your own line comes first. Then the customer is dialled."
    if customer is None and own is not None and own.accepted_at is None:
        return "own-line", "Press 1 on your phone to dial."
    if customer is None or customer.state in (LegState.PLANNED, LegState.INITIATED):
        return "dialling", "The customer is being dialled."
    if customer.state == LegState.QUEUED:
        return "dialling", "The carrier dials the customer when it is this call's turn."
    return "ringing", "It rings at the customer's."


def _open_wrap_up(user: User) -> OpenWrapUp | None:
    wrap_up = (
        WrapUp.objects.filter(user=user, finished_at__isnull=True)
        .select_related("call__queue")
        .first()
    )
    if wrap_up is None:  # finished since the status was read; the next reading shows it
        return None
    call = wrap_up.call
    return OpenWrapUp(
        wrap_up_id=wrap_up.pk,
        outcome=call.outcome if call.dialled_by_id and call.answered_at is None else "",
        call_id=call.pk,
        queue_name=call.queue.name if call.queue else "",
        customer_number=call.customer_number,
        customer_name=call.customer_name,
        started_at=wrap_up.started_at,
        due_at=wrap_up.due_at,
        notes=wrap_up.notes,
        disposition_id=wrap_up.disposition_id,
        dispositions=tuple(_choices(call).values_list("pk", "name")),
    )


def _choices(call: Call) -> QuerySet[Disposition]:
    """The outcomes to choose from: those of the call's queue, and those of no queue."""
    active = Disposition.objects.filter(is_active=True)
    of_all = active.filter(queues__isnull=True)
    return (of_all | active.filter(queues=call.queue_id)).distinct().order_by("name")


# The board ----------------------------------------------------------------------------------------


def board_of(user: User, now: datetime) -> Board:
    """The board of the queues that the user supervises; nothing for who supervises none."""
    queues = list(Queue.objects.filter(pk__in=access.supervised_queue_ids(user)))
    serving = _who_serves(queues)
    agents = standings(agent_ids=set().union(*serving.values()), now=now)
    statuses = {agent.agent_id: agent.status for agent in agents}
    days = today(queues=queues, now=now)
    return Board(
        queues=tuple(
            BoardQueue(
                line=line,
                today=days[line.queue_id],
                agents=_counted(statuses[agent_id] for agent_id in serving[line.queue_id]),
            )
            for line in lines(queue_ids=list(days), now=now)
        ),
        agents=tuple(agents),
        calls=_live_calls(queues),
    )


def queue_line(queue: Queue, now: datetime) -> QueueLine:
    """One line as it stands at `now`."""
    [line] = lines(queue_ids=[queue.pk], now=now)
    return line


def _who_serves(queues: Iterable[Queue]) -> dict[int, set[int]]:
    """Agent ids by queue id."""
    serving: dict[int, set[int]] = {queue.pk: set() for queue in queues}
    members = Membership.objects.filter(queue__in=serving)
    for queue_id, agent_id in members.values_list("queue_id", "agent_id"):
        serving[queue_id].add(agent_id)
    return serving


def _counted(statuses: Iterable[Status]) -> dict[Status, int]:
    counts = dict.fromkeys(Status, 0)
    for status in statuses:
        counts[status] += 1
    return counts


def _live_calls(queues: Iterable[Queue]) -> tuple[LiveCall, ...]:
    calls = list(
        Call.objects.filter(queue__in=list(queues), ended_at__isnull=True)
        .select_related("queue", "dialled_by")
        .order_by("arrived_at")[:MOST_LIVE_CALLS]
    )
    legs: dict[UUID, list[Leg]] = {call.pk: [] for call in calls}
    rows = Leg.objects.live().filter(call__in=legs).select_related("user__agent")
    for leg in rows.order_by("planned_at", "id"):
        legs[leg.call_id].append(leg)
    return tuple(_as_live(call, legs[call.pk]) for call in calls)
