"""What a page may ask for. Only the fields named here are ever read from a request."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from agents.availability import Intent
from agents.models import Agent, BreakReason
from calls.models import Disposition, Leg, Queue
from calls.plans import TALKERS
from calls.services import access
from calls.states import CallOutcome, Direction

SAY_WHAT = "Say whether you are available, on a break or offline."
CHOOSE_A_REASON = "Choose a reason for the break."


class IntentForm(forms.Form):
    """What the agent wants to be, now or after this call."""

    intent = forms.ChoiceField(
        choices=[(i, i) for i in Intent],
        error_messages={"required": SAY_WHAT, "invalid_choice": SAY_WHAT},
    )
    reason = forms.ModelChoiceField(
        BreakReason.objects.filter(is_active=True),
        required=False,
        error_messages={"invalid_choice": "That reason is no longer in use. Choose another one."},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("intent") == Intent.BREAK and not given.get("reason") and not self.errors:
            self.add_error("reason", CHOOSE_A_REASON)
        return given

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class ForceForm(forms.Form):
    """What a supervisor sets an agent to: `available`, `offline`, or `break:` and a reason's id;
    and why."""

    wanted = forms.CharField(max_length=30)
    why = forms.CharField(max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        intent, _, reason = str(given.get("wanted", "")).partition(":")
        inner = IntentForm({"intent": intent, "reason": reason})
        if not inner.is_valid():
            raise forms.ValidationError(inner.first_error())
        return inner.cleaned_data | {"why": given.get("why", "")}

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class NotesForm(forms.Form):
    """After-call work as far as it has been written."""

    disposition = forms.ModelChoiceField(
        Disposition.objects.filter(is_active=True),
        required=False,
        error_messages={"invalid_choice": "That outcome is no longer in use. Choose another one."},
    )
    notes = forms.CharField(
        max_length=5000,
        required=False,
        error_messages={"max_length": "Notes hold 5,000 characters. Shorten them a little."},
    )


class WrapUpForm(NotesForm):
    """After-call work that is done; an outcome is needed where there are any to choose from."""

    def __init__(self, *args: Any, needs_outcome: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome = self.fields["disposition"]
        outcome.required = needs_outcome
        outcome.error_messages["required"] = "Choose what came of the call."


class CallFilterForm(forms.Form):
    """Which calls a supervisor looks for."""

    q = forms.CharField(
        max_length=120,
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    queue = forms.ModelChoiceField(Queue.objects.none(), required=False, empty_label="All")
    outcome = forms.ChoiceField(required=False)
    direction = forms.ChoiceField(
        required=False,
        choices=[("", "Both"), (Direction.INBOUND, "Inbound"), (Direction.OUTBOUND, "Outbound")],
    )
    agent = forms.ModelChoiceField(Agent.objects.none(), required=False, empty_label="Anybody")
    since = forms.DateField(
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as 2026-01-31."},
    )
    until = forms.DateField(
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as 2026-01-31."},
    )

    # Only calls that had arrived by then: an older page does not move while it is read.
    upto = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Queue.objects.filter(pk__in=access.supervised_queue_ids(user))
        theirs = Agent.objects.filter(queues__in=mine).distinct().order_by("name")
        words = [(o, o.replace("-", " ").capitalize()) for o in CallOutcome]
        _field(self, "queue").queryset = mine.order_by("name")
        _field(self, "agent").queryset = theirs
        _field(self, "outcome").choices = [("", "Any"), ("live", "Still live"), *words]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the first day. Choose a later one.")
        return given

    def condition(self) -> Q:
        """What the given fields mean; a field with a mistake means nothing."""
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        found = Q()
        for name, value in wanted.items():
            found &= CONDITIONS[name](value)
        return found


CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "q": lambda text: Q(customer_name__icontains=text) | Q(customer_number__contains=_digits(text)),
    "queue": lambda queue: Q(queue=queue),
    "outcome": lambda word: Q(ended_at=None) if word == "live" else Q(outcome=word),
    "direction": lambda word: Q(direction=word),
    "agent": lambda agent: Q(pk__in=_talked_to(agent)),
    "since": lambda day: Q(arrived_at__date__gte=day),
    "until": lambda day: Q(arrived_at__date__lte=day),
    "upto": lambda moment: Q(arrived_at__lte=moment),
}


def _talked_to(agent: Agent) -> QuerySet[Leg, Any]:
    """The calls that the agent talked on. Not a join: no call is found twice."""
    talked = Leg.objects.filter(user=agent.user_id, joined_at__isnull=False, role__in=TALKERS)
    return talked.values("call_id")


def _digits(text: str) -> str:
    """+1 (555) 010-0 is stored as +15550100; words without a digit are no number."""
    kept = "".join(sign for sign in text if sign.isdigit())
    return kept or text


def _field(form: forms.Form, name: str) -> Any:
    return form.fields[name]
