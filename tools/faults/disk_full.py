"""The disk is full while the portal writes a workbook, and while the portal receives a file."""

from __future__ import annotations

import random
import resource
from pathlib import Path

from django.conf import settings

from invoices import jobs
from invoices.journal.writing import By
from invoices.models import Job
from returns.files import downloads
from returns.files.downloads import Wanted
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Child, Stage

LIMIT = 4096


def _small_disk() -> None:
    # A write that makes a file longer than this limit fails, as on a full disk. Linux also sends a signal,
    # which Python ignores.
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def _left() -> list[str]:
    return [str(path) for path in downloads.folder().iterdir()]


def _export(stage: Stage, told: Tally) -> None:
    recipient = stage.recipients(1)[0]
    job = downloads.ask(recipient, Wanted("ims"), by=By(stage.user, "page"))
    before = set(_left())

    def full() -> str:
        _small_disk()
        jobs.run(job.pk)
        return Job.objects.get(pk=job.pk).error

    child = Child(full)
    child.go()
    said = child.answer()
    job.refresh_from_db()
    if "File too large" not in str(said.get("result")):
        told.broken.append(f"the export did not say why it stopped: {said}")
    if job.state != Job.State.QUEUED or downloads.path_of(job) is not None:
        told.torn += 1
    told.torn += len(set(_left()) - before)
    # when there is space again, the same job makes the complete file
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    jobs.run(job.pk)
    job.refresh_from_db()
    path = downloads.path_of(job)
    if path is None or path.stat().st_size <= LIMIT:
        told.lost += 1


def _import(stage: Stage, told: Tally) -> None:
    recipient = stage.recipients(1)[0]
    files = Path(settings.MEDIA_ROOT)
    before = {path for path in files.rglob("*") if path.is_file()}
    known = Job.objects.filter(taxpayer=recipient).count()
    big = b'{"padding": "' + b"x" * 200_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = stage.ask("POST", f"/api/v1/taxpayers/{recipient.gstin}/imports/", big, headers=headers)
    if answer.status == 500:
        told.errors += 1
    if not 400 <= answer.status < 600 or not isinstance(answer.body, dict) or "detail" not in answer.body:
        told.broken.append(f"an import on a full disk was answered {answer.status}: {str(answer.body)[:200]}")
    told.torn += len({path for path in files.rglob("*") if path.is_file()} - before)
    told.torn += Job.objects.filter(taxpayer=recipient).count() - known


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    for _ in range(rounds):
        _export(stage, told)
        told.rounds += 1
    stage.start("web", preexec_fn=_small_disk)
    for _ in range(rounds):
        _import(stage, told)
        told.rounds += 1
    return told


FAULT = Fault(
    "disk-full",
    "disk full on export and import: a clear error, no partial file offered, nothing left",
    run,
    divide=2,
    recipients=2,
)
