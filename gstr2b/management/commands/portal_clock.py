"""Show or move the portal clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gstr2b import calendar_walk
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from invoices import portal_clock


class Command(BaseCommand):
    help = "Without options, show the clock. --to moves it forward, running what lies between in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="MOMENT", help='move forward, as "2024-11-14 00:30"')
        parser.add_argument("--preview", metavar="MOMENT", help="only say what would happen on the way")
        parser.add_argument(
            "--real", action="store_true", help="back to real time; missed midnights are caught up"
        )
        parser.add_argument(
            "--leave-to-workers",
            action="store_true",
            help="with --to: note the target and let beat and workers go there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except PortalError as refusal:
            raise CommandError(refusal.message) from None

    def _handle(self, options: dict[str, Any]) -> None:
        if options["real"]:
            portal_clock.use_real_time()
        for name in ("preview", "to"):
            if options[name]:
                self._ahead(_moment(options[name]))
        if options["to"]:
            target = _moment(options["to"])
            if options["leave_to_workers"]:
                portal_clock.ask_to_move(target)
                self.stdout.write("The workers take it there.")
                return
            portal_clock.ask_to_move(target)
            for night in calendar_walk.walk(here=True):
                self.stdout.write(
                    f"{night.on:%d-%m-%Y} 00:00  purged {night.purged}, expired {night.expired}, moved {night.moved}, "
                    f"barred {night.barred}, drafts {night.drafts_due}"
                )
        kind = "simulated" if portal_clock.is_simulated() else "real time"
        self.stdout.write(f"The portal shows {clock.now():%d-%m-%Y %H:%M} IST ({kind}).")

    def _ahead(self, target: datetime) -> None:
        for item in calendar_walk.preview(target):
            self.stdout.write(f"{item.at:%d-%m-%Y %H:%M}  {item.what}: {item.count}")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f'{text!r} is no moment; write it as "2024-11-14 00:30".') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.IST)
