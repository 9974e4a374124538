"""Command `demo_world`: build the sample world for practice. If the world exists already, print how to sign
in."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.kernel.errors import PortalError
from returns.sandbox.world import build, chapter_2025, report
from returns.sandbox.world.stage import Unplayable
from returns.sandbox.world.volume import USUAL_RECORDS


class Command(BaseCommand):
    help = (
        "Build a believable world whose portal clock stands at 12 November 2024, through the portal's own events. "
        "All or nothing; run again, it only prints the logins. Sandbox only, and only in a database that holds "
        "nobody else's documents."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records",
            type=int,
            default=0,
            metavar="N",
            help=f"records of the large recipient (usually {USUAL_RECORDS}); in a finished world, further suppliers "
            "report at the portal's present moment until there are N",
        )

        parser.add_argument(
            "--chapter",
            choices=["2024-11", "2025-10"],
            default="2024-11",
            help="2025-10 goes on to 28 October 2025, the sample taxpayers filing GSTR-3B on the way, so that the "
            "rules of October 2025 can be tried (about half a minute more; it may be stopped and run again)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        records = options["records"]
        if records < 0:
            raise CommandError("--records takes a number above zero.")
        try:
            world, new = build.ensure(records=records or USUAL_RECORDS, tell=self.say)
            if not new:
                self.say("The sample world is there already.")
                if records:
                    self.say(f"{build.grow(world, records)} records added")
            if options["chapter"] == "2025-10" and not chapter_2025.play(world):
                self.say("The portal clock is at that chapter or beyond it.")
        except (PortalError, Unplayable) as error:
            raise CommandError(getattr(error, "message", str(error))) from None
        if new:
            self.say(f"Built in {time.perf_counter() - started:.0f} s.")
        for line in report.lines(world):
            self.say(line)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
