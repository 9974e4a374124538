"""Finds one bill and one document of IMS by id, and candidates by a number that a person typed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from invoices.matching import numbers
from invoices.matching.settings import Settings
from invoices.models import Record, Taxpayer
from invoices.models.record import TAX
from invoices.register.beside import near_bills, same_pan
from invoices.register.both_sides import OnDesk, documents_of, present_bills
from invoices.register.match import registrations_of_pan
from invoices.register.models import Apart, Bill, Link
from invoices.rules.situation import Route

MOST = 20


@dataclass(frozen=True)
class Chosen:
    """A bill and a document. `linked` is the present link between them, `bill_links` and `document_links` count their
    links with others."""

    bill: Bill | None = None
    document: OnDesk | None = None
    linked: bool = False
    bill_elsewhere: bool = False
    document_elsewhere: bool = False
    apart: bool = False


def chosen(taxpayer: Taxpayer, bill: int | None, record: int | None) -> Chosen:
    """Return the bill with this identity and the document of this record. Each is None if it is not the taxpayer's."""
    held, document = None, None
    if bill is not None and bill < 2**63:
        family = registrations_of_pan(taxpayer)
        held = present_bills(family).select_related("taxpayer").filter(identity=bill).first()
    if record is not None and record < 2**63:
        mine = Record.objects.filter(recipient=taxpayer, route=Route.IMS.value, pk=record)
        root = mine.values_list("root_id", flat=True).first()
        found = documents_of(taxpayer, [root or record])
        document = found[0] if found else None
    if held is None or document is None:
        return Chosen(held, document)
    root, identity = int(document.document.ref), held.identity or 0
    present = Link.objects.filter(taxpayer=taxpayer, until__isnull=True)
    links = set(
        present.filter(Q(bill_identity=identity) | Q(root_id=root)).values_list("bill_identity", "root_id")
    )
    pair = (identity, root)
    return Chosen(
        held,
        document,
        linked=pair in links,
        bill_elsewhere=any(one != pair and one[0] == identity for one in links),
        document_elsewhere=any(one != pair and one[1] == root for one in links),
        apart=Apart.objects.filter(
            taxpayer=taxpayer, bill_identity=identity, root_id=root, until__isnull=True
        ).exists(),
    )


def bills_near(taxpayer: Taxpayer, document: OnDesk) -> list[Bill]:
    """Return bills that come near a document, those of its supplier first."""
    near, order = near_bills(document.record, Settings(), alone=True)
    held = present_bills(registrations_of_pan(taxpayer)).annotate(total_tax=TAX).filter(near)
    return list(held.order_by(order, "-document_date", "-pk")[:MOST])


def documents_near(taxpayer: Taxpayer, bill: Bill) -> list[Record]:
    """Return documents of the bill's supplier with the bill's serial or with about its tax, the latest first."""
    tax = bill.igst + bill.cgst + bill.sgst + bill.cess
    step = 8 * Settings().rounding
    serial = numbers.keys(bill.number, bill.document_date).serial
    near = Q(total_tax__gte=tax - step, total_tax__lte=tax + step)
    if serial:
        near |= Q(number__contains=serial)
    held = Record.objects.filter(recipient=taxpayer, route=Route.IMS.value, superseded="-")
    held = held.annotate(total_tax=TAX).filter(near, supplier__gstin__in=same_pan(bill.supplier_gstin))
    return list(held.select_related("supplier").order_by("-document_date", "-pk")[:MOST])


def bills(taxpayer: Taxpayer, number: str) -> list[Bill]:
    """Return bills whose number contains the text, the latest first."""
    held = present_bills(registrations_of_pan(taxpayer)).filter(number__icontains=number)
    return list(held.order_by("-document_date", "-pk")[:MOST])


def documents(taxpayer: Taxpayer, number: str) -> list[Record]:
    """Return documents of IMS whose number contains the text, the latest first."""
    held = Record.objects.filter(recipient=taxpayer, route=Route.IMS.value, number__icontains=number)
    return list(held.select_related("supplier").order_by("-document_date", "-pk")[:MOST])
