"""Writes the bills that a supplier did not report, as a workbook or a CSV file to send."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ims_portal.kernel.money import HEADS, rupee_text
from ims_portal.support.csv_cells import as_text
from ims_portal.support.workbook.write import DATE, MONEY, Book, Column, Titles
from invoices.models import Taxpayer
from invoices.models.choices import KIND_LABELS
from invoices.register.models import Bill
from invoices.rules.situation import Kind
from invoices.workbooks.ims_by_cell import on_paper

COLUMNS = (
    Column("GSTIN of supplier", "gstin", width=18),
    Column("Document", "kind", width=14),
    Column("Document number", "number", width=20),
    Column("Document date", "date", DATE),
    Column("Taxable value (₹)", "taxable", MONEY),
    Column("Integrated tax (₹)", "igst", MONEY),
    Column("Central tax (₹)", "cgst", MONEY),
    Column("State/UT tax (₹)", "sgst", MONEY),
    Column("Cess (₹)", "cess", MONEY),
)


def _rows(bills: Iterable[Bill]) -> Iterator[list[Any]]:
    for bill in bills:
        kind = KIND_LABELS[Kind(bill.kind)]
        amounts = [bill.taxable, *(getattr(bill, head) for head in HEADS)]
        yield [bill.supplier_gstin, kind, bill.number or bill.own_number, bill.document_date, *amounts]


def as_csv(bills: Iterable[Bill]) -> bytes:
    """Return the bills as CSV. Numbers are text, because a spreadsheet could run a number like =1+1."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([column.heading for column in COLUMNS])
    for gstin, kind, number, day, *amounts in _rows(bills):
        out.writerow(
            [as_text(gstin), kind, as_text(number), f"{day:%d-%m-%Y}", *(rupee_text(one) for one in amounts)]
        )
    return text.getvalue().encode("utf-8-sig")


def as_workbook(taxpayer: Taxpayer, bills: Iterable[Bill]) -> bytes:
    """Return the bills as an Excel workbook."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "missing.xlsx"
        book = Book(path, workdir=path.parent, about=on_paper(taxpayer))
        titles = Titles("Bills that IMS does not have", "From the purchase register", levels=1)
        book.table("Not reported", COLUMNS, titles=titles).append(_rows(bills))
        book.close()
        return path.read_bytes()
