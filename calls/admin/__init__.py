"""The admin: what is set up is changed here; what happens on the telephone is looked at."""

from calls.admin import keys, monitoring, queues, recordings, records, standbys, visits

__all__ = ["keys", "monitoring", "queues", "recordings", "records", "standbys", "visits"]
