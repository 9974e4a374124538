"""This module stores an uploaded file until all steps with the file are done, for example checking the file
and applying the file. Each step of a large file is a job in the background. Each step of a small file is done
while the person waits."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid
from ims_portal.support import whole_file
from ims_portal.support.workbook import read
from invoices import jobs
from invoices.journal.writing import By
from invoices.models import Job, Taxpayer

FOLDER = "imports"
# a step with a file of at most BYTES_AT_ONCE bytes is done while the person waits
BYTES_AT_ONCE = 1024 * 1024
KEPT = timedelta(days=7)


def receive(kind: str, step: str, taxpayer: Taxpayer, data: bytes, *, by: By, title: str, **more: Any) -> Job:
    """Store a file, and return the job of the first step. For a small file, the job is done before the
    function returns. Raises `Invalid` (IMP-SIZE)."""
    if len(data) > read.MOST_BYTES:
        raise Invalid("IMP-SIZE", "The file is larger than 20 MB. Split it by sheet or by rows.")
    drop_old()
    stored = secrets.token_urlsafe(24)
    whole_file.write(folder() / stored, data)
    payload = {
        "title": title,
        "step": step,
        "stored": stored,
        "sha256": hashlib.sha256(data).hexdigest(),
        "source": by.source,
        **more,
    }
    return at_once(
        jobs.ask(kind, f"{step} {stored}", taxpayer=taxpayer, user=by.user, payload=payload), len(data)
    )


def again(earlier: Job, step: str, *, by: By, asked: str = "", **more: Any) -> Job:
    """Queue a job for the next step, with the file of an earlier job, and return the new job. A second
    request for the step returns the same job, unless `asked` is another text. Raises `Conflict` (IMP-GONE) if the file
    is deleted."""
    path = folder() / earlier.payload["stored"]
    if not path.is_file():
        raise Conflict("IMP-GONE", "The portal no longer has the file. Choose the file again.")
    payload = {**earlier.payload, "step": step, "source": by.source, **more}
    key = f"{_key(step, earlier)} {asked}".rstrip()
    job = jobs.ask(earlier.kind, key, taxpayer=earlier.taxpayer, user=by.user, payload=payload)
    return at_once(job, path.stat().st_size)


def following(earlier: Job, step: str) -> Job | None:
    """Return the job of the next step, if it was asked for."""
    return Job.objects.filter(kind=earlier.kind, key=_key(step, earlier)).first()


def _key(step: str, earlier: Job) -> str:
    return f"{step} {earlier.pk}"


def at_once(job: Job, size: int) -> Job:
    if size <= BYTES_AT_ONCE and job.state == Job.State.QUEUED:
        return jobs.run(job.pk) or Job.objects.get(pk=job.pk)
    return job


def folder() -> Path:
    path = Path(settings.MEDIA_ROOT) / FOLDER
    path.mkdir(parents=True, exist_ok=True)
    return path


def drop_old() -> None:
    """Delete all files that are older than `KEPT`."""
    before = (clock.real_now() - KEPT).timestamp()
    for path in folder().iterdir():
        # another process may delete the file first; this is no error
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


def shown_name(name: str) -> str:
    """Return a printable name of the uploaded file for the screen. The portal never uses this name on
    disk."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in plain if c.isprintable())[:80] or "file"
