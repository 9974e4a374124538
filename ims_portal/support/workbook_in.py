"""Workbooks that strangers send: looked at from outside before they are opened, then read a row at a time."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ims_portal.kernel.errors import Invalid

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO, RATIO_FROM = 100, 10 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, MOST_PARTS = 50_000, 100, 2_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# what openpyxl raises for files that are no workbook inside; its own list is not written down
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
)


def bad(code: str, message: str, **details: Any) -> Invalid:
    return Invalid(code, message, details=details or None)


def look_at(data: bytes) -> None:
    """Refuse what must not even be unpacked. Raises `Invalid`: IMP-SIZE, IMP-LOCKED, IMP-FORMAT."""
    if len(data) > MOST_BYTES:
        raise bad("IMP-SIZE", "The file is larger than 20 MB. Split it by sheet or by rows.")
    if data.startswith(OLE):
        raise bad(
            "IMP-LOCKED",
            "The workbook is protected with a password, or an old .xls. Save it as .xlsx without one.",
        )
    try:
        parts = zipfile.ZipFile(BytesIO(data)).infolist()
    except BROKEN:
        raise bad(
            "IMP-FORMAT", "This is no Excel workbook (.xlsx). Expected the workbook that was downloaded here."
        ) from None
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        raise bad("IMP-SIZE", "Unpacked, the workbook is larger than 200 MB. Split it.")
    if unpacked > RATIO_FROM and unpacked / packed > MOST_RATIO:
        raise bad("IMP-SIZE", "The workbook unpacks to more than a hundred times its size. It is not read.")
    for part in parts:
        name = part.filename.lower()
        if part.flag_bits & 0x1:
            raise bad("IMP-LOCKED", "The workbook is encrypted. Save it without a password.")
        if "vbaproject" in name or name.endswith(".bin") and "macro" in name:
            raise bad("IMP-FORMAT", f"The workbook holds macros ({part.filename[:60]}). Save it as .xlsx.")
        if "externallinks/" in name:
            raise bad(
                "IMP-FORMAT", f"The workbook links to other files ({part.filename[:60]}). Remove the links."
            )


def open_workbook(data: bytes) -> Any:
    """The workbook, for reading row by row. Raises `Invalid`."""
    look_at(data)
    try:
        return openpyxl.load_workbook(BytesIO(data), read_only=True, keep_links=False)
    except BROKEN:
        raise bad(
            "IMP-FORMAT", "The workbook is damaged inside. Download it again and fill it in afresh."
        ) from None


def rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Row number and cells (openpyxl's, with their kinds) of a sheet. Raises `Invalid` for one that is too large
    or damaged."""
    try:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if number > MOST_ROWS + 20:
                raise bad(
                    "IMP-SIZE",
                    f"Sheet {sheet.title} has more than {MOST_ROWS} rows. Keep those you changed and remove the others.",
                    sheet=sheet.title,
                )
            if len(row) > MOST_COLUMNS:
                raise bad(
                    "IMP-SIZE",
                    f"Sheet {sheet.title} has more than {MOST_COLUMNS} columns.",
                    sheet=sheet.title,
                )
            yield number, list(row)
    except Invalid:
        raise
    except BROKEN:
        raise bad("IMP-FORMAT", f"Sheet {sheet.title} is damaged. Download the workbook again.") from None
