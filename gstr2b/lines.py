"""The lines of statements and their sums, in SQL: one statement each, for one recipient or for hundreds.

What the law said of each situation comes in as a short table of values, and the records are joined with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from gstr2b.models import HEADS, Reversal37A, Statement, StatementLine, StatementTotal, SupplierTotal
from invoices.models import Record
from invoices.queries import situations
from invoices.queries.situations import Group
from invoices.rules.ruling import Effect, Line, Row, Section

# columns copied from the record, and where a record keeps them under another name
COPIED = {
    name: name
    for name in (
        "recipient_id",
        "supplier_id",
        "kind",
        "form",
        "tax_period",
        "number",
        "document_date",
        "place_of_supply",
        "invoice_type",
        "reverse_charge",
        "filed_on",
        "label",
        "value",
        "taxable",
        *HEADS,
    )
} | {
    "record_id": "pk",
    "table": "section",
    "remarks": "decision__remarks",
    "decision": "decision__label",
}
READ_BESIDE = {
    **{f"baseline_{head}": f"baseline_{head}" for head in HEADS},
    **{f"reduction_{head}": f"decision__reduction_{head}" for head in HEADS},
    **{name: name for name in situations.CLOCK_FACETS},
}
PLACED = (
    "label",
    "decision",
    *situations.CLOCK_FACETS,
    "section",
    "row",
    "treated",
    "reason",
    "tax_times",
    "base_times",
    "declared",
    "barred",
    "reverses",
)
RULED = ("section", "row", "treated", "reason")


def insert_lines(
    records: QuerySet[Record], groups: Iterable[Group], statements: Sequence[Statement]
) -> set[str]:
    """Write the lines that the groups' rulings bring; returns the amounts they may have. `records` are those of the
    statements' recipients in scope, with their clock facets; each recipient has one of the statements. Raises
    `IntegrityError` if a record is in none of the groups: nothing was ruled on it, so it would have a line without a
    section."""
    placed = _placed(groups)
    read = COPIED | READ_BESIDE
    annotated = records.order_by().annotate(**{f"line_{name}": F(source) for name, source in read.items()})
    try:
        sql, given = (
            annotated.values_list(*(f"line_{name}" for name in read)).query.get_compiler("default").as_sql()
        )
    except EmptyResultSet:
        return set()
    columns = ["statement_id", *COPIED, *RULED]
    values = ["s.statement_id", *(f"r.line_{name}" for name in COPIED), *(f'p."{name}"' for name in RULED)]
    for head in HEADS:
        for name, expression in _amounts(head, placed).items():
            columns.append(name)
            values.append(expression)
    # nothing in scope is closed
    facets = [name for name in situations.CLOCK_FACETS if name != "closed"]
    same = " AND ".join(f"p.{name} = r.line_{name}" for name in ("label", "decision", *facets))
    mark = f"({', '.join(['%s'] * len(PLACED))})"
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH p ({', '.join(map(quote, PLACED))}) AS (VALUES {', '.join([mark] * len(placed))}), "
            f"s (recipient_id, statement_id) AS (VALUES {', '.join(['(%s, %s)'] * len(statements))}) "
            f"INSERT INTO {quote(StatementLine._meta.db_table)} ({', '.join(map(quote, columns))}) "
            f"SELECT {', '.join(values)} FROM ({sql}) r LEFT JOIN p ON {same} "
            "JOIN s ON s.recipient_id = r.line_recipient_id WHERE p.label IS NULL OR p.section <> ''",
            [
                *(value for row in placed for value in row),
                *(value for s in statements for value in (s.recipient_id, s.pk)),
                *given,
            ],
        )
    return {name for name in AMOUNTS if name in columns}


NO_LINE = ("", "", "", "", 0, 0, False, None, False)
NO_SITUATION = ("", "", False, False, False, False)


def _placed(groups: Iterable[Group]) -> list[tuple[Any, ...]]:
    """One row per situation and line it brings, and one without a section for a situation that brings none."""
    found: dict[tuple[Any, ...], None] = {}
    for group in groups:
        for line in group.ruling.lines:
            found[*group.where, *_ruled(line, group.situation.kind.sign)] = None
        if not group.ruling.lines:
            found[*group.where, *NO_LINE] = None
    return list(found) or [(*NO_SITUATION, *NO_LINE)]


def _ruled(line: Line, sign: int) -> tuple[Any, ...]:
    """A line's place and how its amounts follow from stored ones: how many times the tax and the baseline go into
    the effect (R-084, R-121, R-122), and what stands outside 4(A)."""
    tax_times, base_times = {
        Effect.NONE: (0, 0),
        Effect.MINUS_BASELINE: (0, -sign),
        Effect.WHOLE: (sign, 0),
        Effect.FULL: (sign, -sign),
        Effect.DECLARED: (sign, -sign),
    }[line.effect]
    # a barred version of one whose ITC was taken adds only what lies above it
    barred = ("whole" if line.beside_baseline else "above") if line.not_available else None
    return (
        line.section.value,
        line.row.value,
        line.treated.value,
        line.reason.value,
        tax_times,
        base_times,
        line.effect is Effect.DECLARED,
        barred,
        line.reverses_baseline,
    )


def _amounts(head: str, placed: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    """SQL of a line's amounts for one tax head; where a line has none the column stays empty. What no row of
    `placed` asks for is not worked out."""
    tax, base = f"r.line_{head}", f"COALESCE(r.line_baseline_{head}, 0)"
    asked = {name: {row[place] for row in placed} for place, name in enumerate(PLACED)}
    full = f"{tax} * p.tax_times"
    if asked["base_times"] != {0}:
        full = f"({full} + {base} * p.base_times)"
    effect = full
    if True in asked["declared"]:
        effect = (
            f"CASE WHEN p.declared THEN CASE WHEN {full} > 0 THEN {full} ELSE 0 END "
            f"- COALESCE(r.line_reduction_{head}, 0) ELSE {full} END"
        )
    amounts = {f"effect_{head}": effect}
    if asked["barred"] != {None}:
        amounts[f"barred_{head}"] = (
            f"CASE WHEN p.barred IS NOT NULL THEN CASE WHEN p.barred = 'whole' THEN {tax} "
            f"WHEN {tax} > {base} THEN {tax} - {base} ELSE 0 END END"
        )
    if True in asked["reverses"]:
        amounts[f"reversed_{head}"] = f"CASE WHEN p.reverses THEN {base} END"
    return amounts


REVERSAL_COPIED = [name for name in COPIED if name not in ("table", "remarks", "reverse_charge")]


def insert_reversals(statements: Sequence[Statement], period: int) -> set[str]:
    """R-098: documents flagged under Rule 37A, to be reversed through 4(B)(2). Returns the amounts they have."""
    quote = connection.ops.quote_name
    fixed: dict[str, Any] = {
        "section": Section.RULE_37A.value,
        "row": Row.REVERSED_OTHER.value,
        "treated": "",
        "reason": "",
        "reverse_charge": False,
        "remarks": "",
        **{f"effect_{head}": 0 for head in HEADS},
    }
    columns = [*REVERSAL_COPIED, "table", *(f"reversed_{head}" for head in HEADS)]
    values = [*(f"f.{name}" for name in REVERSAL_COPIED), "f.section", *(f"f.{head}" for head in HEADS)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(StatementLine._meta.db_table)} "
            f"({', '.join(map(quote, ['statement_id', *columns, *fixed]))}) "
            f"SELECT s.id, {', '.join(values)}, {', '.join(['%s'] * len(fixed))} "
            f"FROM {quote(Reversal37A._meta.db_table)} f JOIN {quote(Statement._meta.db_table)} s "
            f"ON s.recipient_id = f.recipient_id WHERE f.period = %s AND s.id IN ({_marks(statements)})",
            [*fixed.values(), period, *(s.pk for s in statements)],
        )
        return {name for name in AMOUNTS if name in [*columns, *fixed]} if cursor.rowcount else set()


SELDOM = tuple(f"{kind}_{head}" for kind in ("barred", "reversed") for head in HEADS)
AMOUNTS = ("value", "taxable", *HEADS, *(f"effect_{head}" for head in HEADS), *SELDOM)
TOTAL_KEYS = ("section", "row", "treated", "reason", "table", "kind", "reverse_charge")
SUPPLIER_KEYS = ("supplier_id", "section", "table", "kind", "tax_period")
SUPPLIER_SUMS = ("taxable", *HEADS)


def insert_totals(statements: Sequence[Statement], amounts: Collection[str] = AMOUNTS) -> None:
    """Sum the lines by section and by supplier, and count them on the statements. `amounts` names those that lines
    may have: of any other there is nothing to sum."""
    ids = [s.pk for s in statements]
    names = [name for name in AMOUNTS if name in amounts or name not in SELDOM]
    quote = connection.ops.quote_name
    lines = f"{quote(StatementLine._meta.db_table)} WHERE statement_id IN ({_marks(ids)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # the lines are read once, and both kinds of sums are made of what that gives
            keys = ", ".join(map(quote, dict.fromkeys(("statement_id", *TOTAL_KEYS, *SUPPLIER_KEYS))))
            sums = ", ".join(f"SUM({name})::bigint AS {name}" for name in names)
            cursor.execute(
                f"WITH summed AS MATERIALIZED (SELECT {keys}, COUNT(*) AS count, MAX(filed_on) AS filed_on, {sums} "
                f"FROM {lines} GROUP BY {keys}), sections AS ({_section_sums(names, 'summed', 'SUM(count)')}) "
                + _supplier_sums("summed", "SUM(count)"),
                ids,
            )
        else:
            cursor.execute(_section_sums(names, lines, "COUNT(*)"), ids)
            cursor.execute(_supplier_sums(lines, "COUNT(*)"), ids)
        totals, owners = quote(StatementTotal._meta.db_table), quote(Statement._meta.db_table)
        cursor.execute(
            f"UPDATE {owners} SET line_count = COALESCE((SELECT SUM(t.count) FROM {totals} t "
            f"WHERE t.statement_id = {owners}.id), 0) WHERE id IN ({_marks(ids)})",
            ids,
        )
    counts = dict(Statement.objects.filter(pk__in=ids).values_list("pk", "line_count"))
    for statement in statements:
        statement.line_count = counts[statement.pk]


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
