"""Command `demo_world`: build the sample world for practice. If the world exists already, print how to sign
in."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import PortalError
from returns.sandbox.world import build, chapter_2025, firm, report
from returns.sandbox.world.stage import Unplayable
from returns.sandbox.world.volume import USUAL_RECORDS


class Command(BaseCommand):
    help = "Build sample data through the portal's own events, up to 12 November 2024 on the portal clock. If a step fails, nothing is saved. A second run only prints the logins. Works in a sandbox only, and only in a database without other documents."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records",
            type=int,
            default=0,
            metavar="N",
            help=f"number of records of the large recipient (usually {USUAL_RECORDS}). If the sample world "
            f"already exists, suppliers report more documents until the recipient has N records",
        )

        parser.add_argument(
            "--chapter",
            choices=["2024-11", "2024-11-18", "2025-10"],
            default="2024-11",
            help="2024-11-18 continues to 18 November 2024: the first GSTR-2B are drafted, and the taxpayers "
            "of the accounting firm are in different states. 2025-10 continues to 28 October 2025, where the rules of October 2025 apply. The sample "
            "taxpayers file the GSTR-3B of the months in between. This takes about half a minute more. If "
            "the command is stopped, run it again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        records = options["records"]
        if records < 0:
            raise CommandError("--records must not be negative.")
        try:
            world, new = build.ensure(records=records or USUAL_RECORDS, tell=self.say)
            if not new:
                self.say("The sample world already exists.")
                if records:
                    self.say(f"{build.grow(world, records)} records added")
            played = True
            if options["chapter"] == "2024-11-18":
                played = firm.play(world.stage)
            elif options["chapter"] == "2025-10":
                played = chapter_2025.play(world)
            if not played:
                self.say("The portal clock has already passed the beginning of this chapter.")
        except (PortalError, Unplayable) as error:
            raise CommandError(getattr(error, "message", str(error))) from None
        if new:
            self.say(f"Built in {time.perf_counter() - started:.0f} s.")
        for line in report.lines(world):
            self.say(line)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
