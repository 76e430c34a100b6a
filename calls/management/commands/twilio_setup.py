"""Points the carrier at us, its numbers and the TwiML App of browsers: the one step of going live
that is done at the carrier."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.carrier import provisioning
from calls.carrier.numbers import normalised
from calls.carrier.readings import CarrierTrouble
from calls.models import PhoneNumber

HERE = {"localhost", "127.0.0.1", "::1", ""}


class Command(BaseCommand):
    help = (
        "Point the account's numbers at this call centre: voice, fallback and status addresses. "
        "Without numbers given, all active ones of the admin are pointed, and the TwiML App of "
        "TWILIO_TWIML_APP_SID, through which agents' browsers connect."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("numbers", nargs="*", help="for example +15550100000")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        _refuse_what_cannot_work()
        wanted = options["numbers"] or _active_numbers()
        if not wanted:
            raise CommandError("No number given, and none is active. Add one in the admin.")
        numbers = [normalised(number) for number in wanted]
        app = "" if options["numbers"] else settings.TWILIO_TWIML_APP_SID
        try:
            missing = [number for number in numbers if not self._point(number, options["dry_run"])]
            if app and not self._point_application(app, options["dry_run"]):
                missing.append(f"the TwiML App {app}")
        except CarrierTrouble as trouble:
            raise CommandError(
                f"The carrier did not answer as hoped: {trouble}\nCheck TWILIO_ACCOUNT_SID, "
                "TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and TWILIO_API_SECRET), and the network."
            ) from trouble
        if missing:
            raise CommandError(
                f"Account {settings.TWILIO_ACCOUNT_SID} does not own {', '.join(missing)}."
            )

    def _point(self, e164: str, dry_run: bool) -> bool:
        number = provisioning.owned_number(e164)
        if number is None:
            return False
        changes = provisioning.differences(number)
        self._say(f"{number.e164} ({number.sid})", changes, dry_run)
        if not dry_run and changes:
            provisioning.point_at_us(number)
        return True

    def _point_application(self, sid: str, dry_run: bool) -> bool:
        application = provisioning.owned_application(sid)
        if application is None:
            return False
        changes = provisioning.differences_of_application(application)
        self._say(f"TwiML App {application.name} ({sid})", changes, dry_run)
        if not dry_run and changes:
            provisioning.point_application_at_us(application)
        return True

    def _say(self, what: str, changes: dict[str, tuple[str, str]], dry_run: bool) -> None:
        if not changes:
            self.stdout.write(f"{what} already comes to us.")
            return
        verb = "would change" if dry_run else "changes"
        self.stdout.write(f"{what} {verb}:")
        for name, (is_now, will_be) in changes.items():
            self.stdout.write(f"  {name}: {is_now or 'nothing'} -> {will_be or 'nothing'}")


def _active_numbers() -> list[str]:
    active = PhoneNumber.objects.filter(is_active=True).order_by("e164")
    return list(active.values_list("e164", flat=True))


def _refuse_what_cannot_work() -> None:
    """The carrier is elsewhere: it can call back neither this machine's own name nor plain http."""
    if settings.CARRIER_API_URL:
        return
    for name in ("PUBLIC_URL", "FALLBACK_URL"):
        address = urlsplit(getattr(settings, name))
        if address.scheme != "https" or (address.hostname or "") in HERE:
            raise CommandError(
                f"{name} is {getattr(settings, name)}, which the carrier cannot call. "
                "Set it to the https address under which the internet reaches us."
            )
