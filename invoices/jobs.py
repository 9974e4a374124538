"""Durable jobs: a row is made with the change that wants it, a runner takes its lease and holds it while it lives,
anyone may take over an expired one. Handlers are named in one table per app and must be safe to run twice."""

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
# How long a runner that says nothing is believed to live: what a killed one left waits so long and a sweep.
LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
# after a broker that did not answer, its absence is not found out again with every request
BROKER_REST = 10.0
_broker_rests_until = 0.0
Handler = Callable[[Job], dict[str, Any] | None]
HANDLERS: dict[str, Handler] = {}
AFTERWARDS: dict[str, Callable[[Job], None]] = {}


def handles(kind: str, *, afterwards: Callable[[Job], None] | None = None) -> Callable[[Handler], Handler]:
    """Name the function that does jobs of this kind (called in an app's `ready`). `afterwards` clears away what the
    job needed, once its row says that it is done: before that it may have to be done again."""

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
    """Make the job once for (kind, key), or return the one there is. Its message goes out after commit and may
    be lost: the sweeper finds the row."""
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
    """Tell a worker. A broker that does not answer is no failure: the sweeper will find the job."""
    tell("invoices.run_job", job_id)


def tell(task: str, *arguments: Any) -> bool:
    """Send a task by name (tasks call back into these modules); whether the broker took it. One that does not
    answer is left alone for some seconds, so that a page does not wait for it again and again."""
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
    """Take the lease and do the job; returns it, or None if someone else has it or it is over."""
    now = clock.real_now()
    park_orphans(job_id)
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
    """Hold the lease from a thread beside the work, on a connection of its own: what takes long in one statement
    is not taken over while its process lives."""
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
    """Note how far it is and hold the lease. Raises `Busy` if the job was taken over meanwhile."""
    values: dict[str, Any] = {"done_count": done, "lease_until": clock.real_now() + LEASE}
    if total is not None:
        values["total_count"] = total
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts).update(**values):
        raise Busy("JOB_TAKEN_OVER", "Another worker has taken this job over.")


def park_orphans(job_id: int | None = None) -> int:
    """Park what has taken its runner with it at every attempt (memory, a crash below Python): it never came to say
    that it failed. Returns how many."""
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
    """Announce again what waits, and what a dead worker left behind; returns how many."""
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
