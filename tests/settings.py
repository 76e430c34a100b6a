"""The tests' settings: the product's own, on a PostgreSQL cluster that may forget.

They are in the environment, so that the processes which a test starts see the same.
"""

import os

from callcenter.postgres import locate

CLUSTER = locate(name="pg-test", durable=False)
os.environ.setdefault("DATABASE_URL", CLUSTER.url)
# Several runs may share the cluster; each has a database, and each of its workers one more.
os.environ.setdefault("TEST_DATABASE_NAME", f"test_callcenter_{os.getpid()}")

from callcenter.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked for when they are asked for, not by every test client that is made.
WHITENOISE_AUTOREFRESH = True
# A test changes a queue and calls it in the same moment.
ROUTES_REMEMBERED_SECONDS = 0.0
