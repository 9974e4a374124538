"""Settings and statistics that PostgreSQL needs before statements over very many rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction

WORK_MEMORY = "64MB"


def for_many_rows() -> None:
    """Let PostgreSQL use more memory for groups and joins until the transaction ends. Also stop just-in-time
    compilation, which costs more time than it saves. On SQLite the function does nothing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL jit = off")


def reading() -> AbstractContextManager[Any]:
    """Return a transaction for a caller that only reads, so that the planner's settings end with the
    transaction.

    On SQLite, return a context without a transaction, because a transaction would wait for writers and block
    writers."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def few_groups() -> AbstractContextManager[None]:
    """Stop the planner from sorting, for a query that makes a few groups from very many rows. The planner
    expects too many groups, and would therefore sort all rows first.

    Use this context manager inside a transaction. On SQLite it does nothing."""
    return _without("enable_sort")


def by_index() -> AbstractContextManager[None]:
    """Make the planner use an index, for a query of new rows in a large table. The planner has no statistics
    of the new rows, and would therefore read the whole table.

    Use this context manager inside a transaction. On SQLite it does nothing."""
    return _without("enable_seqscan")


def one_by_one(column: str, chosen: str) -> str:
    """Return SQL for "the indexed column is among the values of the subquery `chosen`". The database looks up
    each value separately. With a plain `IN`, a planner without statistics of the table might read the whole
    table for each value."""
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
        # After a failure this line does not run. The failure ends the transaction, and the setting ends with
        # the transaction.
        cursor.execute(f"SET LOCAL {way} = on")


def counted(table: str) -> bool:
    """Return true if the planner's statistics say that the table has rows. If the table was empty when
    PostgreSQL last made statistics, the planner believes that the table is still empty, and may choose a bad
    index."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples > 0 FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


def count(table: str) -> None:
    """Update the planner's statistics of a table now. The database reads a sample of the rows, which takes a
    fraction of a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
