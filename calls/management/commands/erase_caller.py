"""Erase what is known of one caller, here and at the carrier (docs/recording.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from calls.services import erasing


class Command(BaseCommand):
    help = "Erase everything by which the caller with this number could be known."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="As the carrier gives it: +15551234567.")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        try:
            counts = erasing.erase(number=options["number"], now=timezone.now())
        except erasing.CannotErase as cannot:
            raise CommandError(str(cannot)) from cannot
        if not counts:
            self.stdout.write("Nothing is known of this number.")
        for kind, count in sorted(counts.items()):
            self.stdout.write(f"{count} {kind}")
