"""Lets the flush between transactional tests past the journal's triggers, and nothing else.

The database refuses to delete journal rows (migrations 0002, 0003) and to rewrite a statement's (0005, 0006 of gstr2b). A transactional test ends with a flush of every
table, so the statements of that flush, and only those, stand between lifting the triggers and setting them again.
"""

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
    """For conftest.py to import."""
    lift_in_flush()


def lift_in_flush() -> None:
    """Wrap `sql_flush` of the database in use; calling it twice changes nothing."""
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
        # the flush is one transaction, so nobody else ever sees the tables unguarded
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
    """The journal and the statements without their triggers, as somebody with the database's own rights could make it."""
    before, after = _around(connection.vendor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # a table with checks still waiting cannot be altered
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in before:
            cursor.execute(statement)
        yield
        for statement in after:
            cursor.execute(statement)


class _Statements(list):
    """Takes the place of a schema editor and keeps what it is told."""

    connection = connection

    def execute(self, sql: str) -> None:
        self.append(sql)
