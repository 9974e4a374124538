"""Command `backup`: write the database, the kept files and the keys to a folder. With `--every`, the command
runs until it is stopped, and writes a backup again and again."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from ims_portal.kernel import clock
from returns.operations import backup
from returns.operations.database_programs import NotPossible

# seconds until a backup that failed is tried again
AGAIN = 600


class Command(BaseCommand):
    help = (
        "Write the database, the kept files and the keys to a new folder. `manage.py backup_drill` proves that "
        "a backup can be restored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--into", type=Path, required=True, help="the folder of the backups")
        parser.add_argument("--keep", type=_from_one, default=14, help="number of backups that stay (14)")
        parser.add_argument(
            "--every", type=_from_one, metavar="HOURS", help="go on, with a backup every HOURS"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        every = options["every"]
        while True:
            wait = (every or 0) * 3600.0
            if every and (due := self._seconds_to_next(options["into"], wait)) > 0:
                # a restart makes no new backup before its time, because the new one would replace an old one
                self._rest(due)
            try:
                made = backup.make(options["into"], keep=options["keep"])
            except NotPossible as why:
                if not every:
                    raise CommandError(str(why)) from None
                self.stderr.write(f"{why} The backup is tried again in {AGAIN // 60} minutes.")
                wait = AGAIN
            else:
                self.stdout.write(f"{made.folder}: {made.size / 1e6:.1f} MB")
                for name in made.removed:
                    self.stdout.write(f"removed {name}")
            if not every:
                return
            self._rest(wait)

    def _seconds_to_next(self, into: Path, every: float) -> float:
        last = backup.newest(into)
        return every - (clock.real_now() - last).total_seconds() if last else 0.0

    def _rest(self, seconds: float) -> None:
        self.stdout.flush()
        connections.close_all()
        time.sleep(seconds)


def _from_one(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1.")
    return int(text)
