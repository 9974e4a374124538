"""Command `verify`: check that all invariants hold in the database. The command only reads. The exit code is
1 if an invariant is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from gstr2b.checks import references as line_references
from gstr2b.checks import statement_lines, totals, versions
from invoices.checks import (
    closed_periods,
    counters,
    decisions,
    desks,
    documents,
    journal_chain,
    journal_decisions,
    legal_actions,
    references,
    register,
)
from invoices.models import Taxpayer

INVARIANTS: tuple[ModuleType, ...] = (
    statement_lines,
    totals,
    versions,
    journal_decisions,
    closed_periods,
    decisions,
    journal_chain,
    documents,
    legal_actions,
    desks,
    counters,
    references,
    line_references,
    register,
)


@contextmanager
def _reading(*, whole: bool) -> Iterator[None]:
    """Run the block in one read-only snapshot (PostgreSQL only). `whole` is true if the block checks the data
    of all taxpayers. In this case, the database must join tables by hash, not row by row. Without this
    setting, the database might choose a slow plan for a new table without statistics."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if whole:
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute("SET LOCAL jit = off")
            cursor.execute("SET LOCAL work_mem = '64MB'")
        yield


class Command(BaseCommand):
    help = (
        "Check every invariant of the stored data. The command only reads. The exit code is 1 if an "
        "invariant is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--gstin", help="check only the data of this GSTIN")

    def handle(self, *args: Any, **options: Any) -> None:
        only = None
        if gstin := options["gstin"]:
            only = Taxpayer.objects.filter(gstin=gstin.upper()).values_list("pk", flat=True).first()
            if only is None:
                raise CommandError(f"There is no taxpayer {gstin} here.")
        failed = 0
        for invariant in INVARIANTS:
            began = monotonic()
            with _reading(whole=only is None):
                looked = invariant.look(only)
            failed += bool(looked.broken)
            self.stdout.write(
                f"{'BROKEN' if looked.broken else 'ok':6}  {invariant.NAME}: {looked.count} {looked.unit}, "
                f"{len(looked.broken)} broken, {monotonic() - began:.2f} s"
            )
            for sentence in looked.broken:
                self.stdout.write(f"        {sentence}")
        if failed:
            raise SystemExit(1)
