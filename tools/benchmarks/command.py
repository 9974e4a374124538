"""The command `./run bench`. The command measures the benchmarks in databases of its own, and prints the
figures with their limits."""

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
from tools import benchmarks
from tools.benchmarks import judged
from tools.benchmarks.frame import Outcome, measure
from tools.benchmarks.world import Worlds


def keep(path: Path, outcome: Outcome, run: dict[str, Any]) -> None:
    """Write the result of one benchmark into the file. The result replaces an earlier result of the same
    benchmark. The results of other benchmarks stay in the file."""
    earlier = json.loads(path.read_text(encoding="utf-8"))["benchmarks"] if path.is_file() else []
    by_name = {one["name"]: one for one in earlier}
    own = {name: run[name] for name in ("machine", "measured_on", "records")}
    by_name[outcome.benchmark.name] = judged.as_data(outcome) | own
    whole = run | {"benchmarks": [by_name[name] for name in sorted(by_name)]}
    # write a second file first, so that the previous file stays complete if the process is killed
    half = path.with_name(path.name + ".part")
    half.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)


class Command(BaseCommand):
    help = (
        "Measure the portal's methods. Compare them with the fastest SQL and with record-by-record methods, "
        "and measure how the cost grows with the number of records."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records", type=int, default=5000, help="records for one recipient (default 5000)"
        )
        parser.add_argument(
            "--only",
            default="",
            help="run only benchmarks whose name contains one of these texts, separated by commas",
        )
        parser.add_argument(
            "--json",
            type=Path,
            help="also write each figure to this file as soon as the figure is measured; other figures in "
            "the file stay unchanged",
        )
        parser.add_argument("--list", action="store_true", help="only list the benchmarks")

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
        run = {"machine": judged.machine(), "measured_on": started.date().isoformat(), "records": records}
        # the smaller numbers of records serve only to measure how the time grows
        sizes = sorted({max(1000, records // 100), max(1000, records // 10), records})
        with Worlds() as worlds:
            for size in sizes:
                for outcome in outcomes:
                    self._say(f"{outcome.benchmark.name} at {size}")
                    try:
                        with worlds.scene(outcome.benchmark.scene, size) as scene:
                            measure(outcome, scene)
                    except Exception as failure:  # noqa: BLE001  the other benchmarks must still run
                        traceback.print_exc()
                        outcome.failures.append(f"{size}: {type(failure).__name__}: {failure}"[:500])
                    if options["json"] and size == sizes[-1]:
                        # keep the results so far, because somebody may stop a long run
                        took = (clock.real_now() - started).total_seconds()
                        keep(options["json"], outcome, {**run, "sizes": sizes, "seconds": round(took)})
        took = (clock.real_now() - started).total_seconds()
        self.stdout.write(f"{judged.machine()}; {records} records, sizes {sizes}, {took:.0f} s in all")
        for line in judged.printed([judged.as_data(outcome) for outcome in outcomes]):
            self.stdout.write(line)

    def _say(self, text: str) -> None:
        sys.stderr.write(f"· {text}\n")
        sys.stderr.flush()
