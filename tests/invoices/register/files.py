"""Files of registers for tests: workbooks like those that programs export."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

# headings of GSTN's template of the purchase register, in row 5
TEMPLATE = [
    "GSTIN of Supplier/ECO* ",
    "Trade/Legal name ",
    "Type of inward supplies* ",
    "Document type* ",
    "Document number* ",
    "Document date* ",
    "Taxable value (₹)* ",
    "Integrated tax (₹) ",
    "Central tax (₹) ",
    "State/UT tax (₹) ",
    "Cess (₹) ",
]


def template_row(
    supplier: Any, number: str, day: str = "15-10-2024", taxable: float = 10_000, **given: Any
) -> list:
    """Return a row of the template with 18 % of IGST."""
    tax = given.get("tax", round(taxable * 0.18, 2))
    kind = given.get("kind", "Invoice")
    return [supplier.gstin, supplier.legal_name, "B2B", kind, number, day, taxable, tax, 0, 0, 0]


def template(gstin: str, *rows: list) -> bytes:
    """Return a workbook in GSTN's template of the purchase register."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Purchase Register"
    sheet.append(["GSTIN of recipient*", gstin, "Trade/Legal name", "Recipient"])
    sheet.append(["Financial year*", "2024-25", "Tax period*", "October"])
    sheet.append([])
    sheet.append([])
    sheet.append(TEMPLATE)
    for row in rows:
        sheet.append(row)
    return saved(book)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
