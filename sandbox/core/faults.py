"""Ways to misbehave, from seeded dice, so that a failing run can be repeated.

Each switch is a plain field that may be changed at any time. Probabilities are 0 to 1, times are
seconds unless the name says milliseconds. `Faults.rest_next`, `Faults.webhook_next` and
`Faults.callback_next` are lists of faults for the very next requests, taken before any dice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

RestFault = Literal["429", "500", "503", "timeout", "refused"]
WebhookFault = Literal["slow", "500", "404", "refused", "garbage"]
CallbackFault = Literal["late", "repeated", "reordered", "lost"]


@dataclass(slots=True)
class CallbackFate:
    """What becomes of one callback: how often it is sent, and after how long (seconds)."""

    copies: int = 1
    delay: float = 0.0


@dataclass(slots=True)
class Faults:
    """The fault switches. All off unless set."""

    dice: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - repeatable on purpose
    callback_late: float = 0.0
    callback_repeated: float = 0.0
    callback_reordered: float = 0.0
    callback_lost: float = 0.0
    callback_delay: tuple[float, float] = (0.5, 5.0)
    reorder_hold: float = 2.0
    not_in_progress_window_ms: int = 0
    stale_read_ms: int = 0
    rest_429: float = 0.0
    rest_5xx: float = 0.0
    rest_timeout: float = 0.0
    rest_refused: float = 0.0
    rest_delay: float = 0.0
    webhook_slow: float = 0.0
    webhook_slow_seconds: float = 20.0
    webhook_failing: float = 0.0
    webhook_refused: float = 0.0
    rest_next: list[RestFault] = field(default_factory=list)
    webhook_next: list[WebhookFault] = field(default_factory=list)
    callback_next: list[CallbackFault] = field(default_factory=list)

    def rest_fault(self) -> RestFault | None:
        """What goes wrong with the REST request that has just arrived, if anything."""
        if self.rest_next:
            return self.rest_next.pop(0)
        table: tuple[tuple[float, RestFault], ...] = (
            (self.rest_429, "429"),
            (self.rest_5xx, "500"),
            (self.rest_timeout, "timeout"),
            (self.rest_refused, "refused"),
        )
        return next((fault for chance, fault in table if self._happens(chance)), None)

    def webhook_fault(self) -> WebhookFault | None:
        """What goes wrong with the document request that is about to leave, if anything."""
        if self.webhook_next:
            return self.webhook_next.pop(0)
        table: tuple[tuple[float, WebhookFault], ...] = (
            (self.webhook_slow, "slow"),
            (self.webhook_failing, "500"),
            (self.webhook_refused, "refused"),
        )
        return next((fault for chance, fault in table if self._happens(chance)), None)

    def callback_fate(self) -> CallbackFate:
        """What becomes of the callback that is about to leave."""
        chosen = {self.callback_next.pop(0)} if self.callback_next else self._callback_faults()
        fate = CallbackFate()
        if "lost" in chosen:
            fate.copies = 0
        if "repeated" in chosen:
            fate.copies = 2
        if "late" in chosen:
            fate.delay += self.dice.uniform(*self.callback_delay)
        if "reordered" in chosen:
            fate.delay += self.reorder_hold
        return fate

    def _callback_faults(self) -> set[CallbackFault]:
        table: tuple[tuple[float, CallbackFault], ...] = (
            (self.callback_late, "late"),
            (self.callback_repeated, "repeated"),
            (self.callback_reordered, "reordered"),
            (self.callback_lost, "lost"),
        )
        return {fault for chance, fault in table if self._happens(chance)}

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self.dice.random() < chance
