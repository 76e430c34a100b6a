"""The journeys' world: everything real, on one clock."""

import logging
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from sandbox.core.config import Config
from tests.journeys.judging import Failures
from tests.journeys.world import World

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., World]]:
    """`make_world(seed=…, config=…)`; one a test."""
    made: list[World] = []

    def make(*, seed: int = 1, config: Config | None = None) -> World:
        world = World(seed=seed, config=config)
        made.append(world)
        monkeypatch.setattr(timezone, "now", lambda: world.now)
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture
def nothing_fails() -> Iterator[None]:
    """No error is caught and written down."""
    failures = Failures()
    logging.getLogger().addHandler(failures)
    yield
    logging.getLogger().removeHandler(failures)
    assert not failures.said, failures.said


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
