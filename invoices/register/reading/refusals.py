"""Faults of a file: the ones that end the reading, and the warnings about single places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say


@dataclass(frozen=True, slots=True)
class Warned:
    """A fault that does not end the reading. `row` is 0 and `column` is "" if the fault is not of one row or column."""

    code: str
    sheet: str
    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a row of the file is not part of the register."""

    code: str
    sentence: str


def refused(code: str, pattern: str, **values: Any) -> Invalid:
    """Return the error for a file that cannot be read. The values name the place."""
    return Invalid(code, say(pattern, **values), details=values or None)


def letter(place: int) -> str:
    """Return the letters of a column from its place: 0 is A, 26 is AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found
