"""An office for every test that wants one."""

from collections.abc import Iterator

import pytest

from tests.sandbox.server.office import Office


@pytest.fixture
def office() -> Iterator[Office]:
    place = Office()
    yield place
    place.close()
