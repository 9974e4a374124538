"""Write Excel workbooks row by row, so that memory does not grow with the rows.

`cells` writes the cells, and `paper` prepares the sheets for printing. If a table has more rows than an Excel
sheet, it continues on a second sheet with the same name and a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from ims_portal.support.workbook import paper
from ims_portal.support.workbook.cells import CELLS, COUNT, DATE, MOMENT, MONEY, NUMBER_FORMATS, TEXT, clean
from ims_portal.support.workbook.headings import heights, placed

__all__ = ["COUNT", "DATE", "MOMENT", "MONEY", "TEXT", "Book", "Column", "PlacedSheet", "Titles"]
MOST_ROWS = 1_048_575
# Most columns repeat a few values, so the cells of the last CELLS_KEPT values of each column are stored and
# reused.
CELLS_KEPT = 2000

# An amount ends where the text of the next cell begins, so text keeps a distance.
ALIGNED: dict[str, dict[str, Any]] = {
    TEXT: {"indent": 1},
    DATE: {"align": "center"},
    MOMENT: {"align": "center"},
}
# what people do with the cells of a column: read them, read and sort them in a protected sheet, or fill them in
SHOWN, SORTED, FILLED_IN = "shown", "sorted", "filled in"
USES: dict[str, dict[str, Any]] = {
    SHOWN: {},
    SORTED: {"locked": False},
    FILLED_IN: {"locked": False, "bg_color": "#FFF9E5"},
}
# The actions that people may still use in a protected sheet. Excel sorts only cells that are not locked (`_style`).
ALLOWED = {"autofilter": True, "format_columns": True, "format_rows": True, "sort": True}
NOT_TYPED = {
    "validate": "custom",
    "value": "=FALSE",
    "error_title": "This cell describes the document",
    "error_message": "Fill in the yellow cells only. To sort the sheet, use the arrows of the headings.",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its field and its kind. Neighbouring columns with the same `group` share a
    second heading, above their own headings.

    `entry` is true if people fill the column in. In a sheet with such a column, people cannot type into the other
    columns. `choices` are the values that people may choose. `hidden` is true if only a program that reads
    the file needs the column. With `wrap`, a long text continues on further lines of its cell. `printed` is false if the column is left out on paper. No column after such a
    column is printed."""

    heading: str
    field: str
    kind: str = TEXT
    width: float = 14
    group: str = ""
    entry: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False
    printed: bool = True
    wrap: bool = False
    longest: int = 500  # characters of a text that people may type


class RowSheet(Worksheet):
    """A worksheet to which whole rows can be written. Writing single cells would take most of the time of an
    export (docs/scale.md)."""

    def write_cells(self, row: int, last_column: int, cells: str, tall: str = "") -> None:
        """Write one row below all earlier rows. `cells` is the XML of every cell from the first to the last
        column. The cells need no address. `tall` is the XML of the row's height."""
        self.reach(row, last_column)
        # This call writes an earlier row, if the cells of that row were written one by one and xlsxwriter has
        # not yet written them to the file.
        self._write_single_row(row)
        self.fh.write(f'<row r="{row + 1}"{tall}>{cells}</row>')

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
        about: str = "",
    ):
        """`about` names the taxpayer and the period, for the top of every printed page."""
        options: dict[str, Any] = {"constant_memory": True}
        if workdir is not None:
            options["tmpdir"] = str(workdir)
        self._book = xlsxwriter.Workbook(str(target) if isinstance(target, (str, Path)) else target, options)
        self._book.use_zip64()
        self.about = about
        self._tables: list[Table] = []
        if made_at is not None:
            self._book.set_properties({"created": made_at.replace(tzinfo=None)})
        self._styles: dict[tuple[str, str, bool], Any] = {}
        self.formats = {
            **{kind: self.style(kind) for kind in NUMBER_FORMATS},
            "head": self._book.add_format(
                {
                    "bold": True,
                    "bg_color": "#1F4E99",
                    "font_color": "#FFFFFF",
                    "border": 1,
                    "border_color": "#8FA9D0",
                    "align": "center",
                    # the button of the filter covers the bottom of the cell
                    "valign": "top",
                    "text_wrap": True,
                }
            ),
            "title": self._book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"}),
            "about": self._book.add_format(
                {"bold": True, "bg_color": "#E6ECF7", "valign": "vcenter", "text_wrap": True}
            ),
            "label": self._book.add_format({"bold": True}),
            "wrap": self._book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        }

    def style(self, kind: str, use: str = SHOWN, wrap: bool = False) -> Any:
        """Return the format of cells of a kind. `use` is one of `USES`. With `wrap`, a long text continues on further
        lines of the cell."""
        key = (kind, use, wrap)
        if key not in self._styles:
            given = {
                "num_format": NUMBER_FORMATS[kind],
                "valign": "top",
                **ALIGNED.get(kind, {}),
                **USES[use],
            }
            self._styles[key] = self._book.add_format(given | ({"text_wrap": True} if wrap else {}))
        return self._styles[key]

    def plain(self, name: str, widths: Sequence[float] = ()) -> PlacedSheet:
        return PlacedSheet(self, name, widths)

    def table(self, name: str, columns: Sequence[Column], *, titles: Titles) -> Table:
        table = Table(self, name, columns, titles)
        self._tables.append(table)
        return table

    def add(self, name: str, width: float, headings: tuple[int, int] | None = None) -> RowSheet:
        """Add a sheet that is ready for paper. `width` is its width in characters, and `headings` are the first and
        the last row of its headings."""
        sheet: RowSheet = self._book.add_worksheet(name, worksheet_class=RowSheet)
        paper.prepare(sheet, self.about, width=width, headings=headings)
        return sheet

    @property
    def sheets(self) -> int:
        """The number of sheets so far."""
        return len(self._book.worksheets())

    def close(self) -> None:
        for table in self._tables:
            table.end_sheet()
        self._book.close()


class PlacedSheet:
    """A sheet whose cells are written one by one, from top to bottom."""

    def __init__(self, book: Book, name: str, widths: Sequence[float]):
        self.formats, self._widths = book.formats, widths
        self._sheet = book.add(name, sum(widths))
        for place, width in enumerate(widths):
            self._sheet.set_column(place, place, width)

    def text(self, row: int, column: int, value: Any, style: str = TEXT) -> None:
        self._sheet.write_string(row, column, clean(value), self.formats[style])

    def headings(self, row: int, first: int, texts: Sequence[str]) -> None:
        """Write headings into neighbouring cells. The row is as tall as the longest heading needs."""
        most = max(paper.lines(text, self._widths[place]) for place, text in enumerate(texts, start=first))
        self._sheet.set_row(row, paper.LINE * most + 3)
        for place, text in enumerate(texts, start=first):
            self.text(row, place, text, "head")

    def money(self, row: int, column: int, paise: int) -> None:
        self._sheet.write_number(row, column, paise / 100, self.formats[MONEY])

    def count(self, row: int, column: int, number: int) -> None:
        self._sheet.write_number(row, column, number, self.formats[COUNT])

    def merged(self, first_row: int, first: int, last_row: int, last: int, value: str, style: str) -> None:
        self._sheet.merge_range(first_row, first, last_row, last, clean(value), self.formats[style])

    def tall_enough(self, row: int, *texts: tuple[str, float]) -> None:
        """Make a row tall enough for its wrapped texts, each with the width of its cell in characters. Call this
        before the cells of the row are written."""
        self._sheet.set_row(row, paper.LINE * max(paper.lines(text, width) for text, width in texts) + 1)


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
        self._filled_in = any(column.entry for column in self.columns)
        kept_off = (place for place, column in enumerate(self.columns) if column.hidden or not column.printed)
        self._printed = next(kept_off, len(self.columns))
        self._begin()

    def write(self, rows: Iterable[Sequence[Any]]) -> Iterator[int]:
        """Append rows. After each row, yield the number of rows written so far. Amounts are paise. None is an
        empty cell."""
        last_column = len(self.columns) - 1
        for cells, tall in self._cells(rows):
            if self._next >= MOST_ROWS:
                self.end_sheet()
                self._begin()
            self._sheet.write_cells(self._next, last_column, cells, tall)
            self._next += 1
            self.count += 1
            yield self.count

    def encoded(self, rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        """Yield rows as XML. `splice` writes these rows into the sheets that `reserve` laid out."""
        for cells, tall in self._cells(rows):
            yield f"<row{tall}>{cells}</row>".encode()

    def reserve(self, rows: int) -> list[Reserved]:
        """Lay out the sheets that a number of rows needs, and return the sheets. `splice` later writes the
        rows into these sheets. If `rows` is 0, return an empty list."""
        places: list[Reserved] = []
        while rows > 0:
            if places:
                self.end_sheet()
                self._begin()
            here = min(rows, MOST_ROWS - self._next)
            self._sheet.reach(self._next + here - 1, len(self.columns) - 1)
            self._next += here
            places.append(Reserved(f"xl/worksheets/sheet{self._book.sheets}.xml", here))
            rows -= here
        return places

    def _cells(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, str]]:
        """Yield the XML of each row's cells, and the XML of the row's height."""
        makers: list[Callable[[Any], str]] = [
            lru_cache(CELLS_KEPT)(partial(CELLS[column.kind], style))
            for column, style in zip(self.columns, self.styles(), strict=True)
        ]
        wrapped = [(place, column.width) for place, column in enumerate(self.columns) if column.wrap]
        for row in rows:
            cells = "".join([make(value) for make, value in zip(makers, row, strict=True)])
            lines = [paper.rows_of_text(row[place], width) for place, width in wrapped if row[place]]
            yield cells, paper.tall(max(lines, default=1))

    def styles(self) -> list[int]:
        """Return the style number of each column. In the XML of a cell, this is the attribute `s`."""
        return [self._style(column)._get_xf_index() for column in self.columns]

    def append(self, rows: Iterable[Sequence[Any]]) -> None:
        for _ in self.write(rows):
            pass

    def _style(self, column: Column) -> Any:
        """Return the format of a column's cells. Excel refuses to sort locked cells in a protected sheet. The cells
        of a sheet that people fill in are therefore not locked, and `NOT_TYPED` refuses what people type into
        the cells of the document."""
        use = FILLED_IN if column.entry else SORTED if self._filled_in else SHOWN
        return self._book.style(column.kind, use, column.wrap)

    def _protect(self, sheet: Any) -> None:
        """Protect the headings, and limit the values of the cells below."""
        sheet.protect("", ALLOWED)
        for place, column in enumerate(self.columns):
            if not column.entry:
                rule: dict[str, Any] = dict(NOT_TYPED)
            elif column.choices:
                rule = {"validate": "list", "source": list(column.choices)}
            elif column.kind == MONEY:
                rule = {"validate": "decimal", "criteria": ">=", "value": 0}
            else:
                rule = {"validate": "length", "criteria": "<=", "value": column.longest}
            sheet.data_validation(self._next, place, MOST_ROWS, place, rule)

    def end_sheet(self) -> None:
        """Give the present sheet its filter and its printed area. The rows of the sheet are known now."""
        last_row, last = max(self._next - 1, self._first), len(self.columns) - 1
        self._sheet.autofilter(self._first - 1, 0, last_row, last)
        self._sheet.print_area(0, 0, last_row, max(0, self._printed - 1))

    def _begin(self) -> None:
        self._sheets += 1
        name = self.name if self._sheets == 1 else _numbered(self.name, self._sheets)
        first_heading = TITLE_ROWS + 1
        self._next = self._first = first_heading + self._titles.levels
        width = sum(column.width for column in self.columns[: self._printed])
        sheet = self._sheet = self._book.add(name, width, (first_heading, self._next - 1))
        formats = self._book.formats
        for place, column in enumerate(self.columns):
            # the style of cells below the last row
            style = self._style(column) if column.entry else None
            sheet.set_column(place, place, column.width, style, {"hidden": True} if column.hidden else {})
        last = self._printed - 1
        sheet.freeze_panes(self._next, 0)
        if self._filled_in:
            self._protect(sheet)
        if last > 0:
            sheet.merge_range(0, 0, TITLE_ROWS - 1, last, self._titles.title, formats["title"])
            sheet.merge_range(TITLE_ROWS, 0, TITLE_ROWS, last, self._titles.about, formats["about"])
        else:
            sheet.write_string(0, 0, self._titles.title, formats["title"])
            sheet.write_string(TITLE_ROWS, 0, self._titles.about, formats["about"])
        sheet.set_row(TITLE_ROWS, paper.LINE * paper.lines(self._titles.about, width) + 3)
        rows, joined = placed(self.columns, self._titles.levels)
        tall = heights(self.columns, rows, joined)
        for level, texts in enumerate(rows):
            sheet.set_row(first_heading + level, tall[level])
            for place, heading in enumerate(texts):
                sheet.write_string(first_heading + level, place, heading, formats["head"])
        # The merged areas are added after all cells. An area may extend to rows below, but the rows of cells
        # must be written one after the other, from top to bottom.
        for top, left, bottom, right in joined:
            sheet.merge.append([first_heading + top, left, first_heading + bottom, right])


def _numbered(name: str, number: int) -> str:
    """Return the name with the number of the sheet, cut to the 31 characters that Excel allows."""
    tail = f" ({number})"
    return name[: 31 - len(tail)] + tail
