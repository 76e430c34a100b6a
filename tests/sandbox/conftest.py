"""What every test of the sandbox carrier stands on."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK rewrites hosts when these are set."""
    monkeypatch.delenv("TWILIO_REGION", raising=False)
    monkeypatch.delenv("TWILIO_EDGE", raising=False)
