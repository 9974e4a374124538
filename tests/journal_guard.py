"""Removes the triggers of the journal and of GSTR-2B statements while Django empties the tables after a test.

The triggers refuse to delete journal rows (migrations 0002 and 0003 of invoices) and to change a statement
(migrations 0005 and 0006 of gstr2b). After a transactional test, Django empties every table (a flush).
`lift_in_flush` removes the triggers before the SQL of the flush, and creates them again after the flush. At
any other time, the triggers are missing only inside a block of `unguarded`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

TABLES = ("invoices_journalentry", "invoices_journalline", "invoices_journalseal")
STATEMENTS = ("gstr2b_statementline", "gstr2b_statementtotal", "gstr2b_suppliertotal")
GUARDS = (
    "invoices.migrations.0002_append_only_journal",
    "invoices.migrations.0003_sealed_journal",
    "gstr2b.migrations.0005_versions_stand",
    "gstr2b.migrations.0006_lines_from_version_to_version",
)


@pytest.fixture(scope="session", autouse=True)
def _flush_may_pass_the_journal_guard():
    """Remove the triggers during every flush of the test session. conftest.py imports this fixture."""
    lift_in_flush()


def lift_in_flush() -> None:
    """Change Django's method `sql_flush`, so that its SQL also removes the triggers and creates them again.
    Do nothing if the method is already changed."""
    operations = type(connection.ops)
    if getattr(operations.sql_flush, "lifts_the_journal_guard", False):
        return
    original = operations.sql_flush

    def sql_flush(self, style, tables, **options):
        statements = original(self, style, tables, **options)
        if not statements or not set(TABLES) & set(tables):
            return statements
        before, after = _around(self.connection.vendor)
        return [*before, *statements, *after]

    sql_flush.lifts_the_journal_guard = True
    operations.sql_flush = sql_flush


def _around(vendor: str) -> tuple[list[str], list[str]]:
    if vendor == "postgresql":
        # the flush is one transaction, so no other connection sees the tables while the triggers are off
        guarded = (*TABLES, *STATEMENTS)
        return [f"ALTER TABLE {t} DISABLE TRIGGER USER" for t in guarded], [
            f"ALTER TABLE {t} ENABLE TRIGGER USER" for t in guarded
        ]
    if vendor == "sqlite":
        made = _Statements()
        guards = [importlib.import_module(name) for name in GUARDS]
        for guard in guards:
            guard.protect(None, made)
        again = list(made)
        made.clear()
        for guard in guards:
            guard.lift(None, made)
        return [s.replace("DROP TRIGGER", "DROP TRIGGER IF EXISTS") for s in made], again
    return [], []


@contextmanager
def unguarded() -> Iterator[None]:
    """Remove the triggers of the journal and of the GSTR-2B statements during the `with` block. Code in the
    block can change rows, as the owner of a real database could."""
    before, after = _around(connection.vendor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # run the pending constraint checks now: PostgreSQL cannot alter a table while a check is pending
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in before:
            cursor.execute(statement)
        yield
        for statement in after:
            cursor.execute(statement)


class _Statements(list):
    """A list that collects the SQL statements of migrations. A migration uses this list like a schema editor,
    but the list executes nothing."""

    connection = connection

    def execute(self, sql: str) -> None:
        self.append(sql)
