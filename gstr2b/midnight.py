"""The nights of the portal: the events of each midnight. A night first runs the events of
`invoices.desk.midnight_events`: purge, reversion, expiry, provisional periods and annual returns. Then the
night drafts the GSTR-2B that are due.

A night may run late: a GSTR-2B that is drafted late has the same contents as a GSTR-2B that is drafted in
time. A night may also run twice without harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Sum

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support import worker_messages
from invoices import jobs, portal_clock
from invoices.desk import midnight_events
from invoices.models import DeskTally, Job, PortalClock, Taxpayer

# A job makes the drafts of at most RECIPIENTS_PER_JOB recipients with at most RECORDS_PER_JOB records
# together. A recipient with more records has a separate job. Small jobs are slow, because sending a job costs
# time. Large jobs are slow after a failure, because a killed worker's whole job is repeated.
RECIPIENTS_PER_JOB, RECORDS_PER_JOB = 500, 50_000


@dataclass(slots=True)
class Night:
    """The counts of the events of one midnight, and the ids of its jobs."""

    on: date
    purged: int = 0
    reverted: int = 0
    expired: int = 0
    moved: int = 0
    barred: int = 0
    drafts_due: int = 0
    jobs: list[int] = field(default_factory=list)


def _job_for(night: date, due: list[tuple[int, int]]) -> Job:
    """Return the job that makes the drafts of these recipients. If the job is done and a recipient still
    lacks a draft, return a new job. A draft may be missing because a database was restored or staff removed a
    statement."""
    name = f"{night.isoformat()} {due[0][0]}-{due[-1][0]}"
    for again in count():
        key = f"{name} again {again}" if again else name
        job = jobs.ask("draft", key, payload={"night": night.isoformat(), "due": due}, total=len(due))
        if job.state != Job.State.DONE:
            return job
    raise AssertionError("unreachable")


def run_night(night: date, *, here: bool) -> Night:
    """Run the events of one midnight, and return the counts of the events. Durable jobs make the drafts, each
    job for many recipients. With `here`, this process runs the jobs. Otherwise workers run the jobs."""
    done = Night(night)
    done.purged, done.reverted, done.expired = midnight_events.end_pending(night)
    done.moved = midnight_events.move_provisional_periods(night)
    done.barred = midnight_events.apply_annual_returns(night)
    due = _due(night)
    done.drafts_due = len(due)
    for some in _lots(due):
        job = _job_for(night, some)
        done.jobs.append(job.pk)
        if here:
            jobs.run(job.pk)
    return done


def _due(night: date) -> list[tuple[int, int]]:
    return list(generation.recipients_due(night).order_by("pk").values_list("pk", "open_period"))


def ensure_drafts() -> list[int]:
    """Queue jobs for drafts that are still missing after the night in which the drafts were due. Drafts can
    be missing because a job's row was lost, a database was restored, or a taxpayer was added late. Return the
    ids of the queued jobs. While nights or drafts are running, return an empty list. A parked job is not
    started again, because staff must decide about a parked job."""
    row = portal_clock.state()
    under_way = Job.objects.filter(kind="draft", state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists()
    if row.nights_through is None or row.moving_to is not None or under_way or portal_clock.nights_due():
        return []
    asked = [_job_for(row.nights_through, some) for some in _lots(_due(row.nights_through))]
    return [job.pk for job in asked if job.state == Job.State.QUEUED]


def _lots(due: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield the recipients in groups for jobs. Each group needs about the same work. The counters give the
    number of records of each recipient."""
    if not due:
        return
    counted = DeskTally.objects.filter(
        recipient_id__in=[pk for pk, _period in due],
        claim_period__gte=min((period for _pk, period in due), default=0),
    )
    sizes = dict(counted.order_by().values_list("recipient_id").annotate(n=Sum("records")))
    lot: list[tuple[int, int]] = []
    records = 0
    for pk, period in due:
        mine = sizes.get(pk, 0)
        if lot and (len(lot) >= RECIPIENTS_PER_JOB or records + mine > RECORDS_PER_JOB):
            yield lot
            lot, records = [], 0
        lot.append((pk, period))
        records += mine
    if lot:
        yield lot


@jobs.handles("draft")
def draft_many(job: Job) -> dict:
    """Make the drafts of one job's recipients, in one transaction for each period. If such a transaction
    fails, make each of its drafts in a separate transaction. One failing recipient then does not stop the
    other recipients. Raises `RuntimeError`, which names the recipients that failed."""
    due: list[tuple[int, int]] = job.payload["due"]
    by_period: dict[int, list[Taxpayer]] = {}
    taxpayers = Taxpayer.objects.in_bulk([pk for pk, _period in due])
    for pk, number in due:
        by_period.setdefault(number, []).append(taxpayers[pk])
    made, handled, failed = 0, 0, []
    for number, recipients in by_period.items():
        period = TaxPeriod.from_number(number)
        try:
            made += generation.draft_many_due(recipients, period)
        except Exception:  # noqa: BLE001  the error below names the recipients
            some, why = _one_by_one(job, recipients, period, handled)
            made += some
            failed += why
        handled += len(recipients)
        jobs.progress(job, handled)
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(due)} drafts failed: {'; '.join(failed)[:1500]}")
    return {"made": made, "recipients": len(due)}


def _one_by_one(
    job: Job, recipients: list[Taxpayer], period: TaxPeriod, handled: int
) -> tuple[int, list[str]]:
    """Make the draft of each recipient in a separate transaction. Return the number of drafts, and the
    failures as texts."""
    made, failed = 0, []
    for place, recipient in enumerate(recipients, start=1):
        try:
            if generation.draft_if_due(recipient, period) is not None:
                made += 1
        except Exception as failure:  # noqa: BLE001  the job tries this recipient again
            failed.append(f"{recipient.gstin}: {type(failure).__name__} {failure}")
        if place % 20 == 0:
            jobs.progress(job, handled + place)
    return made, failed


def walk(*, here: bool) -> Iterator[Night]:
    """Run every night that is due, oldest first, and yield each night after its run. If somebody is moving
    the clock to a later time, set the clock to this time at the end. A night that another process has already
    run is skipped."""
    for night in portal_clock.nights_due():
        if not portal_clock.arrive_at_night(night):
            continue
        done = run_night(night, here=here)
        portal_clock.night_done(night)
        yield done
    if PortalClock.objects.filter(pk=1, moving_to__isnull=False).exists():
        portal_clock.arrive()


def move_clock(
    target: datetime, *, user: User | AnonymousUser | None = None, here: bool = True
) -> list[Night]:
    """Move the clock to `target`. Run the nights between the old time and `target` one after the other, and
    return these nights."""
    portal_clock.ask_to_move(target, user=user)
    return list(walk(here=here))


# if a move has fewer than SHORT_NIGHTS nights, and there are at most FEW_TAXPAYERS taxpayers, the nights run
# while the person waits
SHORT_NIGHTS, FEW_TAXPAYERS = 40, 100


def set_out(target: datetime, *, user: User | AnonymousUser | None = None) -> list[Night] | None:
    """Move the clock for a person. If there are few nights up to `target` and few taxpayers, run the nights
    immediately and return these nights. Otherwise return None; the heartbeat runs the nights later. Raises
    `Conflict` while another move is under way, `Invalid` for a target that is not allowed, and `Forbidden` if
    the clock of this portal cannot be moved."""
    row = portal_clock.state()
    if row.moving_to is not None:
        raise Conflict(
            "CLOCK_MOVING",
            "The clock is already moving. Wait until the clock has reached its target time. Then you can "
            "move the clock again.",
        )
    target = portal_clock.in_ist(target)
    nights_ahead = (target.astimezone(clock.IST).date() - (row.nights_through or clock.today())).days
    short = nights_ahead < SHORT_NIGHTS and _few_taxpayers()
    portal_clock.ask_to_move(target, user=user)
    if short:
        return list(walk(here=True))
    wake()
    return None


def wake() -> None:
    """Ask the heartbeat to run the due nights now. If the message broker does not answer, do nothing, because
    the heartbeat also runs at regular times."""
    transaction.on_commit(lambda: worker_messages.send("invoices.heartbeat"), robust=True)


def _few_taxpayers() -> bool:
    return Taxpayer.objects.filter(listed=True)[: FEW_TAXPAYERS + 1].count() <= FEW_TAXPAYERS
