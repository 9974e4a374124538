"""SQL that selects the lines that statements must have. One SELECT serves one recipient or hundreds.

The SELECT joins the records with a short table of values: the law's ruling on each situation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from gstr2b.models import Reversal37A, Statement, StatementLine
from ims_portal.kernel.money import HEADS
from invoices.models import Record
from invoices.queries import situations
from invoices.queries.situations import Group
from invoices.rules.ruling import Effect, Line, Section, Table4Row

# columns of a line that are copied from the record: name in the line -> name in the record
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


SELDOM = tuple(f"{kind}_{head}" for kind in ("barred", "reversed") for head in HEADS)
AMOUNTS = ("value", "taxable", *HEADS, *(f"effect_{head}" for head in HEADS), *SELDOM)
# all columns of a line except its id, its origin and its version numbers
TOLD = tuple(dict.fromkeys((*COPIED, *RULED, *AMOUNTS)))


def of_version(line: str, statement: str) -> str:
    """Return an SQL condition that is true if a line belongs to a version. `StatementLine.objects.of` has the
    same condition. The arguments are the SQL aliases of the two tables."""
    return (
        f"{line}.origin_id = COALESCE({statement}.origin_id, {statement}.id) "
        f"AND {line}.since <= {statement}.version AND {line}.until > {statement}.version"
    )


@dataclass(frozen=True, slots=True)
class Made:
    """SQL that selects the lines that statements must have, and the parameters of the SQL (`given`). The SQL
    selects `columns` in this order, with the statement's id (`origin_id`) first. If an amount is missing from
    `columns`, no line has this amount."""

    columns: tuple[str, ...]
    sql: str
    given: list[Any]


def of_records(
    records: QuerySet[Record], groups: Iterable[Group], statements: Sequence[Statement]
) -> Made | None:
    """Return SQL for the lines that the rulings on `groups` ask for. Return None if no record can be in
    scope.

    `records` are the records in scope of the statements, with their clock facets (facts that depend on the
    date). Each recipient has exactly one of the statements. If a record belongs to no group, the law has not
    ruled on this record. The record's line then has no section, and the database refuses the line."""
    placed = _placed(groups)
    read = COPIED | READ_BESIDE
    annotated = records.order_by().annotate(**{f"line_{name}": F(source) for name, source in read.items()})
    try:
        sql, given = (
            annotated.values_list(*(f"line_{name}" for name in read)).query.get_compiler("default").as_sql()
        )
    except EmptyResultSet:
        return None
    values = {"origin_id": "s.statement_id"}
    values |= {name: f"r.line_{name}" for name in COPIED}
    values |= {name: f'p."{name}"' for name in RULED}
    for head in HEADS:
        values |= _amounts(head, placed)
    # no record in scope is closed, so the facet `closed` need not be compared
    facets = [name for name in situations.CLOCK_FACETS if name != "closed"]
    same = " AND ".join(f"p.{name} = r.line_{name}" for name in ("label", "decision", *facets))
    # Values are cast to the column's type here. Otherwise the database would check the length of the values
    # again for each line.
    types = {name: StatementLine._meta.get_field(name).db_type(connection) for name in RULED}
    mark = f"({', '.join(f'CAST(%s AS {types[n]})' if n in types else '%s' for n in PLACED)})"
    quote = connection.ops.quote_name
    return Made(
        tuple(values),
        f"WITH p ({', '.join(map(quote, PLACED))}) AS (VALUES {', '.join([mark] * len(placed))}), "
        f"s (recipient_id, statement_id) AS (VALUES {', '.join(['(%s, %s)'] * len(statements))}) "
        f"SELECT {_named(values)} FROM ({sql}) r LEFT JOIN p ON {same} "
        "JOIN s ON s.recipient_id = r.line_recipient_id WHERE p.label IS NULL OR p.section <> ''",
        [
            *(value for row in placed for value in row),
            *(value for s in statements for value in (s.recipient_id, s.pk)),
            *given,
        ],
    )


def _named(values: dict[str, str]) -> str:
    quote = connection.ops.quote_name
    return ", ".join(f"{value} AS {quote(name)}" for name, value in values.items())


NO_LINE = ("", "", "", "", 0, 0, False, None, False)
NO_SITUATION = ("", "", False, False, False, False)


def _placed(groups: Iterable[Group]) -> list[tuple[Any, ...]]:
    """Return one row of values for each line that the ruling on a group asks for. A group whose ruling asks
    for no line gets one row without a section."""
    found: dict[tuple[Any, ...], None] = {}
    for group in groups:
        for line in group.ruling.lines:
            found[*group.where, *_ruled(line, group.situation.kind.sign)] = None
        if not group.ruling.lines:
            found[*group.where, *NO_LINE] = None
    return list(found) or [(*NO_SITUATION, *NO_LINE)]


def _ruled(line: Line, sign: int) -> tuple[Any, ...]:
    """Return the values of a line that follow from the ruling: section, row, treatment, reason, and the
    factors of the line's amounts. The effect on ITC is the document's tax times `tax_times`, plus the earlier
    version's tax times `base_times` (R-084, R-121, R-122). A declared reduction is subtracted later. `barred`
    says which part of the tax is outside 4(A). `sign` is -1 for a credit note, and otherwise 1."""
    tax_times, base_times = {
        Effect.NONE: (0, 0),
        Effect.MINUS_BASELINE: (0, -sign),
        Effect.WHOLE: (sign, 0),
        Effect.FULL: (sign, -sign),
        Effect.DECLARED: (sign, -sign),
    }[line.effect]
    # "above" bars only the tax above the earlier version's tax, because the recipient took the ITC of
    # the earlier version. "whole" bars the whole tax, because another line takes back that ITC.
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
    """Return the SQL expressions for the amounts of one tax head, by column of the line. An expression gives
    NULL for a line without the amount. If no row of `placed` asks for an amount, the dict leaves out the
    amount's column."""
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


# column of a Rule 37A line -> SQL of its value; all other columns are copied from `Reversal37A` by name
RULE_37A = {
    "section": f"'{Section.RULE_37A.value}'",
    "row": f"'{Table4Row.REVERSED_OTHER.value}'",
    "treated": "''",
    "reason": "''",
    "table": "f.section",
    "remarks": "''",
    "reverse_charge": "FALSE",
    **{f"effect_{head}": "0" for head in HEADS},
    **{f"reversed_{head}": f"f.{head}" for head in HEADS},
}


def of_rule37a(statements: Sequence[Statement]) -> Made | None:
    """Return SQL for the lines of documents that are flagged under Rule 37A for the statements' period.
    Return None if there are no such documents. The recipient reverses the credit of these documents in
    4(B)(2) (R-098)."""
    flagged = Reversal37A.objects.filter(
        period=statements[0].period, recipient_id__in=[s.recipient_id for s in statements]
    )
    if not flagged.exists():
        return None
    values = {"origin_id": "s.id"}
    values |= {name: f"f.{name}" for name in COPIED if name not in RULE_37A} | RULE_37A
    quote = connection.ops.quote_name
    return Made(
        tuple(values),
        f"SELECT {_named(values)} FROM {quote(Reversal37A._meta.db_table)} f "
        f"JOIN {quote(Statement._meta.db_table)} s ON s.recipient_id = f.recipient_id AND s.period = f.period "
        f"WHERE s.id IN ({', '.join(['%s'] * len(statements))})",
        [s.pk for s in statements],
    )
