"""Every undocumented behaviour is a named choice that says what it means and why."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sandbox.core.config import Choice, Choices, Config, Timings

TABLE = Choices().table()


@pytest.mark.parametrize("choice", TABLE, ids=lambda choice: choice.name)
def test_a_choice_explains_itself(choice: Choice) -> None:
    assert len(choice.means) > 15
    assert len(choice.evidence) > 10
    assert choice.value is not None


def test_the_table_is_complete() -> None:
    assert [choice.name for choice in TABLE] == [f.name for f in fields(Choices)]


def test_the_table_shows_what_is_set() -> None:
    choices = Choices(barge_in=False)
    assert next(c.value for c in choices.table() if c.name == "barge_in") is False


@pytest.mark.parametrize(
    "topic",
    [
        "redirect_while_ringing",
        "completed_while_ringing",
        "status_with_url",
        "conference_action_on_redirect",
        "barge_in",
        "leaves_before_end",
        "dual_parent_first",
        "room_recording_has_wait",
        "amd_timeout_max",
        "redirect_runs_record_action",
        "application_error_status",
    ],
)
def test_what_is_known_to_be_open_has_a_switch(topic: str) -> None:
    assert topic in {choice.name for choice in TABLE}


def test_the_measured_times_are_as_measured() -> None:
    timings = Timings()
    assert timings.redirect_child_ends == 0.166
    assert timings.redirect_action == 0.320
    assert timings.redirect_target == 0.651
    assert timings.webhook_cap == 15


def test_two_configurations_do_not_share_their_switches() -> None:
    one, other = Config(), Config()
    one.choices.barge_in = False
    one.timings.tone = 9
    assert other.choices.barge_in
    assert other.timings.tone != 9
