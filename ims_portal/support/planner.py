"""What PostgreSQL should know before statements over very many rows."""

from __future__ import annotations

from django.db import connection

WORK_MEMORY = "64MB"


def for_many_rows() -> None:
    """Until the transaction ends: groups and joins have room in memory, and no statement is compiled, which takes
    longer than it saves. Nothing elsewhere."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'; SET LOCAL jit = off")
