"""What is changed here matters at once: to whoever may be offered a call, and to every board."""

from collections.abc import Iterable

from calls import live, wake


def lines_changed(queue_ids: Iterable[int]) -> None:
    """Called in the transaction that saves: told, and looked at again, when it commits."""
    live.announce(live.board(), *map(live.queue, sorted(set(queue_ids))))
    wake.dispatch()
