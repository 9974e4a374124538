"""Rows put into a finished workbook: sheets are laid out by `workbook.Book` without rows, and streams of rows, already
XML, are poured into their places while the file is copied. Memory does not grow with the rows."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ims_portal.support.workbook.write import Reserved

END = b"</sheetData>"
# rows are compressed in parts of so many bytes
PART = 256 * 1024
# the quickest: a workbook of a million rows is dozens of megabytes either way
LEVEL = 1


@dataclass(slots=True)
class Pouring:
    """One table's rows on their way into its sheets, sheet after sheet."""

    sheets: list[Reserved]
    archive: zipfile.ZipFile
    skeleton: zipfile.ZipFile
    _into: Any = None
    _tail: bytes = b""
    _left: int = 0
    _parts: list[bytes] | None = None
    _size: int = 0

    def write(self, row: bytes) -> int:
        """One row, or the end of one; given to the database as its file."""
        if not self._left:
            self._next()
        self._left -= 1
        assert self._parts is not None
        self._parts.append(row)
        self._size += len(row)
        if self._size >= PART:
            self._flush()
        return len(row)

    def close(self) -> None:
        if self._into is not None:
            self._flush()
            self._into.write(self._tail)
            self._into.close()
            self._into = None

    def _flush(self) -> None:
        self._into.write(b"".join(self._parts or ()))
        self._parts, self._size = [], 0

    def _next(self) -> None:
        self.close()
        place = self.sheets.pop(0)
        name = part_name(place.number)
        head, self._tail = laid_out(self.skeleton.read(name), place)
        self._into = self.archive.open(entry(name), "w", force_zip64=True)
        self._parts, self._size = [head], len(head)
        self._left = place.rows


def laid_out(xml: bytes, place: Reserved) -> tuple[bytes, bytes]:
    """A sheet's XML before and after its rows, saying how large it is."""
    before, _end, after = xml.partition(END)
    whole = f'<dimension ref="A1:{place.last_column}{place.first + place.rows - 1}"/>'
    return re.sub(rb"<dimension [^>]*/>", whole.encode(), before, count=1), END + after


def part_name(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def entry(name: str) -> zipfile.ZipInfo:
    # one fixed day, as the library writes them: the same rows make the same file
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    made._compresslevel = LEVEL  # type: ignore[attr-defined]
    return made


def poured(
    skeleton: str | Path,
    target: str | Path | IO[bytes],
    tables: Mapping[str, list[Reserved]],
) -> Iterable[tuple[str, Pouring]]:
    """Copies `skeleton` to `target`; yields each table that has rows, to be written to before the next is asked for."""
    with (
        zipfile.ZipFile(skeleton) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
    ):
        for name, sheets in tables.items():
            pouring = Pouring(list(sheets), archive, source)
            yield name, pouring
            pouring.close()
            assert not pouring.sheets, f"{name} has fewer rows than were counted"
        written = {part_name(place.number) for sheets in tables.values() for place in sheets}
        for info in source.infolist():
            if info.filename not in written:
                archive.writestr(entry(info.filename), source.read(info.filename))
