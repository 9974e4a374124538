"""Check the parts of a workbook (the files inside the .xlsx file) before a reader opens them. The check finds
the true sizes of the parts, the merged cells, and the sheets that are simple enough for the quick reader
(Calamine)."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
AREA = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?)"')
CHUNK, LONGEST = 1 << 20, 4 << 20
MOST_AREAS = 1000
# The quick reader may read only sheets within these limits, because it needs memory for every cell up to the
# last row and column. `FAR` finds a cell outside the limits. With a single such cell, the quick reader would
# need too much memory.
MOST_ROWS, MOST_CELLS, MOST_TEXTS = 101_000, 40, 4_000_000
FAR = re.compile(rb'(?<=\s)r\s*=\s*(?!"(?:[A-Z]|A[A-N])?(?:[1-9][0-9]{0,4}|100[0-9]{3})")')
# These patterns find sheets that the quick reader must not read: sheets with formulas, with error cells, or
# with unusual XML (prefixes, declarations, other encodings).
ODD = (re.compile(rb"<f[\s/>]"), re.compile(rb"<\w+:(?:row|c|f|v|is|t)[\s/>]"))
ODD_LETTERS = (b"<!", b'"e"', b"'e'", b"\x00")
ENCODING = re.compile(rb"""\bencoding\s*=\s*["']([^"']*)["']""")
CELL = re.compile(rb"<c[\s/>]")
# Limits that are checked before any object is made. MOST_ELEMENTS is for parts that describe the workbook,
# such as its formats. Excel itself allows 64,000 formats.
MOST_SHEET_CELLS, MOST_ROW_CELLS, MOST_ELEMENTS = 10_000_000, 16_384, 250_000
TEXTS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
# Number formats that show a number's own digits: General, text, whole numbers and amounts. The quick reader does
# not tell a cell's format, so it must not read a workbook with other formats, except the portal's formats of dates:
# both readers give a date for a number with such a format. The keys are Excel's own formats.
OF_DATES = re.compile(r"dd\\?-mm\\?-yyyy(?:\\? hh:mm)?\Z", re.IGNORECASE)
OWN_DIGITS = re.compile(r"General\Z|@\Z|#?\Z|(?:#,##)*#?,?#*0(?:\.00?)?\Z")
BUILT_IN = {"0": "General", "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "49": "@"}
LOCAL_HEADER, DEFLATED = struct.Struct("<4s22xHH"), 8


@dataclass(slots=True)
class Sheet:
    """Facts about a sheet. `merged` lists the merged areas, like `C7:D7`. `plain` is true if the sheet
    contains only values and is small enough for the quick reader."""

    merged: list[str] = field(default_factory=list)
    plain: bool = True


class Lying(ValueError):
    """The error for a part of the file that is larger after unpacking than the file says."""


class TooMany(ValueError):
    """Raised if a part contains more cells or elements than any workbook needs. The message names the part
    and the next step."""


def look_through(data: bytes) -> dict[str, Sheet]:
    """Return the facts about each sheet, by the sheet's title. Raises `Lying` and `TooMany`.

    The function unpacks every part once, in pieces. If the file is not a workbook, the function returns an
    empty dict, and the reader that opens the file later reports the fault."""
    found: dict[str, Sheet] = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            parts = {part.filename: part for part in book.infolist()}
            # If two parts have the same name, Calamine and openpyxl read different parts. No sheet of the
            # workbook then counts as plain.
            doubled = len(parts) != len(book.infolist())
            for name in ("xl/_rels/workbook.xml.rels", "xl/workbook.xml"):
                _counted(unpacked(data, book.getinfo(name)), name)
            titles = {part: title for title, part in sheet_parts(book).items()}
            few_texts = True
            usual = STYLES in parts
            for name, part in parts.items():
                pieces = unpacked(data, part)
                if name in titles:
                    found[titles[name]] = _sheet(pieces, titles[name])
                elif name == TEXTS:
                    few_texts = sum(piece.count(b"<si") for piece in pieces) <= MOST_TEXTS and few_texts
                else:
                    _counted(pieces, name)
                    usual = usual and (name != STYLES or _has_usual_formats(book.read(name)))
    except (zipfile.BadZipFile, zlib.error, struct.error, ElementTree.ParseError, *_NO_WORKBOOK):
        return {}
    for sheet in found.values():
        sheet.plain = sheet.plain and few_texts and usual and not doubled
    return found


_NO_WORKBOOK = (KeyError, EOFError, OSError, RuntimeError, NotImplementedError)


def last_row(area: str) -> int:
    """Return the number of the last row of an area."""
    return int(re.sub("[A-Z]", "", area.rpartition(":")[2]))


def sheet_parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Return the name of each sheet's part in the file, by the sheet's title."""
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  expat bounds entities
    targets = {r.get("Id"): str(r.get("Target")) for r in relations.iter(RELATIONS)}
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
    return {
        str(sheet.get("name")): (t[1:] if (t := targets[sheet.get(LINK)]).startswith("/") else f"xl/{t}")
        for sheet in sheets.iter(f"{MAIN}sheet")
    }


def _has_usual_formats(styles: bytes) -> bool:
    """Return true if all cells have formats that show a number's own digits, or a date as the portal writes dates."""
    root = ElementTree.fromstring(styles)  # noqa: S314  expat bounds entities
    codes = {one.get("numFmtId"): str(one.get("formatCode")) for one in root.iter(f"{MAIN}numFmt")}
    used = {one.get("numFmtId", "0") for cells in root.iter(f"{MAIN}cellXfs") for one in cells}
    shown = [codes.get(one) or BUILT_IN.get(one, "%") for one in used]
    return all(OWN_DIGITS.match(one) or OF_DATES.match(one) for one in shown)


def unpacked(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the unpacked bytes of a part. Raises `Lying` if there are more bytes than the file says. Python's
    own reader would drop the further bytes without an error, but other readers would unpack them."""
    _magic, name, extra = LOCAL_HEADER.unpack_from(data, part.header_offset)
    start = part.header_offset + LOCAL_HEADER.size + name + extra
    packed = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        if len(packed) > part.file_size:
            raise Lying(part.filename)
        yield packed
        return
    if part.compress_type != DEFLATED:
        raise NotImplementedError(part.compress_type)
    inflate, left = zlib.decompressobj(-zlib.MAX_WBITS), part.file_size
    while not inflate.eof and (piece := inflate.decompress(packed, CHUNK)):
        packed = inflate.unconsumed_tail
        left -= len(piece)
        if left < 0:
            raise Lying(part.filename)
        yield piece


def _counted(pieces: Iterator[bytes], name: str) -> None:
    """Raise `TooMany` for a part with more elements than any workbook needs."""
    elements = 0
    for piece in pieces:
        elements += piece.count(b"<")
        if elements > MOST_ELEMENTS:
            raise TooMany(
                f"The workbook's part {name[:60]} holds more than {MOST_ELEMENTS:,} elements. Copy the "
                f"cells into a new workbook and load that workbook."
            )


def _sheet(pieces: Iterator[bytes], title: str) -> Sheet:
    sheet, rows, of_last, cells_of_sheet, cells_of_row = Sheet(), 0, 0, 0, 0
    for number, text in enumerate(whole_elements(pieces)):
        if number == 0:
            said = ENCODING.search(text[:200])
            sheet.plain = text.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and (
                said is None or said[1].lower() == b"utf-8"
            )
        if b"mergeCell" in text and len(sheet.merged) <= MOST_AREAS:
            sheet.merged += [area.decode() for area in AREA.findall(text)]
        before, *after = text.split(b"<row")
        cells_of_row += before.count(b"<c")
        widest = max([cells_of_row, *(row.count(b"<c") for row in after)])
        cells_of_row = after[-1].count(b"<c") if after else cells_of_row
        cells_of_sheet += text.count(b"<c")
        if widest > MOST_ROW_CELLS or cells_of_sheet > MOST_SHEET_CELLS:
            raise TooMany(
                f"Sheet {title[:31]} has more cells than a sheet of {MOST_ROWS:,} rows needs. Copy the "
                f"filled cells into a new workbook and load that workbook."
            )
        if sheet.plain:
            cells = [len(CELL.findall(row)) for row in text.split(b"<row")]
            cells[0] += of_last
            of_last = cells[-1]
            rows += len(cells) - 1
            sheet.plain = rows <= MOST_ROWS and max(cells) <= MOST_CELLS and not _odd(text)
    return sheet


def _odd(text: bytes) -> bool:
    return any(letters in text for letters in ODD_LETTERS) or any(one.search(text) for one in (FAR, *ODD))


def whole_elements(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text in pieces that end before an element, so that no element is cut in two. For an element
    of many megabytes, yield a NUL character instead. The sheet then does not count as plain."""
    kept = b""
    for piece in pieces:
        text = kept + piece
        cut = max(0, text.rfind(b"<"))
        if cut:
            yield text[:cut]
        kept = text[cut:]
        if len(kept) > LONGEST:
            yield b"\0"
            kept = b""
    yield kept
