"""The worker is killed (kill -9) at a random moment while it generates GSTR-2B."""

from __future__ import annotations

import random
import time

from gstr2b.models import Statement
from invoices import jobs
from invoices.models import Job, Taxpayer
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, finished, wait_for

LOT = 20


def _ask(name: str, recipients: list[Taxpayer]) -> Job:
    due = [[recipient.pk, recipient.open_period] for recipient in recipients]
    return jobs.ask("draft", name, payload={"night": "2024-11-14", "due": due}, total=len(due))


def _runs(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk).exclude(state=Job.State.QUEUED).exists()


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("worker", "beat"):
        first = _ask("first", stage.recipients(LOT))
        wait_for(lambda: _runs(first), 60, every=0.005)
        span = max(0.05, finished(first.pk) or 0.5)
        while told.rounds < rounds:
            some = stage.recipients(LOT)
            job = _ask(f"round {told.rounds}", some)
            wait_for(lambda job=job: _runs(job), 60, every=0.005)  # type: ignore[misc]
            time.sleep(dice.uniform(0, span))
            whole = told.rounds % 3 == 2
            if whole:
                stage.kill("worker")
            else:
                stage.kill_children("worker")
            killed = time.monotonic()
            told.rounds += 1
            made = Statement.objects.filter(recipient__in=some).count()
            told.torn += looks.torn_statements(some) + (made not in (0, LOT))
            if whole:
                stage.start("worker")
            if finished(job.pk) is None:
                told.broken.append(f"the job of round {told.rounds} was never done")
            elif made == 0:
                told.recovered.append(time.monotonic() - killed)
            missing, doubled = looks.drafted(some)
            told.lost, told.doubled = told.lost + missing, told.doubled + doubled
    told.notes.append(
        f"{len(told.recovered)} kills fell before the commit, {rounds - len(told.recovered)} after it"
    )
    return told


FAULT = Fault(
    "worker-generation",
    "kill -9 of the worker while it generates: the former version stands, the job is resumed",
    run,
    recipients=LOT + LOT // 5,
    bar=10,
    recover_within=60,
)
