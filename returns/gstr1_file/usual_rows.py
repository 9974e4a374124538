"""Turn usual documents of a decoded block into rows for the staging table. A document is usual if the
remembered results of earlier checks prove that the document is correct. Every other document becomes an
`Entry`, which the portal checks completely.

The decoder gives amounts as binary floats. A document is usual only if each of its amounts is exactly a
number of whole paise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.json_fields import DAY
from invoices.rules.documents import DOCUMENT_NUMBER, fits, number_key
from invoices.rules.remembered_checks import MOST_ORDINARY, Day, Pattern, RememberedChecks
from invoices.rules.situation import Kind
from returns.gstr1_file.read_blocks import Block, as_read
from returns.gstr1_file.read_document import IRN, MOST_RATE_LINES, NOTE_KINDS, Entry, Shape, entry

NULL = "\\N"
FLAGS = {"Y": True, "N": False}
# a row: the document's place in the chunk, the columns that the supplier reported, and the facts that decide
# the route
Row = tuple[int, str, Pattern]


@dataclass(slots=True)
class Lot:
    """Usual documents of one party. Each document has a place in its chunk and a position in its party, both
    counted from 0. A document at place p has the position p - `first` + `position`."""

    recipient: str
    shape: Shape
    nth: int
    position: int
    first: int
    rows: list[Row] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)  # for each row, a key that must appear only once in a file

    def place(self, number: str, place: int) -> str:
        position = place - self.first + self.position
        return f"{self.shape.name}[{self.nth}].{self.shape.documents}[{position}] {number}"


class UsualReader:
    """Turns usual documents of one form into rows."""

    def __init__(self, checks: RememberedChecks):
        self.checks = checks
        self._days: dict[str, Day | None] = {}
        self._patterns: dict[tuple[Any, ...], Pattern | None] = {}

    def lots(self, block: Block, first: int) -> Iterator[tuple[Lot, list[tuple[int, Entry]]]]:
        """For each party of a block, yield two values: a `Lot` with the party's usual documents, and a list
        of its other documents with their places in the chunk. `first` is the place of the block's first
        document in the chunk."""
        position = block.position
        for nth, party in enumerate(block.parties, start=block.nth):
            recipient = self._recipient(party.recipient)
            lot = Lot(recipient or "", block.shape, nth, position, first)
            others: list[tuple[int, Entry]] = []
            supplied_by = self._supplied_by(block.shape, party) if recipient else None
            head: dict[str, Any] | None = None
            for place, document in enumerate(party.documents, start=first):
                try:
                    row = (
                        None
                        if recipient is None or supplied_by is None
                        else self._row(block.shape, document, supplied_by, recipient in self.checks.sez)
                    )
                except OverflowError:
                    row = None  # an amount in paise would be larger than the largest float
                if row is not None:
                    lot.rows.append((place, row[0], row[1]))
                    lot.keys.append(row[2])
                    continue
                if head is None:
                    head = {**as_read(party), block.shape.documents: None}
                where = place - first + position
                said = f"{block.shape.name}[{nth}].{block.shape.documents}[{where}]"
                others.append((place, entry(block.shape, head, as_read(document), said)))
            yield lot, others
            first += len(party.documents)
            position = 0

    def _recipient(self, text: str | None) -> str | None:
        try:
            found = str(Gstin.parse(text or ""))
        except BadGstin:
            return None
        return found if found != self.checks.supplier and text and text.isprintable() else None

    def _supplied_by(self, shape: Shape, party: Any) -> str | None:
        """Return a JSON member (`"supplied_by": "…"`) for the details of a party's documents. Its value is
        the party's `stin`: the GSTIN of the supplier who sold through the e-commerce operator. Return an
        empty text if the party has no `stin`. Return None if the `stin` is faulty, so that the exact reader
        reads the party."""
        if not shape.beside or not party.supplied_by:
            return ""
        if not party.supplied_by.isprintable() or not Gstin.is_valid(party.supplied_by):
            return None
        return f'"supplied_by": "{Gstin.parse(party.supplied_by)}"'

    def _day(self, text: str) -> Day | None:
        if text not in self._days:
            parts = DAY.match(text) if text.isascii() else None
            try:
                found = self.checks.day(date(int(parts[3]), int(parts[2]), int(parts[1]))) if parts else None
            except ValueError:
                found = None
            self._days[text] = found
        return self._days[text]

    def _row(
        self, shape: Shape, document: Any, supplied_by: str, to_sez: bool
    ) -> tuple[str, Pattern, int] | None:
        """Return three values: the columns that the supplier reported, the facts that decide the route, and
        the key that shows whether the document appears twice in the file. Return None if the document is not
        usual."""
        number, text, items, value = document.number, document.day, document.items, document.value
        if number is None or text is None or document.operator is not None or document.percent is not None:
            return None
        day = self._days.get(text) or self._day(text)
        if day is None or day.rates is None or not DOCUMENT_NUMBER.match(number) or document.flag == "D":
            return None
        if not items or len(items) > MOST_RATE_LINES:
            return None
        taxable = igst = cgst = sgst = cess = 0
        lines = []
        for item in items:
            line = item.detail
            if line is None or line.rate is None or line.taxable is None:
                return None
            rate, t = round(line.rate * 100), round(line.taxable * 100)
            # a tax head that is 0 or missing is 0 paise and needs no rounding
            i = round(line.igst * 100) if line.igst else 0
            c = round(line.cgst * 100) if line.cgst else 0
            s = round(line.sgst * 100) if line.sgst else 0
            x = round(line.cess * 100) if line.cess else 0
            if (
                rate not in day.rates
                or rate / 100 != line.rate
                or t / 100 != line.taxable
                or (i / 100 != line.igst if line.igst else False)
                or (c / 100 != line.cgst if line.cgst else False)
                or (s / 100 != line.sgst if line.sgst else False)
                or (x / 100 != line.cess if line.cess else False)
                or t < 0
                or i < 0
                or c < 0
                or s < 0
                or x < 0
                or t + i + c + s + x > MOST_ORDINARY
                or not fits(rate, t, i + c + s, False)
            ):
                return None
            lines.append(f"[{rate}, {t}, {i}, {c}, {s}, {x}]")
            taxable += t
            igst += i
            cgst += c
            sgst += s
            cess += x
        total = 0
        if value:
            total = round(value * 100)
            if total / 100 != value or not 0 <= total <= MOST_ORDINARY:
                return None
        key = (
            shape.kind or document.letter,
            document.invoice_type,
            document.place,
            document.reverse_charge,
            igst > 0,
            cgst > 0,
            sgst > 0,
            cgst == sgst,
            cess > 0,
            day.year,
            to_sez,
        )
        if cess and day.cess_ended:
            return None  # the exact reader gives a warning
        pattern = self._patterns[key] if key in self._patterns else self._pattern(key)
        bare = not supplied_by and not document.irn and not document.irn_date
        details = NULL if bare else self._details(document, supplied_by)
        if pattern is None or details is None:
            return None
        key_number = number_key(number)
        row = (
            f"{number}\t{key_number}\t{day.iso}\t{day.year}\t{pattern.place_of_supply}\t"
            f"{pattern.invoice_type}\t{pattern.reverse_charge:d}\t"
            f"{total or taxable + igst + cgst + sgst + cess:d}\t{taxable:d}\t{igst:d}\t{cgst:d}\t{sgst:d}\t{cess:d}\t"
            f"[{', '.join(lines)}]\t{details}"
        )
        return row, pattern, hash((pattern.kind.value, key_number, day.year))

    def _pattern(self, key: tuple[Any, ...]) -> Pattern | None:
        kind, invoice_type, place, reverse_charge, *rest, to_sez = key
        found = None
        kind = NOTE_KINDS.get(kind) if not isinstance(kind, Kind) else kind
        charged = False if kind is Kind.ECO else FLAGS.get(reverse_charge)
        if kind is not None and place and charged is not None:
            found = Pattern(kind, "R" if invoice_type is None else invoice_type, place, charged, *rest)
            found = found if self.checks.passes(found, to_sez=to_sez) else None
        self._patterns[key] = found
        return found

    def _details(self, document: Any, supplied_by: str) -> str | None:
        """Return the details as JSON text, or None if the details are not usual. The members have the same
        order as in documents that the exact reader reads."""
        members = [supplied_by] if supplied_by else []
        if document.irn:
            if not IRN.match(document.irn):
                return None
            members.append(f'"irn": "{document.irn.lower()}"')
        if document.irn_date:
            day = self._day(document.irn_date)
            if day is None:
                return None
            members.append(f'"irn_date": "{day.iso}"')
        return "{" + ", ".join(members) + "}"
