"""Invariant I2: totals, supplier totals and counts are the exact sums of their lines, in paise and per tax
head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gstr2b.lines.select import AMOUNTS, of_version
from gstr2b.lines.sums import SUPPLIER_KEYS, TOTAL_KEYS
from gstr2b.models import Statement, StatementLine, StatementTotal, SupplierTotal
from ims_portal.kernel.money import HEADS
from invoices.checks.frame import Looked, count, owned, table

NAME = "I2 totals = sums of lines"


def look(only: int | None) -> Looked:
    statement, lines = table(Statement), table(StatementLine)
    mine = owned("s.recipient_id", only)
    looked = Looked(
        count(f"{lines} l JOIN {statement} s ON {of_version('l', 's')} WHERE s.has_lines{mine}"), "lines"
    )
    for model, keys, amounts in (
        (StatementTotal, TOTAL_KEYS, AMOUNTS),
        (SupplierTotal, SUPPLIER_KEYS, ("taxable", *HEADS)),
    ):
        grouped = ", ".join(["s.id", *(f'x."{key}"' for key in keys)])
        summed = ", ".join(["count(*)", *(f"SUM(x.{a})" for a in amounts)])
        stored = ", ".join(['x."count"', *(f"x.{a}" for a in amounts)])
        told, real = (
            f"SELECT {grouped}, {asked} FROM {rows} x JOIN {statement} s ON {of} WHERE s.has_lines{mine}"
            for asked, rows, of in (
                (stored, table(model), "s.id = x.statement_id"),
                (summed, lines, of_version("x", "s")),
            )
        )
        real += f" GROUP BY {grouped}"
        for one, other, what in (
            (told, real, "stored, but differ from the sums of the lines"),
            (real, told, "the sums of the lines, but are not stored"),
        ):
            looked.ask(
                f"SELECT * FROM ({one} EXCEPT {other}) AS odd",
                _teller(model._meta.verbose_name, len(keys), what),
            )
    summed_counts = (
        f'SELECT COALESCE(SUM(x."count"), 0) FROM {table(StatementTotal)} x WHERE x.statement_id = s.id'
    )
    looked.ask(
        f"SELECT s.id, s.line_count FROM {statement} s WHERE s.line_count <> ({summed_counts}){mine}",
        lambda pk, n: f"statement {pk} has a count of {n} lines, but its totals add up to another count",
    )
    return looked


def _teller(name: Any, keys: int, what: str) -> Callable[..., str]:
    def sentence(statement: int, *row: Any) -> str:
        amounts = [None if amount is None else int(amount) for amount in row[keys + 1 :]]
        return f"statement {statement}, {name} {row[:keys]}: {row[keys]} lines, amounts {amounts} are {what}"

    return sentence
