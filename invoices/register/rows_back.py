"""The bills of a register with the matcher's answers, as rows for a file. A program reads its bills back with their
state: class, suggestion, reasons, document of IMS and action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import Min

from ims_portal.kernel.money import HEADS
from ims_portal.support.workbook.write import DATE, MONEY, TEXT, Column
from invoices.matching.words import ACTIONS, ONLY_BOOKS, REASONS, class_words
from invoices.models import Taxpayer
from invoices.models.choices import ACTION_LABELS, KIND_CHOICES
from invoices.register.bill_list import Found, answers
from invoices.register.models import ALONE, Bill, RegisterRow
from invoices.register.uploads import present_bills
from invoices.rules.situation import Action

AT_ONCE = 1_000
COLUMNS = (
    Column("Supplier GSTIN", "supplier_gstin", TEXT, 18),
    Column("Supplier name", "supplier_name", TEXT, 28),
    Column("Document type", "kind", TEXT, 14),
    Column("Document number", "number", TEXT, 20),
    Column("Document date", "document_date", DATE, 13),
    Column("Voucher number", "own_number", TEXT, 16),
    Column("Taxable value", "taxable", MONEY, 16),
    Column("Integrated tax", "igst", MONEY, 14),
    Column("Central tax", "cgst", MONEY, 14),
    Column("State/UT tax", "sgst", MONEY, 14),
    Column("Cess", "cess", MONEY, 12),
    Column("Source reference", "source_ref", TEXT, 16),
    Column("File", "file", TEXT, 24),
    Column("Sheet", "sheet", TEXT, 16),
    Column("Row", "row", TEXT, 8),
    Column("Class", "class", TEXT, 12),
    Column("Class in words", "class_words", TEXT, 24),
    Column("Suggestion", "suggestion", TEXT, 16),
    Column("Until", "until", DATE, 12),
    Column("Reasons", "reasons", TEXT, 50, wrap=True),
    Column("IMS supplier GSTIN", "ims_supplier", TEXT, 18),
    Column("IMS document number", "ims_number", TEXT, 20),
    Column("IMS document date", "ims_date", DATE, 13),
    Column("IMS action", "action", TEXT, 14),
    Column("Difference of tax", "difference", MONEY, 14),
)
KINDS = dict(KIND_CHOICES)


def rows(taxpayer: Taxpayer) -> Iterator[Sequence[Any]]:
    """Yield a row for each present bill, in the order in which the bills were taken over. Amounts are paise. Four queries
    for each thousand bills."""
    after = 0
    while True:
        some = list(present_bills(taxpayer).filter(pk__gt=after).order_by("pk")[:AT_ONCE])
        if not some:
            return
        after = some[-1].pk
        places = _places([bill.pk for bill in some])
        told = answers(taxpayer, some)
        for bill in some:
            yield _row(bill, places.get(bill.pk), told.get(bill.identity or 0, Found()))


def _places(bills: Sequence[int]) -> dict[int, RegisterRow]:
    """Return the first row of each bill in the latest file that has it."""
    latest = RegisterRow.objects.filter(bill__in=bills).values("bill", "upload").annotate(first=Min("pk"))
    first = {one["bill"]: one["first"] for one in latest.order_by("upload")}
    rows = RegisterRow.objects.select_related("upload").only("sheet", "number", "upload__name")
    found = rows.in_bulk(list(first.values()))
    return {bill: found[pk] for bill, pk in first.items()}


def _row(bill: Bill, place: RegisterRow | None, found: Found) -> list[Any]:
    finding = found.finding
    record = finding.record if finding else None
    until: date | None = finding.pending_until if finding else None
    words = ONLY_BOOKS[0] if found.match_class == ALONE else class_words(found.match_class, found.sub)[0]
    return [
        bill.supplier_gstin,
        bill.supplier_name,
        KINDS.get(bill.kind, bill.kind),
        bill.number,
        bill.document_date,
        bill.own_number,
        bill.taxable,
        *(getattr(bill, head) for head in HEADS),
        bill.source_ref,
        place.upload.name if place else "",
        place.sheet if place else "",
        str(place.number) if place else "",
        found.match_class,
        words,
        ACTIONS.get(finding.suggestion, "") if finding else "",
        until,
        " ".join(REASONS[code] for code in found.reasons if code in REASONS),
        record.supplier.gstin if record and record.supplier else "",
        record.number if record else "",
        record.document_date if record else None,
        ACTION_LABELS[Action(record.decision.action)] if record else "",
        finding.difference if finding else None,
    ]
