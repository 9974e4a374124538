"""Compare two table layouts on one machine: records in one table, and records in 32 partitions by
recipient."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

from django.db import connection

from invoices.models import Record
from tools.benchmarks.frame import Bar, Benchmark, Way, longer
from tools.benchmarks.world import EACH_RECIPIENT, OCTOBER, Scene

RECORD = Record._meta.db_table
ONE, MANY = "bench_one_table", "bench_partitioned"
PARTITIONS = 32
TRIES = 200
LOT = 500


def laid_out(table: str) -> None:
    """Make an empty table, partitioned if its name is `MANY`. The table has a primary key, and the indexes
    that the portal uses for record lists."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        by = " PARTITION BY HASH (recipient_id)" if table == MANY else ""
        cursor.execute(f"CREATE TABLE {table} (LIKE {RECORD} INCLUDING GENERATED){by}")
        for part in range(PARTITIONS if table == MANY else 0):
            cursor.execute(
                f"CREATE TABLE {MANY}_{part} PARTITION OF {MANY} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            )
        # PostgreSQL demands the partition column in each key of a partitioned table, so the primary key of
        # `MANY` begins with `recipient_id`.
        cursor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({'recipient_id, ' if table == MANY else ''}id)")
        if table == MANY:
            cursor.execute(f"CREATE INDEX ON {table} (id)")
        for columns in ("document_date, id", "claim_period", "number_key, id"):
            cursor.execute(f"CREATE INDEX ON {table} (recipient_id, {columns})")


def fill(table: str) -> None:
    columns = ", ".join(
        f'"{f.column}"' for f in Record._meta.concrete_fields if not getattr(f, "generated", False)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {RECORD}")


def ready(table: str) -> None:
    laid_out(table)
    fill(table)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {table}")


def median(scene: Scene, sql: str, given: Callable[[random.Random], list[int]]) -> float:
    """Return the median duration of `TRIES` runs of the query, in seconds. Both layouts get the same values
    for the query."""
    chance = random.Random(7)
    took = []
    with connection.cursor() as cursor:
        for _ in range(TRIES):
            values = given(chance)
            started = time.perf_counter()
            cursor.execute(sql, values)
            cursor.fetchall()
            took.append(time.perf_counter() - started)
    return statistics.median(took)


def ways(scene: Scene) -> Sequence[Way]:
    recipients = max(1, scene.records // EACH_RECIPIENT)
    first = Record.objects.order_by("pk").values_list("pk", flat=True)[0]

    def some(chance: random.Random) -> int:
        return scene.recipient_id + chance.randrange(recipients)

    made = []
    for table, called in ((ONE, "one table"), (MANY, f"{PARTITIONS} partitions")):
        page = f"SELECT * FROM {table} WHERE recipient_id = %s ORDER BY document_date, id LIMIT 50"
        by_id = f"SELECT * FROM {table} WHERE id = %s"
        lot = (
            f"SELECT label, count(*), sum(igst), sum(cgst), sum(sgst) FROM {table} "
            f"WHERE recipient_id = ANY (ARRAY(SELECT generate_series(%s, %s))) "
            f"AND claim_period <= {OCTOBER.number} GROUP BY label"
        )

        def a_page(sql: str = page) -> float:
            return median(scene, sql, lambda chance: [some(chance)])

        def a_record(sql: str = by_id) -> float:
            return median(scene, sql, lambda chance: [first + chance.randrange(scene.records)])

        def a_lot(sql: str = lot) -> float:
            start = scene.recipient_id
            return median(scene, sql, lambda chance: [start, start + min(LOT, recipients) - 1])

        made += [
            Way(f"load, {called}", partial(fill, table), scene.records, partial(laid_out, table)),
            Way(f"page, {called}", a_page, 1, partial(ready, table), rounds=1),
            Way(f"record by id, {called}", a_record, 1, rounds=1),
            Way(f"sums of {LOT} recipients, {called}", a_lot, 1, rounds=1),
        ]
    return made


def not_slower(what: str) -> Bar:
    return longer(f"{what}, one table", f"{what}, {PARTITIONS} partitions", 1.15)


BENCHMARK = Benchmark(
    "partitions",
    "records in one table, as they are, against 32 partitions by recipient",
    ways,
    bars=[not_slower(what) for what in ("load", "page", "record by id", f"sums of {LOT} recipients")],
    scene="many",
)
