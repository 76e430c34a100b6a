"""A hall for every test that wants one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.audio.hall import Hall
from tests.sandbox.core.stage import Stage


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    stage = Stage()
    yield Hall(stage, tmp_path)
    stage.carrier.kernel.close()
