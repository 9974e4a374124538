"""The rows of a file as rows of the register. Each row below the headings is used, or left out with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice

from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from ims_portal.kernel.wording import say
from invoices.matching.documents import Claim
from invoices.register.reading import values
from invoices.register.reading.aliases import HEADS
from invoices.register.reading.dates import ORDERS, day
from invoices.register.reading.headings import Table
from invoices.register.reading.layouts import Layout
from invoices.register.reading.mapping import Part
from invoices.register.reading.merged import filled_from
from invoices.register.reading.refusals import LeftOut, letter
from invoices.register.reading.sheets import Cell
from invoices.register.reading.signs import Signs
from invoices.register.reading.totals import Totals, is_total
from invoices.rules.situation import Kind

SUMMED = ("taxable", *HEADS)
CANCELLED = re.compile(r"\(?\bcancelled\b\)?", re.IGNORECASE)
NOT_BOOKED = re.compile(
    r"^(?:draft|void|voided|cancelled|canceled|optional|rejected|deleted)$", re.IGNORECASE
)
# columns that a voucher fills in its first row only
OF_VOUCHER = (
    "supplier_gstin", "supplier_name", "kind", "number", "own_number", "document_date", "posted_on", "received_on",
    "place_of_supply", "reverse_charge", "own_gstin", "source_ref", "branch", "po", "status",
)  # fmt: skip
MONTHS = re.compile(r"(\d{1,2})[-/ ](\d{4})|(\d{4})-(\d{1,2})")


@dataclass(slots=True)
class Row:
    """A row of a file. If it is left out, the fields after `left_out` say nothing. Amounts are paise of the kind: a
    credit note has positive amounts."""

    sheet: str
    row: int
    cells: tuple[str, ...]
    left_out: LeftOut | None = None
    own_gstin: str = ""
    supplier_gstin: str = ""
    supplier_name: str = ""
    kind: Kind = Kind.INVOICE
    number: str = ""
    number_is_date: bool = False
    own_number: str = ""
    document_date: date | None = None
    date_unsure: bool = False
    posted_on: date | None = None
    received_on: date | None = None
    taxable: int = 0
    igst: int = 0
    cgst: int = 0
    sgst: int = 0
    cess: int = 0
    value: int = 0
    rate: int | None = None
    place_of_supply: str = ""
    reverse_charge: bool = False
    itc: Claim | None = None
    claimed_period: TaxPeriod | None = None
    original_number: str = ""
    original_date: date | None = None
    port_code: str = ""
    irn: str = ""
    source_ref: str = ""
    po: str = ""
    branch: str = ""


class Reader:
    """Reads the rows of one sheet with its mapping."""

    def __init__(self, table: Table, part: Part, layout: Layout | None, own_gstin: str):
        self.table, self.part, self.layout, self.own_gstin = table, part, layout, own_gstin
        place = {column.key: column.place for column in table.columns}
        self.places = {
            name: tuple(place[key] for key in found.columns if key in place)
            for name, found in part.fields.items()
        }
        self.orders = {name: part.choices.get(f"dates:{name}", ORDERS[0]) for name in part.fields}
        rows = table.sheet.rows
        self.first_data = rows[table.data][0] if table.data < len(rows) else 0
        self.carries = part.choices.get("carry_down") == "yes"

    def keys(self, name: str) -> tuple[str, ...]:
        """Return the keys of the columns of a field."""
        return self.part.fields[name].columns if name in self.part.fields else ()

    @cached_property
    def signs(self) -> Signs:
        return Signs(self)

    def cell(self, name: str, cells: tuple[Cell, ...]) -> Cell:
        for place in self.places.get(name, ()):
            if place < len(cells) and cells[place] is not None:
                return cells[place]
        return None

    def text(self, name: str, cells: tuple[Cell, ...]) -> str:
        cell = self.cell(name, cells) if name in self.places else None
        return "" if cell is None else " ".join(values.text(cell).split())

    def amount(self, name: str, cells: tuple[Cell, ...]) -> int | None:
        """Return the sum of the columns of a field, None if one of them holds no amount."""
        total = 0
        for place in self.places.get(name, ()):
            if place < len(cells):
                one = values.amount(cells[place])
                if one is None:
                    return None
                total += one
        return total

    def filled(self) -> Iterator[tuple[int, tuple[Cell, ...], tuple[Cell, ...]]]:
        """Yield the number, the cells as they stood, and the cells with what merged areas and vouchers fill in."""
        merged = filled_from(
            self.table, {place for name in OF_VOUCHER for place in self.places.get(name, ())}
        )
        down = [place for name in OF_VOUCHER for place in self.places.get(name, ())] if self.carries else []
        keys = [
            place
            for name in ("number", "own_number", "document_date", "posted_on")
            for place in self.places.get(name, ())
        ]
        if not down and not self.table.sheet.merged:
            for number, cells in islice(self.table.sheet.rows, self.table.first, None):
                yield number, cells, cells
            return
        before: tuple[Cell, ...] = ()
        for number, stood in self.table.sheet.rows[self.table.first :]:
            cells = merged(number, stood)
            is_part = not any(place < len(cells) and cells[place] is not None for place in keys)
            if down and before and is_part and not is_total(cells):
                longer = list(cells) + [None] * (len(before) - len(cells))
                for place in down:
                    if place < len(before) and longer[place] is None:
                        longer[place] = before[place]
                cells = tuple(longer)
            elif not is_part:
                before = cells
            yield number, stood, cells

    def rows(self) -> Iterator[Row]:
        """Yield each row below the headings in the order of the file."""
        totals = Totals(SUMMED if "taxable" in self.places else HEADS)
        name = self.table.sheet.name
        for number, stood, cells in self.filled():
            row = Row(name, number, tuple(map(values.text, stood)))
            row.left_out = self._reason(row, cells, totals)
            yield row

    def _reason(self, row: Row, cells: tuple[Cell, ...], totals: Totals) -> LeftOut | None:
        if self.table.repeats_headings(cells):
            return LeftOut("REG-ROW-HEADINGS", say("The row repeats the headings."))
        amounts = {name: self.amount(name, cells) for name in (*SUMMED, "tax")}
        if row.row < self.first_data and not any(amounts.values()):
            return LeftOut(
                "REG-ROW-NOTE", say("The row stands between the headings and the first row of data.")
            )
        if is_total(cells):
            if totals.proven(amounts):
                return LeftOut("REG-ROW-TOTAL", say("The row is the total of rows above it."))
            if not self.text("number", cells) and not self.text("own_number", cells):
                return LeftOut(
                    "REG-ROW-TOTAL-DIFFERS",
                    say("The row is called a total, but the rows above it have another sum. Check the file."),
                )
        if not any(amounts.values()) and None not in amounts.values():
            if CANCELLED.search(" ".join(row.cells)):
                return LeftOut("REG-ROW-CANCELLED", say("The voucher is cancelled."))
            return LeftOut("REG-ROW-NO-AMOUNT", say("The row has no taxable value and no tax."))
        status = self.text("status", cells)
        if (
            NOT_BOOKED.match(status)
            or status
            and self.layout is not None
            and self.layout.fields.get("status") == "reverse"
        ):
            return LeftOut(
                "REG-ROW-STATUS",
                say("The document is not booked: its status is %(status)s.", status=status[:30]),
            )
        for name, found in amounts.items():
            if found is None:
                bad = next(
                    place
                    for place in self.places[name]
                    if place < len(cells) and values.amount(cells[place]) is None
                )
                return LeftOut(
                    "REG-ROW-AMOUNT",
                    say(
                        "%(given)s in column %(column)s is not an amount.",
                        given=values.text(cells[bad])[:30],
                        column=letter(bad),
                    ),
                )
        totals.add(amounts)
        return self._facts(row, cells, {name: found or 0 for name, found in amounts.items()})

    def _facts(self, row: Row, cells: tuple[Cell, ...], amounts: dict[str, int]) -> LeftOut | None:
        own = values.gstin(self.cell("own_gstin", cells))
        if own and len(own) == 15 and own[2:12] != self.own_gstin[2:12]:
            return LeftOut(
                "REG-ROW-OTHER-GSTIN",
                say("The row belongs to the registration %(gstin)s of another company.", gstin=own),
            )
        row.own_gstin = own if len(own) == 15 else self.own_gstin
        row.supplier_gstin = values.gstin(self.cell("supplier_gstin", cells))
        row.supplier_name = self.text("supplier_name", cells)
        row.number, row.own_number = self.text("number", cells), self.text("own_number", cells)
        row.number_is_date = isinstance(self.cell("number", cells), date)
        row.source_ref = self.text("source_ref", cells)
        kind, sign, reason = self.signs.of(self, cells)
        if reason is not None:
            return reason
        row.kind = kind
        for name in ("document_date", "posted_on", "received_on", "original_date"):
            cell = self.cell(name, cells)
            found = day(cell, self.orders.get(name, ORDERS[0]))
            if cell is not None and found is None and name in ("document_date", "posted_on"):
                place = letter(self.places[name][0])
                return LeftOut(
                    "REG-ROW-DATE",
                    say(
                        "%(given)s in column %(column)s is not a date in the order of its column.",
                        given=values.text(cell)[:30],
                        column=place,
                    ),
                )
            setattr(row, name, found)
        if row.document_date is None:
            row.document_date, row.date_unsure = row.posted_on, True
        if row.document_date is None:
            return LeftOut("REG-ROW-DATE", say("The row has no date."))
        if not row.supplier_gstin and not row.supplier_name and not kind.is_import:
            return LeftOut(
                "REG-ROW-SUPPLIER", say("The row has neither the GSTIN nor the name of a supplier.")
            )
        for name in SUMMED:
            setattr(row, name, sign * amounts[name])
        row.value = abs(self.amount("value", cells) or 0)
        if amounts["tax"]:
            self._split(row, sign * amounts["tax"])
        self._rest(row, cells)
        return None

    def _split(self, row: Row, tax: int) -> None:
        """Put a total tax on its heads, if a person said so: by the States of the two registrations."""
        if row.igst or row.cgst or row.sgst or self.part.choices.get("tax_split") != "by_state":
            return
        if row.supplier_gstin[:2] == row.own_gstin[:2]:
            row.cgst, row.sgst = tax - tax // 2, tax // 2
        else:
            row.igst = tax

    def _rest(self, row: Row, cells: tuple[Cell, ...]) -> None:
        row.rate = values.rate(self.cell("rate", cells)) if "rate" in self.places else None
        if self.part.choices.get("place_of_supply") != "not trusted":
            row.place_of_supply = values.place(self.text("place_of_supply", cells))
        row.reverse_charge = values.yes(self.cell("reverse_charge", cells)) is True
        row.itc = values.claim(self.text("itc", cells))
        row.claimed_period = _month(self.cell("claimed_period", cells))
        row.original_number = self.text("original_number", cells)
        row.port_code, row.irn = self.text("port_code", cells), self.text("irn", cells)
        row.po, row.branch = self.text("po", cells), self.text("branch", cells)


def _month(cell: Cell) -> TaxPeriod | None:
    found = cell if isinstance(cell, date) else day(cell, ORDERS[0])
    try:
        if found:
            return TaxPeriod.of(found)
        if isinstance(cell, str) and (said := MONTHS.fullmatch(cell.strip())):
            return TaxPeriod(int(said[2] or said[3]), int(said[1] or said[4]))
    except BadPeriod:
        return None
    return None
