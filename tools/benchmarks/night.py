"""Measure the midnight of the 14th. Several processes run the jobs that make the drafts of many recipients,
who have a hundred records each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date

from django.db import connection, connections, transaction

from gstr2b import generation, midnight
from gstr2b.models import Statement
from invoices import counters, jobs
from invoices.models import Decision, Job, JournalEntry, Record, Taxpayer
from tools.benchmarks.draft import clean
from tools.benchmarks.frame import Benchmark, Way, faster
from tools.benchmarks.world import EACH_RECIPIENT, OCTOBER, Scene

FOURTEENTH = date(2024, 11, 14)
RECORD, DECISION = (m._meta.db_table for m in (Record, Decision))


def dealt(scene: Scene, *, to_one: bool) -> None:
    """Give all records to the first recipient if `to_one` is true, and otherwise a hundred records to each
    recipient. In both cases, delete all drafts and jobs."""
    first = Record.objects.order_by("pk").values_list("pk", flat=True)[0]
    owner = f"{scene.recipient_id}" + ("" if to_one else f" + (%s - {first}) / {EACH_RECIPIENT}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # with this setting, no trigger runs
        for table, key in ((RECORD, "id"), (DECISION, "record_id")):
            now = owner.replace("%s", key)
            cursor.execute(f"UPDATE {table} SET recipient_id = {now} WHERE recipient_id <> {now}")
    Job.objects.all().delete()
    clean()
    counters.rebuild()
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {DECISION}, {RECORD}")


def night(scene: Scene, workers: int) -> None:
    """Run one midnight: find the recipients whose draft is due, make jobs, and let several processes run the
    jobs."""
    done = midnight.run_night(FOURTEENTH, here=False)
    connections.close_all()
    children = [_worker(done.jobs) for _ in range(workers)]
    failed = [os.waitpid(child, 0)[1] for child in children]
    if any(failed):
        raise AssertionError(f"workers ended with {failed}")


def _worker(job_ids: Sequence[int]) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        for job_id in job_ids:
            jobs.run(job_id)
        connections.close_all()
        status = 0
    finally:
        os._exit(status)


def all_drafted(scene: Scene) -> None:
    """Raise an error if a recipient has no draft, a job is not done, or a journal entry has no seal."""
    recipients = scene.records // EACH_RECIPIENT
    drafts = Statement.objects.filter(is_current=True, line_count=EACH_RECIPIENT).count()
    open_jobs = Job.objects.exclude(state=Job.State.DONE).count()
    unsealed = JournalEntry.objects.filter(event="GSTR-2B drafted", seal__isnull=True).count()
    if drafts != recipients or open_jobs or unsealed:
        raise AssertionError(
            f"{drafts} of {recipients} drafted, {open_jobs} jobs open, {unsealed} not sealed"
        )


def ways(scene: Scene) -> Sequence[Way]:
    def many() -> None:
        dealt(scene, to_one=False)

    def one() -> None:
        dealt(scene, to_one=True)

    def looked_at() -> None:
        all_drafted(scene)

    recipient = Taxpayer.objects.get(pk=scene.recipient_id)
    return [
        Way("night, one worker", lambda: night(scene, 1), scene.records, many, rounds=2, after=looked_at),
        Way("night, two workers", lambda: night(scene, 2), scene.records, many, rounds=2, after=looked_at),
        Way(
            "draft of one recipient with all records",
            lambda: generation.draft_if_due(recipient, OCTOBER),
            scene.records,
            one,
            rounds=2,
        ),
    ]


BENCHMARK = Benchmark(
    "night",
    f"drafts for many recipients of {EACH_RECIPIENT} records",
    ways,
    bars=[
        faster("night, one worker", "draft of one recipient with all records", 0.6),
        faster("night, two workers", "night, one worker", 1.4),
    ],
    grows=["night, one worker", "night, two workers"],
    scene="many",
)
