"""What PostgreSQL should know before statements over very many rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

WORK_MEMORY = "64MB"


def for_many_rows() -> None:
    """Until the transaction ends: groups and joins have room in memory, and no statement is compiled, which takes
    longer than it saves. Nothing elsewhere."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL jit = off")


@contextmanager
def few_groups() -> Iterator[None]:
    """For a query that makes a handful of groups out of very many rows, inside a transaction: the planner, which
    multiplies how many values each column has, would sort all of them first. Nothing elsewhere."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        yield
        # not after a failure: the transaction is over then, and the setting with it
        cursor.execute("SET LOCAL enable_sort = on")
