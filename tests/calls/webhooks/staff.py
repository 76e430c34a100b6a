"""Stands in for the people side where only the telephone side is tested (settings.STAFFING)."""

from datetime import datetime


def one(queue_id: int, now: datetime) -> tuple[int, int]:
    return 1, 1


def nobody(queue_id: int, now: datetime) -> tuple[int, int]:
    return 0, 0
