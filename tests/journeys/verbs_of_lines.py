"""What is done to whole lines and to agents, as somebody at random would try it (see verbs)."""

from typing import TYPE_CHECKING

from agents.availability import Intent
from agents.models import BreakReason
from agents.services import directing, shifts
from calls.models import LineChange
from calls.services import whole_lines

if TYPE_CHECKING:
    from tests.journeys.verbs import LiveVerbs, Try


def moves_a_line(verbs: "LiveVerbs", what: "Try") -> None:
    queue = verbs.queues[what.which % len(verbs.queues)]
    if what.other % 3:
        there = verbs.queues[(what.which + 1) % len(verbs.queues)]
        whole_lines.begin(queue=queue, to_queue=there, by=what.by, now=what.now)
    else:
        whole_lines.begin(queue=queue, message="A storm is coming.", by=what.by, now=what.now)


def closes_a_line(verbs: "LiveVerbs", what: "Try") -> None:
    """With the line's own closed message."""
    queue = verbs.queues[what.which % len(verbs.queues)]
    whole_lines.begin(queue=queue, by=what.by, now=what.now)


def stops_a_line(verbs: "LiveVerbs", what: "Try") -> None:
    for change in LineChange.objects.filter(ended_at__isnull=True):
        whole_lines.stop(line_change_id=change.pk, by=what.by, now=what.now)


def forces(verbs: "LiveVerbs", what: "Try") -> None:
    agent = verbs.agents[what.which % len(verbs.agents)].fresh()
    lunch, _ = BreakReason.objects.get_or_create(name="Lunch")
    intent = (Intent.AVAILABLE, Intent.BREAK, Intent.OFFLINE)[what.other % 3]
    reason = lunch if intent is Intent.BREAK else None
    by = verbs.supervisor_of(what.other)
    shifts.force(agent=agent, intent=intent, reason=reason, by=by, now=what.now)


def logs_out(verbs: "LiveVerbs", what: "Try") -> None:
    agent = verbs.agents[what.which % len(verbs.agents)].fresh()
    after_call = bool(what.other % 2)
    by = verbs.supervisor_of(what.other)
    directing.log_out(agent=agent, by=by, after_call=after_call, now=what.now)


def finishes_for(verbs: "LiveVerbs", what: "Try") -> None:
    agent = verbs.agents[what.which % len(verbs.agents)].fresh()
    directing.finish_for(agent=agent, by=verbs.supervisor_of(what.other), now=what.now)
