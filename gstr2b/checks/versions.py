"""Invariants I4 and I6. Each period must have one current version, and the desk must name this version. A
version may be final only if GSTR-3B was filed with it. A version must be marked stale if somebody acted on
one of its records after the computation."""

from __future__ import annotations

from django.db import connection

from gstr2b.models import STANDS, Statement, StatementLine
from invoices.checks.frame import Looked, count, owned, table
from invoices.desk.actions import EVENTS
from invoices.desk.undo import REDONE, UNDONE
from invoices.models import Decision, JournalEntry, JournalLine, RecipientDesk, Record

NAME = "I4/I6 one current version; final versions unchanged; stale versions marked"


def look(only: int | None) -> Looked:
    statement, desk, entries = table(Statement), table(RecipientDesk), table(JournalEntry)
    mine = owned("s.recipient_id", only)
    looked = Looked(count(f"{statement} s WHERE 1 = 1{mine}"), "versions")
    looked.ask(
        f"SELECT s.recipient_id, s.period, count(*) FROM {statement} s WHERE s.is_current{mine} "
        "GROUP BY s.recipient_id, s.period HAVING count(*) > 1",
        lambda pk, period, n: f"taxpayer {pk}, {period}: {n} current versions",
    )
    looked.ask(
        f"SELECT k.recipient_id, k.period, k.statement_version FROM {desk} k LEFT JOIN {statement} s "
        "ON s.recipient_id = k.recipient_id AND s.period = k.period AND s.is_current "
        f"WHERE k.statement_version <> COALESCE(s.version, 0){owned('k.recipient_id', only)}",
        lambda pk, period, n: f"taxpayer {pk}, {period}: the desk's version {n} is not the current one",
    )
    looked.ask(
        f"SELECT s.id FROM {statement} s LEFT JOIN {desk} k ON k.recipient_id = s.recipient_id "
        "AND k.period = s.period AND k.filed_at IS NOT NULL "
        f"WHERE s.is_current AND (k.id IS NOT NULL) <> s.is_final{mine}",
        lambda pk: f"statement {pk} is final without a filing, or filed without being final",
    )
    looked.ask(
        f"SELECT s.id FROM {statement} s WHERE s.is_final AND NOT s.is_current{mine}",
        lambda pk: f"statement {pk} is final and not current",
    )
    looked.ask(
        f"SELECT s.id, s.line_count, e.record_count FROM {statement} s JOIN {entries} e "
        "ON e.taxpayer_id = s.recipient_id AND e.period = s.period AND e.event = 'GSTR-3B filed' "
        f"WHERE s.is_final AND e.record_count <> s.line_count{mine}",
        lambda pk, n, filed: f"statement {pk} was filed with {filed} lines and now has {n} lines",
    )
    looked.ask(
        f"SELECT s.id FROM {statement} s LEFT JOIN {statement} o ON o.id = s.origin_id WHERE s.origin_id "
        f"IS NOT NULL "
        "AND (o.id IS NULL OR o.origin_id IS NOT NULL OR o.recipient_id <> s.recipient_id OR o.period <> "
        "s.period "
        f"OR o.version >= s.version){mine}",
        lambda pk: (
            f"statement {pk} shares the lines of a version that is not an earlier version of the same "
            f"statement"
        ),
    )
    looked.ask(
        f"SELECT s.id, l.until, count(*) FROM {table(StatementLine)} l JOIN {statement} s ON s.id = "
        f"l.origin_id "
        f"LEFT JOIN {statement} v ON v.origin_id = s.id AND v.version = l.until "
        f"WHERE l.until < {STANDS} AND v.id IS NULL{mine} GROUP BY s.id, l.until",
        lambda pk, version, n: (
            f"{n} lines of statement {pk} were replaced by a version {version} that does not exist"
        ),
    )
    acts = ", ".join(f"'{event}'" for event in (*EVENTS.values(), UNDONE, REDONE))
    looked.ask(
        f"SELECT s.id, min(e.id) FROM {statement} s JOIN {desk} k ON k.recipient_id = s.recipient_id "
        "AND k.period = s.period AND k.filed_at IS NULL AND k.changes = 0 "
        f"JOIN {entries} e ON e.taxpayer_id = s.recipient_id AND e.id > s.journal_position AND e.event "
        f"IN ({acts}) "
        f"JOIN {table(JournalLine)} l ON l.entry_id = e.id JOIN {table(Record)} r ON r.id = l.record_id "
        f"JOIN {table(Decision)} d ON d.record_id = r.id "
        "WHERE s.is_current AND r.filing = 'F' AND r.superseded = '-' AND r.claim_period <= s.period "
        f"AND r.filed_on < {_day('s.computed_at')}{mine} GROUP BY s.id",
        lambda pk, entry: f"statement {pk} is not marked stale though entry {entry} came after it",
    )
    looked.ask(
        f"SELECT s.id FROM {statement} s JOIN {desk} k ON k.recipient_id = s.recipient_id AND k.period = "
        f"s.period "
        "AND k.filed_at IS NOT NULL AND k.changes > 0 "
        f"WHERE s.is_final{mine}",
        lambda pk: f"statement {pk} was filed while it was stale",
    )
    return looked


def _day(column: str) -> str:
    """Return SQL for the date of the moment in `column`. The check compares only records that were filed
    before this date. Near midnight, the date may be one day too early. The check then compares fewer records,
    but never reports a correct version as wrong."""
    return f"CAST({column} AS date)" if connection.vendor == "postgresql" else f"date({column})"
