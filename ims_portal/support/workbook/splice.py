"""Write rows into a finished workbook. `write.Book` makes a workbook whose sheets have no rows. This module
copies the file and writes rows, which are XML already, into the sheets. Memory does not grow with the number
of rows."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import IO

from ims_portal.support.workbook.write import Reserved

END = b"</sheetData>"
# rows are compressed in parts of this size, in bytes
PART = 256 * 1024
# The quickest level of compression. Slower levels are not worth their time: even with the best level, a
# workbook of a million rows has dozens of megabytes.
LEVEL = 1


@dataclass(slots=True)
class Pouring:
    """The writer for the rows of one table. It fills the table's sheets one after the other. `row_written` is
    called after each row."""

    sheets: list[Reserved]
    archive: zipfile.ZipFile
    skeleton: zipfile.ZipFile
    row_written: Callable[[], object]
    _into: BufferedWriter | None = None
    _tail: bytes = b""
    _left: int = 0

    def write(self, row: bytes) -> int:
        """Write one row, and return its number of bytes. For PostgreSQL's COPY, this object is the output
        file, and COPY calls this method for each row."""
        into = self._into if self._left else self._next()
        assert into is not None
        self._left -= 1
        into.write(row)
        self.row_written()
        return len(row)

    def close(self) -> None:
        if self._into is not None:
            self._into.write(self._tail)
            self._into.close()
            self._into = None

    def _next(self) -> BufferedWriter:
        self.close()
        place = self.sheets.pop(0)
        head, end, after = self.skeleton.read(place.part).partition(END)
        self._tail, self._left = end + after, place.rows
        part = self.archive.open(entry(place.part), "w", force_zip64=True)
        self._into = BufferedWriter(part, PART)  # type: ignore[arg-type]  # it writes as a raw file does
        self._into.write(head)
        return self._into


def entry(name: str) -> zipfile.ZipInfo:
    # The date is fixed, as in xlsxwriter, so that the same rows make the same file.
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    made._compresslevel = LEVEL  # type: ignore[attr-defined]
    return made


def poured(
    skeleton: str | Path,
    target: str | Path | IO[bytes],
    tables: Mapping[str, list[Reserved]],
    row_written: Callable[[], object],
) -> Iterable[tuple[str, Pouring]]:
    """Copy `skeleton`, a workbook without rows, to `target`. Yield the name and the writer of each table that
    has rows. The caller must write all rows of a table before asking for the next table."""
    with (
        zipfile.ZipFile(skeleton) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
    ):
        for name, sheets in tables.items():
            pouring = Pouring(list(sheets), archive, source, row_written)
            yield name, pouring
            pouring.close()
            assert not pouring.sheets, f"{name} has fewer rows than were counted"
        written = {place.part for sheets in tables.values() for place in sheets}
        for info in source.infolist():
            if info.filename not in written:
                archive.writestr(entry(info.filename), source.read(info.filename))
