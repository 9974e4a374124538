"""What PostgreSQL should know before statements over very many rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import connection

WORK_MEMORY = "64MB"


def for_many_rows() -> None:
    """Until the transaction ends: groups and joins have room in memory, and no statement is compiled, which takes
    longer than it saves. Nothing elsewhere."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL jit = off")


def few_groups() -> AbstractContextManager[None]:
    """For a query that makes a handful of groups out of very many rows, inside a transaction: the planner, which
    multiplies how many values each column has, would sort all of them first. Nothing elsewhere."""
    return _without("enable_sort")


def by_index() -> AbstractContextManager[None]:
    """For a query, inside a transaction, of rows that were written a moment ago among many that were there before: the
    planner has not heard of them, and would read the whole table. Nothing elsewhere."""
    return _without("enable_seqscan")


def one_by_one(column: str, chosen: str) -> str:
    """SQL: the column, which has an index, is among what the subquery `chosen` gives. Each is looked up by itself, even
    where the planner has not heard of the rows and would go through all of them for each."""
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
        # not after a failure: the transaction is over then, and the setting with it
        cursor.execute(f"SET LOCAL {way} = on")


def counted(table: str) -> bool:
    """Has the database counted the rows of a table, and found some? It takes one that was empty then for empty until it
    counts again, and any index of it for as good as another."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples > 0 FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


def count(table: str) -> None:
    """Have it counted now: a sample of its rows, a fraction of a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
