"""Stands in for the people side where only the telephone side is tested (settings.STAFFING)."""

from datetime import datetime


def one(queue_id: int, now: datetime) -> int:
    return 1


def nobody(queue_id: int, now: datetime) -> int:
    return 0
