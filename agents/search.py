"""The list of calls that a supervisor looks through: what was asked for, and what is found.

A page shows what is true now of the calls that it shows. Calls that arrive come in on the newest
page alone: an older one remembers since when it is older (`upto`), so that nothing moves away from
under whoever reads it.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.template.loader import render_to_string

from agents.forms import CallFilterForm
from calls import live
from calls.live.panes import Pane
from calls.models import Call
from calls.services import access

CALLS_ON_A_PAGE = 50
# Changes of so many seconds are drawn together. Words have to be looked for in every call, and
# older pages counted to: such lists are drawn more seldom.
MOMENT = 1.0
LONG_MOMENT = 5.0
# Longer than anything that one of the fields can mean.
LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Search:
    """What one person asked for: the words of the form's fields, and which page."""

    user: User
    words: tuple[tuple[str, str], ...]
    number: int = 1

    @property
    def query(self) -> str:
        """The same list in an address, of the page or of its socket."""
        return self._at(self.number)

    def form(self) -> CallFilterForm:
        return CallFilterForm(dict(self.words), user=self.user)

    def newer(self) -> str | None:
        """The address of the page before this one; None on the newest."""
        if self.number > 1:
            return self._at(self.number - 1)
        return self._at(1, upto="") if "upto" in dict(self.words) else None

    def older(self, first: Call) -> str:
        """The page after this one, which begins with that call."""
        since = dict(self.words).get("upto") or first.arrived_at.isoformat()
        return self._at(self.number + 1, upto=since)

    def _at(self, number: int, **changes: str) -> str:
        wanted = {word: value for word, value in (dict(self.words) | changes).items() if value}
        address = QueryDict(mutable=True)
        address.update(wanted if number == 1 else wanted | {"page": str(number)})
        return address.urlencode()


def asked(user: User, given: QueryDict) -> Search:
    """What the address of a page, or of its socket, asks for; the rest is passed over."""
    words = {name: given.get(name, "").strip() for name in CallFilterForm.base_fields}
    kept = tuple((name, word) for name, word in words.items() if 0 < len(word) <= LONGEST_WORD)
    return Search(user, kept, _page_number(given.get("page", "1")))


def _page_number(asked: str) -> int:
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def pane(search: Search) -> Pane:
    """The found calls, for this person: what they may see depends on whose calls they were on."""
    queues = ",".join(map(str, sorted(access.supervised_queue_ids(search.user))))
    key = f"calls:{search.user.pk}:{queues}:{search.query}"
    slow = search.number > 1 or "q" in dict(search.words)
    # Every change of a call is told to the boards.
    topics = frozenset({live.board()})
    return Pane(key, topics, lambda: draw(search), moment=LONG_MOMENT if slow else MOMENT)


def draw(search: Search) -> str:
    first = (search.number - 1) * CALLS_ON_A_PAGE
    found = list(_found(search)[first : first + CALLS_ON_A_PAGE + 1])
    more = len(found) > CALLS_ON_A_PAGE
    context = {
        "found": found[:CALLS_ON_A_PAGE],
        "newer": search.newer(),
        "older": search.older(found[0]) if more else None,
    }
    return render_to_string("calls/found.html", context)


def _found(search: Search) -> QuerySet[Call, Any]:
    span = {"output_field": DurationField()}
    waited = Coalesce("answered_at", "ended_at") - F("arrived_at")
    talked = F("ended_at") - F("answered_at")
    calls = access.visible_calls(search.user).filter(search.form().condition())
    return (
        calls.select_related("queue", "dialled_by")
        .annotate(
            waited=ExpressionWrapper(waited, **span), talked=ExpressionWrapper(talked, **span)
        )
        .order_by("-arrived_at", "-id")
    )
