"""PostgreSQL out of a Python wheel, for the demo and the tests: started, adopted and stopped by us.

`python -m callcenter.postgres start|stop|status|remove [--name pg]`

It listens on a unix socket alone. PostgreSQL refuses to run as root, so there it runs as the
checkout's owner, or as nobody; where that user could not reach the checkout, everything lies in a
folder of its own under /var/tmp. An ordinary user's server runs as that user, in `.local/`.
"""

from callcenter.postgres.cluster import Cluster, PostgresError, locate
from callcenter.postgres.server import answers, remove, running, running_pid, start, stop

__all__ = [
    "Cluster",
    "PostgresError",
    "answers",
    "locate",
    "remove",
    "running",
    "running_pid",
    "start",
    "stop",
]
