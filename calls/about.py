"""Which call and leg the running code is about: every line logged meanwhile carries their ids."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_ids: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """`with about(call_id=call.id, leg_id=leg.id): …`; what is None or empty says nothing.

    Holds in this thread or task, and in what it awaits; a thread of a plain executor knows nothing
    of it.
    """
    known = {name: str(value) for name, value in ids.items() if value}
    token = _ids.set({**_ids.get(), **known})
    try:
        yield
    finally:
        _ids.reset(token)


def ids() -> Mapping[str, str]:
    return _ids.get()
