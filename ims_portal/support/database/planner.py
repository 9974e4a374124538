"""Settings and statistics that PostgreSQL needs before statements over very many rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction

WORK_MEMORY = "64MB"


def for_many_rows() -> None:
    """Give groups and joins room in memory, and stop just-in-time compilation, which takes longer than it
    saves. The settings hold until the transaction ends. Other databases: no effect."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL jit = off")


def reading() -> AbstractContextManager[Any]:
    """Return a transaction for a caller that only reads: the planner's settings end with the transaction.
    On SQLite there is no transaction, because a transaction would wait for writers and hold them up."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def few_groups() -> AbstractContextManager[None]:
    """For a query, inside a transaction, that makes a few groups out of very many rows. The planner
    multiplies the numbers of different values of the columns, so it would sort all rows first. Other
    databases: no effect."""
    return _without("enable_sort")


def by_index() -> AbstractContextManager[None]:
    """For a query, inside a transaction, of rows that were written a moment ago into a large table. The
    planner does not know these rows yet and would read the whole table. Other databases: no effect."""
    return _without("enable_seqscan")


def one_by_one(column: str, chosen: str) -> str:
    """Return SQL for "the indexed column is among the values of the subquery `chosen`". The database looks up
    each value by itself. Without this, a planner that does not know the rows would read all of them for each
    value."""
    return (
        f"{column} = ANY (ARRAY({chosen}))"
        if connection.vendor == "postgresql"
        else f"{column} IN ({chosen})"
    )


@contextmanager
def _without(way: str) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {way} = off")
        yield
        # after a failure the transaction is over, and the setting with it
        cursor.execute(f"SET LOCAL {way} = on")


def counted(table: str) -> bool:
    """Has the database counted the rows of a table, and found some? A table that was empty at the count is
    empty for the planner until the next count, and any index of such a table seems as good as another."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples > 0 FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


def count(table: str) -> None:
    """Let the database count a table now: it takes a sample of the rows, in a fraction of a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
