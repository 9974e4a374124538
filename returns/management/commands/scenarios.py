"""Command `scenarios`: run worked examples of the law against the application, in a scratch database of the
same kind (SQLite or PostgreSQL)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ims_portal.kernel.errors import Invalid
from ims_portal.support.database.scratch import scratch_database
from invoices import portal_clock
from returns.sandbox.scenarios import schema
from returns.sandbox.scenarios.expect import hold
from returns.sandbox.scenarios.story import Failed, Story


class Command(BaseCommand):
    help = "Run the scenarios of a YAML file. Print a line for each, and at the end 'N passed, N failed'."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--only",
            action="append",
            default=[],
            metavar="ID",
            help="run only the scenario with this id; can be given several times",
        )
        parser.add_argument("--explain", action="store_true", help="print every event when it is played")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            scenarios = list(schema.chosen(schema.read(options["file"]), options["only"]))
        except Invalid as bad:
            raise CommandError(bad.message) from None
        failed = 0
        # Scenarios set the portal clock, which is allowed only in a sandbox. Scenarios use the scratch
        # database, so the clock of the real database does not change.
        settings.PORTAL_SANDBOX = True
        with scratch_database():
            for scenario in scenarios:
                started = time.perf_counter()
                why = self.play(scenario, explain=options["explain"])
                failed += why is not None
                took = f"{(time.perf_counter() - started) * 1000:.0f} ms"
                self.stdout.write(
                    f"{'FAIL' if why else 'ok  '} {scenario['id']}  {scenario.get('title', '')}  {took}"
                )
                if why:
                    self.stdout.write(f"     {why}")
        self.stdout.write(f"{len(scenarios) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)

    def play(self, scenario: dict, *, explain: bool) -> str | None:
        """Return the reason why the scenario fails, or None if it passes. The scenario's changes are rolled
        back."""
        portal_clock.forget()
        try:
            with transaction.atomic():
                why = self._story(scenario, explain=explain)
                transaction.set_rollback(True)
        finally:
            portal_clock.forget()
        return why

    def _story(self, scenario: dict, *, explain: bool) -> str | None:
        story = Story(scenario, hold)
        place = "given"
        try:
            for number, event in enumerate(scenario["when"] or [], start=1):
                place = f"event {number} ({event['at']} {event['do']})"
                story.play(event)
                if explain:
                    outcome = f"refused {event['error']}" if event.get("error") else "done"
                    self.stdout.write(f"       {event['at']} {event['do']} {event.get('by', '')} {outcome}")
            place = "then"
            for expectation in scenario["then"] or []:
                hold(story, expectation)
        except Failed as failure:
            return f"{place}: {failure}"
        except Exception as failure:  # noqa: BLE001  one story that goes wrong leaves the others to be told
            return f"{place}: {type(failure).__name__}: {failure}"
        return None
