"""Helpers that download an IMS workbook, edit its cells, and load the edited workbook."""

from __future__ import annotations

from io import BytesIO

import openpyxl

from invoices.workbooks.ims_by_cell import write_ims
from returns.files import ims_import
from tests.world import BY


def exported(world) -> bytes:
    target = BytesIO()
    write_ims(world.recipient, target)
    return target.getvalue()


def edited(data: bytes, *changes: tuple[str, str, dict]) -> bytes:
    """Return the workbook with changed cells. Each change is (sheet, document number, {heading: value}) and
    sets cells in the row of this document."""
    book = openpyxl.load_workbook(BytesIO(data))
    for name, number, cells in changes:
        sheet = book[name]
        headings = {cell.value: cell.column for cell in sheet[5]}
        column = next(c for h, c in headings.items() if h and h.endswith(" number") and "Original" not in h)
        row = next(r for r in range(6, sheet.max_row + 1) if sheet.cell(r, column).value == number)
        for heading, value in cells.items():
            sheet.cell(row, headings[heading]).value = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def given_back(world, data: bytes, *, save: bool = True, form: str = "xlsx", **more):
    return ims_import.load(world.recipient, data, by=BY, form=form, save=save, **more)
