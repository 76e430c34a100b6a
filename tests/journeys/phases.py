"""How far Dana and Omar are with Ruth's call: the phases of a consult, each from its beginning."""

from tests.journeys.handing import Handing


def ringing(at: Handing) -> None:
    """Ruth hears music, and Omar's telephone rings."""
    at.omar.lets_it_ring()
    at.consults()
    at.world.run(3)


def consulting(at: Handing) -> None:
    """Ruth hears music, Dana is with Omar."""
    at.consulting()


def swapped(at: Handing) -> None:
    """Ruth is with Dana, Omar hears music."""
    at.consulting()
    at.swaps()


def all_three(at: Handing) -> None:
    at.consulting()
    at.brings_all_together()
