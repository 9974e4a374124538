"""Redis loses all its data while jobs wait."""

from __future__ import annotations

import random
import time

import redis

from invoices import jobs
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, finished

JOBS = 5


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("beat"):
        for number in range(rounds):
            some = stage.recipients(JOBS)
            asked = [
                jobs.ask(
                    "draft",
                    f"flushed {number} {recipient.pk}",
                    payload={"night": "2024-11-14", "due": [[recipient.pk, recipient.open_period]]},
                    total=1,
                )
                for recipient in some
            ]
            redis.Redis.from_url(stage.redis.url).flushall()
            time.sleep(dice.uniform(0, 0.5))
            stage.start("worker")
            flushed = time.monotonic()
            for job in asked:
                if finished(job.pk) is None:
                    told.broken.append(f"job {job.pk} was never done")
            told.recovered.append(time.monotonic() - flushed)
            told.rounds += 1
            missing, doubled = looks.drafted(some)
            told.lost, told.doubled = told.lost + missing, told.doubled + doubled
            stage.kill("worker")
    return told


FAULT = Fault(
    "redis-flushed",
    "Redis flushed: every job is done within two sweeps",
    run,
    recipients=JOBS,
    divide=2,
    recover_within=60,
)
