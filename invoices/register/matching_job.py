"""Runs the matcher because a person asks for it: at once for a small register, as a job for a large one."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model

from invoices import jobs
from invoices.journal.writing import By
from invoices.models import Job, Record, Taxpayer
from invoices.register import match
from invoices.register.models import Bill

KIND = "match"
AT_ONCE = 2_000  # bills and documents together
UNDER_WAY = (Job.State.QUEUED, Job.State.RUNNING)


def under_way(taxpayer: Taxpayer) -> Job | None:
    """Return the job that matches this register now, or None."""
    return Job.objects.filter(taxpayer=taxpayer, kind=KIND, state__in=UNDER_WAY).order_by("-pk").first()


def ask(taxpayer: Taxpayer, *, by: By) -> Job:
    """Match the register, and return the job. The job of a small register is done. A job that did not begin yet is
    returned as it is, because it will see every change."""
    waiting = Job.objects.filter(taxpayer=taxpayer, kind=KIND, state=Job.State.QUEUED).order_by("-pk").first()
    job = waiting or jobs.ask(
        KIND,
        f"{taxpayer.pk} {secrets.token_urlsafe(16)}",
        taxpayer=taxpayer,
        user=by.user,
        payload={"title": "Match the purchase register", "source": by.source},
    )
    if size(taxpayer) <= AT_ONCE:
        return jobs.run(job.pk) or Job.objects.get(pk=job.pk)
    return job


def size(taxpayer: Taxpayer) -> int:
    """Return the number of bills and documents, at most a few more than `AT_ONCE`."""
    bills = Bill.objects.filter(taxpayer=taxpayer, until__isnull=True)[: AT_ONCE + 1].count()
    return bills + Record.objects.filter(recipient_id=taxpayer.pk)[: AT_ONCE + 1].count()


@jobs.handles(KIND)
def run(job: Job) -> dict[str, Any]:
    taxpayer = Taxpayer.objects.get(pk=job.taxpayer_id or 0)
    by = By(get_user_model().objects.filter(pk=job.created_by_id or 0).first(), job.payload["source"])
    made = match.run(taxpayer, by=by)
    jobs.progress(job, len(made.documents), len(made.documents))
    return {"run": made.run.pk}
