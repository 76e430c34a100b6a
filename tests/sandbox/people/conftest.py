"""A square to meet at, cleared afterwards."""

from collections.abc import Callable, Iterator

import pytest

from tests.sandbox.people.town_square import Square


@pytest.fixture
def another_square() -> Iterator[Callable[..., Square]]:
    """Makes squares; takes the same words as `Square`."""
    made: list[Square] = []

    def make(*, seed: int = 7, areas: tuple[str, ...] = ("+1555900",)) -> Square:
        made.append(Square(seed=seed, areas=areas))
        return made[-1]

    yield make
    for each in made:
        each.carrier.kernel.close()


@pytest.fixture
def square(another_square: Callable[..., Square]) -> Square:
    return another_square()
