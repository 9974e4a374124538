"""The kind of a row and the sign of its amounts: the column of kinds says it, else the sheet, else the sign of the whole
document. Where the books may mean two things, a person has said which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.wording import say
from invoices.register.reading import values
from invoices.register.reading.refusals import LeftOut
from invoices.register.reading.sheets import Cell
from invoices.rules.situation import Kind

if TYPE_CHECKING:
    from invoices.register.reading.rows import Reader

OF_SHEET = re.compile(
    r"credit ?notes?|debit ?notes?|purchase ?returns?|cdnr?\b|vendor credits?", re.IGNORECASE
)
SUMS = ("taxable", *HEADS, "tax")
MARK = re.compile(r"[-\u2212(]|cr", re.IGNORECASE)
Key = tuple[str, str, str, str]


class Signs:
    """The sums of documents that have a negative amount. `invoices_below_zero` and `open_notes` count the rows that need
    an answer of a person."""

    def __init__(self, reader: Reader):
        self.invoices_below_zero = self.open_notes = self.turned = 0
        self._sums: dict[Key, int] = {}
        negative = set()
        if not _may_be_negative(reader):
            return
        for _number, _stood, cells in reader.filled():
            if self._sum(reader, cells) < 0:
                negative.add(self._key(reader, cells))
        if negative:
            for _number, _stood, cells in reader.filled():
                if (key := self._key(reader, cells)) in negative:
                    self._sums[key] = self._sums.get(key, 0) + self._sum(reader, cells)

    @staticmethod
    def _sum(reader: Reader, cells: tuple[Cell, ...]) -> int:
        return sum(reader.amount(name, cells) or 0 for name in SUMS)

    @staticmethod
    def _key(reader: Reader, cells: tuple[Cell, ...]) -> Key:
        party = values.gstin(reader.cell("supplier_gstin", cells)) or reader.text("supplier_name", cells)
        kind = reader.text("kind", cells)
        return party, kind, reader.text("number", cells), reader.text("own_number", cells)

    def may_differ(self, reader: Reader) -> bool:
        """True if not all rows are plain invoices."""
        return (
            bool(self._sums)
            or "kind" in reader.places
            or any("note n" in key for key in reader.keys("number"))
            or bool(OF_SHEET.search(reader.table.sheet.name))
        )

    def of(self, reader: Reader, cells: tuple[Cell, ...]) -> tuple[Kind, int, LeftOut | None]:
        """Return the kind, the sign by which amounts are multiplied, and a reason if the row must be left out."""
        below = bool(self._sums) and self._sums.get(self._key(reader, cells), 0) < 0
        sign = -1 if below else 1
        said = self._said(reader, cells)
        if said in ("debit note", "note"):
            said = self._note(reader, below)
        if isinstance(said, Kind) and (said is not Kind.INVOICE or not below):
            return said, sign, None
        if not below:
            return Kind.INVOICE, sign, None
        if said is None:
            self.turned += 1
            return Kind.CREDIT_NOTE, sign, None
        self.invoices_below_zero += 1
        if reader.part.choices.get("negative") == "leave_out":
            return (
                Kind.INVOICE,
                sign,
                LeftOut(
                    "REG-ROW-NEGATIVE", say("The row is called an invoice and its document is negative.")
                ),
            )
        return Kind.CREDIT_NOTE, sign, None

    def _note(self, reader: Reader, below: bool) -> Kind:
        layout = reader.layout
        if layout is not None and layout.debit_note is not None:
            return layout.debit_note
        if below:
            return Kind.CREDIT_NOTE
        self.open_notes += 1
        return Kind.DEBIT_NOTE if reader.part.choices.get("debit_note") == "DN" else Kind.CREDIT_NOTE

    @staticmethod
    def _said(reader: Reader, cells: tuple[Cell, ...]) -> Kind | str | None:
        layout = reader.layout
        found = reader.text("kind", cells)
        letters = (
            layout.letters if layout is not None else any("note type" in key for key in reader.keys("kind"))
        )
        if letters and found.upper() in ("C", "D"):
            return Kind.CREDIT_NOTE if found.upper() == "C" else "debit note"
        said = values.kind(found) if found else None
        if said is None and OF_SHEET.search(reader.table.sheet.name):
            said = values.kind(reader.table.sheet.name)
            if isinstance(said, Kind) and said is not Kind.CREDIT_NOTE:
                said = "note"
        if said is None and layout is None and any("note n" in key for key in reader.keys("number")):
            return "note"
        if said is None and layout is not None and layout.kind is not None:
            return None if layout.kind is Kind.INVOICE else layout.kind
        return said


def _may_be_negative(reader: Reader) -> bool:
    """True if a column of amounts has a cell with a sign."""
    places = {place for name in SUMS for place in reader.places.get(name, ())}
    for _number, _stood, cells in reader.filled():
        for place in places:
            cell = cells[place] if place < len(cells) else None
            if isinstance(cell, (int, float)) and cell < 0 or isinstance(cell, str) and MARK.search(cell):
                return True
    return False
