"""Event: a person asks for a workbook. A small workbook is made while the person waits. A large workbook is
made by a durable job.

Nobody can download an unfinished file: the job writes the file under a temporary name, and renames the
finished file. If the data has not changed, a repeated request gets the existing file."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from gstr2b.models import Statement
from gstr2b.workbook.write import write_statement
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy, NotFound
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import jobs
from invoices.journal.writing import By
from invoices.models import Job, JournalEntry, PortalClock, Taxpayer
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.records import Counted
from invoices.rules.ledgers import NAMES, Ledger
from invoices.workbooks.ims import write_ims
from invoices.workbooks.ims_by_cell import Report, Written, ims_rows
from invoices.workbooks.record_list import all_list_rows, list_rows, write_list
from returns.gstr3b import ledger_workbook
from returns.outward.workbook import Span, outward_rows, write_outward

KIND = "export"
# the kinds of jobs whose file a person may download: a workbook, or the error file of an import
WITH_FILES = (KIND, "import")
FOLDER = "exports"
# the workbooks of ledgers, and the beginnings of their file names
LEDGERS = {Ledger.RECLAIM.value: "REVERSAL_RECLAIM", Ledger.REVERSE_CHARGE.value: "RCM_ITC"}
# A workbook with more rows is made by a job, because a request would occupy a server process for too long.
ROWS_AT_ONCE = 5000
KEPT = timedelta(days=7)
# This number is part of the key of every job. Raise the number when the layout of workbooks changes. Requests
# then get new files instead of the old files.
LAYOUT = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for a workbook. `what` is ims, list, gstr2b, outward, or a ledger: reclaim or rcm. The other fields depend on `what`.
    For a list, the request has `filters` (by the field names of `Filters`), `sort` and `columns`. For gstr2b,
    the request has `period` and `version`. For outward, the request has `period` or `year`."""

    what: str
    period: TaxPeriod | None = None
    version: int | None = None
    year: FinancialYear | None = None
    filters: dict[str, Any] | None = None
    sort: str = ""
    columns: tuple[str, ...] = ()  # columns of a list, by their keys on the screen; empty means all columns

    def payload(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "period": self.period.number if self.period else None,
            "version": self.version,
            "year": self.year.start if self.year else None,
            **({"filters": self.filters, "sort": self.sort} if self.filters is not None else {}),
            **({"columns": list(self.columns)} if self.columns else {}),
        }

    @classmethod
    def from_payload(cls, given: dict[str, Any]) -> Wanted:
        return cls(
            given["what"],
            TaxPeriod.from_number(given["period"]) if given.get("period") else None,
            given.get("version"),
            FinancialYear(given["year"]) if given.get("year") else None,
            given.get("filters"),
            given.get("sort", ""),
            tuple(given.get("columns", ())),
        )

    @property
    def title(self) -> str:
        if self.what == "gstr2b" and self.period:
            version = f", version {self.version}" if self.version else ""
            return f"GSTR-2B of {self.period.label}{version}"
        if self.what == "outward":
            return f"Outward supplies of {self.span.label}"
        if self.what in LEDGERS:
            return str(NAMES[Ledger(self.what)])
        return "Records of a list" if self.what == "list" else "IMS details"

    @property
    def span(self) -> Span:
        asked = self.year or self.period
        assert asked is not None
        return Span.of(asked)


def statement_of(taxpayer: Taxpayer, wanted: Wanted) -> Statement:
    """Return the requested version of a GSTR-2B. If the request names no version, return the current version.
    Raises `NotFound`."""
    assert wanted.period is not None
    found = Statement.objects.select_related("recipient").filter(
        recipient=taxpayer, period=wanted.period.number
    )
    found = found.filter(version=wanted.version) if wanted.version else found.filter(is_current=True)
    statement = found.first()
    if statement is None:
        raise NotFound("NOT_FOUND", "There is no GSTR-2B of this period with this version.")
    return statement


def estimate(taxpayer: Taxpayer, wanted: Wanted) -> Counted:
    """Return the number of rows that the workbook has now. For some lists, the number has an upper limit or
    is not known. Raises `NotFound` if the requested GSTR-2B does not exist."""
    if wanted.filters is not None:
        return list_rows(taxpayer, Filters(**wanted.filters))
    if wanted.what == "gstr2b":
        statement = statement_of(taxpayer, wanted)
        rows = statement.line_count if statement.has_lines else 0
    elif wanted.what == "outward":
        rows = outward_rows(taxpayer, wanted.span)
    elif wanted.what in LEDGERS:
        rows = ledger_workbook.rows(taxpayer)
    else:
        rows = ims_rows(taxpayer)
    return Counted(rows, 0, more=False)


def _total(taxpayer: Taxpayer, wanted: Wanted) -> int:
    """Return the exact number of rows, for the progress of a job."""
    rows = estimate(taxpayer, wanted)
    return all_list_rows(taxpayer, Filters(**wanted.filters or {})) if rows.more else rows.count


def rows_at_once() -> int:
    return getattr(settings, "EXPORT_ROWS_AT_ONCE", ROWS_AT_ONCE)


def is_small(rows: Counted) -> bool:
    return not rows.more and rows.count <= rows_at_once()


def file_name(taxpayer: Taxpayer, wanted: Wanted) -> str:
    """Return the file name that the browser uses to save the workbook."""
    today = f"{clock.today():%d%m%Y}"
    if wanted.what == "gstr2b" and wanted.period:
        version = f"_draft{wanted.version}" if wanted.version else ""
        return f"{wanted.period.wire}_{taxpayer.gstin}_GSTR2B_{today}{version}.xlsx"
    if wanted.what == "outward":
        asked = wanted.year.label if wanted.year else wanted.period.wire if wanted.period else ""
        return f"OUTWARD_{taxpayer.gstin}_{asked}.xlsx"
    if wanted.what in LEDGERS:
        return f"{LEDGERS[wanted.what]}_{taxpayer.gstin}_{today}.xlsx"
    return f"{'LIST' if wanted.what == 'list' else 'IMS'}_{taxpayer.gstin}_{today}.xlsx"


def write(
    taxpayer: Taxpayer,
    wanted: Wanted,
    target: str | Path | IO[bytes],
    *,
    workdir: Path | None = None,
    report: Report | None = None,
) -> Written:
    """Write the workbook to `target`, and return the sums of its sheets."""
    if wanted.what == "gstr2b":
        return write_statement(statement_of(taxpayer, wanted), target, workdir=workdir, report=report)
    if wanted.what == "outward":
        return write_outward(taxpayer, wanted.span, target, workdir=workdir, report=report)
    if wanted.what in LEDGERS:
        return ledger_workbook.write_ledger(taxpayer, Ledger(wanted.what), target, workdir=workdir)
    if wanted.filters is not None:
        return write_list(
            taxpayer,
            Filters(**wanted.filters),
            wanted.sort,
            target,
            chosen=wanted.columns,
            workdir=workdir,
            report=report,
        )
    return write_ims(taxpayer, target, workdir=workdir, report=report)


def ask(taxpayer: Taxpayer, wanted: Wanted, *, by: By) -> Job:
    """Return the job that makes the file in the background. If the data has not changed since an earlier
    request, return the job of that request. If that job failed, start the job again."""
    rows = estimate(taxpayer, wanted)
    base = state_key(taxpayer, wanted)
    payload = {**wanted.payload(), "title": wanted.title, "name": file_name(taxpayer, wanted)}
    with transaction.atomic():
        earlier = Job.objects.filter(kind=KIND, key__startswith=base, taxpayer=taxpayer).order_by("-pk")
        job = earlier.first()
        if job is not None and job.state == Job.State.DONE and path_of(job) is None:
            job = None  # the job's file is already deleted
        if job is None:
            again = earlier.count()
            key = f"{base} {again}" if again else base
            return jobs.ask(KIND, key, taxpayer=taxpayer, user=by.user, payload=payload, total=rows.count)
    if job.state == Job.State.FAILED:
        jobs.retry(job)
        job.refresh_from_db()
    return job


def state_key(taxpayer: Taxpayer, wanted: Wanted) -> str:
    """Return a key that changes whenever the workbook's content may change. Usually the key depends on the
    request, the end of the journals, the day, the last processed midnight, the taxpayer's name and the
    rulebook. The key of a GSTR-2B workbook depends only on the request, on the version, and on three facts:
    whether the version is current, whether it is final, and whether its lines still exist."""
    if wanted.what == "gstr2b":
        statement = statement_of(taxpayer, wanted)
        facts: tuple[Any, ...] = (
            statement.pk,
            statement.is_current,
            statement.is_final,
            statement.has_lines,
        )
    else:
        # The key contains the last entry of all journals, because events of suppliers may change the
        # workbook. These events are in the suppliers' journals.
        end = JournalEntry.objects.aggregate(last=Max("pk"))["last"] or 0
        # The key also contains a count of the latest entries. An entry may be committed after an entry with a
        # higher id. The last id then stays the same, and only the count changes.
        late = JournalEntry.objects.filter(pk__gt=end - 1000).count()
        facts = (end, late, clock.today(), _nights_run(), taxpayer.name, settings.IMS_RULEBOOK)
    digest = hashlib.sha256(repr((LAYOUT, wanted.payload(), facts)).encode()).hexdigest()[:32]
    return f"{wanted.what} {taxpayer.gstin} {digest}"


def _nights_run() -> Any:
    """Return the date of the last portal midnight whose events were run. The key contains this date, because
    the events of a midnight change records."""
    return PortalClock.objects.filter(pk=1).values_list("nights_through", flat=True).first()


def folder() -> Path:
    path = Path(settings.MEDIA_ROOT) / FOLDER
    path.mkdir(parents=True, exist_ok=True)
    return path


def path_of(job: Job) -> Path | None:
    """Return the path of the finished file, or None if the job has no file or the file is deleted."""
    if job.state != Job.State.DONE or not job.file:
        return None
    path = Path(settings.MEDIA_ROOT) / job.file
    return path if path.is_file() else None


@jobs.handles(KIND)
def make(job: Job) -> dict[str, Any]:
    """Run one export job, and return the name, hash, size and rows of its file. The job may run twice,
    because each run first deletes the file of an earlier run."""
    _clear(job)
    drop_old_files()
    wanted = Wanted.from_payload(job.payload)
    taxpayer = Taxpayer.objects.get(pk=job.taxpayer_id or 0)
    jobs.progress(job, 0, _total(taxpayer, wanted))
    Job.objects.filter(pk=job.pk).update(payload={**job.payload, "started_at": clock.real_now().isoformat()})
    work = folder() / f".{job.pk}-{job.attempts}"
    work.mkdir()
    part = work / "workbook.part"
    try:
        written = write(taxpayer, wanted, part, workdir=work, report=lambda done: jobs.progress(job, done))
        digest = _sha256(part)
        size = part.stat().st_size
        final = folder() / f"{secrets.token_urlsafe(24)}.xlsx"
        os.replace(part, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    if not mine.update(file=f"{FOLDER}/{final.name}", total_count=written.rows, done_count=written.rows):
        final.unlink()
        raise Busy("JOB_TAKEN_OVER", "Another worker has taken this job over.")
    return {"name": job.payload["name"], "sha256": digest, "size": size, "rows": written.rows}


def drop_old_files(limit: int = 200) -> int:
    """Delete files that are older than `KEPT`, and return their number. The jobs and their results stay."""
    before = clock.real_now() - KEPT
    old = Job.objects.filter(kind__in=WITH_FILES, state=Job.State.DONE, finished_at__lt=before).exclude(
        file=""
    )
    dropped = 0
    for pk, name in old.order_by("pk").values_list("pk", "file")[:limit]:
        (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)
        Job.objects.filter(pk=pk).update(file="")
        dropped += 1
    return dropped


def _clear(job: Job) -> None:
    for left in folder().glob(f".{job.pk}-*"):
        shutil.rmtree(left, ignore_errors=True)
    if job.file:
        with suppress(FileNotFoundError):
            (Path(settings.MEDIA_ROOT) / job.file).unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
