"""The same message is sent ten times. Four workers take these ten messages at the same time."""

from __future__ import annotations

import random

from invoices import jobs
from invoices.models import Job
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, finished, send, wait_for

DELIVERIES, LOT = 10, 5


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("worker1", "worker2"):
        for number in range(rounds):
            some = stage.recipients(LOT)
            due = [[recipient.pk, recipient.open_period] for recipient in some]
            job = jobs.ask(
                "draft", f"ten times {number}", payload={"night": "2024-11-14", "due": due}, total=LOT
            )
            for _ in range(DELIVERIES - 1):
                send("invoices.run_job", job.pk)
            if finished(job.pk) is None:
                told.broken.append("the job was never done")
            # leave time for every delivery of the message to end before the next round
            wait_for(lambda: False, dice.uniform(0.2, 0.5))
            told.rounds += 1
            told.doubled += Job.objects.get(pk=job.pk).attempts - 1
            missing, doubled = looks.drafted(some)
            told.lost, told.doubled = told.lost + missing, told.doubled + doubled
            told.torn += looks.torn_statements(some)
    return told


FAULT = Fault(
    "same-task", "the same task delivered ten times, to four workers at once: one effect", run, recipients=LOT
)
