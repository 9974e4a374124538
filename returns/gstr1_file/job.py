"""Event: a supplier sends a large file. The portal stores the file, and a durable job loads the file in
chunks (R-020, R-040).

An interrupted job starts again from the beginning. Documents that were saved before the interruption stay
unchanged. The file is deleted when the job is over."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import asdict
from typing import Any, BinaryIO

from django.contrib.auth import get_user_model

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid, PortalError
from ims_portal.kernel.periods import TaxPeriod
from invoices import jobs, kept_files
from invoices.journal.writing import By
from invoices.models import Job, Taxpayer
from invoices.rules.calendar import Form
from returns.gstr1_file import load
from returns.gstr1_file.read import numbers_in
from returns.gstr1_file.report import DELETED, Mode, Refusal, Report

KIND = "upload"
# a file of at most BYTES_AT_ONCE bytes (some thousand documents) is loaded while the person waits
BYTES_AT_ONCE = 4 * 1024 * 1024
MOST_BYTES = 1024 * 1024 * 1024
PIECE = 1024 * 1024


def receive(
    supplier: Taxpayer, form: Form, period: TaxPeriod, mode: Mode, file: BinaryIO, *, name: str, by: By
) -> Job:
    """Store a file, and return the queued job that loads the file. The file is read from its current position
    to its end. Raises the errors of `load.opened`, which reads only the beginning of the file. Raises
    `Invalid` (IMP-SIZE) if the file is larger than 1 GB. After an error the file is not stored."""
    kept_files.drop_old()
    stored = secrets.token_urlsafe(24)
    path = kept_files.folder() / stored
    count, size, before = 0, 0, b""
    try:
        with path.open("wb+") as kept:
            while piece := file.read(PIECE):
                size += kept.write(piece)
                if size > MOST_BYTES:
                    raise Invalid("IMP-SIZE", "The file is larger than 1 GB. Split it.")
                count += numbers_in(before + piece) - numbers_in(before)
                before = piece[-16:]
            load.opened(supplier, form, kept, period)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    payload = {
        "title": f"{kept_files.shown_name(name)} into {form.value} of {period.label}",
        "stored": stored,
        "form": form.value,
        "period": period.number,
        "mode": mode.value,
        "source": by.source,
    }
    return jobs.ask(KIND, stored, taxpayer=supplier, user=by.user, payload=payload, total=count)


def _forget_file(job: Job) -> None:
    (kept_files.folder() / job.payload["stored"]).unlink(missing_ok=True)


@jobs.handles(KIND, afterwards=_forget_file)
def run(job: Job) -> dict[str, Any]:
    """Load one file, and return the report as the job's result. If the file is not a return, or the form is
    closed, the result is the error. The job then does not run again, because another try would not help."""
    given = job.payload
    mode = Mode(given["mode"])
    path = kept_files.folder() / given["stored"]
    user = get_user_model().objects.filter(pk=job.created_by_id or 0).first()
    if "started_at" not in given:
        started = {**given, "started_at": clock.real_now().isoformat()}
        Job.objects.filter(pk=job.pk).update(payload=started)
    try:
        with path.open("rb") as file:
            report = load.load(
                Taxpayer.objects.get(pk=job.taxpayer_id or 0),
                Form(given["form"]),
                file,
                by=By(user, given["source"]),
                period=TaxPeriod.from_number(given["period"]),
                mode=mode,
                # Only the mode GOOD_ONES reports progress. The other modes load the whole file in one
                # transaction. A report of progress in this transaction would lock the job's row until the
                # file is loaded.
                progress=(lambda read: jobs.progress(job, read)) if mode is Mode.GOOD_ONES else None,
            )
        result = as_result(report)
        jobs.progress(job, report.read, report.read)
    except FileNotFoundError:
        result = {
            "error": {
                "code": "IMP-GONE",
                "rule": "",
                "sentence": "The portal no longer has the file. Choose the file again.",
            }
        }
    except PortalError as refusal:
        if refusal.code in ("BUSY", "ROW_CHANGED", "JOB_TAKEN_OVER"):
            raise
        result = {"error": {"code": refusal.code, "rule": refusal.rule, "sentence": refusal.message}}
    return result


def as_result(report: Report) -> dict[str, Any]:
    """Return the report as JSON values, for programs and for `report_of`."""
    return {
        "mode": report.mode.value,
        "written": report.written,
        "read": report.read,
        "saved": report.saved,
        "changed": report.changed,
        "deleted": report.deleted,
        "same": report.same,
        "refused": report.refused,
        "refusals": [asdict(refusal) for refusal in report.refusals],
        "warned": report.warned,
        "warnings": [asdict(warning) for warning in report.warnings],
        "outside": dict(report.outside),
        "sha256": report.sha256,
    }


def report_of(job: Job) -> Report | None:
    """Return the report of a finished job, or None if the job has no report."""
    found = job.result or {}
    if job.state != Job.State.DONE or "read" not in found:
        return None
    report = Report(
        Form(job.payload["form"]),
        TaxPeriod.from_number(job.payload["period"]),
        Mode(found["mode"]),
        found["sha256"],
        outside=found["outside"],
        written=found["written"],
    )
    names = ("saved", "changed", DELETED, "same", "refused")
    report.counts = Counter({name: found[name] for name in names})
    report.refusals = [Refusal(**refusal) for refusal in found["refusals"]]
    report.warnings = [Refusal(**warning) for warning in found.get("warnings", [])]
    report.warned = found.get("warned", len(report.warnings))
    return report
