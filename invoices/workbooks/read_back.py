"""Reads a filled-in IMS workbook: finds the rows that a person changed, and the action that each of these
rows asks for.

This module saves no action. A hidden key in each row names the record and contains a hash of the cells that
people fill in. A row that nobody changed therefore asks for no action, even if the record has changed after
the download.

Each result also has the cells that describe the row's document. Callers compare these cells with the record,
because a person may have sorted only some of the columns. The row's key then names another document than the
row's cells show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl.utils import get_column_letter

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS, BadAmount, TaxAmounts, paise
from ims_portal.kernel.wording import say
from ims_portal.support.web import screen_messages
from ims_portal.support.workbook import parts
from ims_portal.support.workbook import read as workbook_in
from ims_portal.support.workbook.read import Formatted, Formula, Workbook
from invoices.desk.actions import Asked
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action
from invoices.workbooks.layout import (
    COVER,
    COVER_COLUMNS,
    DESCRIPTION,
    IDENTITY,
    LASTING,
    LIST,
    REQUIRED,
    SHEETS,
    STATUS,
    columns,
    row_key,
)
from invoices.workbooks.shown_document import dmy

KEY = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\.([0-9]{1,9})\.([0-9a-f]{12})\Z")
HEADING_WITHIN = 10
CELL_ERRORS = ("#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#NUM!", "#NULL!")
# number formats that show a percentage, a power of ten or a number of thousands
SCALED = re.compile(r"%|[Ee][+-]|[0#?],+(?![#0,?])")
WORDS = {word.lower(): action for action, word in STATUS.items()}


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A row of a sheet. `asked` is the action that the row asks for, and `fault` says what is wrong with the
    row. Both are empty in a row that nobody changed. `cells` has the row's texts, for the error workbook.
    `shown` has the cells that describe the document, by heading."""

    place: str
    section: str
    cells: tuple[str, ...]
    record_id: int = 0
    revision: int = 0
    version: int = 0
    number: str = ""
    asked: Asked | None = None
    fault: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)  # heading -> letter of its column

    @property
    def untouched(self) -> bool:
        return self.asked is None and not self.fault


@dataclass(frozen=True, slots=True)
class Opened:
    """An open workbook: its taxpayer's GSTIN, an iterator over the rows, and the figures that the sheet `COVER`
    states of each section, by heading."""

    gstin: str
    rows: Iterator[FilledRow]
    stated: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Read:
    """The content of a workbook: the number of rows, and the rows that are changed or have a fault."""

    gstin: str
    total: int = 0
    rows: list[FilledRow] = field(default_factory=list)


class BadCell(ValueError):
    """The error for a cell whose value cannot be used. `name` is the field of the cell's column."""

    def __init__(self, name: str, message: str):
        super().__init__(message)
        self.name = name


def read(data: bytes) -> Read:
    """Return the workbook's GSTIN, the number of its rows, and the rows that are changed or have a fault.
    Raises `Invalid` like `opened`."""
    book = opened(data)
    found = Read(book.gstin)
    for row in book.rows:
        found.total += 1
        if not row.untouched:
            found.rows.append(row)
    return found


def opened(data: bytes) -> Opened:
    """Open a workbook. The function reads rows only when the caller asks for the next row, so the rows do not
    stay in memory. Raises `Invalid` (IMP-FORMAT, IMP-SIZE, IMP-LOCKED) for a file that is not an IMS workbook
    of this portal. Some faults are found only when the rows are read."""
    book = Workbook(data)
    by_name = {name: section for section, name in SHEETS.items()}
    gstin = _gstin(book)
    sections = [(title, by_name.get(re.sub(r" \([0-9]+\)$", "", title))) for title in book.titles]
    if not any(section for _title, section in sections):
        names = ", ".join(book.titles)[:120]
        message = screen_messages.in_english(
            "IMP-FORMAT", expected="the sheets of the IMS workbook (B2B, …)", found=names
        )
        raise Invalid("IMP-FORMAT", message)
    return Opened(
        gstin, _rows(book, [(title, section) for title, section in sections if section]), _stated(book)
    )


def _rows(book: Workbook, sections: Sequence[tuple[str, str]]) -> Iterator[FilledRow]:
    total = 0
    for title, section in sections:
        for row in _sheet(book, title, section):
            total += 1
            if total > workbook_in.MOST_ROWS:
                message = say(
                    "The workbook has more than %(most)d rows. Keep the rows you changed and remove the "
                    "others.",
                    most=workbook_in.MOST_ROWS,
                )
                raise Invalid("IMP-SIZE", message)
            yield row


def _gstin(book: Workbook) -> str:
    if LIST in book.titles and COVER not in book.titles:
        raise Invalid(
            "IMP-FORMAT",
            say(
                "This is the file of a record list (Download, “List”). It is for reading only. Import needs the IMS "
                "workbook: download it, fill in the status there, and choose that file."
            ),
        )
    if COVER not in book.titles:
        raise Invalid(
            "IMP-FORMAT",
            say(
                "The workbook has no sheet %(sheet)s, which contains the recipient's GSTIN. Download "
                "the workbook again.",
                sheet=COVER,
            ),
        )
    for _number, row in book.rows(COVER):
        for place, value in enumerate(row[:-1]):
            if value == "GSTIN":
                return str(row[place + 1] or "").strip().upper()
    raise Invalid(
        "IMP-FORMAT",
        say(
            "The sheet %(sheet)s does not contain the recipient's GSTIN. Download the workbook again.",
            sheet=COVER,
        ),
    )


def _stated(book: Workbook) -> dict[str, dict[str, Any]]:
    """Return the figures that the sheet `COVER` states of each section, by heading."""
    by_name = {name: section for section, name in SHEETS.items()}
    names = [column.heading for column in COVER_COLUMNS]
    found: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    for _number, row in book.rows(COVER):
        if not places:
            here = {str(value): place for place, value in enumerate(row) if value is not None}
            places = here if here.keys() >= set(names) else {}
        elif (section := by_name.get(str(_at(row, places[names[0]])))) is not None:
            found[section] = {name: _at(row, places[name]) for name in names[2:]}
    return found


def _sheet(book: Workbook, title: str, section: str) -> Iterator[FilledRow]:
    wanted = columns(section)
    headings: dict[str, int] | None = None
    showing: dict[str, int] = {}
    letters: dict[str, str] = {}
    for number, values in book.rows(title):
        if headings is None:
            headings = _headings(values, wanted)
            if headings is None and number >= HEADING_WITHIN:
                break
            if headings is not None:
                _unmerged(title, number, book.merged(title))
                showing = _showing(values, wanted)
                letters = {heading: get_column_letter(place + 1) for heading, place in showing.items()}
            continue
        if all(value is None for value in values):
            continue
        shown = {heading: _at(values, place) for heading, place in showing.items()}
        yield replace(_row(title, section, number, values, headings, shown), letters=letters)
    if headings is None:
        names = ", ".join(column.heading for column in wanted)
        raise Invalid(
            "IMP-FORMAT",
            say(
                "Sheet %(sheet)s: its headings are missing or changed. Expected: %(names)s.",
                sheet=title,
                names=names,
            ),
            details={"sheet": title},
        )


def _unmerged(title: str, heading: int, merged: Sequence[str]) -> None:
    """Raise `Invalid` (IMP-FORMAT) if cells below the headings are merged. Merged cells keep only one value,
    so some rows would ask for an action that nobody entered."""
    for area in merged:
        if parts.last_row(area) > heading:
            raise Invalid(
                "IMP-FORMAT",
                say(
                    "Sheet %(sheet)s: the cells %(area)s are merged. Unmerge them and type each row's "
                    "own values.",
                    sheet=title,
                    area=area,
                ),
                details={"sheet": title, "place": f"{title}!{area}"},
            )


def _headings(values: list[Any], wanted: Any) -> dict[str, int] | None:
    places = {str(value).strip(): place for place, value in enumerate(values) if value is not None}
    needed = (c.heading for c in wanted if c.entry or c.hidden or c.field in IDENTITY)
    if any(heading not in places for heading in needed):
        return None
    return {column.field: places[column.heading] for column in wanted if column.heading in places}


def _showing(values: list[Any], wanted: Any) -> dict[str, int]:
    """Return the positions of the columns that describe the document, by heading. The headings are the keys,
    because two columns may have the same field."""
    places = {str(value).strip(): place for place, value in enumerate(values) if value is not None}
    return {
        column.heading: places[column.heading]
        for column in wanted
        if column.heading in places and column.field in (*IDENTITY, *DESCRIPTION, *LASTING)
    }


def by_field(row: FilledRow) -> dict[str, Any]:
    """Return the cells that describe a row's document, by field instead of by heading."""
    return {c.field: row.shown[c.heading] for c in columns(row.section) if c.heading in row.shown}


def _at(row: list[Any], place: int) -> Any:
    return row[place] if place < len(row) else None


def _row(
    title: str,
    section: str,
    number: int,
    row: list[Any],
    headings: dict[str, int],
    shown: Mapping[str, Any],
) -> FilledRow:
    place = f"{title}!{number}"
    cells = {name: _at(row, at) for name, at in headings.items()}
    values = {name: _text(cell) for name, cell in cells.items()}
    kept = tuple(values.get(column.field, "") for column in columns(section))

    def fault(words: str) -> FilledRow:
        return FilledRow(place, section, kept, number=values.get("number", ""), fault=words, shown=shown)

    formula = next((name for name, value in cells.items() if isinstance(value, Formula)), None)
    if formula is not None:
        where = f"{get_column_letter(headings[formula] + 1)}{number}"
        return fault(f"Cell {where} (“{_heading(section, formula)}”) holds a formula. Type its value.")
    if (held := _not_text(cells.get("remarks"))) and "remarks" in headings:
        where = f"{get_column_letter(headings['remarks'] + 1)}{number}"
        return fault(
            f"Cell {where} (“{_heading(section, 'remarks')}”) holds {held}, not text. Format the cell as text, and "
            "type the remark again."
        )
    key = KEY.match(values["key"])
    if key is None:
        return fault("The row has lost its key (the hidden last column). Download the workbook again.")
    said: dict[str, Any] = {"status": values["status"].strip(), "remarks": values["remarks"]}
    try:
        said |= _reduction(cells, values)
    except BadCell as bad:
        where = f"{get_column_letter(headings[bad.name] + 1)}{number}"
        return fault(f"Cell {where} (“{_heading(section, bad.name)}”): {bad}")
    pk, revision, version = int(key[1]), int(key[2]), int(key[3])
    if row_key(pk, revision, version, said) == values["key"]:
        return FilledRow(place, section, kept, pk, revision, version, values["number"].strip(), shown=shown)
    action = WORDS.get(said["status"].lower())
    if action is None:
        where = f"{get_column_letter(headings['status'] + 1)}{number}"
        return fault(
            f"Cell {where}: status {said['status'][:20]!r} is not one of: {', '.join(STATUS.values())}."
        )
    answer = said.get("reduction_required", "")
    if answer and answer not in REQUIRED:
        where = f"{get_column_letter(headings['reduction_required'] + 1)}{number}"
        return fault(f"Cell {where}: “ITC reduction required” must be Yes or No, not {answer[:20]!r}.")
    return FilledRow(
        place,
        section,
        kept,
        pk,
        revision,
        version,
        values["number"].strip(),
        Asked(action, said["remarks"].strip(), _declaration(action, said)),
        shown=shown,
    )


def _heading(section: str, name: str) -> str:
    return next(column.heading for column in columns(section) if column.field == name)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**11:
        return str(int(value))  # the cell shows no decimal point
    if isinstance(value, date):
        return dmy(value)
    return "" if value is None or isinstance(value, Formula) else str(value)


def _not_text(value: Any) -> str:
    """Return what a cell holds instead of text, or an empty text. A whole number of at most eleven digits counts
    as text, because the cell shows exactly these digits."""
    if value is None or isinstance(value, str):
        return "an error" if value in CELL_ERRORS else ""
    if isinstance(value, bool):
        return "TRUE or FALSE"
    if isinstance(value, Formatted):
        return "a number with a format"
    if isinstance(value, (int, float)):
        whole = isinstance(value, int) or value.is_integer()
        return "" if whole and abs(value) < 10**11 else "a number"
    return "a date or time"


def _reduction(cells: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """Return the values of the cells about the ITC reduction, by field. Amounts are in paise. Raises `BadCell`
    for a wrong amount."""
    if "reduction_required" not in cells:
        return {}
    found: dict[str, Any] = {"reduction_required": values["reduction_required"].strip().capitalize()}
    for head in HEADS:
        name = f"reduction_{head}"
        value = cells.get(name)
        if value in (None, ""):
            continue
        if isinstance(value, Formatted) and SCALED.search(value.format):
            raise BadCell(
                name, "The cell does not show the amount in rupees, but a percentage or a multiple."
            )
        # repr gives the decimal text of the number as in the file, so the amount is not rounded
        try:
            amount = paise(Decimal(repr(value)) if isinstance(value, float) else value)
        except BadAmount as bad:
            raise BadCell(name, str(bad)) from None
        if amount < 0:
            raise BadCell(name, "A declared reduction must not be negative.")
        found[name] = amount
    return found


def _declaration(action: Action, said: dict[str, Any]) -> Declaration | None:
    """Return the declared reduction of an accepted row. For another status, or without an answer, return
    None."""
    answer = said.get("reduction_required", "")
    if action is not Action.ACCEPTED or not answer:
        return None
    amounts = [said.get(f"reduction_{head}") for head in HEADS]
    given = TaxAmounts(*(amount or 0 for amount in amounts))
    if answer == "No":
        return Declaration(False, given if not given.is_zero else None)
    return Declaration(True, given if any(amount is not None for amount in amounts) else None)
