"""The admin: what is set up is changed here; what happens on the telephone is looked at."""

from calls.admin import (
    dialling,
    keys,
    monitoring,
    queues,
    recordings,
    records,
    standbys,
    visits,
)

__all__ = [
    "dialling",
    "keys",
    "monitoring",
    "queues",
    "recordings",
    "records",
    "standbys",
    "visits",
]
