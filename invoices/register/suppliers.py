"""Reads the suppliers of a register and of IMS: how much stands only in the books and only in IMS, and both lists of one
supplier side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import ExtractMonth, ExtractYear

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.matching import numbers
from invoices.models import Record, Taxpayer
from invoices.models.record import TAX
from invoices.register import expected
from invoices.register.both_sides import present_bills
from invoices.register.models import ALONE, DOUBLE, Bill, Finding, Link
from invoices.rules.situation import Kind, Route

CREDIT_NOTE = Kind.CREDIT_NOTE.value
MOST_LINES = 500
MOST_MONTHS = 12
LONGEST_GAP = 200
MOST_REPORTS = 5_000


@dataclass
class Line:
    """One supplier: its bills and documents, and the tax that stands on one side only, in paise. Credit notes are counted
    apart, because they lower the credit."""

    gstin: str
    name: str = ""
    bills: int = 0
    documents: int = 0
    only_books: int = 0
    only_ims: int = 0
    notes_only_books: int = 0
    notes_only_ims: int = 0


def _alone(taxpayer: Taxpayer) -> QuerySet[Finding]:
    """Return the findings of bills that no document reports."""
    return Finding.objects.filter(
        taxpayer=taxpayer, until__isnull=True, root_id__isnull=True, match_class=ALONE
    )


def lines(taxpayer: Taxpayer, asked: str = "") -> list[Line]:
    """Return a line for each supplier, the greatest differences first. Each word of `asked` must be a part of the GSTIN
    or of the name. Two queries."""
    found: dict[str, Line] = {}
    lone = Q(identity__in=_alone(taxpayer).values("bill_identity"))
    note = Q(kind=CREDIT_NOTE)
    for told in (
        present_bills([taxpayer])
        .exclude(supplier_gstin="")
        .values("supplier_gstin")
        .annotate(
            name=Max("supplier_name"),
            count=Count("pk"),
            tax=Sum(TAX, filter=lone & ~note),
            notes=Sum(TAX, filter=lone & note),
        )
    ):
        found[told["supplier_gstin"]] = Line(
            told["supplier_gstin"],
            told["name"],
            bills=told["count"],
            only_books=told["tax"] or 0,
            notes_only_books=told["notes"] or 0,
        )
    _add_documents(taxpayer, found)
    words = [word.casefold() for word in asked.split()]
    shown = [
        one for one in found.values() if all(word in f"{one.gstin} {one.name}".casefold() for word in words)
    ]
    return sorted(shown, key=lambda one: (-(one.only_books + one.only_ims), one.gstin))


def _add_documents(taxpayer: Taxpayer, found: dict[str, Line]) -> None:
    lone, note = Q(match_class__in=(ALONE, DOUBLE)), Q(record__kind=CREDIT_NOTE)
    tax = F("record__igst") + F("record__cgst") + F("record__sgst") + F("record__cess")
    for told in (
        Finding.objects.filter(taxpayer=taxpayer, until__isnull=True, record__supplier__isnull=False)
        .values("record__supplier__gstin", "record__supplier__trade_name", "record__supplier__legal_name")
        .annotate(count=Count("pk"), tax=Sum(tax, filter=lone & ~note), notes=Sum(tax, filter=lone & note))
    ):
        gstin = told["record__supplier__gstin"]
        line = found.setdefault(gstin, Line(gstin))
        line.name = told["record__supplier__trade_name"] or told["record__supplier__legal_name"]
        line.documents = told["count"]
        line.only_ims, line.notes_only_ims = told["tax"] or 0, told["notes"] or 0


@dataclass
class Month:
    """The sums of one month by document date. `notes` are the sums of credit notes, in paise and not signed."""

    number: int
    bills: int = 0
    books: int = 0
    book_notes: int = 0
    documents: int = 0
    ims: int = 0
    ims_notes: int = 0

    @property
    def difference(self) -> int:
        """IMS minus books; credit notes count with a minus."""
        return self.ims - self.ims_notes - self.books + self.book_notes


@dataclass(frozen=True)
class Pair:
    """One row of both lists: a bill, a document, or both. `finding` says what the matcher found."""

    bill: Bill | None
    record: Record | None
    match_class: str
    sub: str

    @property
    def difference(self) -> int | None:
        if self.bill is None or self.record is None:
            return None
        return expected.signed_tax(self.record) - expected.signed_tax(self.bill)


@dataclass(frozen=True)
class Sides:
    """Both lists of one supplier. `pairs` are those of one month. `gaps` are numbers of a series between the first and
    the last number that either side has, as (series, from, to)."""

    name: str
    months: list[Month]
    month: int
    pairs: list[Pair]
    more: bool
    gaps: list[tuple[str, str, str]] = field(default_factory=list)
    days: int | None = None


def sides(taxpayer: Taxpayer, supplier: str, month: int | None = None) -> Sides | None:
    """Return both lists of a supplier, or None if neither side has a document of it."""
    bills = present_bills([taxpayer]).filter(supplier_gstin=supplier)
    records = Record.objects.filter(
        recipient=taxpayer, route=Route.IMS.value, superseded="-", supplier__gstin=supplier
    )
    months = _months(bills, records)
    if not months:
        return None
    number = month if month in months else max(months)
    period = TaxPeriod.from_number(number)
    pairs = _pairs(taxpayer, bills, records, period)
    name = next((one.record.supplier.name for one in pairs if one.record and one.record.supplier), "")
    name = name or next((one.bill.supplier_name for one in pairs if one.bill), "")
    latest = [months[one] for one in sorted(months)[-MOST_MONTHS:]]
    return Sides(
        name=name or supplier,
        months=latest,
        month=number,
        pairs=pairs[:MOST_LINES],
        more=len(pairs) > MOST_LINES,
        gaps=_gaps(pairs),
        days=_days_to_report(records),
    )


def _months(bills: QuerySet[Bill], records: QuerySet[Record]) -> dict[int, Month]:
    found: dict[int, Month] = {}
    for rows, mine in ((bills, True), (records, False)):
        for year, month, kind, count, tax in (
            rows.order_by()
            .values("kind", y=ExtractYear("document_date"), m=ExtractMonth("document_date"))
            .annotate(count=Count("pk"), paise=Sum(TAX))
            .values_list("y", "m", "kind", "count", "paise")
        ):
            note = kind == CREDIT_NOTE
            one = found.setdefault(year * 100 + month, Month(year * 100 + month))
            if mine:
                one.bills += count
                one.books, one.book_notes = one.books + tax * (not note), one.book_notes + tax * note
            else:
                one.documents += count
                one.ims, one.ims_notes = one.ims + tax * (not note), one.ims_notes + tax * note
    return found


def _pairs(
    taxpayer: Taxpayer, bills: QuerySet[Bill], records: QuerySet[Record], period: TaxPeriod
) -> list[Pair]:
    """Return the bills and documents of a month by number. A partner of another month stands beside them."""
    inside = Q(document_date__gte=period.first_day, document_date__lte=period.last_day)
    ours = {one.identity or 0: one for one in bills.filter(inside).order_by("pk")[: MOST_LINES + 1]}
    theirs = {
        one.root_id or one.pk: one
        for one in records.filter(inside).select_related("supplier").order_by("pk")[: MOST_LINES + 1]
    }
    links = list(
        Link.objects.filter(taxpayer=taxpayer, until__isnull=True)
        .filter(Q(bill_identity__in=ours) | Q(root_id__in=theirs))
        .values_list("bill_identity", "root_id", "match_class", "sub")
    )
    more_bills = {bill for bill, *_rest in links} - ours.keys()
    more_roots = {root for _bill, root, *_rest in links} - theirs.keys()
    others = {
        one.identity or 0: one for one in Bill.objects.filter(identity__in=more_bills, until__isnull=True)
    }
    partners = {
        one.root_id or one.pk: one
        for one in Record.objects.filter(
            Q(pk__in=more_roots) | Q(root_id__in=more_roots), recipient=taxpayer
        ).order_by("pk")
    }
    every_bill, every_record = others | ours, partners | theirs
    found = [
        Pair(every_bill.get(bill), every_record.get(root), match_class, sub)
        for bill, root, match_class, sub in links
    ]
    paired = {bill for bill, *_rest in links}, {root for _bill, root, *_rest in links}
    found += [Pair(one, None, ALONE, "") for identity, one in ours.items() if identity not in paired[0]]
    found += [Pair(None, one, ALONE, "") for root, one in theirs.items() if root not in paired[1]]
    return sorted(found, key=_place)


def _place(one: Pair) -> tuple[Any, ...]:
    document = one.record or one.bill
    assert document is not None
    keys = numbers.keys(document.number, document.document_date)
    serial = int(keys.serial) if keys.serial and len(keys.serial) < 19 else 0
    return (document.kind == CREDIT_NOTE, keys.series, serial, document.document_date, document.pk)


def _gaps(pairs: list[Pair]) -> list[tuple[str, str, str]]:
    """Return the numbers that neither side has, between numbers of the same series. They prove nothing: they may be bills
    of other customers."""
    seen: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for one in pairs:
        document = one.record or one.bill
        if document is None or document.kind == CREDIT_NOTE:
            continue
        keys = numbers.keys(document.number, document.document_date)
        if keys.serial and len(keys.serial) < 10:
            seen[keys.series].add(int(keys.serial))
    found = []
    for series, serials in sorted(seen.items()):
        inside = sorted(serials)
        for before, after in zip(inside, inside[1:], strict=False):
            if 1 < after - before <= LONGEST_GAP:
                found.append((" ".join(series), str(before + 1), str(after - 1)))
    return found


def _days_to_report(records: QuerySet[Record]) -> int | None:
    """Return the median number of days from the document's date to its filing, over the last year."""
    since = date(clock.today().year - 1, clock.today().month, 1)
    told = records.filter(filed_on__isnull=False, document_date__gte=since).order_by("-document_date")
    told_days = told.values_list("document_date", "filed_on")[:MOST_REPORTS]
    days = [(filed - day).days for day, filed in told_days if filed]
    return int(median(days)) if days else None


def missing(taxpayer: Taxpayer, supplier: str) -> tuple[list[Bill], list[Bill]]:
    """Return the bills of a supplier that no document reports: those that are expected, and those of which a person said
    that they are not. A bill of reverse charge is in neither list, because nobody reports it."""
    lists = [
        list(
            expected.of_state(taxpayer, state)
            .filter(supplier_gstin=supplier)
            .exclude(reverse_charge=True)
            .order_by("document_date", "pk")
        )
        for state in (expected.EXPECTED, expected.NOT_EXPECTED)
    ]
    return lists[0], lists[1]
