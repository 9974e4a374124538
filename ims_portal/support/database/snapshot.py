"""A second connection that sees the database as it was at one moment, for a reader that needs minutes.

Meanwhile the ordinary connection can write, for example a job's progress. No writer waits for the reader. On
PostgreSQL the second connection has a repeatable-read transaction. On SQLite it has a read transaction of the
write-ahead log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, connection, connections


@contextmanager
def snapshot() -> Iterator[str]:
    """Yield the alias of the second connection. Callers pass the alias to Django's `using`.

    Inside a transaction, or for a database in memory, yield the alias of the ordinary connection. A second
    connection could not see the rows of the transaction or of the database in memory."""
    in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
    if connection.in_atomic_block or in_memory:
        yield DEFAULT_DB_ALIAS
        return
    alias = f"snapshot {uuid4().hex}"
    reader = connections.create_connection(DEFAULT_DB_ALIAS)
    connections[alias] = reader
    try:
        if reader.vendor == "postgresql":
            reader.set_autocommit(False)
            with reader.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        else:
            with reader.cursor() as cursor:
                # Django's own BEGIN would take a write lock; this BEGIN takes no write lock
                cursor.execute("BEGIN DEFERRED")
        yield alias
    finally:
        reader.close()
        del connections[alias]
