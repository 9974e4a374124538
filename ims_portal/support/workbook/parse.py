"""Parse workbooks that people upload: check the file before opening it, and then read it row by row. This
module runs in its own process with limits (`child`). All other code uses `read`.

Calamine reads sheets that contain only values, for example the portal's own sheets. It is several times as
fast as openpyxl. openpyxl reads all other sheets, because only openpyxl distinguishes a formula from its
value. openpyxl also needs no memory for missing cells."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time
from functools import cached_property
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import CalamineError, CalamineWorkbook

from ims_portal.kernel.errors import Invalid
from ims_portal.support.workbook import parts as workbook_parts
from ims_portal.support.workbook.parts import Lying, TooMany

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO, RATIO_FROM = 100, 10 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, MOST_PARTS = 100_000, 100, 2_000
# Each entry in the directory of a zip file begins with these bytes. The code counts the entries before
# `zipfile` makes an object for each entry.
PART_HEADER = b"PK\x01\x02"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Errors that openpyxl raises for broken workbooks. The documentation of openpyxl does not list them. This
# list comes from tests with broken files.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    NotImplementedError,
    OSError,
    EOFError,
    RuntimeError,
    CalamineError,
)


class Formula:
    """The object that represents a cell with a formula among the values of a row."""


class Formatted(float):
    """A number in a cell whose number format shows more or other characters than the number's own digits, for
    example 5 % or 007. `format` is the number format."""

    format: str = ""

    @classmethod
    def of(cls, value: float, number_format: str) -> Formatted:
        found = cls(value)
        found.format = number_format
        return found

    def __str__(self) -> str:
        return str(int(self)) if self.is_integer() else repr(float(self))


def bad(code: str, message: str, **details: Any) -> Invalid:
    return Invalid(code, message, details=details or None)


def look_at(data: bytes, most_bytes: int = MOST_BYTES, most_unpacked: int = MOST_UNPACKED) -> None:
    """Check a file before it is unpacked. Raises `Invalid`: IMP-SIZE, IMP-LOCKED, IMP-FORMAT."""
    if len(data) > most_bytes:
        raise bad("IMP-SIZE", f"The file is larger than {most_bytes >> 20} MB. Split it by sheet or by rows.")
    if data.startswith(OLE):
        raise bad(
            "IMP-LOCKED",
            "The workbook is protected with a password, or is an old .xls file. Save it as .xlsx without "
            "a password.",
        )
    if data.count(PART_HEADER) > 2 * MOST_PARTS:
        raise bad(
            "IMP-SIZE",
            "The workbook has thousands of parts and was not read. Copy the filled cells into a new "
            "workbook.",
        )
    try:
        parts = zipfile.ZipFile(BytesIO(data)).infolist()
    except BROKEN:
        raise bad(
            "IMP-FORMAT",
            "This is not an Excel workbook (.xlsx). Choose the workbook that you downloaded here.",
        ) from None
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if len(parts) > MOST_PARTS or unpacked > most_unpacked:
        raise bad("IMP-SIZE", f"Unpacked, the workbook is larger than {most_unpacked >> 20} MB. Split it.")
    if unpacked > RATIO_FROM and unpacked / packed > MOST_RATIO:
        raise bad(
            "IMP-SIZE",
            "The workbook unpacks to more than a hundred times its size and was not read. Save it again "
            "in Excel.",
        )
    for part in parts:
        name = part.filename.lower()
        if part.flag_bits & 0x1:
            raise bad("IMP-LOCKED", "The workbook is encrypted. Save it without a password.")
        if "vbaproject" in name or name.endswith(".bin") and "macro" in name:
            raise bad("IMP-FORMAT", f"The workbook contains macros ({part.filename[:60]}). Save it as .xlsx.")
        if "externallinks/" in name:
            raise bad(
                "IMP-FORMAT", f"The workbook links to other files ({part.filename[:60]}). Remove the links."
            )


class ParsedWorkbook:
    """A workbook that is read row by row. Raises `Invalid`: IMP-SIZE, IMP-LOCKED, IMP-FORMAT."""

    def __init__(self, data: bytes):
        look_at(data)
        self._data = data
        try:
            self._sheets = workbook_parts.look_through(data)
            self.titles: list[str] = [sheet.title for sheet in self._slow.worksheets]
        except Lying:
            raise bad(
                "IMP-SIZE",
                "The workbook unpacks to a larger size than it declares and was not read. Save it again "
                "in Excel.",
            ) from None
        except TooMany as too_many:
            raise bad("IMP-SIZE", str(too_many)) from None
        except BROKEN:
            raise bad(
                "IMP-FORMAT",
                "The workbook is damaged inside. Download the workbook again and fill it in again.",
            ) from None

    def merged(self, title: str) -> list[str]:
        """Return the merged areas of a sheet, like `C7:D7`."""
        sheet = self._sheets.get(title)
        return sheet.merged if sheet else []

    def rows(self, title: str) -> Iterator[tuple[int, list[Any]]]:
        """Yield the row number and the values of each row. A value is text, a number, a date, a `Formula`, or
        None for an empty cell. Raises `Invalid` for a sheet that is too large or damaged."""
        try:
            for number, values in enumerate(self._values(title), start=1):
                if number > MOST_ROWS + 20:
                    raise bad(
                        "IMP-SIZE",
                        f"Sheet {title} has more than {MOST_ROWS} rows. Keep the rows you changed and "
                        f"remove the others.",
                        sheet=title,
                    )
                if len(values) > MOST_COLUMNS:
                    raise bad("IMP-SIZE", f"Sheet {title} has more than {MOST_COLUMNS} columns.", sheet=title)
                yield number, values
        except BROKEN:
            raise bad("IMP-FORMAT", f"Sheet {title} is damaged. Download the workbook again.") from None

    def _values(self, title: str) -> Iterator[list[Any]]:
        sheet = self._sheets.get(title)
        if sheet is not None and sheet.plain:
            for row in self._quick.get_sheet_by_name(title).iter_rows():
                yield [_value(value) for value in row]
        else:
            for cells in self._slow[title].iter_rows():
                yield [_of_cell(cell) for cell in cells]

    @cached_property
    def _quick(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(BytesIO(self._data))

    @cached_property
    def _slow(self) -> Any:
        return openpyxl.load_workbook(BytesIO(self._data), read_only=True, keep_links=False)


FORMULA = Formula()


def _of_cell(cell: Any) -> Any:
    """Return a cell's value, a `Formula`, or a `Formatted` number."""
    if cell.data_type == "f":
        return FORMULA
    value = cell.value
    if type(value) is datetime and value.time() == MIDNIGHT:
        return value.date()  # as the quick reader gives a date
    if type(value) in (int, float) and abs(value) < EXACT:
        shown = str(cell.number_format)
        if not workbook_parts.OWN_DIGITS.match(shown):
            return Formatted.of(value, shown[:100])
    return value


MIDNIGHT = time()
EXACT = 2**53  # every whole number below this one is also exact as a float


def _value(value: Any) -> Any:
    """Return the value as openpyxl returns it: None for an empty cell, and `int` for a whole number."""
    if value == "":
        return None
    return int(value) if type(value) is float and value.is_integer() else value
