"""Measure one action on every record of a recipient. The action is checked against the law, saved, counted,
and written to the journal."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from ims_portal.kernel import clock
from invoices import counters, jobs
from invoices.desk import actions, batches
from invoices.desk.actions import Asked
from invoices.models import Decision, JournalEntry, JournalLine, Record
from invoices.queries.record_list.filters import Filters
from invoices.rules.situation import Action
from tools.benchmarks import sizes
from tools.benchmarks.frame import Benchmark, Way, longer
from tools.benchmarks.world import BY, OCTOBER, Scene

RECORD, DECISION, LINE = (m._meta.db_table for m in (Record, Decision, JournalLine))
WIDE = "bench_wide"
SET = "action = 'A', answer = '-', version = version + 1, remarks = '', acted_at = now(), cleared_action = ''"


def undecided() -> None:
    """Reset every record to no action, delete all journal lines, and remove dead rows from the tables
    (VACUUM)."""
    columns = "record_id, recipient_id, action, answer, remarks, version, cleared_action"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # with this setting, no trigger runs
        cursor.execute(f"TRUNCATE {DECISION}, {LINE}")
        cursor.execute(
            f"INSERT INTO {DECISION} ({columns}) SELECT id, recipient_id, 'N', '-', '', 1, '' "
            f"FROM {RECORD} ORDER BY id"
        )
    counters.rebuild()
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {DECISION}, {LINE}, {RECORD}")


def accept_all(scene: Scene) -> None:
    taken = actions.take_all(scene.recipient, Record.objects.all(), Asked(Action.ACCEPTED), by=BY)
    if not 0 < taken.saved <= scene.records:
        raise AssertionError(f"{taken.saved} saved")


def by_batch(scene: Scene) -> None:
    """Accept all records that match a filter, in the way that a person does on the page. The page prepares a
    batch, and a job runs the batch in chunks. Each chunk is one transaction with one journal entry."""
    user = get_user_model().objects.get_or_create(username="benchmark")[0]
    batch, _foreseen = batches.prepare(
        scene.recipient, Action.ACCEPTED, Filters(), user=user, address="/", as_of=clock.now()
    )
    batch = batches.run(batch.pk, scene.recipient, by=BY)
    if batch.job_id is not None:
        jobs.run(batch.job_id)
        batch.refresh_from_db()
    if batch.state != batch.State.DONE or not batch.result["changed"]:
        raise AssertionError(f"{batch.state}: {batch.result}")


def exact() -> None:
    """Raise an error if the counters differ from the records."""
    if counters.drifts():
        raise AssertionError("the counters drifted")


def bare(scene: Scene, *, locked: bool) -> None:
    """Run only the SQL statements that no program can avoid, on the portal's own tables. The statements check
    no rule, update no counter and seal no journal entry. Without `locked`, the records are not locked, so a
    supplier could edit a record while the statements run."""
    mine = f"recipient_id = {scene.recipient_id}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.counted = 'apart'")
        if locked:
            cursor.execute(
                f"SELECT count(*) FROM (SELECT id FROM {RECORD} WHERE {mine} AND route = 'M' ORDER BY id FOR UPDATE) AS r"
            )
        entry = JournalEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
        cursor.execute(
            f"INSERT INTO {LINE} (entry_id, record_id, recipient_id, revision, before, after, remarks) "
            f"SELECT {entry}, r.id, r.recipient_id, r.revision, d.label, 'A -', '' "
            f"FROM {RECORD} r JOIN {DECISION} d ON d.record_id = r.id WHERE r.{mine} AND r.route = 'M'"
        )
        cursor.execute(
            f"UPDATE {DECISION} d SET {SET} FROM {RECORD} r WHERE r.id = d.record_id AND r.{mine} AND r.route = 'M'"
        )


def widen() -> None:
    """Copy records and decisions into one wide table, which `update_wide` updates for comparison. The wide
    table has the indexes of the table of records, and one more index for the action."""
    undecided()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {WIDE}")
        cursor.execute(
            f"CREATE TABLE {WIDE} AS SELECT r.*, d.action, d.answer, d.remarks, d.version, d.acted_at, "
            f"d.cleared_action FROM {RECORD} r JOIN {DECISION} d ON d.record_id = r.id ORDER BY r.id"
        )
        cursor.execute(f"SELECT indexdef FROM pg_indexes WHERE tablename = '{RECORD}'")
        for number, (made,) in enumerate(cursor.fetchall()):
            what = made.split(" USING ", 1)[1]
            unique = "UNIQUE " if made.startswith("CREATE UNIQUE") else ""
            cursor.execute(f"CREATE {unique}INDEX {WIDE}_{number} ON {WIDE} USING {what}")
        cursor.execute(f"CREATE INDEX {WIDE}_status ON {WIDE} (recipient_id, action, id)")
        cursor.execute(f"VACUUM ANALYZE {WIDE}")


def update_wide(scene: Scene) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {WIDE} SET {SET} WHERE recipient_id = {scene.recipient_id} AND route = 'M'")


def ways(scene: Scene) -> Sequence[Way]:
    return [
        Way("bulk action", lambda: accept_all(scene), scene.records, undecided, after=exact),
        Way("batch of all that match", lambda: by_batch(scene), scene.records, undecided, after=exact),
        Way("bare statements", lambda: bare(scene, locked=True), scene.records, undecided),
        Way("bare statements, no lock", lambda: bare(scene, locked=False), scene.records, undecided),
        Way("bare UPDATE of a wide table", lambda: update_wide(scene), scene.records, widen, rounds=1),
    ]


def facts(scene: Scene) -> list[str]:
    """Take three actions on all records, with a VACUUM after each action. Return texts with the sizes of the
    tables before the first action and after the actions."""
    undecided()
    told = [f"before: {sizes.of(Decision, scene.records)}"]
    for place, action in enumerate((Action.ACCEPTED, Action.REJECTED, Action.ACCEPTED), start=1):
        actions.take_all(scene.recipient, Record.objects.all(), Asked(action), by=BY)
        sizes.swept(Decision, JournalLine, Record)
        told.append(f"after action {place}: {sizes.of(Decision, scene.records)}")
    told.append(f"after 3 actions: {sizes.of(JournalLine, 3 * scene.records)} and action")
    return [*told, sizes.of(Record, scene.records)]


BENCHMARK = Benchmark(
    "bulk",
    f"one action on all records of {OCTOBER.label}, with legality, counters and journal",
    ways,
    bars=[
        longer("bulk action", "bare statements", 1.3),
        longer("bulk action", "bare UPDATE of a wide table", 0.5),
        longer("batch of all that match", "bulk action", 2),
    ],
    grows=["bulk action", "batch of all that match"],
    facts=facts,
)
