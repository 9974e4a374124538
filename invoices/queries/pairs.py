"""Documents that should be looked at together: an invoice and the credit note that cancels it, and the same document
twice."""

from __future__ import annotations

import re

from django.db.models import QuerySet

from invoices.models import Record

MOST_COMPARED = 50


def _beside(record: Record) -> QuerySet[Record]:
    """Other records of the same two parties with the same amounts."""
    return Record.objects.filter(
        recipient_id=record.recipient_id,
        supplier_id=record.supplier_id,
        taxable=record.taxable,
        igst=record.igst,
        cgst=record.cgst,
        sgst=record.sgst,
        cess=record.cess,
        route=record.route,
    ).exclude(pk=record.pk)


def counterpart(record: Record, *, rejected: bool = True) -> Record | None:
    """The credit note of equal amount to an invoice, or the invoice to a note; by default only one that is rejected
    (PAIR-REJECT: together they add to the supplier's tax though no credit changes)."""
    if record.supplier_id is None:
        return None
    others = _beside(record)
    others = others.exclude(kind="CN") if record.kind == "CN" else others.filter(kind="CN")
    if rejected:
        others = others.filter(decision__action="R")
    return others.select_related("decision").order_by("pk").first()


def duplicate(record: Record) -> Record | None:
    """A record of the same kind and amounts whose number is the same but for its separators."""
    if record.supplier_id is None:
        return None
    plain = _plain(record.number)
    for other in _beside(record).filter(kind=record.kind, amends_id__isnull=True)[:MOST_COMPARED]:
        if _plain(other.number) == plain:
            return other
    return None


def _plain(number: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", number.upper()).lstrip("0")
