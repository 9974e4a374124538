"""The record that follows a record which left a recipient's IMS after an edit (R-042, R-080).

An edit that changes the recipient or the amended version makes a new record. The journal entry of the edit has a
line for the old record and a line for the new record."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from invoices.models import ArchivedRecord, JournalLine, Record
from invoices.rules.documents import number_key

EDITS = ("document edited", "documents edited")


def successor(supplier_id: int, record_id: int) -> Record | None:
    """Return the record that now has the document of the removed record `record_id`. Return None if the
    supplier has no such removed record, or if the document was deleted."""
    gone = _removed(supplier_id, pk=record_id).first()
    while gone is not None:
        leaving = JournalLine.objects.filter(
            record_id=gone.pk, entry__taxpayer_id=supplier_id, entry__event__in=EDITS, after=""
        )
        line = leaving.order_by("id").last()
        if line is None:
            return None
        # the entry of several edited documents has a line for each new record
        number = (line.detail or {}).get("number", [None, gone.number])[1]
        same = {"kind": gone.kind, "number_key": number_key(number)}
        arrived = JournalLine.objects.filter(
            entry_id=line.entry_id, before="", revision=gone.revision + 1
        ).exclude(record_id=gone.pk)
        ids = list(arrived.values_list("record_id", flat=True))
        found = Record.objects.filter(pk__in=ids, supplier_id=supplier_id, **same).first()
        if found is not None:
            return found
        gone = _removed(supplier_id, pk__in=ids, **same).first()
    return None


def _removed(supplier_id: int, **which: Any) -> QuerySet[ArchivedRecord]:
    removed = ArchivedRecord.objects.filter(supplier_id=supplier_id, why=ArchivedRecord.Why.DELETED)
    return removed.filter(**which).order_by("pk")
