"""Dates of a register. A column has one order of day, month and year. Cells that say their date by themselves, like
12-Jul-2025, fit each order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from invoices.register.reading.sheets import Cell
from invoices.register.reading.values import day_of_number

ORDERS = ("dmy", "mdy")
# day first, and a spreadsheet has read the texts that it could as month first
SWAPPED = "swapped"
FEWEST_SWAPPED = 3
MONTHS = {
    name: n
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
TIME = re.compile(r"[ t]+\d{1,2}:\d{2}.*$", re.IGNORECASE)
THREE = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})")
NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ,]*([a-z]{3,9})[-/. ,']*(\d{4}|\d{2})")
NAME_FIRST = re.compile(r"([a-z]{3,9})[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4}|\d{2})")
SPAN = re.compile(
    r"(\d{1,2}[-/. ][0-9A-Za-z]{1,9}[-/. ]\d{2,4})\s*(?:to|-|–)\s*(\d{1,2}[-/. ][0-9A-Za-z]{1,9}[-/. ]\d{2,4})"
)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a column. `unsure` is True if two orders fit. `first_wrong` is the place of the first cell that no
    order of the column reads, -1 if each cell is read. `mixed` is True if cells need different orders."""

    name: str
    unsure: bool
    mixed: bool
    first_wrong: int


def day(cell: Cell, order: str) -> date | None:
    """Return the date of a cell of a column with this order."""
    if cell is None:
        return None
    if isinstance(cell, date):
        return exchanged(cell) if order == SWAPPED else cell
    if not isinstance(cell, str):
        return day_of_number(cell)
    both = days(cell)
    return None if both is None else both[order == "mdy"]


@lru_cache(maxsize=16_384)
def days(text: str) -> tuple[date | None, date | None] | None:
    """Return the dates of a text read day first and month first. Return None if it is no date in either order."""
    low = TIME.sub("", text.strip().lower().removeprefix("'").strip())
    if re.fullmatch(r"20\d{6}", low):
        one = _made(low[:4], low[4:6], low[6:])
        return (one, one) if one else None
    if found := THREE.fullmatch(low):
        first, second, third = found.groups()
        if len(first) == 4:
            one = _made(first, second, third)
            return (one, one) if one else None
        if len(first) > 2 or len(third) not in (2, 4):
            return None
        pair = (_made(third, second, first), _made(third, first, second))
        return pair if any(pair) else None
    if found := NAMED.fullmatch(low):
        one = _made(found[3], str(MONTHS.get(found[2][:3], 0)), found[1])
    elif found := NAME_FIRST.fullmatch(low):
        one = _made(found[3], str(MONTHS.get(found[1][:3], 0)), found[2])
    else:
        return None
    return (one, one) if one else None


def _made(year: str, month: str, day_of_month: str) -> date | None:
    try:
        found = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day_of_month))
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2099 else None


def order(cells: Iterable[Cell], span: tuple[date, date] | None, today: date) -> Order:
    """Return the order of a column: the one in which every cell is a date, or most are in the span or in the past."""
    only = [0, 0]
    inside = [0, 0]
    open_texts, wrong = 0, -1
    for n, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        both = days(cell)
        if both is None:
            wrong = n if wrong < 0 else wrong
        elif both[0] is None or both[1] is None:
            only[both[0] is None] += 1
        elif both[0] != both[1]:
            open_texts += 1
            for side in (0, 1):
                one = both[side]
                if one is not None and (span[0] <= one <= span[1] if span else one <= today):
                    inside[side] += 1
    if only[0] and only[1]:
        return Order(ORDERS[only[1] > only[0]], True, True, wrong)
    if only[0] or only[1] or not open_texts:
        return Order(ORDERS[bool(only[1])], False, False, wrong)
    if inside[0] != inside[1] and max(inside) == open_texts:
        return Order(ORDERS[inside[1] > inside[0]], False, False, wrong)
    return Order("dmy", True, False, wrong)


def exchanged(cell: date) -> date | None:
    """Return the date with day and month exchanged."""
    return date(cell.year, cell.day, cell.month) if cell.day <= 12 else None


def may_be_swapped(cells: Iterable[Cell]) -> bool:
    """True if all real dates have days up to 12 and all texts have days after the 12th: the spreadsheet then took 05-04 for
    the 4th of May, and left 23-04 a text."""
    real = texts = 0
    for cell in cells:
        if isinstance(cell, date):
            real += 1
            if cell.day > 12:
                return False
        elif isinstance(cell, str) and (both := days(cell)) is not None:
            if both[1] is not None:
                return False
            texts += 1
    return real >= FEWEST_SWAPPED and texts >= FEWEST_SWAPPED


def span(titles: Iterable[str]) -> tuple[date, date] | None:
    """Return the span of days that a title names, like `1-Apr-24 to 31-Mar-25`."""
    for title in titles:
        if found := SPAN.search(title):
            first, last = (days(found[n]) for n in (1, 2))
            if first and last and first[0] and last[0] and first[0] <= last[0]:
                return first[0], last[0]
    return None
