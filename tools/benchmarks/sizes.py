"""Describe the size of database tables on disk, for the output of a benchmark."""

from __future__ import annotations

from django.db import connection, models


def of(model: type[models.Model], per: int) -> str:
    """Return a text with the size of the model's table and indexes: in megabytes, and in bytes per record.
    `per` is the number of records."""
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table])
        heap, indexes = cursor.fetchone()
    each = (heap + indexes) / per
    return f"{table}: {heap / 1e6:.1f} MB and {indexes / 1e6:.1f} MB of indexes, {each:.0f} bytes a record"


def swept(*tables: type[models.Model]) -> None:
    """Run VACUUM on the tables, as autovacuum would do after some time."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {', '.join(m._meta.db_table for m in tables)}")
