"""Event: a person uploads a purchase register. The portal first reads the file and shows what it read, and then takes
the bills over. The portal stores the file until then.

Each answer of the person reads the file again. The bills are taken over only with exactly the mapping that the person
saw. The matcher runs after that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from ims_portal.kernel.errors import Conflict, NotFound, PortalError
from ims_portal.kernel.wording import say
from ims_portal.support.database import planner
from invoices import jobs, kept_files
from invoices.journal.writing import By
from invoices.kept_files import folder
from invoices.models import Job, Taxpayer
from invoices.register import intake, match, what_was_read
from invoices.register.models import Bill, Finding, Link, RegisterRow, RegisterUpload

KIND = "register"
CHECK, TAKE = "check", "take"
MANY = 2_000  # bills


def receive(taxpayer: Taxpayer, data: bytes, name: str, *, by: By) -> Job:
    """Store a register's file, and return the job that reads it. A small file is read at once. Raises `Invalid`
    (IMP-SIZE)."""
    shown = kept_files.shown_name(name)
    return kept_files.receive(KIND, CHECK, taxpayer, data, by=by, title=shown, name=shown, answers={})


def check_again(
    taxpayer: Taxpayer, checked: Job, answers: Mapping[str, str], *, by: By, forget: bool = False
) -> Job:
    """Read the file of an earlier job again with further answers, and return the new job. With `forget`, the answers so
    far and the mapping of the last register are not used."""
    _is_check(taxpayer, checked)
    given = {} if forget else {**checked.payload["answers"], **answers}
    forgets = forget or bool(checked.payload.get("forget"))
    asked = hashlib.sha256(json.dumps([given, forgets], sort_keys=True).encode()).hexdigest()[:32]
    return kept_files.again(checked, CHECK, by=by, asked=asked, answers=given, forget=forgets)


def take(taxpayer: Taxpayer, checked: Job, *, by: By) -> Job:
    """Queue the job that takes over the bills of a file that was read, and return the job. A second request returns the
    same job. Raises `Conflict` if the file was not read, or if a question is open."""
    _is_check(taxpayer, checked)
    result = checked.result or {}
    if checked.state != Job.State.DONE or result.get("error"):
        raise Conflict("REG-NOT-READ", say("The file is not read yet, or could not be read."))
    if result["questions"]:
        raise Conflict("REG-QUESTION", say("Answer the questions about the register first."))
    return kept_files.again(checked, TAKE, by=by, seen=mark(result))


def mark(result: Mapping[str, Any]) -> str:
    """Return the mark of what a person saw: the mapping of the file."""
    return hashlib.sha256(json.dumps(result["mapping"], sort_keys=True).encode()).hexdigest()


def _is_check(taxpayer: Taxpayer, job: Job) -> None:
    if job.kind != KIND or job.payload["step"] != CHECK or job.taxpayer_id != taxpayer.pk:
        raise NotFound("NOT_FOUND", say("This GSTIN has no such register. Choose the file again."))


@jobs.handles(KIND)
def run(job: Job) -> dict[str, Any]:
    """Read one file, or take its bills over, and return the result. A file that cannot be read gives an error as the
    result, because another try would not help."""
    taxpayer = Taxpayer.objects.get(pk=job.taxpayer_id or 0)
    by = By(get_user_model().objects.filter(pk=job.created_by_id or 0).first(), "file")
    try:
        if job.payload["step"] == CHECK:
            return _check(job, taxpayer)
        return _take(job, taxpayer, by)
    except FileNotFoundError:
        gone = say("The portal no longer has the file. Choose the file again.")
        return {"error": {"code": "IMP-GONE", "sentence": gone}}
    except PortalError as refusal:
        return {"error": {"code": refusal.code, "sentence": refusal.message}}


def _look(job: Job, taxpayer: Taxpayer) -> tuple[bytes, Any]:
    given = job.payload
    data = (folder() / given["stored"]).read_bytes()
    found = intake.looked(
        taxpayer, data, given["name"], answers=given["answers"], forget=bool(given.get("forget"))
    )
    return data, found


def _check(job: Job, taxpayer: Taxpayer) -> dict[str, Any]:
    _data, found = _look(job, taxpayer)
    jobs.progress(job, found.used, found.used + sum(found.left_out.values()))
    return what_was_read.as_json(taxpayer, found)


def _take(job: Job, taxpayer: Taxpayer, by: By) -> dict[str, Any]:
    upload = RegisterUpload.objects.filter(taxpayer=taxpayer, pk=job.payload.get("upload", 0)).first()
    if upload is None:
        data, found = _look(job, taxpayer)
        seen = mark({"mapping": json.loads(json.dumps(found.mapping.as_json()))})
        if seen != job.payload["seen"]:
            raise Conflict(
                "REG-RECHECK",
                say("Another register was taken over after the check, so this file is read otherwise now. Check it again."),
            )  # fmt: skip
        # The job names its upload in the same transaction, so a job that runs twice takes over once.
        with transaction.atomic():
            upload = intake.taken(taxpayer, data, job.payload["name"], found, by=by)
            job.payload["upload"] = upload.pk
            Job.objects.filter(pk=job.pk).update(payload=job.payload)
    jobs.progress(job, upload.rows, upload.rows)
    made = match.run(taxpayer, by=by).run
    if upload.documents >= MANY:
        # The pages look through these tables at once, before the database has looked at their new rows.
        for table in (Bill, RegisterRow, Link, Finding):
            planner.count(table._meta.db_table)
    return {"upload": upload.pk, "run": made.pk}
