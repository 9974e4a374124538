"""The bytes of a file as sheets of rows of cells. What a file is, its content says, not its name."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO, TextIOWrapper
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say
from ims_portal.support.workbook.read import Workbook
from ims_portal.support.workbook.values import ERROR, MOST_BYTES, MOST_COLUMNS, MOST_ROWS, NO_RESULT, OLE
from invoices.register.reading.refusals import refused
from invoices.register.reading.tally_xml import is_tally, vouchers

Cell = str | int | float | date | bool | None
# what a cell with an error, or a formula without a result, holds
FAULTS = (ERROR, NO_RESULT)
ZIP = b"PK\x03\x04"
SEPARATORS = ",;\t|"
MOST_LINES_IN_CELL = 30
CODES = {
    "IMP-SIZE": "REG-SIZE",
    "IMP-LOCKED": "REG-LOCKED",
    "IMP-FORMAT": "REG-FORMAT",
    "IMP-COLUMNS": "REG-COLUMNS",
}


@dataclass(slots=True)
class Sheet:
    """A sheet of a file. `rows` has the number and the cells of each row that is not empty. `hidden` is the count of
    hidden rows. `merged` lists areas like `C7:D7`."""

    name: str
    rows: list[tuple[int, tuple[Cell, ...]]] = field(default_factory=list)
    hidden: int = 0
    merged: tuple[str, ...] = ()


def sheets(data: bytes, name: str) -> list[Sheet]:
    """Return the sheets of a file that are not empty. Raises `Invalid` for a file that cannot be read."""
    if not data.strip(b"\0 \r\n\t"):
        raise refused("REG-EMPTY", "The file is empty. Export the register again.")
    if len(data) > MOST_BYTES:
        raise refused(
            "REG-SIZE", "The file is larger than %(most)s MB. Split it by months.", most=MOST_BYTES >> 20
        )
    if data.startswith((ZIP, OLE)):
        found = _of_workbook(data)
    else:
        encoding = _encoding(data)
        start = data[:4096].decode(encoding, "replace").lstrip("\ufeff \r\n\t")
        _refuse_others(data, start)
        if start.startswith("<"):
            found = [Sheet("Vouchers", vouchers(data, encoding))]
        else:
            found = [Sheet(name[:100] or "CSV", list(_csv_rows(data, encoding)))]
    found = [sheet for sheet in found if sheet.rows]
    if not found:
        raise refused("REG-EMPTY", "The file has no filled row. Export the register again.")
    return found


def _refuse_others(data: bytes, start: str) -> None:
    low = start.lower()
    if data.startswith(b"%PDF"):
        raise refused("REG-PDF", "The file is a PDF. Export the register as Excel or CSV.")
    if data.startswith(b"\x1f\x8b") or data.startswith(b"Rar!") or data.startswith(b"7z"):
        raise refused("REG-PACKED", "The file is packed. Unpack it and choose the file inside.")
    if start.startswith("{") or start.startswith("[{"):
        if any(word in low for word in ('"docdata"', '"itcsumm"')):
            raise refused(
                "REG-GSTR2B",
                "The file is a GSTR-2B, which suppliers made. Choose the register of your own books.",
            )
        raise refused("REG-JSON", "The file is JSON. Export the register as Excel or CSV.")
    if not start.startswith("<") or is_tally(low):
        return
    if "<table" in low or "<html" in low or "<!doctype html" in low:
        raise refused(
            "REG-HTML",
            "The file is a web page with the name of a table. Open it in Excel and save it as .xlsx.",
        )
    raise refused(
        "REG-XML",
        "The file is XML, but not of Tally. Open it in the program that made it and save it as .xlsx.",
    )


def _of_workbook(data: bytes) -> list[Sheet]:
    head = data[:4096]
    if b"mimetypeapplication/vnd.oasis" in head:
        raise refused("REG-FORMAT", "The file is an OpenDocument sheet. Save it as .xlsx.")
    if data.startswith(ZIP) and b"xl/workbook.bin" in data[-200_000:]:
        raise refused("REG-FORMAT", "The file is a binary workbook (.xlsb). Save it as .xlsx.")
    try:
        book = Workbook(data, values=True)
        return [_sheet(book, title) for title in book.titles]
    except Invalid as wrong:
        raise Invalid(CODES.get(wrong.code, wrong.code), wrong.message, details=wrong.details) from None


def _sheet(book: Workbook, title: str) -> Sheet:
    found = Sheet(title, merged=tuple(book.merged(title)))
    known: dict[Any, Any] = {}  # a register repeats names, dates and amounts
    for number, values in book.rows(title):
        if not number:
            found.hidden = values[0]
            continue
        cells = tuple(
            value if value is None or type(value) is bool else known.setdefault((type(value), value), value)
            for value in map(_cell, values)
        )
        if any(cell is not None for cell in cells):
            found.rows.append((number, cells))
    return found


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        return value.replace("_x000D_", " ").strip() or None
    return value if value is None or isinstance(value, (int, float, date)) else str(value)


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    sample = data[:4000]
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
    decode = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):
            decode.decode(data[start : start + (1 << 20)])
        decode.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv_rows(data: bytes, encoding: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    if encoding in ("utf-8", "cp1252") and b"\0" in data[:100_000]:
        raise refused(
            "REG-FORMAT", "The file is neither Excel nor CSV. Export the register as Excel (.xlsx) or CSV."
        )
    text = TextIOWrapper(BytesIO(data), encoding=encoding, errors="replace", newline="")
    start = "".join(line for _n, line in zip(range(60), text, strict=False))
    separator = _separator(start)
    text.seek(0)
    known: dict[str, str] = {}
    reader = csv.reader(text, delimiter=separator)
    number = 0
    try:
        for number, values in enumerate(reader, start=1):
            if number > MOST_ROWS:
                raise refused(
                    "REG-SIZE", "The file has more than %(most)s rows. Split it by months.", most=MOST_ROWS
                )
            if len(values) > MOST_COLUMNS:
                raise refused(
                    "REG-COLUMNS",
                    "Row %(row)s has %(count)s columns; a register may have %(most)s. Delete the columns that the "
                    "register does not need.",
                    row=number,
                    count=len(values),
                    most=MOST_COLUMNS,
                )
            if any(value.count("\n") > MOST_LINES_IN_CELL for value in values):
                number -= 1
                raise csv.Error
            cells = tuple(
                known.setdefault(cell, cell) if (cell := value.strip()) else None for value in values
            )
            if any(cells):
                yield number, cells
    except csv.Error:
        raise refused(
            "REG-CSV",
            "Near row %(row)s a quotation mark is opened and not closed. Remove the quotation mark, or export the "
            "register as Excel.",
            row=number + 1,
        ) from None


def _separator(start: str) -> str:
    """Return the separator that most lines have, and have equally often."""
    lines = [re.sub(r'"[^"]*"', "", line) for line in start.splitlines() if line.strip()]
    best, most = ",", 0
    for sign in SEPARATORS:
        counts = Counter(count for line in lines if (count := line.count(sign)))
        score = max((times * min(count, 30) for count, times in counts.items()), default=0)
        if score > most:
            best, most = sign, score
    if not most:
        raise refused(
            "REG-FORMAT",
            say("The file has no columns. Export the register as Excel (.xlsx) or CSV."),
        )
    return best
