"""For when nobody is left who could unlock it in the admin."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents.services import sign_ins


class Command(BaseCommand):
    help = "Let an account, or an address, that failed to sign in too often try again at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="a user name, or an address as the admin's list shows it")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 Django's
        for kind in (sign_ins.ACCOUNT, sign_ins.ADDRESS):
            sign_ins.unlock(kind=kind, name=options["name"])
        self.stdout.write(f"{options['name']} may try again.")
