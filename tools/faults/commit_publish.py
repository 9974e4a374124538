"""A process commits a new job, and is killed (kill -9) before the process sends the message that announces
the job."""

from __future__ import annotations

import os
import random
import signal
import time

from invoices import jobs
from invoices.models import Job
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Child, Stage, finished


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("worker", "beat"):
        for number in range(rounds):
            # The portal looks for lost jobs at fixed intervals. After a random wait, each round starts at
            # another moment of such an interval.
            time.sleep(dice.uniform(0, 2))
            recipient = stage.recipients(1)[0]
            due = [[recipient.pk, recipient.open_period]]

            def ask(number: int = number, due: list[list[int]] = due) -> None:
                jobs.announce = lambda job_id: os.kill(os.getpid(), signal.SIGKILL)
                jobs.ask("draft", f"unsaid {number}", payload={"night": "2024-11-14", "due": due}, total=1)

            child = Child(ask)
            child.go()
            child.answer()
            died = time.monotonic()
            told.rounds += 1
            job = Job.objects.filter(key=f"unsaid {number}").first()
            if job is None:
                told.lost += 1
                continue
            if finished(job.pk) is None:
                told.broken.append("the job was never picked up")
            told.recovered.append(time.monotonic() - died)
            missing, doubled = looks.drafted([recipient])
            told.lost, told.doubled = told.lost + missing, told.doubled + doubled
    return told


FAULT = Fault(
    "commit-publish",
    "kill -9 between commit and message: the sweeper picks the job up",
    run,
    recover_within=60,
)
