"""The sample world for tests. A run builds the world once and copies its rows into each database."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from invoices import portal_clock

# these tables are not copied: Django fills them itself, with ids that differ from database to database
DJANGO_FILLS = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def sample_world(tmp_path_factory) -> Callable[..., None]:
    """Return a function that fills the empty database of a test with the sample world. The function takes the
    options of `manage.py demo_world`.

    The first call in a run builds the world and writes its rows to files. Later calls with the same options
    read the files, in any process of the run. With SQLite, every call builds the world."""
    folder = tmp_path_factory.getbasetemp()
    if folder.name.startswith("popen-gw"):
        folder = folder.parent  # the processes of one run share this folder

    def fill(**options: object) -> None:
        if connection.vendor != "postgresql":
            # SQLite cannot insert rows without running triggers, so every call builds the world
            call_command("demo_world", stdout=StringIO(), **options)
            return
        kept = folder / "-".join(["sample-world", *(f"{name}-{options[name]}" for name in sorted(options))])
        with _alone(folder / "sample-world.lock"):
            if not (kept / "complete").exists():
                call_command("demo_world", stdout=StringIO(), **options)
                _keep(kept)
                return
        _copy_in(kept)
        portal_clock.forget()

    return fill


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let only one process of the run enter the block at a time."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _columns() -> dict[str, list[str]]:
    """Return the columns of each table that a build fills. Generated columns are left out, because the
    database computes their values."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position"
        )
        for table, column in cursor.fetchall():
            if table not in DJANGO_FILLS:
                found.setdefault(table, []).append(f'"{column}"')
    return found


def _keep(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    columns = _columns()
    with connection.cursor() as cursor:
        for table, names in columns.items():
            with (folder / table).open("w", encoding="utf-8") as rows:
                cursor.copy_expert(f'COPY (SELECT {", ".join(names)} FROM "{table}") TO STDOUT', rows)
    (folder / "complete").write_text(json.dumps(columns))


def _copy_in(folder: Path) -> None:
    columns = json.loads((folder / "complete").read_text())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger runs
        for table, names in columns.items():
            with (folder / table).open(encoding="utf-8") as rows:
                cursor.execute(f'DELETE FROM "{table}"')
                cursor.copy_expert(f'COPY "{table}" ({", ".join(names)}) FROM STDIN', rows)
            if '"id"' in names:
                cursor.execute(
                    f'SELECT setval(sequence::regclass, (SELECT max(id) FROM "{table}")) '
                    "FROM (SELECT pg_get_serial_sequence(%s, 'id') AS sequence) AS s WHERE sequence IS NOT NULL "
                    f'AND EXISTS (SELECT 1 FROM "{table}")',
                    [table],
                )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
