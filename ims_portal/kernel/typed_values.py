"""Whole numbers, days and moments that other people write as text: in an address, a form or a call.

Python reads more than these functions do: digits of other scripts, numbers of any length, and days near the
ends of its calendar, where the next step of a calculation overflows."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

# GST began on 1 July 2017. The range leaves room for dates before GST and for every section 16(4) date.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2099, 12, 31)
Time = TypeVar("Time", date, datetime)
MOST = 2**63 - 1  # the largest number of a column of ids
_MOST_DIGITS = len(str(MOST))


def whole_number(text: str, *, most: int = MOST) -> int | None:
    """Return the number from 0 to `most` that the digits 0 to 9 of `text` form, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= most else None


def day(text: str) -> date:
    """Return the day of `text`, written as 2026-10-05. Raise ValueError for other text, and for a day outside
    the years 2000 to 2099."""
    if len(text) != len("2026-10-05") or text[4::3] != "--":
        raise ValueError("A date is written as 2026-10-05.")
    return in_range(date.fromisoformat(text))


def moment(text: str) -> datetime:
    """Return the moment of `text`, written in the ISO form, with or without an offset. Raise ValueError for
    other text, and for a moment outside the years 2000 to 2099."""
    return in_range(datetime.fromisoformat(text))


def in_range(found: Time) -> Time:
    """Return the day or moment. Raise ValueError if its year is not in 2000 to 2099."""
    if not FIRST_DAY.year <= found.year <= LAST_DAY.year:
        raise ValueError("A date must be in the years 2000 to 2099.")
    return found
