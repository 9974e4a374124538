"""Helpers that sign a person in, open a workbook and read its sheets."""

from __future__ import annotations

from io import BytesIO

from django.test import Client
from openpyxl import load_workbook

from invoices.workbooks import ims_by_cell


def opened(response_or_bytes):
    data = (
        response_or_bytes
        if isinstance(response_or_bytes, bytes)
        else b"".join(response_or_bytes.streaming_content)
    )
    return load_workbook(BytesIO(data))


def ims_book(taxpayer):
    target = BytesIO()
    written = ims_by_cell.write_ims(taxpayer, target)
    return opened(target.getvalue()), written


def rows_of(sheet, heading_row: int):
    headings = [c.value for c in sheet[heading_row]]
    for row in sheet.iter_rows(min_row=heading_row + 1):
        if any(c.value is not None for c in row):
            yield dict(zip(headings, row, strict=True))


def paise(value) -> int:
    return round((value or 0) * 100)


def signed_in(world, *roles, at=None, name="anita"):
    client = Client()
    client.force_login(world.person(name, *roles, at=at))
    return client
