"""The house every test of the REST API lives in."""

from __future__ import annotations

import pytest

from tests.sandbox.rest.house import House


@pytest.fixture(autouse=True)
def _no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK rewrites hosts when these are set."""
    monkeypatch.delenv("TWILIO_REGION", raising=False)
    monkeypatch.delenv("TWILIO_EDGE", raising=False)


@pytest.fixture
def house() -> House:
    return House()
