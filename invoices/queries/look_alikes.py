"""Documents that should be looked at together: an invoice and the credit note that cancels it, and the same document
twice."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.lookups import IsNull

from ims_portal.kernel.money import HEADS
from invoices.models import Record
from invoices.models.record import bare_number

# what a document and its double, or its counterpart, have in common
SAME = ("recipient_id", "supplier_id", "taxable", *HEADS, "route")
OWN = ("kind", "number_key", "pk")


def _beside(record: Record) -> QuerySet[Record]:
    """Other records of the same two parties with the same amounts."""
    return Record.objects.filter(**{name: getattr(record, name) for name in SAME}).exclude(pk=record.pk)


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
    """A record of the same kind and amounts whose number is the same but for its separators. An amendment repeats
    what it amends, so neither of the two is one."""
    if record.amends_id is not None or record.supplier_id is None:
        return None
    return _double({name: Value(getattr(record, name)) for name in (*SAME, *OWN)}).first()


def is_reported_twice() -> Q:
    """The condition of records that `duplicate` finds another for: one place of an index each."""
    other = _double({name: OuterRef(name) for name in (*SAME, *OWN)})
    # a value, not EXISTS: the database would join the desk with itself to answer for a page of it
    found = IsNull(Subquery(other.values("pk")[:1]), False)
    return Q(found, amends_id__isnull=True, supplier_id__isnull=False)


def _double(of: dict[str, Any]) -> QuerySet[Record]:
    same = {name: of[name] for name in (*SAME, "kind")}
    originals = Record.objects.filter(**same, amends_id__isnull=True, supplier_id__isnull=False)
    return originals.alias(bare=bare_number(F("number_key"))).filter(
        ~Q(pk=of["pk"]), bare=bare_number(of["number_key"])
    )
