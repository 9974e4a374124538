"""Prove that a backup is good (I25). The drill makes a backup, restores the backup into a scratch database,
and runs `manage.py verify` there. Then the drill compares the restored copy with the original: the number of
rows of each table, and the ends of the journal chains. The drill never changes the original."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from invoices.models import JournalHead
from returns.operations.database_programs import copy_sqlite, run_client

Facts = dict[str, Any]
CHAINS = "ends of the journal's chains"


@dataclass(slots=True)
class Drill:
    """The result of a drill: the size of the backup in bytes, the numbers of rows and tables, the seconds of
    each step, and the differences between original and copy. `whole` is false if the copy differs or `verify`
    failed."""

    size: int = 0
    rows: int = 0
    tables: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    verified: str = ""
    whole: bool = True

    def compare(self, before: Facts, after: Facts) -> None:
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                self.differing.append(f"{name}: {before.get(name)} before, {after.get(name)} restored")
        counts = [n for name, n in before.items() if name != CHAINS]
        self.rows, self.tables = sum(counts), len(counts)
        self.whole = self.whole and not self.differing

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = monotonic()
        yield
        self.seconds[name] = monotonic() - began


def run() -> Drill:
    """Run the drill: back up the database, restore the backup, verify the copy, and compare the copy with the
    original. Return the result. Raises `NotPossible`."""
    folder = Path(tempfile.mkdtemp(prefix="portal-drill-"))
    try:
        return _postgresql(folder) if connection.vendor == "postgresql" else _sqlite(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _facts() -> Facts:
    """Return the facts that the drill compares: the number of rows of every table, and one hash of the last
    links of all journal chains."""
    found: Facts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
    digest = hashlib.sha256()
    for head in JournalHead.objects.order_by("pk").values_list("pk", "sequence", "hash").iterator():
        digest.update(repr(head).encode())
    found[CHAINS] = digest.hexdigest()
    return found


def _look_at_copy(drill: Drill, before: Facts) -> None:
    """Run `verify` on the copy, and compare the copy with the facts `before`. Django's default connection
    must already point to the copy."""
    said = StringIO()
    with drill.step("verify"):
        try:
            call_command("verify", stdout=said)
        except SystemExit:
            drill.whole = False
    drill.verified = said.getvalue()
    drill.compare(before, _facts())


# PostgreSQL


def _postgresql(folder: Path) -> Drill:
    drill, copy = Drill(), folder / "backup"
    given = connection.settings_dict
    scratch = f"{given['NAME']}_drill"
    with drill.step("backup"):
        connection.ensure_connection()
        connection.set_autocommit(False)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SELECT pg_export_snapshot()")
                snapshot = cursor.fetchone()[0]
            # The row counts and the dump read the same snapshot, so other users may write in the meantime.
            before = _facts()
            run_client(
                "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={copy}", given["NAME"]
            )
        finally:
            connection.rollback()
            connection.set_autocommit(True)
    drill.size = copy.stat().st_size
    _administer(f'DROP DATABASE IF EXISTS "{scratch}"', f'CREATE DATABASE "{scratch}"')
    try:
        with drill.step("restore"):
            run_client("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={scratch}", str(copy))
        with _standing_on(scratch):
            _look_at_copy(drill, before)
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{scratch}"')
    return drill


def _administer(*statements: str) -> None:
    connections.close_all()
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        for sql in statements:
            cursor.execute(sql)
    connections.close_all()


# SQLite


def _sqlite(folder: Path) -> Drill:
    drill, copy = Drill(), folder / "backup.sqlite3"
    with drill.step("backup"):
        copy_sqlite(copy)
    drill.size = copy.stat().st_size
    restored = folder / "restored.sqlite3"
    with drill.step("restore"):
        shutil.copyfile(copy, restored)
    before = _facts()
    with _standing_on(str(restored)):
        _look_at_copy(drill, before)
    return drill


@contextmanager
def _standing_on(name: str) -> Iterator[None]:
    """Point Django's default connection to another database inside the block."""
    home = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = home
