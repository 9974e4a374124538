"""Command `portal_clock`: show the portal clock, list the coming events, move the clock, or set the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gstr2b import coming_midnights, midnight
from gstr2b.midnight import Night
from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import PortalError
from invoices import portal_clock

SHOWN = "%d-%m-%Y %H:%M"


class Command(BaseCommand):
    help = (
        "Show or move the portal clock. A move runs the events of every midnight between the old time and "
        "the new time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument(
            "--to", help='move to this time, such as "2024-11-14 00:30", and run every midnight in between'
        )
        where.add_argument(
            "--set",
            help="set the clock and run no midnights (only for a database without records)",
        )
        where.add_argument("--preview", help="list the events from now until this time")
        where.add_argument("--real", action="store_true", help="follow real time again")
        parser.add_argument(
            "--leave-to-workers",
            action="store_true",
            help="with --to: store only the target time; the workers then move the clock",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options)
        except PortalError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None

    def _do(self, options: dict[str, Any]) -> None:
        if options["preview"]:
            for event in coming_midnights.preview(_moment(options["preview"])):
                extended = f" (extended: {event.source})" if event.source else ""
                self.stdout.write(f"{event.at:{SHOWN}}  {event.what}: {event.count}{extended}")
        elif options["to"]:
            self._move(_moment(options["to"]), leave=options["leave_to_workers"])
        elif options["set"]:
            portal_clock.set_to(_moment(options["set"]))
        elif options["real"]:
            portal_clock.use_real_time()
        self._tell()

    def _move(self, target: datetime, *, leave: bool) -> None:
        portal_clock.ask_to_move(target)
        if leave:
            midnight.wake()
            return
        for night in midnight.walk(here=True):
            self.stdout.write(_line(night))

    def _tell(self) -> None:
        row = portal_clock.state()
        kind = "simulated" if portal_clock.is_simulated() else "real"
        self.stdout.write(f"Portal time {clock.now():{SHOWN}} ({kind}); real time {clock.real_now():{SHOWN}}")
        if row.moving_to:
            self.stdout.write(
                f"Moving to {row.moving_to.astimezone(clock.IST):{SHOWN}}; midnights have run through "
                f"{row.nights_through:%d-%m-%Y}"
            )


def _line(night: Night) -> str:
    said = [
        f"{count} {what}"
        for count, what in (
            (night.purged, "left IMS at the 16(4) date"),
            (night.expired + night.reverted, "returned to No action"),
            (night.moved, "moved to a later period"),
            (night.barred, "barred by an annual return"),
            (night.drafts_due, "drafts"),
        )
        if count
    ]
    return f"{night.on:%d-%m-%Y}  {', '.join(said) or 'nothing due'}"


def _moment(text: str) -> datetime:
    try:
        return typed_values.moment(text).replace(tzinfo=clock.IST)
    except ValueError:
        raise CommandError(
            f'{text!r} is not a valid time. Write it as "2024-11-14 00:30", in the years 2000 to 2099.'
        ) from None
