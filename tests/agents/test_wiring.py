"""What calls ask of agents by a dotted path is there, and takes what it is given."""

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from tests.agents import floor
from tests.agents.floor import NOON, ago

pytestmark = pytest.mark.django_db


def test_the_worker_finds_the_dispatcher() -> None:
    sales = floor.queue("Sales")
    floor.agent("Dana", sales)
    floor.caller(sales)
    assert import_string(settings.DISPATCHER)(now=NOON) == 1


def test_a_queue_finds_out_who_is_signed_in() -> None:
    sales = floor.queue("Sales")
    floor.agent("Dana", sales)
    assert import_string(settings.STAFFING)(sales.pk, NOON) == (1, 1)


def test_the_worker_sweeps_silent_desks() -> None:
    floor.agent("Dana", floor.queue("Sales"), seen_at=ago(40))
    swept = {sweep: import_string(sweep)(now=NOON) for sweep in settings.SWEEPS}
    assert swept["agents.presence.sweep"] == 1
