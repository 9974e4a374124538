"""The values with which the form of a saved or an amended document begins."""

from __future__ import annotations

from typing import Any

from ims_portal.kernel.money import HEADS, format_inr
from invoices.documents import changed_invoice
from invoices.models import ArchivedRecord, Record

LINE_PARTS = ("rate", "taxable", *HEADS)


def values_of(
    shown: Record | ArchivedRecord, record: Record | None, amends: Record | ArchivedRecord | None
) -> dict[str, Any]:
    """Return the values of the document `shown`. `record` is the saved document to edit, and `amends` is the version
    that this document amends."""
    details = shown.details or {}
    named = changed_invoice.named_in(details)
    totals = [None, shown.taxable, shown.igst, shown.cgst, shown.sgst, shown.cess]
    return {
        "kind": shown.kind,
        "recipient": shown.recipient.gstin,
        "number": shown.number,
        "document_date": shown.document_date,
        "place_of_supply": shown.place_of_supply,
        "invoice_type": shown.invoice_type,
        "supplied_by": details.get("supplied_by", ""),
        "changed_number": named[0] if named else "",
        "changed_date": named[1] if named else None,
        "reverse_charge": shown.reverse_charge,
        "concessional": details.get("diff_percent") == 65,
        # leave the field for the value blank if the value is the sum of the lines
        "value": "" if shown.value == shown.taxable + shown.tax else format_inr(shown.value),
        "irn": details.get("irn", ""),
        "original_number": amends.number if amends else "",
        "original_date": amends.document_date if amends else None,
        "revision": record.revision if record else None,
        "lines": [
            {"rate": line[0]} | {part: format_inr(line[n]) for n, part in enumerate(LINE_PARTS[1:], start=1)}
            for line in shown.rate_lines or [totals]
        ],
    }
