"""The bills in the books of the sample world, and the faults that real books have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from ims_portal.kernel.gstin import check_character
from invoices.models import Record
from invoices.rules.situation import Kind

KINDS = {
    Kind.INVOICE: "Invoice",
    Kind.ECO: "Invoice",
    Kind.DEBIT_NOTE: "Debit note",
    Kind.CREDIT_NOTE: "Credit note",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A bill as the books have it. Amounts are in paise."""

    supplier_gstin: str
    supplier_name: str
    kind: Kind
    number: str
    day: date
    taxable: int
    tax: tuple[int, int, int, int]
    place: str = ""
    reverse_charge: bool = False
    itc: str = ""
    source_ref: str = field(default="", compare=False)


def entry_of(record: Record) -> Entry:
    """Return the bill of a record, booked without a fault."""
    assert record.supplier is not None
    return Entry(
        record.supplier.gstin,
        record.supplier.name,
        Kind(record.kind),
        record.number,
        record.document_date,
        record.taxable,
        (record.igst, record.cgst, record.sgst, record.cess),
        record.place_of_supply,
        record.reverse_charge,
    )


# faults of books, each a function from the true bill to the bills that the books have


def _same(bill: Entry) -> list[Entry]:
    return [bill]


def _written_otherwise(bill: Entry) -> list[Entry]:
    return [replace(bill, number=re.sub(r"[-/]", " ", bill.number).lower())]


def _rounded(bill: Entry) -> list[Entry]:
    up = tuple(amount + 40 if amount else 0 for amount in bill.tax)
    return [replace(bill, tax=(up[0], up[1], up[2], bill.tax[3]))]


def _days_later(bill: Entry) -> list[Entry]:
    return [replace(bill, day=bill.day + timedelta(days=2))]


def _exchanged_day(bill: Entry) -> list[Entry]:
    if bill.day.day <= 12 and bill.day.day != bill.day.month and bill.day.day <= 10:
        return [replace(bill, day=bill.day.replace(day=bill.day.month, month=bill.day.day))]
    return _days_later(bill)


def _with_prefix(bill: Entry) -> list[Entry]:
    if len(bill.number) > 13:
        return [replace(bill, number=bill.number.rpartition("/")[2])]
    return [replace(bill, number=f"KA/{bill.number}")]


def _look_alike(bill: Entry) -> list[Entry]:
    return [replace(bill, number=bill.number.replace("0", "O", 1))]


def _other_year_in_number(bill: Entry) -> list[Entry]:
    if "24-25/" in bill.number:
        return [replace(bill, number=bill.number.replace("24-25/", ""))]
    return [replace(bill, number=f"24-25/{bill.number}")]


def _in_two(bill: Entry) -> list[Entry]:
    """The books have a bill for each of two deliveries of one invoice."""
    half = tuple(amount // 2 for amount in bill.tax)
    rest = tuple(amount - amount // 2 for amount in bill.tax)
    return [
        replace(bill, number=f"{bill.number[:13]}-A", taxable=bill.taxable // 2, tax=half),  # type: ignore[arg-type]
        replace(bill, number=f"{bill.number[:13]}-B", taxable=bill.taxable - bill.taxable // 2, tax=rest),  # type: ignore[arg-type]
    ]


def _amounts(share: int) -> Callable[[Entry], list[Entry]]:
    def changed(bill: Entry) -> list[Entry]:
        tax = tuple(amount * share // 100 for amount in bill.tax)
        return [replace(bill, taxable=bill.taxable * share // 100, tax=(tax[0], tax[1], tax[2], bill.tax[3]))]

    return changed


def _other_heads(bill: Entry) -> list[Entry]:
    igst, cgst, sgst, cess = bill.tax
    moved = (0, igst // 2, igst - igst // 2, cess) if igst else (cgst + sgst, 0, 0, cess)
    return [replace(bill, tax=moved)]


def _other_place(bill: Entry) -> list[Entry]:
    return [replace(bill, place="29" if bill.place != "29" else "27")]


def _mistyped(bill: Entry) -> list[Entry]:
    wrong = "1" if bill.supplier_gstin[10] != "1" else "2"
    return [replace(bill, supplier_gstin=bill.supplier_gstin[:10] + wrong + bill.supplier_gstin[11:])]


def _no_gstin(bill: Entry) -> list[Entry]:
    return [replace(bill, supplier_gstin="")]


def _other_branch_of_supplier(bill: Entry) -> list[Entry]:
    state = "36" if not bill.supplier_gstin.startswith("36") else "33"
    first = state + bill.supplier_gstin[2:14]
    return [replace(bill, supplier_gstin=first + check_character(first))]


def _other_number(bill: Entry) -> list[Entry]:
    return [replace(bill, number="BILL OF OCT")]


def _other_kind(bill: Entry) -> list[Entry]:
    kinds = {Kind.INVOICE: Kind.DEBIT_NOTE, Kind.DEBIT_NOTE: Kind.INVOICE}
    return [replace(bill, kind=kinds.get(bill.kind, bill.kind))]


def _charge(bill: Entry) -> list[Entry]:
    return [replace(bill, reverse_charge=not bill.reverse_charge)]


def _earlier_year(bill: Entry) -> list[Entry]:
    return [replace(bill, day=bill.day.replace(year=bill.day.year - 1))]


def _not_booked(bill: Entry) -> list[Entry]:
    return []


def _twice(bill: Entry) -> list[Entry]:
    return [bill, replace(bill, source_ref="again")]


def _and_one_more(bill: Entry) -> list[Entry]:
    """The books have another bill of this supplier, which the supplier did not report."""
    more = replace(bill, number=f"{bill.number[:12]}-X", taxable=bill.taxable + 1_234_00)
    return [bill, replace(more, tax=tuple(amount + 111_06 if amount else 0 for amount in bill.tax))]  # type: ignore[arg-type]


# Most bills are booked without a fault. The order spreads the faults, so that small recipients have some.
WAYS: tuple[Callable[[Entry], list[Entry]], ...] = (
    _same, _written_otherwise, _not_booked, _same, _amounts(90), _rounded, _same, _and_one_more, _days_later, _same,
    _with_prefix, _same, _amounts(110), _same, _mistyped, _written_otherwise, _same, _other_heads, _same, _not_booked,
    _same, _twice, _same, _exchanged_day, _other_place, _same, _no_gstin, _same, _look_alike, _same, _other_number,
    _same, _other_kind, _rounded, _other_year_in_number, _in_two, _same, _other_branch_of_supplier, _same, _charge, _same, _earlier_year, _same,
)  # fmt: skip
