"""Durable jobs: a row is made with the change that wants it, a runner takes its lease, anyone may take over an
expired one. Handlers are named in one table per app and must be safe to run twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import F, Q

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy
from invoices.models import Job

LEASE = timedelta(minutes=5)
Handler = Callable[[Job], dict[str, Any] | None]
HANDLERS: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Name the function that does jobs of this kind (called in an app's `ready`)."""

    def note(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return note


def ask(
    kind: str, key: str, *, taxpayer=None, user=None, payload: dict[str, Any] | None = None, total: int = 0
) -> Job:
    """Make the job once for (kind, key), or return the one there is. Its message goes out after commit and may
    be lost: the sweeper finds the row."""
    job, made = Job.objects.get_or_create(
        kind=kind,
        key=key,
        defaults={
            "taxpayer": taxpayer,
            "created_by": user if getattr(user, "pk", None) else None,
            "payload": payload or {},
            "total_count": total,
            "created_at": clock.real_now(),
        },
    )
    if made:
        transaction.on_commit(lambda: announce(job.pk), robust=True)
    return job


def announce(job_id: int) -> None:
    """Tell a worker. A broker that does not answer is no failure: the sweeper will find the job."""
    # by name: the task calls back into this module
    current_app.send_task("invoices.run_job", (job_id,), retry=False)


def run(job_id: int) -> Job | None:
    """Take the lease and do the job; returns it, or None if someone else has it or it is over."""
    now = clock.real_now()
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    job = Job.objects.get(pk=job_id)
    # whoever lost the lease says nothing more about the job
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    try:
        result = HANDLERS[job.kind](job)
    except Exception as failure:  # noqa: BLE001  the row must tell what happened, whatever it was
        over = job.attempts >= Job.MOST_ATTEMPTS
        mine.update(
            state=Job.State.FAILED if over else Job.State.QUEUED,
            lease_until=None if over else clock.real_now() + timedelta(seconds=5 * job.attempts),
            error=f"{type(failure).__name__}: {failure}"[:2000],
            finished_at=clock.real_now() if over else None,
        )
        job.refresh_from_db()
        return job
    mine.update(state=Job.State.DONE, lease_until=None, result=result, error="", finished_at=clock.real_now())
    job.refresh_from_db()
    return job


def progress(job: Job, done: int, total: int | None = None) -> None:
    """Note how far it is and hold the lease. Raises `Busy` if the job was taken over meanwhile."""
    values: dict[str, Any] = {"done_count": done, "lease_until": clock.real_now() + LEASE}
    if total is not None:
        values["total_count"] = total
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts).update(**values):
        raise Busy("JOB_TAKEN_OVER", "Another worker has taken this job over.")


def sweep() -> int:
    """Announce again what waits, and what a dead worker left behind; returns how many."""
    now = clock.real_now()
    waiting = Q(state=Job.State.QUEUED) & (
        Q(lease_until=None, created_at__lt=now - timedelta(seconds=20)) | Q(lease_until__lt=now)
    )
    orphaned = Q(state=Job.State.RUNNING, lease_until__lt=now)
    found = list(Job.objects.filter(waiting | orphaned).values_list("pk", flat=True)[:500])
    for pk in found:
        announce(pk)
    return len(found)


def retry(job: Job) -> None:
    """Staff: put a parked job back in the queue."""
    Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.QUEUED,
        attempts=0,
        error="",
        lease_until=None,
        finished_at=None,
        created_at=clock.real_now(),
    )
    announce(job.pk)
