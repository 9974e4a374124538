"""Rows of one document become one document. Every row is in a document or left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ims_portal.kernel.periods import TaxPeriod
from invoices.matching.documents import Claim
from invoices.matching.numbers import keys
from invoices.register.reading.rows import SUMMED, Row
from invoices.rules.situation import Kind

ROUNDING = 100  # paise
OF_DOCUMENT = (
    "own_gstin", "supplier_gstin", "supplier_name", "kind", "number", "number_is_date", "own_number", "document_date",
    "date_unsure", "posted_on", "received_on", "place_of_supply", "reverse_charge", "itc", "claimed_period",
    "original_number", "original_date", "port_code", "irn", "source_ref", "po", "branch",
)  # fmt: skip


@dataclass(slots=True)
class Joint:
    """A document of the register. `rows` are the sheet and the number of each of its rows. `rate` is None if it has
    several. `repeated_taxable` is True if each row repeats the whole taxable value, which then counts once."""

    own_gstin: str
    supplier_gstin: str
    supplier_name: str
    kind: Kind
    number: str
    number_is_date: bool
    own_number: str
    document_date: date
    date_unsure: bool
    posted_on: date | None
    received_on: date | None
    place_of_supply: str
    reverse_charge: bool
    itc: Claim | None
    claimed_period: TaxPeriod | None
    original_number: str
    original_date: date | None
    port_code: str
    irn: str
    source_ref: str
    po: str
    branch: str
    taxable: int
    igst: int
    cgst: int
    sgst: int
    cess: int
    value: int
    rate: int | None
    rows: tuple[tuple[str, int], ...]
    repeated_taxable: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """The documents in the order of their first rows, and the rows that were left out."""

    documents: list[Joint]
    left_out: list[Row]

    @property
    def used(self) -> int:
        """How many rows the documents have."""
        return sum(len(one.rows) for one in self.documents)


def joined(rows: Iterable[Row]) -> Joined:
    """Join the rows of each document. Rows with another voucher or another reference of the books stay apart."""
    documents: dict[Any, Joint] = {}
    several: dict[Any, list[tuple[int, int, int, int | None]]] = {}
    left_out: list[Row] = []
    for row in rows:
        if row.left_out is not None:
            left_out.append(row)
            continue
        key = _key(row)
        tax = row.igst + row.cgst + row.sgst
        one = (row.taxable, tax, row.value, row.rate)
        known = documents.get(key)
        if known is None:
            facts = {name: getattr(row, name) for name in OF_DOCUMENT}
            sums = {name: getattr(row, name) for name in SUMMED}
            documents[key] = Joint(
                **facts, **sums, value=row.value, rate=row.rate, rows=((row.sheet, row.row),)
            )
            several[key] = [one]
            continue
        for name in SUMMED:
            setattr(known, name, getattr(known, name) + getattr(row, name))
        known.rate = known.rate if known.rate == row.rate else None
        known.rows += ((row.sheet, row.row),)
        several[key].append(one)
    for key, parts in several.items():
        if len(parts) > 1:
            _settle(documents[key], parts)
    return Joined(list(documents.values()), left_out)


def _key(row: Row) -> tuple[Any, ...]:
    number = keys(row.number, row.document_date)
    said = number.format or row.number.upper()
    if (number.damaged and not row.own_number and not row.source_ref) or not (
        said or row.own_number or row.source_ref
    ):
        return row.sheet, row.row
    party = row.supplier_gstin or row.supplier_name.upper()
    return (
        row.sheet, row.own_gstin, party, row.kind, said, row.own_number.upper(), row.source_ref, row.document_date,
    )  # fmt: skip


def _settle(document: Joint, parts: list[tuple[int, int, int, int | None]]) -> None:
    """Count a taxable value and a value once, if each row repeats the one of the document."""
    taxables, taxes, totals, rates = zip(*parts, strict=True)
    same_total = len(set(totals)) == 1
    own_totals = all(abs(total - base - tax) <= ROUNDING for base, tax, total, _rate in parts)
    document.value = totals[0] if same_total and not own_totals else sum(totals)
    if len(set(taxables)) > 1 or not taxables[0]:
        return
    once = taxables[0]
    if len(set(rates)) == len(rates) and None not in rates:
        parts_of_base = [tax * 10_000 // rate for tax, rate in zip(taxes, rates, strict=True) if rate]
        # each row is too low for its rate, and the bases that the taxes show are the value together
        low = all(abs(base * 10_000 - once * 10_000) > ROUNDING * 10_000 for base in parts_of_base)
        whole = sum(parts_of_base)
        near = abs(whole - once) <= ROUNDING * len(parts) or 0 in rates and 0 < whole < once
        document.repeated_taxable = bool(parts_of_base) and low and near
    if same_total and totals[0] and abs(once + sum(taxes) + document.cess - totals[0]) <= ROUNDING:
        document.repeated_taxable = True
    if document.repeated_taxable:
        document.taxable = once
