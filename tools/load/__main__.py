"""The command `./run load`: measure the portal under load on this machine, print the table of figures, and
check the data with `verify`. The exit code is 1 if a figure misses its target or `verify` finds a fault."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tools.faults.servers import Missing, Postgres, Redis, scratch_portal

if TYPE_CHECKING:
    from tools.benchmarks.world import Worlds
    from tools.load import cases


def main() -> int:
    asked = _arguments()
    os.environ.setdefault("WORKER_CONCURRENCY", "1")  # the same number of processes as in `./run worker`
    try:
        with scratch_portal("load") as (postgres, redis, folder):
            return _run(asked, postgres, redis, folder)
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run load", description=__doc__)
    parser.add_argument(
        "--records", type=int, default=100_000, help="number of records of the large recipient"
    )
    parser.add_argument(
        "--taxpayers",
        type=int,
        default=1000,
        help="number of recipients whose GSTR-2B is drafted on the 14th",
    )
    parser.add_argument("--each", type=int, default=500, help="number of records of each of these recipients")
    parser.add_argument(
        "--seconds",
        type=float,
        default=20,
        help="number of seconds during which pages and actions are requested",
    )
    parser.add_argument(
        "--soak", type=float, default=60, help="number of seconds of the mixed load (1800 before a release)"
    )
    parser.add_argument(
        "--soak-only", action="store_true", help="measure only the mixed load, in a few minutes"
    )
    return parser.parse_args()


def _run(asked: argparse.Namespace, postgres: Postgres, redis: Redis, folder: Path) -> int:
    from tools.benchmarks import world
    from tools.benchmarks.judged import machine
    from tools.faults.stage import Stage
    from tools.load import cases

    world.EACH_RECIPIENT = asked.each
    began = time.monotonic()
    loads = [os.getloadavg()[0]]
    figures: list[cases.Figure] = []

    def note(found: list[cases.Figure]) -> None:
        figures.extend(found)
        loads.append(os.getloadavg()[0])
        for one in found:
            _say(_line(one))

    wrong = []
    with world.Worlds() as worlds:
        _say(f"a recipient of {asked.records} records")
        with worlds.scene("one", asked.records) as scene:
            stage = Stage(postgres, redis, folder, scene)
            recipient = stage.recipients(1)[0]
            note(cases.generating(recipient, asked.records))
            rest = not asked.soak_only
            # Beat must run during the measurement, because one of beat's tasks adds up the rows of the
            # counters. Without this task, each page would read more rows of counters than the page before.
            with stage.running("web", "worker", "beat"):
                # warm up the processes before the measurement
                cases.pages(stage, recipient, 3)
                if rest:
                    note(cases.pages(stage, recipient, asked.seconds))
                    note(cases.single_actions(stage, recipient, asked.seconds))
                    note(cases.bulk_actions(stage, recipient))
                note(cases.soak(stage, recipient, asked.soak))
            wrong.append(stage.verify())
        if rest:
            _files_and_night(asked, worlds, postgres, redis, folder, note, wrong)
        sys.stdout.write(f"{machine()}; load {loads[0]:.1f} before, {max(loads):.1f} at most; ")
    sys.stdout.write(f"{asked.records} records; {time.monotonic() - began:.0f} s in all\n")
    for one in figures:
        sys.stdout.write(_line(one) + "\n")
    broken = [found for found in wrong if found]
    sys.stdout.write(f"verify after the load: {' | '.join(broken) if broken else 'every answer right'}\n")
    return 1 if broken or not all(one.holds for one in figures) else 0


def _files_and_night(
    asked: argparse.Namespace,
    worlds: Worlds,
    postgres: Postgres,
    redis: Redis,
    folder: Path,
    note: Callable[[list[cases.Figure]], None],
    wrong: list[str],
) -> None:
    """Measure an export, an import and the midnight of the 14th, and add the faults of `verify` to
    `wrong`."""
    from tools.faults.stage import Stage
    from tools.load import cases

    with worlds.scene("one", 50_000) as scene:
        stage = Stage(postgres, redis, folder, scene)
        note(cases.exporting(stage, stage.recipients(1)[0])[0])
    with worlds.scene("one", 10_000) as scene:
        stage = Stage(postgres, redis, folder, scene)
        recipient = stage.recipients(1)[0]
        _figures, workbook = cases.exporting(stage, recipient)
        note(cases.importing(stage, recipient, workbook))
        wrong.append(stage.verify())
    _say(f"the 14th of {asked.taxpayers} recipients with {asked.each} records each")
    with worlds.scene("many", asked.taxpayers * asked.each) as scene:
        stage = Stage(postgres, redis, folder, scene)
        with stage.running("web", "worker"):
            note(cases.the_14th(stage, 1800))
        wrong.append(stage.verify())


def _line(one: cases.Figure) -> str:
    figure, limit = (
        f"{number:.2f}" if one.unit == "s" else f"{number:g}" if one.unit == "" else f"{number:.1f}"
        for number in (one.figure, one.at_most)
    )
    return f"{'ok' if one.holds else 'FAIL':<5}{one.what:<38}{figure:>10} {one.unit:<3} at most {limit:>7}  {one.note}"


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
