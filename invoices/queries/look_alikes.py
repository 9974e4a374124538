"""Finds two documents that a person should see together: an invoice with the credit note that cancels the
invoice, or two records of one document that was reported twice."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.lookups import IsNull

from ims_portal.kernel.money import HEADS
from invoices.models import Record
from invoices.models.record import bare_number

# the fields that are equal in the two documents of a pair
SAME = ("recipient_id", "supplier_id", "taxable", *HEADS, "route")
OWN = ("kind", "number_key", "pk")


def _beside(record: Record) -> QuerySet[Record]:
    """Return the other records that have the same recipient, supplier, amounts and route as this record."""
    return Record.objects.filter(**{name: getattr(record, name) for name in SAME}).exclude(pk=record.pk)


def counterpart(record: Record, *, rejected: bool = True) -> Record | None:
    """Return the document that cancels this record, or None if there is no such document. Both have the same
    amounts, and one of the two is a credit note. If this record is the credit note, the function returns the
    other document. Otherwise it returns the credit note.

    By default, the function looks only for a rejected document. Pages use this default for the warning
    PAIR-REJECT: if the recipient rejects both an invoice and its credit note, the supplier's tax rises
    although no credit changes."""
    if record.supplier_id is None:
        return None
    others = _beside(record)
    others = others.exclude(kind="CN") if record.kind == "CN" else others.filter(kind="CN")
    if rejected:
        others = others.filter(decision__action="R")
    return others.select_related("decision").order_by("pk").first()


def duplicate(record: Record) -> Record | None:
    """Return another record of the same kind and amounts whose number differs from this record's number only
    in separators. Return None if there is no such record.

    An amendment repeats the document that it amends. An amendment is therefore never a duplicate."""
    if record.amends_id is not None or record.supplier_id is None:
        return None
    return _double({name: Value(getattr(record, name)) for name in (*SAME, *OWN)}).first()


def is_reported_twice() -> Q:
    """Return the condition for the records for which `duplicate` finds another record.

    The database needs one index lookup for each record."""
    other = _double({name: OuterRef(name) for name in (*SAME, *OWN)})
    # The subquery returns an id, and `IsNull` compares the id with NULL. With EXISTS instead, the database
    # would join the whole desk with itself for one page.
    found = IsNull(Subquery(other.values("pk")[:1]), False)
    return Q(found, amends_id__isnull=True, supplier_id__isnull=False)


def _double(of: dict[str, Any]) -> QuerySet[Record]:
    same = {name: of[name] for name in (*SAME, "kind")}
    originals = Record.objects.filter(**same, amends_id__isnull=True, supplier_id__isnull=False)
    return originals.alias(bare=bare_number(F("number_key"))).filter(
        ~Q(pk=of["pk"]), bare=bare_number(of["number_key"])
    )
