"""Read the values of large workbooks of other programs, for example purchase registers. Calamine reads all sheets, also
old ones (.xls). A formula counts with the result that the program saved. This module runs in its own process with
limits (`child`).

Calamine does not tell three things, so the sheet's XML is searched for them: errors, formulas without a result, and
amounts whose number format shows Cr."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum

from ims_portal.support.workbook import parts as workbook_parts
from ims_portal.support.workbook.parse import BROKEN, MIDNIGHT, OLE, bad, look_at
from ims_portal.support.workbook.parts import Lying, TooMany

MOST_ROWS, MOST_COLUMNS = 500_000, 256
MOST_BYTES, MOST_UNPACKED = 40 * 1024 * 1024, 500 * 1024 * 1024
ERROR, NO_RESULT = "#ERROR", "#FORMULA WITHOUT RESULT"
# Names of the parts of an old Office file, as the file spells them.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MACROS = "_VBA_PROJECT".encode("utf-16-le")
START = re.compile(rb"<c\s([^>]*)>")
PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
STYLE = re.compile(rb'\bs="([0-9]+)"')
UNSOLVED = re.compile(rb"</f>\s*(?:<v\s*/>|<v></v>)?\s*(?:</c>|\Z)")
NOT_NUMBER = re.compile(rb'\bt="(?!n")')
HIDDEN = re.compile(rb'<row\s[^>]*\bhidden="(?:1|true)"')
CREDIT = re.compile(r"\bcr\b", re.IGNORECASE)


def look_at_values(data: bytes) -> None:
    """Check a file before it is opened. Raises `Invalid`: IMP-SIZE, IMP-LOCKED, IMP-FORMAT."""
    if not data.startswith(OLE):
        look_at(data, MOST_BYTES, MOST_UNPACKED)
    elif len(data) > MOST_BYTES:
        raise bad("IMP-SIZE", f"The file is larger than {MOST_BYTES >> 20} MB. Split it by sheet or by rows.")
    elif ENCRYPTED in data:
        raise bad("IMP-LOCKED", "The workbook is protected with a password. Save it without a password.")
    elif MACROS in data:
        raise bad("IMP-FORMAT", "The workbook contains macros. Save it as .xlsx.")


class ValuesOfWorkbook:
    """A workbook whose sheets are read as values. Raises `Invalid`: IMP-SIZE, IMP-LOCKED, IMP-FORMAT."""

    def __init__(self, data: bytes):
        look_at_values(data)
        self._data = data
        self._merged: dict[str, list[str]] = {}
        try:
            if not data.startswith(OLE):
                found = workbook_parts.look_through(data)
                self._merged = {title: sheet.merged for title, sheet in found.items()}
            self._book = CalamineWorkbook.from_filelike(BytesIO(data))
            self.titles = [
                sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet
            ]
        except Lying:
            raise bad(
                "IMP-SIZE", "The workbook unpacks to a larger size than it declares. Save it again in Excel."
            ) from None
        except TooMany as too_many:
            raise bad("IMP-SIZE", str(too_many)) from None
        except PasswordError:
            raise bad(
                "IMP-LOCKED", "The workbook is protected with a password. Save it without a password."
            ) from None
        except BROKEN:
            raise bad(
                "IMP-FORMAT", "The workbook is damaged inside. Open it in Excel and save it again."
            ) from None

    def merged(self, title: str) -> list[str]:
        """Return the merged areas of a sheet, like `C7:D7`."""
        return self._merged.get(title, [])

    def rows(self, title: str) -> Iterator[tuple[int, list[Any]]]:
        """Yield the number and the values of each row that is not empty. The last one has the number 0 and the count
        of hidden rows as its value."""
        try:
            marks, hidden = self._marks(title)
            sheet = self._book.get_sheet_by_name(title)
            if sheet.width > MOST_COLUMNS:
                raise bad(
                    "IMP-COLUMNS",
                    f"Sheet {title} has {sheet.width} columns; a register may have {MOST_COLUMNS}. Delete the "
                    f"columns that the register does not need.",
                    sheet=title,
                )
            if sheet.height > MOST_ROWS:
                raise bad(
                    "IMP-SIZE",
                    f"Sheet {title} has more than {MOST_ROWS} rows. Split it by months.",
                    sheet=title,
                )
            before = [None] * (sheet.start[1] if sheet.start else 0)
            for number, row in enumerate(sheet.iter_rows(), start=1):
                values = before + [_value(value) for value in row]
                for column, mark in marks.pop(number, {}).items():
                    values += [None] * (column + 1 - len(values))
                    values[column] = f"{values[column]} {mark}" if mark == "Cr" and values[column] else mark
                while values and values[-1] is None:
                    values.pop()
                if values:
                    yield number, values
            yield 0, [hidden]
        except BROKEN:
            raise bad(
                "IMP-FORMAT", f"Sheet {title} is damaged. Open the file in Excel and save it again."
            ) from None

    def _marks(self, title: str) -> tuple[dict[int, dict[int, str]], int]:
        """Return a mark for each cell with an error, a formula without a result, or a format that shows Cr, by row and
        column. Also return the count of hidden rows."""
        marks: dict[int, dict[int, str]] = {}
        hidden = 0
        if self._data.startswith(OLE):
            return marks, hidden
        with zipfile.ZipFile(BytesIO(self._data)) as book:
            part = workbook_parts.sheet_parts(book).get(title)
            if part is None:
                return marks, hidden
            credit = _credit_styles(book)
            pieces = workbook_parts.unpacked(self._data, book.getinfo(part))
            for text in _whole_cells(pieces):
                hidden += len(HIDDEN.findall(text))
                if not (credit or b't="e"' in text or UNSOLVED.search(text)):
                    continue
                starts = list(START.finditer(text))
                for start, after in zip(starts, [*starts[1:], None], strict=True):
                    place, style = PLACE.search(start[1]), STYLE.search(start[1])
                    if place is None or start[1].endswith(b"/"):
                        continue
                    mark = ERROR if b't="e"' in start[1] else ""
                    if UNSOLVED.search(text, start.end(), after.start() if after else len(text)):
                        mark = NO_RESULT
                    elif style and int(style[1]) in credit and not NOT_NUMBER.search(start[1]):
                        mark = "Cr"
                    if mark:
                        marks.setdefault(int(place[2]), {})[_column(place[1])] = mark
        return marks, hidden


def _whole_cells(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text in pieces that end before a cell."""
    kept = b""
    for piece in pieces:
        text = kept + piece
        cut = max(0, text.rfind(b"<c "), text.rfind(b"<row"))
        yield text[:cut]
        kept = text[cut:]
    yield kept


def _credit_styles(book: zipfile.ZipFile) -> frozenset[int]:
    """Return the styles whose number format shows Cr after a positive number."""
    try:
        root = ElementTree.fromstring(book.read(workbook_parts.STYLES))  # noqa: S314  expat bounds entities
    except (KeyError, ElementTree.ParseError, zlib.error, struct.error):
        return frozenset()
    main = workbook_parts.MAIN
    codes = {one.get("numFmtId"): str(one.get("formatCode")) for one in root.iter(f"{main}numFmt")}
    used = [one.get("numFmtId") for cells in root.iter(f"{main}cellXfs") for one in cells]
    plain = [re.sub(r'["\\]', "", codes.get(one, "")).partition(";")[0] for one in used]
    return frozenset(n for n, code in enumerate(plain) if CREDIT.search(code))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _value(value: Any) -> Any:
    """Return the value with None for an empty cell, `int` for a whole number, and a date for the beginning of a day."""
    if value == "":
        return None
    if type(value) is float and value.is_integer():
        return int(value)
    return value.date() if type(value) is datetime and value.time() == MIDNIGHT else value
