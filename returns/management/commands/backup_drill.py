"""Command `backup_drill`: prove that a backup can be restored completely. The exit code is 1 if the restored
copy differs or `verify` fails."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from returns.operations import backup_drill
from returns.operations.database_programs import NotPossible


class Command(BaseCommand):
    help = (
        "Back up the database, restore the backup into a scratch database, run verify there, and compare the "
        "two databases. The original database is only read."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = backup_drill.run()
        except NotPossible as why:
            raise CommandError(str(why)) from None
        took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in told.seconds.items())
        self.stdout.write(f"{told.rows} rows of {told.tables} tables, {told.size / 1e6:.1f} MB; {took}")
        self.stdout.write(told.verified.rstrip())
        for line in told.differing:
            self.stdout.write(f"DIFFERS {line}")
        if not told.whole:
            raise SystemExit(1)
        self.stdout.write(
            "The restored copy is complete: every count and the end of every journal chain are the same as "
            "in the original."
        )
