"""I7, I15: each record's action and answer equal the action and answer in the record's latest journal line. A
record without a line has No action."""

from __future__ import annotations

from invoices.checks.frame import Looked, count, owned, table
from invoices.models import ArchivedRecord, Decision, JournalLine

NAME = "I7/I15 every status is the latest status in the journal"


def look(only: int | None) -> Looked:
    decisions, archive = table(Decision), table(ArchivedRecord)
    mine = owned("d.recipient_id", only)
    looked = Looked(count(f"{decisions} d WHERE 1 = 1{mine}"), "decisions")
    lines = owned("recipient_id", only)
    said = (
        f"SELECT l.record_id, l.after FROM {table(JournalLine)} l JOIN (SELECT max(id) AS id FROM "
        f"{table(JournalLine)} WHERE after <> ''{lines} GROUP BY record_id) AS last ON last.id = l.id"
    )
    live = f"SELECT d.record_id, d.recipient_id, d.action || ' ' || d.answer AS stands FROM {decisions} d"
    gone = f"SELECT d.id, d.recipient_id, d.action || ' ' || d.answer FROM {archive} d"
    looked.ask(
        f"SELECT d.record_id, d.stands, said.after FROM ({live} UNION ALL {gone}) AS d "
        f"LEFT JOIN ({said}) AS said ON said.record_id = d.record_id "
        f"WHERE d.stands <> COALESCE(said.after, 'N -'){mine}",
        lambda pk, stands, after: (
            f"record {pk} has the status '{stands}', but its last status in the journal is '{after or 'N -'}'"
        ),
    )
    return looked
