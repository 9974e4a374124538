"""Sum the lines of statements in SQL, by section and by supplier, for one recipient or for hundreds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import connection

from gstr2b.lines.select import AMOUNTS, SELDOM
from gstr2b.models import STANDS, Statement, StatementLine, StatementTotal, SupplierTotal
from ims_portal.kernel.money import HEADS

TOTAL_KEYS = ("section", "row", "treated", "reason", "table", "kind", "reverse_charge")
SUPPLIER_KEYS = ("supplier_id", "section", "table", "kind", "tax_period")
SUPPLIER_SUMS = ("taxable", *HEADS)


def insert_totals(statements: Sequence[Statement], amounts: Collection[str] = AMOUNTS) -> None:
    """Write the sums of the lines by section and by supplier, and set `line_count` of the statements. Some
    columns of amounts are seldom used (`SELDOM`). The function sums a seldom used column only if `amounts`
    names the column."""
    ids = [s.pk for s in statements]
    names = [name for name in AMOUNTS if name in amounts or name not in SELDOM]
    quote = connection.ops.quote_name
    lines = _standing(statements, names)
    origins = [s.lines_from for s in statements]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The database reads the lines once, and sums the lines by all keys. The two tables of sums are
            # filled from this result.
            keys = ", ".join(map(quote, dict.fromkeys(("statement_id", *TOTAL_KEYS, *SUPPLIER_KEYS))))
            sums = ", ".join(f"SUM({name})::bigint AS {name}" for name in names)
            cursor.execute(
                f"WITH summed AS MATERIALIZED (SELECT {keys}, COUNT(*) AS count, MAX(filed_on) AS filed_on, {sums} "
                f"FROM {lines} GROUP BY {keys}), sections AS ({_section_sums(names, 'summed', 'SUM(count)')}) "
                + _supplier_sums("summed", "SUM(count)"),
                origins,
            )
        else:
            cursor.execute(_section_sums(names, lines, "COUNT(*)"), origins)
            cursor.execute(_supplier_sums(lines, "COUNT(*)"), origins)
        totals, owners = quote(StatementTotal._meta.db_table), quote(Statement._meta.db_table)
        cursor.execute(
            f"UPDATE {owners} SET line_count = COALESCE((SELECT SUM(t.count) FROM {totals} t "
            f"WHERE t.statement_id = {owners}.id), 0) WHERE id IN ({_marks(ids)})",
            ids,
        )
    counts = dict(Statement.objects.filter(pk__in=ids).values_list("pk", "line_count"))
    for statement in statements:
        statement.line_count = counts[statement.pk]


def _standing(statements: Sequence[Statement], amounts: Sequence[str]) -> str:
    """Return SQL for the current lines of these statements, each with its `statement_id`. A line is current
    if no version has replaced the line. If there are several statements, none of them may use lines of an
    earlier version."""
    quote = connection.ops.quote_name
    shared = [s.pk for s in statements if s.origin_id]
    assert not shared or len(statements) == 1
    owner = str(shared[0]) if shared else "origin_id"
    columns = ", ".join(map(quote, dict.fromkeys((*TOTAL_KEYS, *SUPPLIER_KEYS, "filed_on", *amounts))))
    return (
        f"(SELECT {owner} AS statement_id, {columns} FROM {quote(StatementLine._meta.db_table)} "
        f"WHERE origin_id IN ({_marks(statements)}) AND until = {STANDS}) lines"
    )


def _section_sums(names: Sequence[str], source: str, counted: str) -> str:
    return _sum_into(StatementTotal, TOTAL_KEYS, {name: f"SUM({name})" for name in names}, source, counted)


def _supplier_sums(source: str, counted: str) -> str:
    sums = {"filed_on": "MAX(filed_on)", **{name: f"SUM({name})" for name in SUPPLIER_SUMS}}
    return _sum_into(SupplierTotal, SUPPLIER_KEYS, sums, source, counted)


def _sum_into(
    model: type[StatementTotal] | type[SupplierTotal],
    keys: Sequence[str],
    sums: dict[str, str],
    source: str,
    counted: str,
) -> str:
    quote = connection.ops.quote_name
    by = ", ".join(map(quote, ["statement_id", *keys]))
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({by}, {quote('count')}, {', '.join(sums)}) "
        f"SELECT {by}, {counted}, {', '.join(sums.values())} FROM {source} GROUP BY {by}"
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))
