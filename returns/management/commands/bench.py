"""Benchmarks as ratios, in databases of their own."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from ims_portal.kernel import clock
from returns import benchmarks
from returns.benchmarks import judged
from returns.benchmarks.frame import Outcome, measure
from returns.benchmarks.world import Worlds

# from here on a round takes long enough for one more to say little
LARGE, VERY_LARGE = 300_000, 1_000_000


def _with_earlier(path: Path, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The benchmarks of this run, and those of the file that were not run now, by name."""
    earlier = json.loads(path.read_text(encoding="utf-8"))["benchmarks"] if path.is_file() else []
    by_name = {one["name"]: one for one in [*earlier, *found]}
    return [by_name[name] for name in sorted(by_name)]


class Command(BaseCommand):
    help = "Measure the portal's ways against the database's floor and record-by-record ways, and how cost grows."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records", type=int, default=5000, help="records for one recipient (default 5000)"
        )
        parser.add_argument(
            "--only", default="", help="only benchmarks whose name contains this, or one of these (A,B)"
        )
        parser.add_argument(
            "--json",
            type=Path,
            help="also write the figures to this file; benchmarks it holds that are not run now stay in it",
        )
        parser.add_argument("--list", action="store_true", help="name the benchmarks and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        named = options["only"].split(",")
        chosen = [b for b in benchmarks.every() if any(name in b.name for name in named)]
        if options["list"]:
            for benchmark in chosen:
                self.stdout.write(f"{benchmark.name:<12} {benchmark.title}")
            return
        if not chosen:
            raise CommandError(f"No benchmark's name contains {options['only']!r}; --list names them.")
        records = options["records"]
        if records < 1000:
            raise CommandError("--records must be at least 1000.")
        if connection.vendor != "postgresql":
            raise CommandError("Benchmarks run on PostgreSQL: set DATABASE_URL to a server they may use.")
        settings.PORTAL_SANDBOX = True
        outcomes = [Outcome(benchmark) for benchmark in chosen]
        started = clock.real_now()
        # the smallest sizes are only there to show growth
        sizes = sorted({max(1000, records // 100), max(1000, records // 10), records})
        with Worlds() as worlds:
            for size in sizes:
                rounds = 1 if size >= VERY_LARGE else 2 if size >= LARGE else 3
                for outcome in outcomes:
                    self._say(f"{outcome.benchmark.name} at {size}")
                    try:
                        with worlds.scene(outcome.benchmark.scene, size) as scene:
                            measure(outcome, scene, rounds)
                    except Exception as failure:  # noqa: BLE001  the others are still measured
                        traceback.print_exc()
                        outcome.failures.append(f"{size}: {type(failure).__name__}: {failure}"[:500])
        found = [judged.as_data(outcome) for outcome in outcomes]
        took = (clock.real_now() - started).total_seconds()
        self.stdout.write(f"{judged.machine()}; {records} records, sizes {sizes}, {took:.0f} s in all")
        for line in judged.printed(found):
            self.stdout.write(line)
        if options["json"]:
            run = {"machine": judged.machine(), "measured_on": started.date().isoformat(), "records": records}
            whole = {
                **run,
                "sizes": sizes,
                "seconds": round(took),
                "benchmarks": _with_earlier(options["json"], [one | run for one in found]),
            }
            options["json"].write_text(
                json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )

    def _say(self, text: str) -> None:
        sys.stderr.write(f"· {text}\n")
        sys.stderr.flush()
