"""A believable call centre, written straight into the tables: who is where at this moment."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from agents.availability import Intent
from agents.models import Agent, BreakReason, Membership, Supervisor
from calls import timeline
from calls.models import (
    Call,
    CarrierEvent,
    Command,
    Disposition,
    Leg,
    Offer,
    PhoneNumber,
    Queue,
    Transfer,
    Waiting,
    WorkerBeat,
    WrapUp,
)
from calls.states import (
    CallOutcome,
    CallState,
    LegRole,
    LegState,
    NewsState,
    OfferState,
    OrderState,
    TransferKind,
    TransferState,
    Verb,
    WaitingExit,
)

PASSWORD = "a-long-enough-password"


class Scene:
    """One call centre at `now`; every method puts something more into it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._serial = count(1)

    def ago(self, seconds: float) -> datetime:
        return self.now - timedelta(seconds=seconds)

    def worker_runs(self) -> None:
        WorkerBeat.objects.create(name="worker:1", at=self.now + timedelta(hours=1))

    def queue(self, name: str, **facts: Any) -> Queue:
        made = Queue.objects.create(name=name, slug=name.lower().replace(" ", "-"), **facts)
        PhoneNumber.objects.create(e164=f"+1555010{made.pk % 10_000:04d}", queue=made)
        return made

    def person(self, name: str, **facts: Any) -> User:
        first, _, last = name.partition(" ")
        return User.objects.create_user(
            first.lower(), password=PASSWORD, first_name=first, last_name=last, **facts
        )

    def agent(self, name: str, *queues: Queue, **facts: Any) -> Agent:
        usual: dict[str, Any] = {
            "name": name,
            "line_address": f"+1555030{next(self._serial):04d}",
            "intent": Intent.AVAILABLE,
            "intent_since": self.ago(1900),
            "idle_since": self.ago(95),
            "seen_at": self.now + timedelta(hours=1),
        }
        made = Agent.objects.create(user=self.person(name), **usual | facts)
        for served in queues:
            Membership.objects.create(agent=made, queue=served)
        return made

    def supervisor(self, name: str, *queues: Queue) -> User:
        user = self.person(name)
        self.supervises(user, *queues)
        return user

    def supervises(self, user: User, *queues: Queue) -> None:
        Supervisor.objects.create(user=user).queues.set(queues)

    def reasons(self) -> list[BreakReason]:
        wanted = [("Lunch", 30), ("Short break", 10), ("Training", None)]
        return [BreakReason.objects.create(name=n, max_minutes=m) for n, m in wanted]

    def outcomes(self) -> list[Disposition]:
        names = ["Solved", "Call back wanted", "Sold", "Wrong number"]
        return [Disposition.objects.create(name=name) for name in names]

    def caller(self, queue: Queue, name: str, *, waited: float, number: str = "") -> Waiting:
        since = self.ago(waited)
        call = Call.objects.create(
            state=CallState.WAITING,
            queue=queue,
            number=queue.numbers.first(),
            customer_name=name,
            customer_number=number or f"+1555040{next(self._serial):04d}",
            arrived_at=since - timedelta(seconds=4),
        )
        self.leg(call, LegRole.CUSTOMER, planned_at=call.arrived_at, answered_at=call.arrived_at)
        self.told(call, waited + 4, "arrived", f"{name or 'A caller'} called {call.number}")
        self.told(call, waited, "waiting", f"Waits in {queue.name}, first in line")
        return Waiting.objects.create(call=call, queue=queue, since=since, place=since)

    def leg(self, call: Call, role: LegRole, **facts: Any) -> Leg:
        usual: dict[str, Any] = {
            "role": role,
            "sid": f"CA{next(self._serial):032d}",
            "state": LegState.IN_PROGRESS,
            "address": call.customer_number,
        }
        return Leg.objects.create(call=call, **usual | facts)

    def told(self, call: Call, seconds_ago: float, kind: str, text: str) -> None:
        timeline.note(call=call, kind=kind, text=text, now=self.ago(seconds_ago))

    def offered(self, waiting: Waiting, agent: Agent, *, rings: float = 25) -> Offer:
        """The agent's line rings for the caller."""
        leg = self.leg(
            waiting.call,
            LegRole.AGENT,
            user=agent.user,
            address=agent.line_address,
            state=LegState.RINGING,
            planned_at=self.ago(6),
            ringing_at=self.ago(4),
        )
        self.told(waiting.call, 6, "offered", f"Offered to {agent.name}, idle for longest")
        self.ordered(leg, Verb.DIAL, "offer to the longest idle agent", seconds_ago=6)
        return Offer.objects.create(
            call=waiting.call,
            waiting=waiting,
            user=agent.user,
            leg=leg,
            offered_at=self.ago(6),
            expires_at=self.now + timedelta(seconds=rings),
            reason={"because": f"idle for longest of 2 free agents of {waiting.queue}"},
        )

    def talking(self, waiting: Waiting, agent: Agent, *, since: float) -> Leg:
        """The agent talks with the caller."""
        call = waiting.call
        began = self.ago(since)
        Waiting.objects.filter(pk=waiting.pk).update(left_at=began, exit=WaitingExit.CONNECTED)
        Call.objects.filter(pk=call.pk).update(state=CallState.TALKING, answered_at=began)
        call.legs.update(in_room=True, joined_at=began)
        leg = self.leg(
            call,
            LegRole.AGENT,
            user=agent.user,
            address=agent.line_address,
            planned_at=began - timedelta(seconds=9),
            ringing_at=began - timedelta(seconds=7),
            answered_at=began - timedelta(seconds=2),
            joined_at=began - timedelta(seconds=1),
            in_room=True,
        )
        Offer.objects.create(
            call=call,
            waiting=waiting,
            user=agent.user,
            leg=leg,
            state=OfferState.ACCEPTED,
            offered_at=leg.planned_at,
            expires_at=began,
            settled_at=began,
            reason={"because": f"idle for longest of 2 free agents of {waiting.queue}"},
        )
        self.told(call, since + 9, "offered", f"Offered to {agent.name}")
        self.ordered(leg, Verb.DIAL, "offer to the longest idle agent", seconds_ago=since + 9)
        self.news(call, leg, since + 7, "ringing")
        self.told(call, since + 2, "accepted", f"{agent.name} took the call")
        customer = call.legs.get(role=LegRole.CUSTOMER)
        self.ordered(customer, Verb.JOIN_ROOM, "the agent is in the room", seconds_ago=since + 1)
        self.told(
            call, since, "joined", f"{call.customer_name or 'The caller'} is with {agent.name}"
        )
        return leg

    def joined(
        self, call: Call, role: LegRole, user: User | None, *, since: float, **facts: Any
    ) -> Leg:
        """One more is in the conversation."""
        began = self.ago(since)
        usual: dict[str, Any] = {
            "user": user,
            "planned_at": began - timedelta(seconds=8),
            "answered_at": began - timedelta(seconds=1),
            "joined_at": began,
            "accepted_at": began,
            "in_room": True,
        }
        return self.leg(call, role, **usual | facts)

    def consulting(self, leg: Leg, second: Agent, *, since: float, **facts: Any) -> Transfer:
        """The agent asks a colleague about the caller, who hears music meanwhile."""
        held = self.ago(since + 4)
        leg.call.legs.filter(role=LegRole.CUSTOMER).update(held_at=held)
        line = self.joined(
            leg.call, LegRole.CONSULT, second.user, since=since, address=second.line_address
        )
        assert leg.user is not None
        usual: dict[str, Any] = {
            "kind": TransferKind.WARM,
            "state": TransferState.CONSULTING,
            "reason": "Wants a discount that I may not give",
            "notes": "40 seats, two years. Has an offer of 9 per seat from somebody else.",
            "answered_at": self.ago(since),
        }
        return Transfer.objects.create(
            call=leg.call,
            to_user=second.user,
            started_by=leg.user,
            from_leg=leg,
            to_leg=line,
            started_at=held,
            **usual | facts,
        )

    def ended(
        self, leg: Leg, *, seconds_ago: float, outcome: str = "Solved", notes: str = ""
    ) -> None:
        """That conversation is over and wrapped up."""
        over = self.ago(seconds_ago)
        call = leg.call
        call.legs.update(state=LegState.COMPLETED, in_room=False, left_room_at=over, ended_at=over)
        Call.objects.filter(pk=call.pk).update(
            state=CallState.ENDED, outcome=CallOutcome.ANSWERED, ended_at=over
        )
        self.told(call, seconds_ago, "ended", f"{call.customer_name or 'The caller'} hung up")
        if outcome and leg.user:
            WrapUp.objects.create(
                leg=leg,
                call=call,
                user=leg.user,
                started_at=over,
                due_at=over + timedelta(seconds=30),
                finished_at=over + timedelta(seconds=20),
                disposition=Disposition.objects.filter(name=outcome).first(),
                notes=notes,
            )

    def wrapping_up(self, leg: Leg, *, seconds: float = 90, notes: str = "") -> WrapUp:
        """The caller hung up a moment ago; the agent writes down what came of it."""
        self.ended(leg, seconds_ago=8, outcome="")
        assert leg.user is not None
        return WrapUp.objects.create(
            leg=leg,
            call=leg.call,
            user=leg.user,
            started_at=self.ago(8),
            due_at=self.now + timedelta(seconds=seconds),
            notes=notes,
        )

    def abandoned(self, queue: Queue, name: str, *, waited: float, seconds_ago: float) -> None:
        waiting = self.caller(queue, name, waited=waited + seconds_ago)
        over = self.ago(seconds_ago)
        waiting.call.legs.update(state=LegState.COMPLETED, ended_at=over)
        Waiting.objects.filter(pk=waiting.pk).update(left_at=over, exit=WaitingExit.ABANDONED)
        Call.objects.filter(pk=waiting.call_id).update(
            state=CallState.ENDED, outcome=CallOutcome.ABANDONED, ended_at=over
        )

    def missed(self, waiting: Waiting, agent: Agent, *, seconds_ago: float) -> None:
        Offer.objects.create(
            call=waiting.call,
            waiting=waiting,
            user=agent.user,
            state=OfferState.MISSED,
            offered_at=self.ago(seconds_ago + 20),
            expires_at=self.ago(seconds_ago),
            settled_at=self.ago(seconds_ago),
            note="the line rang out",
        )
        self.told(waiting.call, seconds_ago, "missed", f"{agent.name}'s line rang out")

    def rang_out(self, offer: Offer) -> None:
        """The line that rings is given up on."""
        Leg.objects.filter(offer=offer).update(state=LegState.NO_ANSWER, ended_at=self.now)
        offer.state, offer.settled_at = OfferState.MISSED, self.now
        offer.save()

    def ordered(
        self, leg: Leg, verb: Verb, reason: str, *, seconds_ago: float, pending: bool = False
    ) -> Command:
        at = self.ago(seconds_ago)
        answered: dict[str, Any] = {
            "state": OrderState.DONE,
            "settled_at": at + timedelta(milliseconds=140),
            "http_status": 201,
            "answer": "queued",
        }
        return Command.objects.create(
            call=leg.call,
            leg=leg,
            verb=verb,
            reason=reason,
            ordered_at=at,
            give_up_at=at + timedelta(seconds=30),
            asked_at=at,
            attempts=1,
            **({} if pending else answered),
        )

    def news(self, call: Call, leg: Leg, seconds_ago: float, status: str) -> None:
        CarrierEvent.objects.create(
            kind="status",
            dedupe_key=f"{leg.sid}-{status}",
            call_sid=leg.sid or "",
            call_id=call.pk,
            leg_id=leg.pk,
            params={"CallSid": leg.sid, "CallStatus": status, "SequenceNumber": "1"},
            received_at=self.ago(seconds_ago),
            state=NewsState.APPLIED,
        )


def busy_afternoon(now: datetime) -> Scene:
    """Everything at once: what the desk, the board and a call page look like on a busy day.

    Dana is offered a call, omar talks, mira wraps up, and sam watches over all of it.
    """
    scene = Scene(now)
    scene.worker_runs()
    scene.reasons()
    scene.outcomes()
    sales, support, billing = (scene.queue(n) for n in ("Sales", "Support", "Billing"))
    dana = scene.agent("Dana Okafor", sales, billing)
    omar = scene.agent("Omar Haddad", sales, support)
    mira = scene.agent("Mira Lindqvist", support, billing)
    yuki = scene.agent("Yuki Tanaka", support)
    scene.agent("Tomas Novak", billing, idle_since=scene.ago(411))
    lunch = BreakReason.objects.get(name="Lunch")
    scene.agent(
        "Lena Fischer", support, intent=Intent.BREAK, break_reason=lunch,
        intent_since=scene.ago(1210),
    )  # fmt: skip
    scene.agent("Paulo Reis", sales, seen_at=scene.ago(300))
    scene.agent("Grace Mbeki", sales, intent=Intent.OFFLINE, intent_since=scene.ago(5000))
    scene.supervisor("Sam Rivera", sales, support, billing)
    scene.person("Ada Winter", is_staff=True, is_superuser=True)
    _earlier_today(scene, sales, billing, dana, mira)
    _right_now(scene, (sales, support, billing), dana, omar, mira, yuki)
    return scene


def _earlier_today(scene: Scene, sales: Queue, billing: Queue, dana: Agent, mira: Agent) -> None:
    ines = "+15550407001"
    past = [
        ("Ines Marchetti", ines, billing, mira, 86_400 * 6, 240, "Call back wanted",
         "Asks for the March invoice again; sent it to the new address."),
        ("Ines Marchetti", ines, billing, dana, 9_200, 410, "Solved",
         "Second copy had the old VAT number. Corrected and re-sent."),
        ("Hugo Lefevre", "+15550407009", sales, dana, 86_400 * 2, 295, "Call back wanted",
         "Compares us with two others. Wants an offer for 40 seats by Thursday."),
        ("Ravi Menon", "+15550407002", sales, dana, 5_400, 180, "Sold", "12 seats, starts Monday."),
        ("", "anonymous", billing, dana, 3_100, 75, "Wrong number", ""),
        ("Chloe Dubois", "+15550407003", sales, dana, 1_500, 322, "Solved", ""),
    ]  # fmt: skip
    for name, number, queue, agent, seconds_ago, talked, outcome, notes in past:
        waiting = scene.caller(queue, name, waited=seconds_ago + talked + 14, number=number)
        leg = scene.talking(waiting, agent, since=seconds_ago + talked)
        scene.ended(leg, seconds_ago=seconds_ago, outcome=outcome, notes=notes)
    scene.abandoned(sales, "Nils Berg", waited=75, seconds_ago=2_000)


def _right_now(
    scene: Scene, queues: tuple[Queue, Queue, Queue], dana: Agent, omar: Agent, mira: Agent,
    yuki: Agent,
) -> None:  # fmt: skip
    sales, support, billing = queues
    ines = scene.caller(billing, "Ines Marchetti", waited=48, number="+15550407001")
    scene.missed(ines, yuki, seconds_ago=30)
    scene.offered(ines, dana)
    scene.talking(
        scene.caller(sales, "Hugo Lefevre", waited=260, number="+15550407009"), omar, since=241
    )
    leg = scene.talking(scene.caller(support, "Aisha Bello", waited=320), mira, since=301)
    scene.wrapping_up(leg, notes="Router restarted, line is stable. ")
    scene.caller(support, "Marek Zielinski", waited=94)
    scene.caller(support, "", waited=31)
    scene.caller(support, "Julia Santos", waited=12)
    scene.caller(sales, "Ben Carter", waited=9)
