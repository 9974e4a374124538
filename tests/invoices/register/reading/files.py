"""Files of registers, made for a test, and short ways to read them."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl

from ims_portal.kernel.gstin import check_character
from invoices.register import reading

OWN = "27AAXCS4821K1ZN"
TODAY = date(2025, 11, 30)


def gstin(state: str = "29", pan: str = "AABCU9603R") -> str:
    first = f"{state}{pan}1Z"
    return first + check_character(first)


A, B = gstin(), gstin("27", "AACCM7777K")


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def csv(*rows: list[object], encoding: str = "utf-8", separator: str = ",") -> bytes:
    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        return f'"{text}"' if separator in text else text

    return "\r\n".join(separator.join(map(cell, row)) for row in rows).encode(encoding)


def look(data: bytes, name: str = "register.csv", **more: object) -> reading.Look:
    return reading.look(data, name, own_gstin=OWN, today=TODAY, **more)  # type: ignore[arg-type]


def documents(found: reading.Look) -> list[reading.Joint]:
    joined = reading.joined(reading.rows(found))
    every = sum(1 for _row in reading.rows(found))
    assert every == joined.used + len(joined.left_out)
    return joined.documents


def left_out(found: reading.Look) -> dict[int, str]:
    return {row.row: row.left_out.code for row in reading.rows(found) if row.left_out}


def codes(found: reading.Look) -> set[str]:
    return {one.code for one in found.warnings}
