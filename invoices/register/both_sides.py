"""Reads the two sides of the matcher from the tables: the present bills of a GSTIN, and the documents of its IMS.

A chain of amendments is one document. It has the amounts and the number of its latest version, and the numbers of the
versions before it, because the books may hold the number that was reported first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from ims_portal.kernel.periods import TaxPeriod
from invoices.matching import numbers
from invoices.matching.documents import Bill, Claim, Heads, Reported
from invoices.matching.relations import plain_gstin
from invoices.models import Record, Taxpayer
from invoices.register import models
from invoices.rules.situation import Kind, Route


def bills_of(taxpayers: Iterable[Taxpayer]) -> list[Bill]:
    """Return the present bills of these GSTINs. A bill's ref is its identity as text."""
    held = present_bills(taxpayers).select_related("taxpayer")
    return [bill_of(row) for row in held.iterator(chunk_size=5_000)]


def present_bills(taxpayers: Iterable[Taxpayer]) -> QuerySet[models.Bill]:
    """Return the bills of these GSTINs that the matcher sees."""
    return models.Bill.objects.filter(
        taxpayer__in=list(taxpayers), until__isnull=True, gone_from__isnull=True
    )


def bill_of(row: models.Bill) -> Bill:
    """Return the matcher's view of a bill."""
    return Bill(
        ref=str(row.identity),
        own=row.taxpayer.gstin,
        supplier=plain_gstin(row.supplier_gstin),
        kind=Kind(row.kind),
        number=row.number,
        keys=_keys(row),
        day=row.document_date,
        heads=Heads(row.taxable, row.igst, row.cgst, row.sgst, row.cess),
        name=row.supplier_name,
        place=row.place_of_supply,
        reverse_charge=row.reverse_charge,
        original=numbers.keys(row.original_number, row.document_date),
        port=row.port_code,
        irn=row.irn,
        posted=_period(row.posted_period),
        received=_period(row.received_period),
        claimed=_period(row.claimed_period),
        itc=Claim(row.itc) if row.itc else None,
        voucher=row.own_number,
        date_unsure=row.date_unsure,
    )


def _keys(row: models.Bill) -> numbers.NumberKeys:
    if row.number_is_date:
        return numbers.date_cell_keys(row.document_date)
    return numbers.keys(row.number, row.document_date)


def _period(number: int | None) -> TaxPeriod | None:
    return TaxPeriod.from_number(number) if number else None


@dataclass(frozen=True, slots=True)
class OnDesk:
    """A document on the IMS desk: the matcher's view of it, and the record of its latest version."""

    document: Reported
    record: Record


def documents_of(taxpayer: Taxpayer, roots: Collection[int] | None = None) -> list[OnDesk]:
    """Return the documents on the taxpayer's IMS desk, or those with these roots. A document's ref is the id of its
    chain's root as text."""
    chains: dict[int, list[Record]] = defaultdict(list)
    held = Record.objects.filter(recipient=taxpayer, route=Route.IMS.value).select_related(
        "decision", "supplier"
    )
    if roots is not None:
        held = held.filter(Q(pk__in=roots) | Q(root_id__in=roots))
    for record in held.order_by("id").iterator(chunk_size=5_000):
        chains[record.root_id or record.pk].append(record)
    return [
        OnDesk(_reported(taxpayer.gstin, root, versions), versions[-1]) for root, versions in chains.items()
    ]


def _reported(own: str, root: int, versions: list[Record]) -> Reported:
    *earlier, latest = versions
    details = latest.details or {}
    return Reported(
        ref=str(root),
        own=own,
        supplier=latest.supplier.gstin if latest.supplier else "",
        kind=Kind(latest.kind),
        number=latest.number,
        keys=numbers.keys(latest.number, latest.document_date),
        day=latest.document_date,
        heads=_heads(latest),
        name=latest.supplier.name if latest.supplier else "",
        place=latest.place_of_supply,
        reverse_charge=latest.reverse_charge,
        original=numbers.keys(str(details.get("original_number", "")), latest.document_date),
        port=str(details.get("port", "")),
        irn=str(details.get("irn", "")),
        earlier=tuple(numbers.keys(one.number, one.document_date) for one in earlier),
        arrival=root,
    )


def _heads(row: Record) -> Heads:
    return Heads(row.taxable, row.igst, row.cgst, row.sgst, row.cess)
