"""What a desk needs to dial out: which numbers of ours may be shown, and who can be dialled."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q

from agents.models import Agent
from calls.carrier.numbers import E164, is_withheld, typed
from calls.models import Call, DirectoryEntry, PhoneNumber, Queue
from calls.models.together import read_together

MOST_OF_EACH = 6
RECENT_CALLS = 40


class CannotRead(Exception):
    """What was typed is no number; the message is a sentence for whoever typed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """A number of ours that may be shown, and the queue for which the call then counts."""

    number: PhoneNumber
    queue: Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody in the directory; `to` names them in a form, `number` is shown."""

    to: str
    name: str
    number: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    recent: tuple[Entry, ...]
    colleagues: tuple[Entry, ...]
    entries: tuple[Entry, ...]

    @property
    def nobody(self) -> bool:
        return not (self.recent or self.colleagues or self.entries)


KEYS = "123456789+0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pad:
    """What is drawn; who can be found is asked for once it is there."""

    caller_ids: tuple[CallerId, ...]
    keys: str = KEYS


def pad(agent: Agent) -> Pad:
    return Pad(caller_ids=tuple(caller_ids(agent)))


# Numbers of ours ----------------------------------------------------------------------------------


def caller_ids(agent: Agent) -> list[CallerId]:
    """Those that this agent may show: of their queues in the order in which these are theirs.

    A number's own queue is shown with it, if it is theirs; else the first of theirs that may.
    """
    rank: dict[int, int] = {}
    found: dict[int, CallerId] = {}
    for number, queue in read_together(_CALLER_IDS, [agent.pk], n=PhoneNumber, q=Queue):
        rank.setdefault(queue.pk, len(rank))
        if number.pk not in found or number.queue_id == queue.pk:
            found[number.pk] = CallerId(number=number, queue=queue)
    in_turn = sorted(found.values(), key=lambda each: each.number.pk)
    own_first = sorted(in_turn, key=lambda each: each.number.queue_id != each.queue.pk)
    return sorted(own_first, key=lambda each: rank[each.queue.pk])


# Read with every drawing of a desk.
_CALLER_IDS = """
    select {n}, {q} from agents_membership m
    join calls_queue q on q.id = m.queue_id and q.is_active
    join calls_phonenumber n on n.is_active and (n.queue_id = q.id or exists (
        select from calls_phonenumber_shown_by s
        where s.phonenumber_id = n.id and s.queue_id = q.id))
    where m.agent_id = %s order by m.priority, q.name, n.id
"""


def usual(number: str, among: list[CallerId]) -> CallerId | None:
    """Which of ours is shown where nobody chooses: the one by which we last spoke with them."""
    known = {each.number.pk: each for each in among}
    last = Call.objects.filter(customer_number=number, number__in=known) if number else None
    latest = last.order_by("-arrived_at").first() if last is not None else None
    if latest is not None and latest.number_id is not None:
        return known[latest.number_id]
    return among[0] if among else None


# What was typed -----------------------------------------------------------------------------------


def read(text: str, *, like: str) -> str:
    """The number that was typed, with its country code. Raises CannotRead."""
    if not text.strip():
        raise CannotRead("Type a number, or choose somebody from the directory.")
    if any(letter.isalpha() for letter in text):
        raise CannotRead("A number has no letters. Look for names in the directory.")
    number = typed(text, like=like)
    digits = number.removeprefix("+")
    if not digits.isdigit() or not digits.isascii():
        raise CannotRead("Write the number as +, country code and number, such as +1 555 010 0123.")
    if len(digits) < 7:
        raise CannotRead("That is too short for a number with its country code.")
    if len(digits) > 15:
        raise CannotRead("That is too long for a number: 15 digits are the most.")
    if not E164.fullmatch(number):
        raise CannotRead("Begin with + and the country code, such as +1 555 010 0123.")
    return number


# Directory ----------------------------------------------------------------------------------------


def directory(agent: Agent, words: str = "") -> Directory:
    """Who can be found by these letters or digits; the first few of each sort."""
    wanted = words.strip()
    return Directory(
        recent=tuple(_first(_recent(agent), wanted)),
        colleagues=tuple(_colleagues(agent, wanted)),
        entries=tuple(_entries(agent, wanted)),
    )


def _recent(agent: Agent) -> Iterable[Entry]:
    """Customers with whom they talked, or whom they dialled, of late: each once."""
    own = Call.objects.filter(legs__user=agent.user_id, legs__joined_at__isnull=False)
    latest = own.distinct().order_by("-arrived_at")[:RECENT_CALLS]
    seen: dict[str, Entry] = {}
    for call in latest:
        number = call.customer_number
        if not is_withheld(number) and E164.fullmatch(number):
            entry = Entry(to=f"number:{number}", name=call.customer_name, number=number)
            seen.setdefault(number, entry)
    return seen.values()


def _first(entries: Iterable[Entry], wanted: str) -> list[Entry]:
    digits = "".join(filter(str.isdigit, wanted))
    matching = [
        entry
        for entry in entries
        if not wanted or wanted.lower() in entry.name.lower() or (digits and digits in entry.number)
    ]
    return matching[:MOST_OF_EACH]


def _colleagues(agent: Agent, wanted: str) -> list[Entry]:
    others = Agent.objects.filter(user__is_active=True, name__icontains=wanted).exclude(pk=agent.pk)
    at_work = others.exclude(intent="offline").order_by("name")
    return [
        Entry(to=f"agent:{other.pk}", name=other.name, number="")
        for other in at_work[:MOST_OF_EACH]
    ]


def _entries(agent: Agent, wanted: str) -> list[Entry]:
    theirs = Q(queues__isnull=True) | Q(queues__in=agent.queues.all())
    digits = "".join(filter(str.isdigit, wanted))
    named = Q(name__icontains=wanted) | Q(note__icontains=wanted)
    named |= Q(number__contains=digits) if digits else Q()
    found = DirectoryEntry.objects.filter(theirs, named, is_active=True).distinct()
    return [
        Entry(to=f"entry:{entry.pk}", name=entry.name, number=entry.number, note=entry.note)
        for entry in found.order_by("name")[:MOST_OF_EACH]
    ]


def entry_for(agent: Agent, pk: int) -> DirectoryEntry | None:
    """An entry that this agent may see."""
    theirs = Q(queues__isnull=True) | Q(queues__in=agent.queues.all())
    return DirectoryEntry.objects.filter(theirs, pk=pk, is_active=True).distinct().first()


def name_for(user: User, number: str) -> str:
    """What the agent knows this number by: from the directory, or from their own calls."""
    entry = DirectoryEntry.objects.filter(number=number, is_active=True).order_by("id").first()
    if entry is not None:
        return entry.name
    known = Call.objects.filter(customer_number=number, legs__user=user).exclude(customer_name="")
    latest = known.order_by("-arrived_at").first()
    return latest.customer_name if latest else ""
