"""`manage.py worker`: carries out orders, keeps the clocks, matches callers with agents."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from calls.worker import Worker


class Command(BaseCommand):
    help = "Carry out orders, keep the clocks, apply carrier news, match callers with agents."

    def handle(self, **options: Any) -> None:  # noqa: ARG002 Django's signature
        asyncio.run(Worker().run())
