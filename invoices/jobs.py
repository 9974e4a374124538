"""Durable jobs: the transaction of a change also makes the row of the job that the change needs.

A runner takes the job's lease and holds the lease while the runner lives. Another runner may take over a job
with an expired lease. Apps register the handlers of their kinds with `handles`. A handler must be safe to run
twice."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError, connections, transaction
from django.db.models import F, Q, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy
from invoices.models import Job, Taxpayer

log = logging.getLogger(__name__)
# A runner counts as dead if it has not renewed its lease for this time. The job of a killed runner waits for
# the end of the lease, and then for the next sweep.
LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
# seconds without a further attempt after the broker did not answer, so that not every request waits for the
# broker
BROKER_REST = 10.0
_broker_rests_until = 0.0
Handler = Callable[[Job], dict[str, Any] | None]
HANDLERS: dict[str, Handler] = {}
AFTERWARDS: dict[str, Callable[[Job], None]] = {}


def handles(kind: str, *, afterwards: Callable[[Job], None] | None = None) -> Callable[[Handler], Handler]:
    """Register the decorated function as handler of jobs of this kind, when an app starts (`ready`).

    `afterwards` removes what the job needed. It runs once the job's row says that the job is done, because
    until then the job may have to run again."""

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
    """Make a job for (kind, key), or return the job that exists. A new job's message to the workers goes out
    after commit. If the message is lost, the sweeper finds the row."""
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
    """Send the job's message to the workers. If the broker does not answer, nothing fails: the sweeper finds
    the job later."""
    tell("invoices.run_job", job_id)


def tell(task: str, *arguments: Any) -> bool:
    """Send a Celery task, and return True if the broker took it. The task is given by name, because the
    tasks' modules import this one.

    After a broker did not answer, this function does not try again for `BROKER_REST` seconds, so that pages
    do not wait for the broker again and again."""
    global _broker_rests_until
    if time.monotonic() < _broker_rests_until:
        return False
    try:
        current_app.send_task(task, arguments, retry=False)
    except Exception as failure:  # noqa: BLE001  every transport has errors of its own
        _broker_rests_until = time.monotonic() + BROKER_REST
        log.warning("the broker did not take %s: %s", task, type(failure).__name__)
        return False
    return True


def run(job_id: int) -> Job | None:
    """Take the job's lease, run its handler, and return the job. Return None if another runner has the job or
    if the job is over."""
    now = clock.real_now()
    park_orphans(job_id)
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    job = Job.objects.get(pk=job_id)
    # a runner that lost the lease must not write to the job any more
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
    """Renew the lease while the block runs. A thread with its own connection does this, so that no other
    runner takes over a job with one long statement while the job's process lives."""
    over = threading.Event()

    def hold() -> None:
        try:
            while not over.wait(LEASE.total_seconds() / 3):
                try:
                    mine.update(lease_until=clock.real_now() + LEASE)
                except DatabaseError:
                    # the database is away or (SQLite) busy with this very job; the next beat tries again
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
    """Save how far the job is, and renew its lease. Raises `Busy` (JOB_TAKEN_OVER) if another runner has
    taken the job over."""
    values: dict[str, Any] = {"done_count": done, "lease_until": clock.real_now() + LEASE}
    if total is not None:
        values["total_count"] = total
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts).update(**values):
        raise Busy("JOB_TAKEN_OVER", "Another worker has taken this job over.")


def park_orphans(job_id: int | None = None) -> int:
    """Park jobs whose runner died at every attempt, and return how many. Such a runner died of lack of memory
    or of a crash below Python, so it could not save that the job failed."""
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
    """Announce again the jobs that wait and the jobs that a dead worker left. Return how many (at most
    500)."""
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
    """Put a parked job back in the queue, on request of staff."""
    Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.QUEUED,
        attempts=0,
        error="",
        lease_until=None,
        finished_at=None,
        created_at=clock.real_now(),
    )
    announce(job.pk)
