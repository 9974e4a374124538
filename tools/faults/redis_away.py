"""In some rounds Redis refuses connections. In other rounds Redis accepts connections but never answers."""

from __future__ import annotations

import random
import time
from statistics import median

from invoices.models import Decision, Job, Taxpayer
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.servers import BlackHole
from tools.faults.stage import Answer, Stage, finished, wait_for


class _Visitor:
    """A visitor who opens a list, acts on a record and requests a workbook. The duration of each request is
    measured."""

    def __init__(self, stage: Stage, recipient: Taxpayer, told: Tally):
        self.stage, self.recipient, self.told = stage, recipient, told
        self.at = f"/api/v1/taxpayers/{recipient.gstin}"
        self.records = looks.versions(recipient)
        self.acted: list[int] = []
        self.asked: list[int] = []

    def visit(self) -> dict[str, float]:
        """Send the visitor's requests. Return the seconds of each request, by the request's name."""
        took = {}
        for what, answer in (
            ("list", self.stage.get(f"{self.at}/records/")),
            ("action", self._act()),
            ("export", self._export()),
            ("ready", self.stage.get("/readyz")),
        ):
            took[what] = answer.seconds
            self.told.errors += answer.status >= 500 or answer.status == 0
        return took

    def _act(self) -> Answer:
        record = self.records.pop()
        answer = self.stage.act(self.recipient, record, "accept")
        if answer.status == 200:
            self.acted.append(record[0])
        return answer

    def _export(self) -> Answer:
        answer = self.stage.ask("POST", f"{self.at}/exports/", {"what": "ims"})
        if answer.status == 202:
            self.asked.append(answer.body["id"])
        return answer


def _round(stage: Stage, told: Tally, visits: int, *, silent: bool) -> None:
    visitor = _Visitor(stage, stage.recipients(1)[0], told)
    before = [visitor.visit() for _ in range(5)]
    usual = {what: median(one[what] for one in before) for what in before[0]}
    stage.redis.kill()
    hole = BlackHole(stage.redis.port) if silent else None
    slowest: dict[str, float] = {}
    try:
        for _ in range(visits):
            took = visitor.visit()
            later = {what: seconds - usual[what] for what, seconds in took.items()}
            told.delays += later.values()
            slowest = {what: max(slowest.get(what, 0.0), seconds) for what, seconds in later.items()}
        said = stage.get("/readyz").body or {}
        if "degraded" not in str(said.get("broker")) or not said.get("ready"):
            told.broken.append(f"readiness did not say degraded: {said}")
    finally:
        if hole is not None:
            hole.close()
    most = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in slowest.items())
    told.notes.append(f"{'silent' if silent else 'refused'}: {visits} visits, most added {most}")
    stage.redis.start()
    back = time.monotonic()
    told.rounds += 1
    for job in visitor.asked:
        if finished(job) is None:
            told.broken.append(f"a job of Redis's absence was never done: {Job.objects.get(pk=job)}")
    told.recovered.append(time.monotonic() - back)
    done = Decision.objects.filter(record_id__in=visitor.acted, action="A").count()
    told.lost += len(visitor.acted) - done


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("web", "worker", "beat"):
        wait_for(lambda: stage.get("/readyz").status == 200, 30)
        for number in range(rounds):
            _round(stage, told, dice.randint(4, 8), silent=number % 2 == 1)
    return told


FAULT = Fault(
    "redis-away",
    "Redis refused (even rounds) and black-holed (odd): pages and actions work, jobs wait in the database",
    run,
    divide=2,
    recover_within=60,
    delay_within=1.5,
)
