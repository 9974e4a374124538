"""Event: a person undoes an applied IMS file (R-050, R-051). All actions of the file are undone as one event, like a
batch. A large file is undone by a job."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from ims_portal.kernel.errors import Conflict, NotFound
from invoices import jobs
from invoices.desk import last_action, undo
from invoices.desk.batches import AT_ONCE
from invoices.journal.writing import By
from invoices.models import Job, Taxpayer
from returns.files import ims_import

KIND = "import undo"


def take_back(taxpayer: Taxpayer, applied: Job, *, by: By) -> Job:
    """Undo the actions of an applied file, or start the job for the undo. Return the job of the file. Its `result`
    then has `undone`, or `undoing` while the job runs.

    If somebody changed a record after the file was applied, this record stays unchanged. Raises `NotFound` if the
    job is not an import of this taxpayer. Raises `Conflict` (UNDO_LATE) if no record can be restored, or if the
    file is undone already."""
    if applied.kind != ims_import.KIND or applied.taxpayer_id != taxpayer.pk:
        raise NotFound("NOT_FOUND", "This GSTIN has no such import. Choose the file again.")
    with transaction.atomic():
        file = _locked(applied.pk)
        result = file.result or {}
        if not result.get("entries") or result.get("undone") or result.get("undoing"):
            raise Conflict("UNDO_LATE", "Cannot undo: this file changed nothing, or was undone already.")
        if result["changed"] <= AT_ONCE:
            _undo(file, taxpayer, by)
        else:
            tries = result.get("undo_tries", 0)
            jobs.ask(
                KIND,
                f"{file.pk}.{tries}",
                taxpayer=taxpayer,
                user=by.user,
                payload={"file": file.pk, "title": file.payload["title"], "source": by.source},
                total=result["changed"],
            )
            _note(file, undoing=True, undo_refused="", undo_tries=tries + 1)
    return file


@jobs.handles(KIND)
def run(job: Job) -> dict[str, Any]:
    """Undo a large file. A second run of the job changes nothing."""
    with transaction.atomic():
        file = _locked(job.payload["file"])
        if not (file.result or {}).get("undoing"):
            return {}
        assert file.taxpayer is not None
        try:
            with transaction.atomic():
                _undo(file, file.taxpayer, By(user=job.created_by, source=job.payload["source"]))
        except Conflict as late:
            _note(file, undoing=False, undo_refused=late.message)
    jobs.progress(job, job.total_count)
    return {"restored": (file.result or {}).get("undone", {}).get("restored", 0)}


def _undo(file: Job, taxpayer: Taxpayer, by: By) -> None:
    told = undo.undo(taxpayer, (file.result or {})["entries"], by=by)
    undone = {
        "restored": told.restored,
        "touched": told.touched,
        "left": told.left_alone,
        "stale": told.made_stale,
        "entry": told.entry_id,
    }
    _note(file, undoing=False, undone=undone)


def _note(file: Job, **facts: Any) -> None:
    file.result = {**(file.result or {}), **facts}
    file.save(update_fields=["result"])


def _locked(pk: int) -> Job:
    return Job.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=pk)


def _of_entry(recipient: Taxpayer, user_id: int, entry_id: int) -> last_action.Whole | None:
    """Return the file whose actions include this journal entry, if it is among the person's latest files."""
    mine = Job.objects.filter(kind=ims_import.KIND, taxpayer=recipient, created_by_id=user_id).order_by("-pk")
    for job in mine.filter(state=Job.State.DONE)[: last_action.MOST_SEARCHED]:
        entries = (job.result or {}).get("entries", [])
        if entry_id in entries:
            return last_action.Whole(
                tuple(entries), "ims_import_review", job.pk, partial(_undo_of, recipient, job)
            )
    return None


def _undo_of(recipient: Taxpayer, job: Job, by: By) -> int | None:
    told = take_back(recipient, job, by=By(user=by.user, source="file"))
    undone = (told.result or {}).get("undone")
    return undone["restored"] if undone else None


last_action.FINDERS["file"] = _of_entry
