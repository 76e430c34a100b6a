"""The admin: what is set up is changed here; what happens on the telephone is looked at."""

from calls.admin import keys, queues, records, visits

__all__ = ["keys", "queues", "records", "visits"]
