"""Measure two steps: the filing of a GSTR-3B that covers all records of a recipient, and the move of these
records to the archive."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from django.db import connection, connections, transaction

from gstr2b import generation
from invoices import counters
from invoices.documents import archive
from invoices.models import (
    ArchivedRecord,
    Decision,
    RecipientDesk,
    Record,
    Taxpayer,
)
from returns.gstr3b import filing
from returns.models import AddBack, Gstr3b
from tools.benchmarks import pages, sizes
from tools.benchmarks.draft import clean
from tools.benchmarks.frame import Benchmark, Way, faster, rate, within
from tools.benchmarks.world import BY, OCTOBER, Scene

RECORD, DECISION, ARCHIVED = (m._meta.db_table for m in (Record, Decision, ArchivedRecord))
# One of every 97 records is rejected, so that rejected credit notes add to suppliers' liability.
EACH_REJECTED = 97
PAGE_BAR = 0.1


def drafted(scene: Scene) -> None:
    """Prepare a filing: delete the GSTR-3B of an earlier round, move archived records back into the table of
    records, and make the draft GSTR-2B."""
    columns = [f.column for f in Record._meta.concrete_fields if not getattr(f, "generated", False)]
    taken = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # with this setting, no trigger runs
        cursor.execute(
            f"INSERT INTO {RECORD} ({taken}) SELECT {taken} FROM {ARCHIVED} ORDER BY id ON CONFLICT DO NOTHING"
        )
        tables = (Gstr3b, AddBack, RecipientDesk, Decision, ArchivedRecord)
        cursor.execute(f"TRUNCATE {', '.join(m._meta.db_table for m in tables)} CASCADE")
        cursor.execute(
            f"INSERT INTO {DECISION} (record_id, recipient_id, action, answer, remarks, version, cleared_action) "
            f"SELECT id, recipient_id, CASE WHEN route = 'M' AND id % {EACH_REJECTED} = 0 THEN 'R' ELSE 'N' END, "
            f"'-', '', 1, '' FROM {RECORD} ORDER BY id"
        )
    Taxpayer.objects.filter(pk=scene.recipient_id).update(open_period=OCTOBER.number)
    counters.rebuild()
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {DECISION}, {RECORD}, {ARCHIVED}")
    clean()
    generation.draft_if_due(scene.recipient, OCTOBER)


def filed(scene: Scene) -> None:
    drafted(scene)
    file(scene)


def file(scene: Scene) -> None:
    filing.file(scene.recipient, OCTOBER, by=BY)


def carry(scene: Scene) -> None:
    """Run the job that moves records to the archive."""
    moved = archive.move_all(scene.recipient)
    if not 0 < moved <= scene.records:
        raise AssertionError(f"{moved} moved")


def carried_whole(scene: Scene) -> None:
    """Raise an error if a record is lost, exists twice, or is counted wrongly."""
    live = Record.objects.filter(recipient_id=scene.recipient_id).count()
    gone = ArchivedRecord.objects.filter(recipient_id=scene.recipient_id).count()
    decided = Decision.objects.filter(recipient_id=scene.recipient_id).count()
    if (live + gone, decided) != (scene.records, live) or counters.drifts():
        raise AssertionError(f"{live} live, {gone} archived, {decided} decisions of {scene.records}")


def page_meanwhile(scene: Scene) -> float:
    """Run the archive's job. Meanwhile, open pages (home, inward summary, the first fifty records) and lock
    the recipient's row of `RecipientDesk`, again and again. Return the 95th percentile of the durations of
    pages and locks, in seconds."""
    client = pages.signed_in(scene)
    paths = [f"/t/{scene.recipient.gstin}/{path}" for path in ("", "ims/inward/", "ims/inward/all/")]
    going = threading.Event()

    def job() -> None:
        try:
            carry(scene)
        finally:
            going.set()
            connections.close_all()

    worker = threading.Thread(target=job)
    worker.start()
    took: list[float] = []
    while not going.is_set():
        for path in paths:
            started = time.perf_counter()
            answer = client.get(path)
            took.append(time.perf_counter() - started)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
        started = time.perf_counter()
        with transaction.atomic():
            RecipientDesk.objects.select_for_update(nowait=True).get(
                recipient_id=scene.recipient_id, filed_at=None
            )
        took.append(time.perf_counter() - started)
        time.sleep(0.02)
    worker.join()
    took.sort()
    return took[len(took) * 19 // 20]


def bare(scene: Scene) -> None:
    """Run only the SQL that no program can avoid, in one transaction: insert the rows of the archive, and
    delete the live rows."""
    targets, sources = archive.columns()
    taken = ", ".join(
        "now()" if c == "left_at" else "'C'" if s == "%s" else s
        for c, s in zip(targets, sources, strict=True)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.counted = 'apart'")
        cursor.execute(
            f"INSERT INTO {ARCHIVED} ({', '.join(targets)}) SELECT {taken} FROM {RECORD} r "
            f"JOIN {DECISION} d ON d.record_id = r.id WHERE r.recipient_id = {scene.recipient_id}"
        )
        cursor.execute(f"DELETE FROM {DECISION} WHERE recipient_id = {scene.recipient_id}")
        cursor.execute(f"DELETE FROM {RECORD} WHERE recipient_id = {scene.recipient_id}")


def ways(scene: Scene) -> Sequence[Way]:
    def ready() -> None:
        filed(scene)

    return [
        Way("file GSTR-3B", lambda: file(scene), scene.records, lambda: drafted(scene), rounds=2),
        Way(
            "archive job",
            lambda: carry(scene),
            scene.records,
            ready,
            rounds=2,
            after=lambda: carried_whole(scene),
        ),
        Way("bare INSERT and DELETE", lambda: bare(scene), scene.records, ready, rounds=2),
        Way(
            "page beside the archive job (p95)", lambda: page_meanwhile(scene), scene.records, ready, rounds=2
        ),
    ]


def facts(scene: Scene) -> list[str]:
    """File GSTR-3B and run the archive's job. Return texts with the sizes of the tables before the job, and
    after the job and a VACUUM."""
    filed(scene)
    before = sizes.of(Record, scene.records)
    carry(scene)
    sizes.swept(Record, Decision)
    after = [sizes.of(model, scene.records) for model in (Record, Decision, ArchivedRecord)]
    return [f"before the archive's job: {before}", *(f"after it: {text}" for text in after)]


BENCHMARK = Benchmark(
    "filing",
    "GSTR-3B is filed, and its records go to the archive",
    ways,
    bars=[
        within("file GSTR-3B", 1.0),
        rate("archive job", 50_000),
        faster("archive job", "bare INSERT and DELETE", 0.5),
        within("page beside the archive job (p95)", PAGE_BAR),
    ],
    grows=["file GSTR-3B", "archive job"],
    facts=facts,
)
