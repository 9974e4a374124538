"""Shows the extended due dates that are known, and loads them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from invoices import known_extensions


class Command(BaseCommand):
    help = (
        "List the known extensions of due dates with their notifications, and say which of them are missing "
        "here. With --load, add the missing ones. Existing extensions do not change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--load", action="store_true", help="add the missing extensions")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = known_extensions.compare()
        for row in rows:
            one = row.known
            if row.here is None:
                state = "missing"
            else:
                state = "here, but different" if row.differs else "here"
            off = "" if one.in_force else ", switched off"
            self.stdout.write(f"{one.form} of {one.period_label}, {one.where}: {one.due_on:%d-%m-%Y}{off}")
            self.stdout.write(f"    {one.source}. {one.how_sure}. {state}")
        if options["load"]:
            self.stdout.write(f"{len(known_extensions.load())} extensions added")
        else:
            missing = sum(row.here is None for row in rows)
            self.stdout.write(f"{missing} extensions are missing. Add them with --load.")
