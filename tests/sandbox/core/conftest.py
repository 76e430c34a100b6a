"""The stage on which every test of the carrier's core plays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.core.stage import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.carrier.kernel.close()
