"""Write Excel workbooks row by row, so that memory does not grow with the rows.

Text is always a text cell, so a remark like "=1+1" does not become a formula. If a table has more rows than
an Excel sheet, it continues on a second sheet with the same name and a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from ims_portal.kernel.money import rupee_text

MOST_ROWS = 1_048_575
# characters that XML cannot contain, and the character "delete"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# If this pattern matches a text, the text must be changed before it is written into a cell.
SUSPECT = re.compile(rf"{UNWRITABLE.pattern}|[&<>]|_x|^\s|\s$|.{{{16_000}}}", re.DOTALL)
CODED = re.compile("_(x[0-9a-fA-F]{4}_)")
LONGEST_TEXT = 32_767
# Most columns repeat a few values, so the cells of the last CELLS_KEPT values of each column are stored and
# reused.
CELLS_KEPT = 2000

TEXT, MONEY, COUNT = "text", "money", "count"
ENTRY = {TEXT: "text to fill in", MONEY: "money to fill in"}
# the actions that people may still use in a protected sheet
ALLOWED = {"autofilter": True, "format_columns": True, "format_rows": True, "sort": True}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its field and its kind. Neighbouring columns with the same `group` share a
    second heading, above their own headings.

    `entry` is true if people fill the column in. A sheet with such a column is protected in all other
    columns. `choices` are the values that people may choose. `hidden` is true if only a program that reads
    the file needs the column."""

    heading: str
    field: str
    kind: str = TEXT
    width: float = 14
    group: str = ""
    entry: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False


def clean(value: Any) -> str:
    """Return text that a cell can contain."""
    text = UNWRITABLE.sub("", str(value))[:LONGEST_TEXT]
    # The space at the end makes xlsxwriter escape the text. xlsxwriter takes a text that begins with <r> and
    # ends with </r> for its own markup, and writes it without escaping it.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def text_cell(style: int, value: str | None) -> str:
    """Return a text cell as XML, without an address. The whole value is text, even if it looks like a number
    or a formula."""
    if not value:
        # an empty cell with a style; the style decides if people may fill the cell in
        return f'<c s="{style}"/>'
    keep = ""
    if SUSPECT.search(value):
        value = CODED.sub(r"_x005F_\1", UNWRITABLE.sub("", value)[:LONGEST_TEXT])
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        keep = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c s="{style}" t="inlineStr"><is><t{keep}>{value}</t></is></c>'


def money_cell(style: int, paise: int | None) -> str:
    """Return a money cell as XML, without an address, with the amount in exact rupees."""
    return f'<c s="{style}"/>' if paise is None else f'<c s="{style}"><v>{rupee_text(paise)}</v></c>'


class RowSheet(Worksheet):
    """A worksheet to which whole rows can be written. Writing single cells would take most of the time of an
    export (docs/scale.md)."""

    def write_cells(self, row: int, last_column: int, cells: str) -> None:
        """Write one row below all earlier rows. `cells` is the XML of every cell from the first to the last
        column. The cells need no address."""
        self.reach(row, last_column)
        # This call writes an earlier row, if the cells of that row were written one by one and xlsxwriter has
        # not yet written them to the file.
        self._write_single_row(row)
        self.fh.write(f'<row r="{row + 1}">{cells}</row>')

    def reach(self, row: int, column: int) -> None:
        """Extend the size that the sheet's XML declares, up to this row and column."""
        self._check_dimensions(row, column)


class Book:
    """A workbook under construction. The caller must close the workbook, or delete its work folder."""

    def __init__(
        self,
        target: str | Path | IO[bytes],
        *,
        workdir: str | Path | None = None,
        made_at: datetime | None = None,
    ):
        options: dict[str, Any] = {"constant_memory": True}
        if workdir is not None:
            options["tmpdir"] = str(workdir)
        self._book = xlsxwriter.Workbook(str(target) if isinstance(target, (str, Path)) else target, options)
        self._book.use_zip64()
        if made_at is not None:
            self._book.set_properties({"created": made_at.replace(tzinfo=None)})
        self.formats = {
            # with the format "@", the cell stays text even if somebody edits the cell
            TEXT: self._book.add_format({"num_format": "@"}),
            MONEY: self._book.add_format({"num_format": "0.00"}),
            COUNT: self._book.add_format({"num_format": "0"}),
            ENTRY[TEXT]: self._book.add_format({"num_format": "@", "locked": False, "bg_color": "#FFF9E5"}),
            ENTRY[MONEY]: self._book.add_format(
                {"num_format": "0.00", "locked": False, "bg_color": "#FFF9E5"}
            ),
            "head": self._book.add_format(
                {
                    "bold": True,
                    "bg_color": "#1F4E99",
                    "font_color": "#FFFFFF",
                    "border": 1,
                    "border_color": "#8FA9D0",
                    "align": "center",
                    "valign": "vcenter",
                    "text_wrap": True,
                }
            ),
            "title": self._book.add_format(
                {"bold": True, "font_size": 14, "align": "center", "valign": "vcenter"}
            ),
            "about": self._book.add_format(
                {"bold": True, "bg_color": "#E6ECF7", "valign": "vcenter", "text_wrap": True}
            ),
            "label": self._book.add_format({"bold": True}),
            "wrap": self._book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        }

    def plain(self, name: str, widths: Sequence[float] = ()) -> PlacedSheet:
        return PlacedSheet(self, name, widths)

    def table(self, name: str, columns: Sequence[Column], *, titles: Titles) -> Table:
        return Table(self, name, columns, titles)

    def add(self, name: str) -> RowSheet:
        return self._book.add_worksheet(name, worksheet_class=RowSheet)

    @property
    def sheets(self) -> int:
        """The number of sheets so far."""
        return len(self._book.worksheets())

    def close(self) -> None:
        self._book.close()


class PlacedSheet:
    """A sheet whose cells are written one by one, from top to bottom."""

    def __init__(self, book: Book, name: str, widths: Sequence[float]):
        self.formats = book.formats
        self._sheet = book.add(name)
        for place, width in enumerate(widths):
            self._sheet.set_column(place, place, width)

    def text(self, row: int, column: int, value: Any, style: str = TEXT) -> None:
        self._sheet.write_string(row, column, clean(value), self.formats[style])

    def money(self, row: int, column: int, paise: int) -> None:
        self._sheet.write_number(row, column, paise / 100, self.formats[MONEY])

    def count(self, row: int, column: int, number: int) -> None:
        self._sheet.write_number(row, column, number, self.formats[COUNT])

    def merged(self, first_row: int, first: int, last_row: int, last: int, value: str, style: str) -> None:
        self._sheet.merge_range(first_row, first, last_row, last, clean(value), self.formats[style])

    def height(self, row: int, points: float) -> None:
        self._sheet.set_row(row, points)


@dataclass(frozen=True, slots=True)
class Titles:
    """The rows above a table's headings: the form's title over three rows, and a line about the sheet.
    `levels` is the number of heading rows."""

    title: str
    about: str
    levels: int = 2


TITLE_ROWS = 3


@dataclass(frozen=True, slots=True)
class Reserved:
    """A sheet that is laid out but has no rows yet. `part` is the name of the sheet's part in the file.
    `rows` is the number of rows that will be written."""

    part: str
    rows: int


class Table:
    """A sheet of rows under headings. Further sheets are added when a sheet is full."""

    def __init__(self, book: Book, name: str, columns: Sequence[Column], titles: Titles):
        self.columns = tuple(columns)
        self.name = name
        self.count = 0
        self._book, self._titles = book, titles
        self._sheets = 0
        self._begin()

    def write(self, rows: Iterable[Sequence[Any]]) -> Iterator[int]:
        """Append rows. After each row, yield the number of rows written so far. Amounts are paise. None is an
        empty cell."""
        last_column = len(self.columns) - 1
        for cells in self._cells(rows):
            if self._next >= MOST_ROWS:
                self._begin()
            self._sheet.write_cells(self._next, last_column, cells)
            self._next += 1
            self.count += 1
            yield self.count

    def encoded(self, rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        """Yield rows as XML. `splice` writes these rows into the sheets that `reserve` laid out."""
        for cells in self._cells(rows):
            yield f"<row>{cells}</row>".encode()

    def reserve(self, rows: int) -> list[Reserved]:
        """Lay out the sheets that a number of rows needs, and return the sheets. `splice` later writes the
        rows into these sheets. If `rows` is 0, return an empty list."""
        places: list[Reserved] = []
        while rows > 0:
            if places:
                self._begin()
            here = min(rows, MOST_ROWS - self._next)
            self._sheet.reach(self._next + here - 1, len(self.columns) - 1)
            places.append(Reserved(f"xl/worksheets/sheet{self._book.sheets}.xml", here))
            rows -= here
        return places

    def _cells(self, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
        """Yield the XML of each row's cells."""
        makers: list[Callable[[Any], str]] = [
            lru_cache(CELLS_KEPT)(partial(money_cell if column.kind == MONEY else text_cell, style))
            for column, style in zip(self.columns, self.styles(), strict=True)
        ]
        for row in rows:
            yield "".join([make(value) for make, value in zip(makers, row, strict=True)])

    def styles(self) -> list[int]:
        """Return the style number of each column. In the XML of a cell, this is the attribute `s`."""
        return [self._style(column)._get_xf_index() for column in self.columns]

    def append(self, rows: Iterable[Sequence[Any]]) -> None:
        for _ in self.write(rows):
            pass

    def _style(self, column: Column) -> Any:
        kind = MONEY if column.kind == MONEY else TEXT
        return self._book.formats[ENTRY[kind] if column.entry else kind]

    def _protect(self, sheet: Any) -> None:
        """Lock the sheet except the columns that people fill in, and limit the values of these columns."""
        sheet.protect("", ALLOWED)
        for place, column in enumerate(self.columns):
            if not column.entry:
                continue
            rule: dict[str, Any] = {"validate": "list", "source": list(column.choices)}
            if not column.choices:
                rule = (
                    {"validate": "decimal", "criteria": ">=", "value": 0}
                    if column.kind == MONEY
                    else {"validate": "length", "criteria": "<=", "value": 500}
                )
            sheet.data_validation(self._next, place, MOST_ROWS, place, rule)

    def _begin(self) -> None:
        self._sheets += 1
        name = self.name if self._sheets == 1 else _numbered(self.name, self._sheets)
        sheet = self._sheet = self._book.add(name)
        formats = self._book.formats
        for place, column in enumerate(self.columns):
            style = self._style(column) if column.entry else None
            sheet.set_column(place, place, column.width, style, {"hidden": True} if column.hidden else {})
        last = len(self.columns) - 1
        first_heading = TITLE_ROWS + 1
        self._next = first_heading + self._titles.levels
        sheet.freeze_panes(self._next, 0)
        if any(column.entry for column in self.columns):
            self._protect(sheet)
        if last:
            sheet.merge_range(0, 0, TITLE_ROWS - 1, last, self._titles.title, formats["title"])
            sheet.merge_range(TITLE_ROWS, 0, TITLE_ROWS, last, self._titles.about, formats["about"])
        else:
            sheet.write_string(0, 0, self._titles.title, formats["title"])
            sheet.write_string(TITLE_ROWS, 0, self._titles.about, formats["about"])
        rows, joined = headings(self.columns, self._titles.levels)
        for level, texts in enumerate(rows):
            for place, heading in enumerate(texts):
                sheet.write_string(first_heading + level, place, heading, formats["head"])
        # The merged areas are added after all cells. An area may extend to rows below, but the rows of cells
        # must be written one after the other, from top to bottom.
        for top, left, bottom, right in joined:
            sheet.merge.append([first_heading + top, left, first_heading + bottom, right])


def headings(
    columns: Sequence[Column], levels: int
) -> tuple[list[list[str]], list[tuple[int, int, int, int]]]:
    """Return the rows of headings, and the areas of merged cells. The heading of a group is above its
    columns. The heading of a column without a group extends over all rows."""
    rows = [["" for _ in columns] for _ in range(levels)]
    joined: list[tuple[int, int, int, int]] = []
    paths = [
        (*column.group.split("|"), column.heading) if column.group else (column.heading,)
        for column in columns
    ]
    for place, path in enumerate(paths):
        for level, heading in enumerate(path):
            is_group = level < len(path) - 1
            if is_group and place and paths[place - 1][: level + 1] == path[: level + 1]:
                continue
            rows[level][place] = heading
            last = place
            while is_group and last + 1 < len(paths) and paths[last + 1][: level + 1] == path[: level + 1]:
                last += 1
            bottom = level if is_group else levels - 1
            if (bottom, last) != (level, place):
                joined.append((level, place, bottom, last))
    return rows, joined


def _numbered(name: str, number: int) -> str:
    """Return the name with the number of the sheet, cut to the 31 characters that Excel allows."""
    tail = f" ({number})"
    return name[: 31 - len(tail)] + tail
