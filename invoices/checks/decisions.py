"""I12: each record has one decision, each decision has a record, and no record is in both the live and the
archive table."""

from __future__ import annotations

from invoices.checks.frame import Looked, count, owned, table
from invoices.models import ArchivedRecord, Decision, JournalLine, Record

NAME = "I12 records and decisions match; no record is both live and archived"


def look(only: int | None) -> Looked:
    record, decision, archive = table(Record), table(Decision), table(ArchivedRecord)
    mine = owned("r.recipient_id", only)
    looked = Looked(count(f"{record} r WHERE 1 = 1{mine}"), "live records")
    looked.ask(
        f"SELECT r.id FROM {record} r LEFT JOIN {decision} d ON d.record_id = r.id "
        f"AND d.recipient_id = r.recipient_id WHERE d.record_id IS NULL{mine}",
        lambda pk: f"record {pk} has no decision by its recipient",
    )
    looked.ask(
        f"SELECT d.record_id FROM {decision} d LEFT JOIN {record} r ON r.id = d.record_id "
        f"WHERE r.id IS NULL{owned('d.recipient_id', only)}",
        lambda pk: f"decision {pk} has no record",
    )
    looked.ask(
        f"SELECT r.id FROM {record} r JOIN {archive} a ON a.id = r.id WHERE 1 = 1{mine}",
        lambda pk: f"record {pk} is both live and archived",
    )
    looked.ask(
        f"SELECT DISTINCT l.record_id FROM {table(JournalLine)} l LEFT JOIN {record} r ON r.id = l.record_id "
        f"LEFT JOIN {archive} a ON a.id = l.record_id "
        f"WHERE r.id IS NULL AND a.id IS NULL{owned('l.recipient_id', only)}",
        lambda pk: f"record {pk} was received and is neither live nor archived",
    )
    return looked
