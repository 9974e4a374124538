"""Resets decisions on documents that changed or left IMS (R-033, R-040)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from ims_portal.kernel import clock
from invoices.journal import writing as journal
from invoices.journal.writing import SYSTEM
from invoices.models import Decision, JournalLine


def clear_decisions(record_ids: Any) -> None:
    """Reset the decisions on these records to No action (R-040).

    Each decision stores its earlier action in `cleared_action`, so that the portal can inform the recipient.
    `record_ids` is a list of ids, or a subquery."""
    cleared = {
        "action": "N",
        "answer": "-",
        "reduction_igst": None,
        "reduction_cgst": None,
        "reduction_sgst": None,
        "reduction_cess": None,
        "remarks": "",
        "version": F("version") + 1,
    }
    decided = Decision.objects.filter(record_id__in=record_ids).exclude(action="N")
    decided.update(cleared_action=F("action"), cleared_at=clock.now(), **cleared)


def void_decisions(record_ids: Sequence[int], why: str) -> None:
    """Reset the actions on records that left IMS by law (R-033).

    Each recipient's journal gets one entry with a line for each record. `why` is the entry's event name."""
    rows = Decision.objects.filter(record_id__in=record_ids).order_by("recipient_id", "record_id")
    by_recipient: dict[int, list[JournalLine]] = {}
    for record_id, recipient_id, label in rows.values_list("record_id", "recipient_id", "label"):
        line = JournalLine(record_id=record_id, recipient_id=recipient_id, before=label, after="N -")
        by_recipient.setdefault(recipient_id, []).append(line)
    journal.write_many(
        [
            journal.Event(recipient_id, why, record_count=len(lines), lines=lines)
            for recipient_id, lines in by_recipient.items()
        ],
        SYSTEM,
    )
    clear_decisions(record_ids)
