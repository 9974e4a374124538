"""How the facts of a bill and of a record relate: GSTINs, days, amounts, places."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache

from ims_portal.kernel.gstin import SHAPE, check_character
from ims_portal.kernel.periods import FinancialYear
from invoices.matching import numbers
from invoices.matching.documents import Bill, Group, Heads, Reported
from invoices.matching.settings import Settings

UNREGISTERED = frozenset({"", "URP", "NA", "UNREGISTERED", "0", "UNREGISTEREDPERSON", "NIL", "NONE"})
COMPANY_WORDS = frozenset(
    "P PVT PRIVATE LTD LIMITED LLP CO COMPANY AND THE MS M S INC CORPORATION CORP ENTERPRISE ENTERPRISES".split()  # noqa: SIM905
)


class Party(str, Enum):
    """How the booked GSTIN of the supplier relates to the reported one."""

    SAME = "G0"
    SAME_PAN = "G1"
    TYPO = "GT"
    EMPTY = "GB"
    OTHER = "G9"


class Days(str, Enum):
    SAME = "D0"
    NEAR = "D1"
    SWAPPED = "DX"
    SAME_YEAR = "D3"
    OTHER_YEAR = "D4"


class Amounts(str, Enum):
    """How the amounts relate. HIGHER and LOWER say that the record has more or less tax than the bill."""

    SAME = "A0"
    ROUNDING = "A1"
    HEADS = "A3"
    TAXABLE = "A4"
    HIGHER = "A5+"
    LOWER = "A5-"


NEAR = frozenset({Amounts.SAME, Amounts.ROUNDING})
SUREST_FIRST = tuple(numbers.Relation)


def plain_gstin(text: str | None) -> str:
    """Return a GSTIN in capital letters without other signs, or "" for a supplier without registration."""
    found = re.sub("[^0-9A-Z]", "", (text or "").upper())
    return "" if found in UNREGISTERED else found


def pan(gstin: str) -> str:
    """Return the PAN in a GSTIN: its third to twelfth character. A text of another length has none."""
    return gstin[2:12] if len(gstin) == 15 else ""


@lru_cache(maxsize=65_536)
def is_right(gstin: str) -> bool:
    """True if the text has the form and the check character of a GSTIN."""
    return bool(SHAPE.match(gstin)) and check_character(gstin[:14]) == gstin[14]


@lru_cache(maxsize=65_536)
def party(booked: str, reported: str) -> Party:
    """Return how two GSTINs of suppliers relate. Two empty GSTINs are equal: imports have no supplier."""
    if booked == reported:
        return Party.SAME
    if not booked or not SHAPE.match(booked):
        slip = booked and _edits(booked, reported) <= 2
        return Party.TYPO if slip else Party.EMPTY
    if not is_right(booked):
        return Party.TYPO if _edits(booked, reported) <= 2 else Party.OTHER
    return Party.SAME_PAN if pan(booked) == pan(reported) else Party.OTHER


def _edits(one: str, other: str) -> int:
    """Return the number of characters added, left out, replaced or exchanged with their neighbour, up to 3."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for n, sign in enumerate(one, 1):
        last, before, row = before, row, [n] + [0] * len(other)
        for m, their in enumerate(other, 1):
            row[m] = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (sign != their))
            if n > 1 and m > 1 and sign == other[m - 2] and one[n - 2] == their:
                row[m] = min(row[m], last[m - 2] + 1)
    return min(row[-1], 3)


@lru_cache(maxsize=65_536)
def name_core(name: str) -> str:
    """Return the words of a company's name that tell it from others: SAHYADRI STEELS for Sahyadri Steels Pvt. Ltd."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", name).upper())
    return " ".join(word for word in words if word not in COMPANY_WORDS)


def days_between(booked: date, reported: date, near: int) -> Days:
    """Return how two dates relate. `near` is the number of days that still count as near."""
    if booked == reported:
        return Days.SAME
    if abs((booked - reported).days) <= near:
        return Days.NEAR
    if booked.year == reported.year and booked.day == reported.month and booked.month == reported.day:
        return Days.SWAPPED
    same = FinancialYear.of(booked) == FinancialYear.of(reported)
    return Days.SAME_YEAR if same else Days.OTHER_YEAR


def amounts(booked: Heads, reported: Heads, group: Group, settings: Settings) -> Amounts:
    """Return how the amounts relate. Of a bill of entry only IGST and cess decide, because registers and customs value
    goods differently."""
    boe = group is Group.BILL_OF_ENTRY
    if boe:
        booked = Heads(reported.taxable, booked.igst, 0, 0, booked.cess)
        reported = Heads(reported.taxable, reported.igst, 0, 0, reported.cess)
    if booked == reported:
        return Amounts.SAME
    step = settings.rounding
    taxable = abs(booked.taxable - reported.taxable) <= step
    total = abs(booked.tax - reported.tax) <= 2 * step
    heads = (
        abs(booked.igst - reported.igst) <= step
        and abs(booked.cgst - reported.cgst) <= step
        and abs(booked.sgst - reported.sgst) <= step
        and abs(booked.cess - reported.cess) <= 2 * step
        and total
    )
    if heads:
        return Amounts.ROUNDING if taxable else Amounts.TAXABLE
    if total and _one_has_igst(booked, reported):
        return Amounts.HEADS
    more = reported.tax - booked.tax or reported.taxable - booked.taxable
    return Amounts.HIGHER if more > 0 else Amounts.LOWER


def _one_has_igst(one: Heads, other: Heads) -> bool:
    """True if one document has IGST and the other has CGST and SGST."""
    return any(
        a.igst and not a.cgst and not a.sgst and not b.igst and (b.cgst or b.sgst)
        for a, b in ((one, other), (other, one))
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """All relations between a bill and a record. The ladder decides on them alone."""

    number: numbers.Relation
    party: Party
    same_own: bool
    same_own_pan: bool
    days: Days
    apart: int
    same_year: bool
    amounts: Amounts
    same_group: bool
    credit_note: bool
    note: bool
    import_: bool
    place_differs: bool
    charge_differs: bool
    same_original: bool
    port_agrees: bool
    boe_suffix: bool
    short_number: bool
    irns: bool | None
    same_name: bool

    @property
    def near(self) -> bool:
        return self.amounts in NEAR

    @property
    def number_agrees(self) -> bool:
        return self.number in numbers.AGREES


def facts(bill: Bill, record: Reported, settings: Settings) -> Facts:
    """Return how a bill and a record relate."""
    number = min(
        (numbers.relation(bill.keys, theirs) for theirs in (record.keys, *record.earlier)),
        key=SUREST_FIRST.index,
    )
    irns = bill.irn == record.irn if bill.irn and record.irn else None
    if irns:
        number = numbers.Relation.SAME
    ends = bill.keys.format, record.keys.format
    short = len(bill.keys.year) < 4 and len(record.keys.year) < 4
    return Facts(
        number=number,
        party=party(bill.supplier, record.supplier),
        same_own=bill.own == record.own,
        same_own_pan=bool(pan(bill.own)) and pan(bill.own) == pan(record.own),
        days=days_between(bill.day, record.day, settings.near_days),
        apart=abs((bill.day - record.day).days),
        same_year=bill.year == record.year,
        amounts=amounts(bill.heads, record.heads, record.group, settings),
        same_group=bill.group is record.group,
        credit_note=Group.CREDIT_NOTE in (bill.group, record.group),
        note=record.group in (Group.CREDIT_NOTE, Group.DEBIT_NOTE),
        import_=record.group is Group.BILL_OF_ENTRY,
        place_differs=bool(bill.place and record.place) and bill.place != record.place,
        charge_differs=bill.reverse_charge != record.reverse_charge,
        same_original=not bill.original.missing
        and not record.original.missing
        and numbers.relation(bill.original, record.original) in numbers.AGREES,
        port_agrees=not bill.port or bill.port == record.port,
        boe_suffix=min(map(len, ends)) >= 5 and (ends[0].endswith(ends[1]) or ends[1].endswith(ends[0])),
        short_number=short,
        irns=irns,
        same_name=bool(name_core(bill.name)) and name_core(bill.name) == name_core(record.name),
    )
