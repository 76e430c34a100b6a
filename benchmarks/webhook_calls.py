"""The carrier's side of the webhook benchmark: calls in progress, and what is asked about them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import User

from agents.availability import Intent
from agents.models import Agent, Membership
from calls.carrier import addresses
from calls.carrier.signature import signature
from calls.models import Call, Leg, Offer, PhoneNumber, Queue, Waiting
from calls.states import CallState, LegRole, LegState

QUEUES = 20
# What the carrier sends with every request; some thirty fields, as on a real call.
USUAL = {
    "AccountSid": settings.TWILIO_ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "CallStatus": "in-progress",
    "Direction": "inbound",
    "CallerName": "Dana Example",
    "StirVerstat": "TN-Validation-Passed-A",
    "CallToken": "%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9%22%7D",
} | {
    f"{party}{part}": value
    for party in ("From", "To", "Caller", "Called")
    for part, value in (
        ("City", "SPRINGFIELD"),
        ("State", "IL"),
        ("Zip", "62701"),
        ("Country", "US"),
        ("", "+15550100000"),
    )
}
# How many requests of other calls come between two of one call.
BETWEEN = 10

_serial = count(1)


class CallCentre:
    """Twenty queues with a number and one agent each who stays signed in; calls on demand."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        names = [f"Queue {number:02}" for number in range(QUEUES)]
        self.queues = Queue.objects.bulk_create(
            Queue(name=name, slug=name.lower().replace(" ", "-"), max_waiting=5000)
            for name in names
        )
        PhoneNumber.objects.bulk_create(
            PhoneNumber(e164=f"+1555010{number:04}", queue=queue)
            for number, queue in enumerate(self.queues)
        )
        for number, agent in enumerate(self._agents(QUEUES)):
            Membership.objects.create(agent=agent, queue=self.queues[number])

    def _agents(self, number: int) -> list[Agent]:
        users = User.objects.bulk_create(
            User(username=f"agent-{next(_serial)}", first_name="Omar") for _ in range(number)
        )
        return Agent.objects.bulk_create(
            Agent(
                user=user,
                name="Omar",
                line_address="+15550102000",
                intent=Intent.AVAILABLE,
                intent_since=self.now,
                idle_since=self.now,
                needs_desk=False,
            )
            for user in users
        )

    def offered(self, number: int) -> list[tuple[Leg, Leg]]:
        """So many callers who wait and are being offered: the customers' and the agents' legs."""
        calls = Call.objects.bulk_create(
            Call(
                state=CallState.WAITING,
                queue=self.queues[serial % QUEUES],
                customer_number="+15550100001",
                arrived_at=self.now,
            )
            for serial in range(number)
        )
        places = Waiting.objects.bulk_create(
            Waiting(call=call, queue=call.queue, since=self.now, place=self.now)
            for call in calls
            if call.queue
        )
        agents = self._agents(number)
        customers = Leg.objects.bulk_create(self._leg(call, LegRole.CUSTOMER) for call in calls)
        lines = Leg.objects.bulk_create(
            self._leg(call, LegRole.AGENT, agent.user)
            for call, agent in zip(calls, agents, strict=True)
        )
        Offer.objects.bulk_create(
            Offer(
                call=call,
                waiting=place,
                user=agent.user,
                leg=line,
                offered_at=self.now,
                expires_at=self.now + timedelta(minutes=5),
            )
            for call, place, agent, line in zip(calls, places, agents, lines, strict=True)
        )
        return list(zip(customers, lines, strict=True))

    def _leg(self, call: Call, role: LegRole, user: User | None = None) -> Leg:
        return Leg(
            call=call,
            role=role,
            user=user,
            sid=new_sid("CA"),
            state=LegState.RINGING if user else LegState.IN_PROGRESS,
            address="+15550100001",
            our_number="+15550100000",
            planned_at=self.now,
        )

    def instructions(self, number: int) -> Iterator[bytes]:
        """What the carrier asks in the course of so many calls, each step of each in its turn.

        It is any moment of a busy day: the first calls are in their middle already, so that from
        the first request on every step is asked for as often as every other.
        """
        scripts = [_course(customer, agent) for customer, agent in self.offered(number)]
        length = max(map(len, scripts))
        for tick in range(BETWEEN * (length - 1), number):
            for step in range(length):
                yield scripts[tick - step * BETWEEN][step]


def _course(customer: Leg, agent: Leg) -> list[bytes]:
    """One caller rings, another waits, is taken by an agent, and both end."""
    own, line = {"CallSid": customer.sid or ""}, {"CallSid": agent.sid or ""}
    line["Direction"] = "outbound-api"
    number = f"+1555010{next(_serial) % QUEUES:04}"
    over = {"CallStatus": "completed"}
    return [
        asked(addresses.voice(), CallSid=new_sid("CA"), To=number, CallStatus="ringing"),
        asked(addresses.wait(customer.id), **own, QueuePosition="1", QueueTime="0"),
        asked(addresses.wait(customer.id), **own, QueuePosition="1", QueueTime="30"),
        asked(addresses.agent(agent.id), **line),
        asked(addresses.agent_key(agent.id), **line, Digits="1"),
        asked(addresses.queue_left(customer.id), **own, QueueResult="redirected"),
        asked(addresses.room_left(customer.id), **own | over, DialCallStatus="answered"),
        asked(addresses.room_left(agent.id), **line | over, DialCallStatus="answered"),
    ]


def news(number: int) -> list[bytes]:
    """Progress of legs, as the carrier tells it: each piece is another one."""
    return [_progress(uuid4()) for _ in range(number)]


def _progress(leg_id: UUID) -> bytes:
    return asked(
        addresses.status(leg_id),
        CallSid=new_sid("CA"),
        SequenceNumber="2",
        CallbackSource="call-progress-events",
        Timestamp="Mon, 02 Mar 2026 09:30:00 +0000",
    )


def new_sid(kind: str) -> str:
    return f"{kind}{next(_serial):032x}"


def asked(url: str, **params: str) -> bytes:
    """A whole signed HTTP request, as bytes."""
    address = url.split("#", 1)[0]
    form = USUAL | params
    body = urlencode(form).encode()
    parts = urlsplit(address)
    given = signature(token=settings.TWILIO_AUTH_TOKEN, url=address, form=list(form.items()))
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"X-Twilio-Signature: {given}\r\nI-Twilio-Idempotency-Token: {uuid4()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
