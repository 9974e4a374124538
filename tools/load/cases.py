"""The measurements of the portal under load, each with its target. The targets are for a machine with two
cores."""

from __future__ import annotations

import json
import random
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from django.test import Client

from gstr2b import generation
from ims_portal.kernel import clock
from invoices import jobs, portal_clock
from invoices.desk import batches
from invoices.desk.actions import Seen
from invoices.journal.writing import By
from invoices.models import Job, JournalEntry, Taxpayer
from invoices.queries.record_list.records import Filters
from invoices.rules.situation import Action
from returns.files import downloads, ims_import
from returns.files.downloads import Wanted
from tools.faults import beat_away, looks
from tools.faults.stage import Child, Stage, wait_for
from tools.load.crowd import Step, Waited, visit

USERS = 20
# the average time in seconds that a person looks at a page before opening the next page
THINK = 1.0
CSRF = "l" * 32


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: name, value, limit, unit."""

    what: str
    figure: float
    at_most: float
    unit: str = "s"
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.figure <= self.at_most


class Visitors:
    """The sequences of requests that visitors send. All visitors are the same user of the portal. A signed-in
    browser requests pages, and a program with an API token acts on single records."""

    def __init__(self, stage: Stage, recipient: Taxpayer):
        self.stage, self.recipient = stage, recipient
        browser = Client()
        browser.force_login(stage.user)
        self.page = {
            "Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
        }
        self.token = {"Authorization": f"Bearer {stage.secret}", "Content-Type": "application/json"}
        self.records = iter(looks.versions(recipient))
        self.nth = count()

    def reading(self) -> Iterator[Step]:
        """Yield requests for the dashboard, the summary and the lists, without end."""
        at = f"/t/{self.recipient.gstin}/ims/"
        dice = random.Random(7)
        while True:
            for path in (
                at,
                f"{at}inward/",
                f"{at}inward/all/",
                f"{at}inward/all/?q=B-{dice.randrange(9000)}",
            ):
                yield "GET", path, None, self.page

    def acting(self) -> Iterator[Step]:
        """Yield requests. Each request acts on one record, and no two requests act on the same record."""
        for (pk, revision, version), name in zip(self.records, count(), strict=False):
            action = "reject" if name % 5 == 0 else "accept"
            body = json.dumps({"action": action, "revision": revision, "version": version}).encode()
            yield "POST", f"/api/v1/taxpayers/{self.recipient.gstin}/records/{pk}/action/", body, self.token

    def mixed(self) -> Iterator[Step]:
        """Yield nine requests for pages and then one action, again and again. After every 400 requests, yield
        one further request, which recomputes GSTR-2B."""
        reading, acting = self.reading(), self.acting()
        # each visitor starts at another position of the sequence, so that the visitors do not all act at the
        # same time
        for number in count(1 + 21 * next(self.nth)):
            yield next(acting) if number % 10 == 0 else next(reading)
            if number % 400 == 0:
                yield (
                    "POST",
                    f"/api/v1/taxpayers/{self.recipient.gstin}/gstr2b/102024/compute/",
                    b"",
                    self.token,
                )


def pages(stage: Stage, recipient: Taxpayer, seconds: float) -> list[Figure]:
    visitors = Visitors(stage, recipient)
    told = visit(stage.port, [visitors.reading] * USERS, seconds, think=THINK)
    note = f"{len(told.seconds)} answers of {USERS} users who look {THINK:g} s at each, {len(told.seconds) / seconds:.0f}/s, {told.errors} errors"
    return [
        Figure("dashboard and lists p95", told.at(0.95), 0.3, note=note),
        Figure("dashboard and lists p99", told.at(0.99), 0.8),
        Figure("  server errors", told.errors, 0, ""),
    ]


def single_actions(stage: Stage, recipient: Taxpayer, seconds: float) -> list[Figure]:
    visitors = Visitors(stage, recipient)
    told = visit(stage.port, [visitors.acting] * 2, seconds)
    note = f"{len(told.seconds)} by 2 users, statuses {told.statuses}"
    return [
        Figure("single action p95", told.at(0.95), 0.2, note=note),
        Figure("  not answered 200", len(told.seconds) - told.statuses.get(200, 0), 0, ""),
    ]


def bulk_actions(stage: Stage, recipient: Taxpayer, rounds: int = 20) -> list[Figure]:
    """Measure batches of 500 records that a person has chosen on a page. The page runs each batch while the
    person waits."""
    visitors, told = Visitors(stage, recipient), Waited()
    records = looks.versions(recipient)
    headers = {**visitors.page, "Content-Type": "application/x-www-form-urlencoded", "Authorization": ""}
    for number in range(rounds):
        some = records[-500 * (number + 1) : len(records) - 500 * number]
        batch, _foreseen = batches.prepare(
            recipient,
            Action.ACCEPTED,
            Filters(),
            user=stage.user,
            address=f"/t/{recipient.gstin}/ims/inward/all/",
            as_of=clock.now(),
            picks={pk: Seen(revision, version) for pk, revision, version in some},
        )
        answer = stage.ask(
            "POST", f"/t/{recipient.gstin}/ims/batches/{batch.pk}/run/", b"remarks=", headers=headers
        )
        told.seconds.append(answer.seconds)
        told.errors += answer.status != 302
    return [
        Figure("bulk action on 500 records p95", told.at(0.95), 2.0, note=f"{rounds} batches"),
        Figure("  not done", told.errors, 0, ""),
    ]


def _alone(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Run `work` in its own process. Return the duration in seconds, the peak memory in MB, and the
    result."""

    def measured() -> list[Any]:
        began = time.monotonic()
        answer = work()
        took = time.monotonic() - began
        return [took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, answer]

    child = Child(measured)
    child.go()
    said = child.answer()
    if "result" not in said:
        raise RuntimeError(said.get("text", "the process ended without an answer"))
    seconds, peak, answer = said["result"]
    return seconds, peak, answer


def generating(recipient: Taxpayer, records: int) -> list[Figure]:
    took, peak, lines = _alone(lambda: generation.generate(recipient, looks.OCTOBER, by=looks.BY).line_count)
    return [
        Figure(
            f"GSTR-2B of {records} records", took, 90 * max(records, 10_000) / 100_000, note=f"{lines} lines"
        ),
        Figure("  peak memory", peak, 512, "MB"),
    ]


def exporting(stage: Stage, recipient: Taxpayer) -> tuple[list[Figure], bytes]:
    job = downloads.ask(recipient, Wanted("ims"), by=By(stage.user, "page"))
    took, peak, _answer = _alone(lambda: bool(jobs.run(job.pk)))
    job.refresh_from_db()
    path = downloads.path_of(job)
    rows = job.total_count
    figures = [
        Figure(f"export of {rows} rows", took, 15 * max(rows, 10_000) / 50_000),
        Figure("  peak memory", peak, 300, "MB"),
    ]
    return figures, path.read_bytes() if path else b""


def importing(stage: Stage, recipient: Taxpayer, workbook: bytes) -> list[Figure]:
    """Measure the import of an exported workbook. The portal reads and checks every row, and compares each
    row with the record that the row describes."""

    def work() -> int:
        # `receive` reads a small file immediately; a large file waits for a job, which `jobs.run` runs
        asked = ims_import.receive(recipient, workbook, "load.xlsx", by=By(stage.user, "page"))
        jobs.run(asked.pk)
        return asked.pk

    took, peak, pk = _alone(work)
    job = Job.objects.get(pk=pk)
    rows = job.total_count
    return [
        Figure(f"import of {rows} rows", took, 30 * max(rows, 1000) / 10_000, note=f"job {job.state}"),
        Figure("  peak memory", peak, 512, "MB"),
    ]


def soak(stage: Stage, recipient: Taxpayer, seconds: float) -> list[Figure]:
    visitors = Visitors(stage, recipient)
    before = _memory(stage)
    told = visit(stage.port, [visitors.mixed] * USERS, seconds, per_second=50)
    grown = (_memory(stage) / before - 1) * 100
    share = 100 * told.errors / max(1, len(told.seconds))
    note = (
        f"{len(told.seconds)} answers, {len(told.seconds) / seconds:.0f}/s, p50 {told.at(0.5):.2f} s, "
        f"statuses {dict(sorted(told.statuses.items()))}"
    )
    return [
        Figure("soak at 50/s: server errors", share, 0.1, "%", note),
        # The visitors run on the portal's machine and slow the portal down, so the limit is wide.
        Figure("  waiting time p95", told.at(0.95), 1.5),
        Figure("  memory growth of the server", grown, 10, "%"),
    ]


def _memory(stage: Stage) -> float:
    """Return the resident memory of the server's processes, in pages of memory."""
    return float(sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in stage.children("web")))


def the_14th(stage: Stage, seconds: float) -> list[Figure]:
    """Measure the midnight at which the drafts of all recipients are due, while people open pages."""
    due = beat_away.to_the_eve()
    visitors = Visitors(stage, due[0])
    # warm up the processes before the measurement
    visit(stage.port, [visitors.reading] * USERS, 3, think=THINK)
    wait_for(beat_away.passed, 30)
    stage.start("beat")
    began, told, done = time.monotonic(), Waited(), 0
    while done < len(due) and time.monotonic() - began < seconds:
        some = visit(stage.port, [visitors.reading] * USERS, 5, think=THINK)
        told.seconds += some.seconds
        told.errors += some.errors
        done = JournalEntry.objects.filter(event="GSTR-2B drafted").count()
    took = time.monotonic() - began
    portal_clock.forget()
    missing, doubled = looks.drafted(due)
    return [
        Figure(
            f"the 14th: {len(due)} drafts",
            took,
            1800,
            note=f"looked at every 5 s; {USERS} users on pages",
        ),
        Figure("  missing or doubled", missing + doubled, 0, ""),
        Figure("  pages meanwhile p95", told.at(0.95), 0.6),
        Figure("  pages meanwhile p99", told.at(0.99), 1.6),
        Figure("  server errors", told.errors, 0, ""),
    ]
