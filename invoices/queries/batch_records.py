"""The records that a batch changed, for the page of its result."""

from __future__ import annotations

from invoices.models import ActionBatch, JournalLine, Record


def changed_records(batch: ActionBatch, most: int) -> list[Record]:
    """Return the first records that a batch changed and that are still in IMS, at most `most`, with their
    suppliers and present decisions."""
    changed = JournalLine.objects.filter(entry_id__in=batch.entries).order_by("pk")
    ids = list(changed.values_list("record_id", flat=True)[:most])
    found = Record.objects.filter(recipient_id=batch.taxpayer_id, pk__in=ids)
    return list(found.select_related("supplier", "decision").order_by("document_date", "pk"))
