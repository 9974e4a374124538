"""Benchmarks as ratios, in a scratch database."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ims_portal.support.scratch import scratch_database
from returns import benchmarks


class Command(BaseCommand):
    help = "Measure the set-based ways against record-by-record ones, and how cost grows, in one run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records", type=int, default=5000, help="records for one recipient (default 5000)"
        )
        parser.add_argument("--only", default="", help="only the steps whose name contains this")
        parser.add_argument("--json", type=Path, help="also write the figures to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["records"] < 200:
            raise CommandError("--records must be at least 200.")
        settings.PORTAL_SANDBOX = True
        sizes = [max(100, options["records"] // 10), options["records"]]
        runs = []
        for size in sizes:
            with scratch_database():
                runs.append(list(benchmarks.run(size, options["only"])))
        self.stdout.write(
            f"{benchmarks.machine()}; growth is the log-log slope from {sizes[0]} to {sizes[1]} records"
        )
        self.stdout.write(
            f"{'step':<50} {'records':>9} {'s':>8} {'records/s':>10} {'× one by one':>13} {'growth':>7}"
        )
        rows = []
        for small, large in zip(*runs, strict=True):
            growth = math.log(large.seconds / small.seconds) / math.log(large.records / small.records)
            ratio = f"{large.ratio:.1f}" if large.ratio else "-"
            self.stdout.write(
                f"{large.name:<50} {large.records:>9} {large.seconds:>8.2f} {large.rate:>10,.0f} {ratio:>13} {growth:>7.2f}"
            )
            rows.append(
                {
                    "step": large.name,
                    "records": large.records,
                    "seconds": round(large.seconds, 3),
                    "times_one_by_one": round(large.ratio, 1) if large.ratio else None,
                    "growth": round(growth, 2),
                }
            )
        self.stdout.write(f"peak memory {benchmarks.peak_megabytes():.0f} MB")
        if options["json"]:
            options["json"].write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
