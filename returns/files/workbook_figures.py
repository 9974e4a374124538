"""The figures that the first sheet of an IMS workbook states of the other sheets, compared with their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ims_portal.kernel.money import BadAmount, paise
from invoices.workbooks.layout import COVER, SHEETS, sign_of
from invoices.workbooks.read_back import FilledRow
from returns.files.stated_figures import COUNT, Unequal, unequal

# heading of the sheets and of the first sheet -> name of the figure
FIGURES = {
    "Taxable value (₹)": "taxable value",
    "Integrated tax (₹)": "IGST",
    "Central tax (₹)": "CGST",
    "State/UT tax (₹)": "SGST",
    "Cess (₹)": "cess",
}
ROWS = "Rows"


def of_row(row: FilledRow) -> dict[str, int]:
    """Return what a row adds to the figures of its section. A cell that is not an amount adds nothing."""
    amounts = {name: _paise(row.shown.get(heading)) or 0 for heading, name in FIGURES.items()}
    return {COUNT: 1, **amounts}


def stated_rows(stated: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the number of rows that the first sheet states, or 0."""
    return sum(cells[ROWS] for cells in stated.values() if type(cells.get(ROWS)) is int and cells[ROWS] > 0)


def differences(stated: Mapping[str, Mapping[str, Any]], sums: Mapping[str, Counter[str]]) -> list[Unequal]:
    """Return the stated figures that differ from the rows that were read, by section. Cells that are not
    numbers, for example formulas, are skipped."""
    found: list[Unequal] = []
    for section, cells in stated.items():
        said: dict[str, int | str] = {COUNT: cells[ROWS]} if isinstance(cells.get(ROWS), int) else {}
        said |= {
            # credit notes are deducted on the first sheet; workbooks of earlier downloads do not deduct them
            name: abs(value) if sign_of(section) < 0 else value
            for heading, name in FIGURES.items()
            if (value := _paise(cells.get(heading))) is not None
        }
        read = sums.get(section, Counter())
        found += unequal(
            f"{COVER}, {SHEETS[section]}", said, {name: read[name] for name in (COUNT, *FIGURES.values())}
        )
    return found


def _paise(value: Any) -> int | None:
    """Return a cell's amount in paise, or None if the cell has no amount."""
    try:
        # repr gives the decimal text of the number as in the file, so the amount is not rounded
        return paise(Decimal(repr(value)) if isinstance(value, float) else value)
    except BadAmount:
        return None
