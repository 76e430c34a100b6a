"""What the worker does for agents by the clock."""

from django.utils import timezone
from procrastinate.contrib.django import app

from agents import presence


@app.periodic(cron="* * * * * */10")
@app.task(name="agents.sweep_desks", queue="sweeps", queueing_lock="agents.sweep_desks")
def sweep_desks(timestamp: int) -> None:
    """Desks that went silent are shown as such; `timestamp` is when this was due."""
    del timestamp  # what counts is what is true now
    presence.sweep(now=timezone.now())
