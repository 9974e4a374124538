"""The command `./run faults`: run the faults on this machine, with PostgreSQL and Redis servers for this run
only. The exit code is 1 if a limit is broken."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import traceback
from pathlib import Path

from tools.faults.servers import Missing, Postgres, Redis, scratch_portal


def main() -> int:
    asked = _arguments()
    try:
        with scratch_portal(
            "faults",
            keep=asked.keep,
            JOB_LEASE_SECONDS=str(asked.lease),
            JOB_SWEEP_SECONDS=str(asked.sweep),
        ) as (postgres, redis, folder):
            return _run(asked, postgres, redis, folder)
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.add_argument(
        "--rounds",
        type=int,
        default=10,
        help="usual number of rounds of a fault; a cheap fault runs more rounds, an expensive fault fewer",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="run at least as many rounds as docs/reliability.md requires",
    )
    parser.add_argument(
        "--only",
        default="",
        help="run only faults whose name contains one of these texts, separated by commas",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=None,
        help="use this seed for the random choices, to repeat an earlier run",
    )
    parser.add_argument(
        "--lease",
        type=int,
        default=30,
        help="seconds after which a silent worker counts as lost (default 30)",
    )
    parser.add_argument(
        "--sweep", type=int, default=15, help="seconds between sweeps for lost jobs (default 15)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs of the processes")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    return parser.parse_args()


def _run(asked: argparse.Namespace, postgres: Postgres, redis: Redis, folder: Path) -> int:
    from tools import faults
    from tools.benchmarks.world import EACH_RECIPIENT, Worlds
    from tools.faults.frame import Outcome, Tally, printed
    from tools.faults.stage import Stage

    parts = asked.only.split(",")
    chosen = [fault for fault in faults.every() if any(part in fault.name for part in parts)]
    if asked.list or not chosen:
        for fault in faults.every():
            sys.stdout.write(f"{fault.name:<22} {fault.title}\n")
        return 0 if asked.list else 2
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1_000_000)
    outcomes: list[Outcome] = []
    began = time.monotonic()
    with Worlds() as worlds:
        for fault in chosen:
            rounds = fault.rounds(asked.rounds, full=asked.full)
            _say(f"{fault.name}, {rounds} rounds")
            started = time.monotonic()
            outcome = Outcome(fault, Tally())
            outcomes.append(outcome)
            # round the number of recipients up to a multiple of 100, so that several faults can share a
            # prepared database
            size = -(-fault.needs(rounds) // 100) * 100 * EACH_RECIPIENT
            with worlds.scene("many", size) as scene:
                stage = Stage(postgres, redis, folder, scene)
                try:
                    outcome.tally = fault.run(stage, random.Random(f"{seed} {fault.name}"), rounds)
                except Exception as failure:  # noqa: BLE001  the other faults must still run
                    traceback.print_exc()
                    outcome.failure = f"{type(failure).__name__}: {failure}"[:600]
                finally:
                    stage.stop_all()
                outcome.verified = stage.verify()
            _say(f"{fault.name}, done in {time.monotonic() - started:.0f} s")
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    sys.stdout.write(
        f"seed {seed}, lease {asked.lease} s, sweep {asked.sweep} s, {os.cpu_count()} cores, load {load}, "
        f"{time.monotonic() - began:.0f} s in all\n"
    )
    for line in printed(outcomes):
        sys.stdout.write(line + "\n")
    return 1 if any(outcome.why for outcome in outcomes) else 0


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
