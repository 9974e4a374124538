"""The content of columns. Their cells say which field they hold, and so does the arithmetic between columns of money."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from invoices.register.reading.aliases import DATES, GSTINS, MONEY
from invoices.register.reading.dates import days
from invoices.register.reading.headings import Table
from invoices.register.reading.sheets import FAULTS, Cell
from invoices.register.reading.totals import is_total
from invoices.register.reading.values import PAN, amount, day_of_number, gstin, kind, like_gstin, text, yes

SAMPLE = 2000
ENOUGH = 0.95
FEWEST_PROOFS = 3
RATES = tuple(
    sorted({int(rate * 100) for rate in (0.1, 0.25, 1, 1.5, 3, 5, 6, 7.5, 12, 18, 28, 40)})
)  # in basis points


@dataclass(slots=True)
class Content:
    """How many cells of a column are filled, and what they are like."""

    filled: int = 0
    gstins: int = 0
    own: int = 0
    pans: int = 0
    dates: int = 0
    amounts: int = 0
    kinds: int = 0
    answers: int = 0

    def share(self, count: int) -> float:
        return count / self.filled if self.filled else 0.0

    def suits(self, field: str) -> bool:
        """True if the content does not contradict the field. An empty column contradicts nothing."""
        if not self.filled:
            return True
        if field in GSTINS:
            # a company books its registrations in one register, so the column of its own GSTIN may have few of ours
            ours = field == "supplier_gstin" and self.share(self.own) > 0.5
            return self.share(self.gstins + self.pans) >= 0.5 and not ours
        if field in DATES:
            return self.share(self.dates) >= 0.8
        if field in MONEY:
            return self.share(self.amounts) >= 0.9
        if field in ("number", "own_number", "supplier_name", "original_number"):
            return self.share(self.gstins) < 0.5 and (field == "number" or self.share(self.dates) < 0.9)
        if field == "kind":
            return self.share(self.kinds) >= 0.5
        if field == "reverse_charge":
            return self.share(self.answers) >= 0.8
        return True


def sample(table: Table) -> list[tuple[Cell, ...]]:
    """Return rows from all parts of a table, without totals."""
    rows = table.sheet.rows
    step = max(1, (len(rows) - table.first) // SAMPLE)
    return [cells for n in range(table.data, len(rows), step) if not is_total(cells := rows[n][1])]


def contents(table: Table, rows: Sequence[tuple[Cell, ...]], own_gstin: str) -> dict[str, Content]:
    """Return the content of each column, by its key. A row with a single filled cell is a note and does not count."""
    found = {column.key: Content() for column in table.columns}
    places = [(column.place, found[column.key]) for column in table.columns]
    for cells in rows:
        if sum(cell is not None for cell in cells) < 3 or table.repeats_headings(cells):
            continue
        for place, content in places:
            cell = cells[place] if place < len(cells) else None
            if cell is None or cell in FAULTS:
                continue
            content.filled += 1
            if like_gstin(cell):
                content.gstins += 1
                content.own += gstin(cell) == own_gstin
                continue
            if isinstance(cell, str):
                content.dates += days(cell) is not None
                content.pans += bool(PAN.fullmatch(cell.strip().upper())) or not gstin(cell)
            else:
                content.dates += not isinstance(cell, (int, float)) or _looks_like_day(cell)
            content.amounts += amount(cell) is not None
            content.kinds += kind(text(cell)) is not None
            content.answers += yes(cell) is not None
    return found


def _looks_like_day(cell: Cell) -> bool:
    return isinstance(cell, int) and not isinstance(cell, bool) and day_of_number(cell) is not None


def amounts_of(rows: Sequence[tuple[Cell, ...]], place: int) -> list[int]:
    return [(amount(cells[place]) or 0) if place < len(cells) else 0 for cells in rows]


def is_tax_of(tax: Sequence[int], bases: Sequence[int]) -> bool:
    """True if almost all amounts of tax are a rate of GST of their bases, within one rupee."""
    good = sum(
        bool(base) and any(abs(abs(base) * rate - abs(due) * 10_000) <= 1_000_000 for rate in RATES)
        for due, base in zip(tax, bases, strict=True)
    )
    return bool(good) and good >= ENOUGH * len(tax)


def taxable_by_arithmetic(
    tax: Sequence[int], columns: dict[str, list[int]], allowed: Collection[str]
) -> list[str]:
    """Return the columns whose amounts, times a rate of GST, are the tax in almost all rows with tax."""
    found = []
    for key in allowed:
        pairs = [(due, base) for due, base in zip(tax, columns[key], strict=True) if due]
        if len(pairs) >= FEWEST_PROOFS and is_tax_of(*zip(*pairs, strict=True)):
            found.append(key)
    return found


def total_by_arithmetic(
    total: Sequence[int], columns: dict[str, list[int]], allowed: Collection[str]
) -> list[str]:
    """Return the columns that are the taxable value and the tax together in almost all rows."""
    found = []
    for key in allowed:
        pairs = [(want, have) for want, have in zip(total, columns[key], strict=True) if want]
        proofs = sum(abs(abs(want) - abs(have)) <= 100 for want, have in pairs)
        if proofs >= FEWEST_PROOFS and proofs >= ENOUGH * len(pairs):
            found.append(key)
    return found


def column_cells(tables: Sequence[Table], key: str) -> Iterator[tuple[Table, int, int, Cell]]:
    """Yield the table, the row's number, the column's place and the cell of each row below the headings."""
    for table in tables:
        place = next(column.place for column in table.columns if column.key == key)
        for number, cells in table.sheet.rows[table.first :]:
            yield table, number, place, cells[place] if place < len(cells) else None
