"""Durable jobs: background work as rows of a table. A change and the rows of its jobs are written in the same
transaction.

A runner is a process that runs a job. The runner takes the job's lease, and renews the lease until the job
ends. If a lease has expired, another runner may take over the job. Apps register the handlers of their jobs
with `handles`. It must be safe to run a handler twice."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError, connections, transaction
from django.db.models import F, Q, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy
from ims_portal.support import worker_messages
from invoices.models import Job, Taxpayer

log = logging.getLogger(__name__)
# A runner that has not renewed its lease for this time counts as dead. The job of a dead runner waits for the
# next sweep.
LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
Handler = Callable[[Job], dict[str, Any] | None]
HANDLERS: dict[str, Handler] = {}
AFTERWARDS: dict[str, Callable[[Job], None]] = {}


def handles(kind: str, *, afterwards: Callable[[Job], None] | None = None) -> Callable[[Handler], Handler]:
    """Return a decorator that registers a function as the handler for jobs of this kind. Each app registers
    its handlers when it starts (`ready`).

    The function `afterwards` removes data that the job needed. It runs only after the job is stored as done,
    because until then the job may have to run again."""

    def note(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        if afterwards is not None:
            AFTERWARDS[kind] = afterwards
        return handler

    return note


def ask(
    kind: str,
    key: str,
    *,
    taxpayer: Taxpayer | None = None,
    user: User | AnonymousUser | None = None,
    payload: dict[str, Any] | None = None,
    total: int = 0,
) -> Job:
    """Create a job for (kind, key), or return the existing job. The message to the workers goes out after the
    commit. If the message is lost, the sweep finds the job."""
    job, made = Job.objects.get_or_create(
        kind=kind,
        key=key,
        defaults={
            "taxpayer": taxpayer,
            "created_by": user if isinstance(user, User) else None,
            "payload": payload or {},
            "total_count": total,
            "created_at": clock.real_now(),
        },
    )
    if made:
        transaction.on_commit(lambda: announce(job.pk), robust=True)
    return job


def announce(job_id: int) -> None:
    """Send the job's message to the workers, without waiting for the broker. If the message is lost, the
    sweep finds the job later."""
    worker_messages.send("invoices.run_job", job_id)


def run(job_id: int) -> Job | None:
    """Take the job's lease, run its handler, and return the job. Return None if another runner has the job,
    or if the job has ended."""
    now = clock.real_now()
    park_orphans(job_id)
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    job = Job.objects.get(pk=job_id)
    # `mine` finds no row after another runner has taken over the job. This runner then writes nothing.
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    try:
        with _held(mine):
            result = HANDLERS[job.kind](job)
    except Exception as failure:  # noqa: BLE001  the row must tell what happened, whatever it was
        over = job.attempts >= Job.MOST_ATTEMPTS
        if over:
            log.error("job %s (%s) is parked after %s attempts", job.pk, job.kind, job.attempts)
        mine.update(
            state=Job.State.FAILED if over else Job.State.QUEUED,
            lease_until=None if over else clock.real_now() + timedelta(seconds=5 * job.attempts),
            error=f"{type(failure).__name__}: {failure}"[:2000],
            finished_at=clock.real_now() if over else None,
        )
        job.refresh_from_db()
        return job
    done = mine.update(
        state=Job.State.DONE, lease_until=None, result=result, error="", finished_at=clock.real_now()
    )
    job.refresh_from_db()
    if done and job.kind in AFTERWARDS:
        AFTERWARDS[job.kind](job)
    return job


@contextmanager
def _held(mine: QuerySet[Job]) -> Iterator[None]:
    """Renew the lease while the block runs. The renewal has its own thread and database connection. Without
    them, a long SQL statement could outlast the lease, and another runner would take over the job."""
    over = threading.Event()

    def hold() -> None:
        try:
            while not over.wait(LEASE.total_seconds() / 3):
                try:
                    mine.update(lease_until=clock.real_now() + LEASE)
                except DatabaseError:
                    # The database does not answer or, on SQLite, is locked by this job. The thread tries
                    # again at the next interval.
                    connections.close_all()
        finally:
            connections.close_all()

    keeper = threading.Thread(target=hold, name="job-lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()


def progress(job: Job, done: int, total: int | None = None) -> None:
    """Store the progress of a job, and renew its lease. Raises `Busy` (JOB_TAKEN_OVER) if another runner has
    taken over the job."""
    values: dict[str, Any] = {"done_count": done, "lease_until": clock.real_now() + LEASE}
    if total is not None:
        values["total_count"] = total
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts).update(**values):
        raise Busy("JOB_TAKEN_OVER", "Another worker has taken this job over.")


def park_orphans(job_id: int | None = None) -> int:
    """Mark jobs as failed if their runner died at every attempt. Return the number of these jobs. With
    `job_id`, look only at this job.

    A runner dies if it has no memory left, or if it crashes outside Python code. The dead runner cannot store
    the failure itself."""
    now = clock.real_now()
    dead = Job.objects.filter(
        state=Job.State.RUNNING, lease_until__lt=now, attempts__gte=Job.MOST_ATTEMPTS
    ).filter(**({"pk": job_id} if job_id is not None else {}))
    parked = dead.update(
        state=Job.State.FAILED,
        lease_until=None,
        finished_at=now,
        error=f"WorkerLost: the worker was gone before it was done, {Job.MOST_ATTEMPTS} times.",
    )
    if parked:
        log.error("%s jobs are parked: their workers were lost at every attempt", parked)
    return parked


def sweep() -> int:
    """Send a message to the workers for each waiting job, and for each job whose worker died. Return the
    number of these jobs, at most 500."""
    park_orphans()
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
    """Put a failed job back in the queue. The count of attempts begins again."""
    Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.QUEUED,
        attempts=0,
        error="",
        lease_until=None,
        finished_at=None,
        created_at=clock.real_now(),
    )
    announce(job.pk)
