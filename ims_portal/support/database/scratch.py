"""A scratch database of the configured kind, for worked examples and benchmarks. The portal's own data is not
touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def scratch_database() -> Iterator[None]:
    """Make a new, empty, migrated database. In the block, the ordinary connection uses this database.
    Afterwards the database is deleted."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
