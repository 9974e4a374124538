"""Command `match_cases`: run worked cases of a purchase register against IMS through the application, in a scratch
database of the same kind (SQLite or PostgreSQL)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ims_portal.kernel.errors import Invalid
from ims_portal.support.database.scratch import scratch_database
from invoices import portal_clock
from returns.sandbox.match_cases import compare, schema
from returns.sandbox.match_cases.world import World


class Command(BaseCommand):
    help = "Run the match cases of a YAML file. Print a line for each, and at the end 'N passed, M failed'."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--only", action="append", default=[], metavar="ID", help="run only this case")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            cases, companies = schema.read(options["file"])
        except Invalid as bad:
            raise CommandError(bad.message) from None
        chosen = [case for case in cases if not options["only"] or str(case["id"]) in options["only"]]
        failed = 0
        # Cases set the portal clock, which is allowed only in a sandbox. They use the scratch database, so the
        # clock of the real database does not change.
        settings.PORTAL_SANDBOX = True
        with scratch_database():
            for case in chosen:
                why = self.play(case, companies)
                failed += bool(why)
                self.stdout.write(f"{'FAIL' if why else 'ok  '} {case['id']}  {case['title']}")
                for line in why:
                    self.stdout.write(f"     {line}")
        self.stdout.write(f"{len(chosen) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)

    def play(self, case: dict[str, Any], companies: schema.Companies) -> list[str]:
        """Return the differences of a case. Its changes are rolled back."""
        portal_clock.forget()
        try:
            with transaction.atomic():
                try:
                    why = list(compare.differences(World(case, companies)))
                except Exception as failure:  # noqa: BLE001  one case that goes wrong leaves the others to be told
                    why = [f"{type(failure).__name__}: {failure}"]
                transaction.set_rollback(True)
        finally:
            portal_clock.forget()
        return why
