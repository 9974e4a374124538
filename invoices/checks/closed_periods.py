"""I10: nobody acted on a record after GSTR-3B of the record's period was filed."""

from __future__ import annotations

from invoices.checks.frame import Looked, count, owned, table
from invoices.desk.actions import EVENTS
from invoices.desk.undo import REDONE, UNDONE
from invoices.models import ArchivedRecord, JournalEntry, JournalLine

NAME = "I10 no action after filing"


def look(only: int | None) -> Looked:
    entries = table(JournalEntry)
    acts = ", ".join(f"'{event}'" for event in (*EVENTS.values(), UNDONE, REDONE))
    mine = owned("e.taxpayer_id", only)
    filed = f"{entries} e WHERE e.event = 'GSTR-3B filed'{mine}"
    looked = Looked(count(filed), "filings")
    looked.ask(
        f"SELECT a.id, a.land_period, act.id FROM {table(ArchivedRecord)} a "
        f"JOIN (SELECT e.taxpayer_id, e.period, min(e.id) AS id FROM {filed} GROUP BY e.taxpayer_id, e.period) "
        "AS filed ON filed.taxpayer_id = a.recipient_id AND filed.period = a.land_period "
        f"JOIN {table(JournalLine)} l ON l.record_id = a.id "
        f"JOIN {entries} act ON act.id = l.entry_id AND act.id > filed.id AND act.event IN ({acts}) "
        f"WHERE a.why = 'C'{owned('a.recipient_id', only)}",
        lambda pk, period, entry: f"record {pk}: acted on by entry {entry} after {period} was filed",
    )
    return looked
