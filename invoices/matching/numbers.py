"""Document numbers: their keys, and how two numbers relate to each other.

A supplier prints KA/24-25/00123. The books of a buyer hold KA-123, KA/24-25/123 or 123. A number is split into runs of
letters and runs of digits. Signs between the runs, leading zeros of a run, and the financial year of the document's
own date say nothing. All other parts are compared as wholes: 12 is not like 2512, and 40 is not like 45."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache

from ims_portal.kernel.periods import FinancialYear

DASHES = re.compile("[\u2010-\u2015\u2212]")
NOTHING = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
EXPONENT = re.compile(r"\d+(?:\.\d+)?E\+\d{1,3}|\d+\.\d+E-?\d{1,3}")
WHOLE = re.compile(r"(\d+)\.0+")
RUN = re.compile(r"[^\W\d_]+|\d+")
# Words of a series that say only that the number is a number.
LEAD_WORDS = frozenset({"INV", "INVOICE", "BILL", "NO", "TAX", "TI", "GST", "SI", "VCH", "REF"})
# Letters that an eye takes for a digit.
LOOK_ALIKE = str.maketrans("OQILZSGB", "00112568")


class Relation(str, Enum):
    """How two document numbers relate. The values are the names in docs/matching.md."""

    SAME = "N0"
    FORMAT = "N1"
    YEAR = "N2"
    PREFIX = "N3"
    SHORT_PREFIX = "N3s"
    LOOK_ALIKE = "N4"
    DIFFERENT = "N5"
    MISSING = "N9"


# The number itself agrees, at most its writing or the year in it differ.
AGREES = frozenset({Relation.SAME, Relation.FORMAT, Relation.YEAR})


@dataclass(frozen=True, slots=True)
class NumberKeys:
    """The keys of a document number.

    `same` is the number in capital letters without blanks. `format` has its runs joined by |, without leading zeros.
    `year` is `format` without the financial year of the document's date. `serial` is the last run of digits, `series`
    the other runs in order. `fold` is `year` of the number with letters that look like digits exchanged for them.
    `years` names the year that `year` leaves out: "24", "25", "2425", or "" for none. All keys of a missing or damaged
    number are "". `alternatives` are `format` keys of texts that a spreadsheet may have turned into a date."""

    same: str = ""
    format: str = ""
    year: str = ""
    serial: str = ""
    series: tuple[str, ...] = ()
    fold: str = ""
    years: str = ""
    damaged: bool = False
    alternatives: tuple[str, ...] = ()

    @property
    def join(self) -> str:
        """`year` without the signs between its runs."""
        return self.year.replace("|", "")

    @property
    def missing(self) -> bool:
        return not self.format


MISSING = NumberKeys()


def cleaned(number: str) -> str:
    """Return the number in capital letters, with usual signs and without invisible ones. A number that a spreadsheet
    shows as 2364.0 is 2364."""
    text = unicodedata.normalize("NFKC", number.replace("_x000D_", " ")).upper()
    text = NOTHING.sub("", DASHES.sub("-", text)).strip().removeprefix("'").strip()
    text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    whole = WHOLE.fullmatch(text)
    return whole[1] if whole else text


@lru_cache(maxsize=65_536)
def keys(number: str, document_date: date | None = None) -> NumberKeys:
    """Return the keys of a document number. Without a date, no part of the number counts as a year."""
    text = cleaned(number)
    if not text:
        return MISSING
    if EXPONENT.fullmatch(text.replace(" ", "")):
        return NumberKeys(damaged=True)
    runs = RUN.findall(text)
    if not runs:
        return MISSING
    plain = [_without_zeros(run) for run in runs]
    left, years = _without_year(runs, document_date)
    serial = next((n for n in range(len(left) - 1, -1, -1) if left[n].isdigit()), None)
    folded, _ = _without_year(RUN.findall(text.translate(LOOK_ALIKE)), document_date)
    return NumberKeys(
        same="".join(text.split()),
        format="|".join(plain),
        year="|".join(left),
        serial="" if serial is None else left[serial],
        series=tuple(run for n, run in enumerate(left) if n != serial),
        fold="|".join(folded),
        years=years,
    )


def date_cell_keys(day: date) -> NumberKeys:
    """Return the keys of a number that a spreadsheet turned into this date. The number is damaged. Its alternatives are
    the texts that a person may have typed: 4/25 becomes a date in April 2025."""
    month = day.strftime("%b").upper()
    texts = (f"{day.day}-{day.month}", f"{day.month}-{day:%y}", f"{month}-{day:%y}", f"{day.month}-{day.day}")
    return NumberKeys(damaged=True, alternatives=tuple(dict.fromkeys(keys(text).format for text in texts)))


def _without_zeros(run: str) -> str:
    return (run.lstrip("0") or "0") if run.isdigit() else run


def _without_year(runs: list[str], document_date: date | None) -> tuple[list[str], str]:
    """Return the runs without leading zeros and without the financial year of the document's date, and the year that
    was left out. At least one run of digits stays."""
    kept, years = _kept(runs, document_date)
    return [_without_zeros(runs[n]) for n in kept], years


def _kept(runs: list[str], document_date: date | None) -> tuple[list[int], str]:
    """Return the places of the runs that do not name the financial year of the document's date, and the year."""
    every = list(range(len(runs)))
    if document_date is None:
        return every, ""
    first = FinancialYear.of(document_date).start
    one, two = f"{first % 100:02}", f"{(first + 1) % 100:02}"
    whole = {one + two, f"{first}{two}", f"{first}{first + 1}"}
    alone = {str(first): one, str(first + 1): two}
    left: list[int] = []
    years = ""
    n = 0
    while n < len(runs):
        here, after, next_one = runs[n], runs[n + 1 : n + 2], runs[n + 2 : n + 3]
        if here in (one, str(first)) and after and after[0] in (two, str(first + 1)):
            years, n = one + two, n + 2
        elif (
            here == "FY"
            and after
            and after[0] in (one, str(first))
            and next_one
            and next_one[0] in (two, str(first + 1))
        ):
            years, n = one + two, n + 3
        elif here == "FY" and after and after[0] in whole:
            years, n = one + two, n + 2
        elif here == "FY" and after and after[0] in (one, two, *alone):
            years, n = alone.get(after[0], after[0]), n + 2
        elif here in whole:
            years, n = one + two, n + 1
        elif here in alone:
            years, n = alone[here], n + 1
        else:
            left.append(n)
            n += 1
    if not years or not any(runs[n].isdigit() for n in left):
        return every, ""
    return left, years


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a number as it is written. `kept` is True if the comparison uses it, `serial` if it is the serial."""

    text: str
    kept: bool = False
    serial: bool = False


def pieces(number: str, document_date: date | None = None) -> list[Piece]:
    """Return the parts of a number in the order in which they are written. The signs between runs, leading zeros and
    the financial year are not kept."""
    text = cleaned(number)
    found = list(RUN.finditer(text))
    if not found or EXPONENT.fullmatch(text.replace(" ", "")):
        return [Piece(text)] if text else []
    runs = [one[0] for one in found]
    kept, _years = _kept(runs, document_date)
    serial = next((n for n in reversed(kept) if runs[n].isdigit()), None)
    told: list[Piece] = []
    end = 0
    for n, one in enumerate(found):
        zeros = len(runs[n]) - len(_without_zeros(runs[n])) if n in kept else len(runs[n])
        dropped = text[end : one.start() + zeros]
        if dropped and told and not told[-1].kept:
            told[-1] = Piece(told[-1].text + dropped)
        elif dropped:
            told.append(Piece(dropped))
        if n in kept:
            told.append(Piece(runs[n][zeros:], kept=True, serial=n == serial))
        end = one.end()
    if end < len(text):
        told.append(Piece(text[end:]))
    return told


def relation(books: NumberKeys, portal: NumberKeys) -> Relation:
    """Return how the two numbers relate: the first relation that holds."""
    if books.missing or portal.missing:
        found = (books.alternatives and portal.format in books.alternatives) or (
            portal.alternatives and books.format in portal.alternatives
        )
        return Relation.LOOK_ALIKE if found else Relation.MISSING
    if books.same == portal.same:
        return Relation.SAME
    if books.format == portal.format:
        return Relation.FORMAT
    if books.year == portal.year:
        # INV/2024/7 and INV/2025/7 are two documents of the year 2024-25
        two = books.years and portal.years and books.years != portal.years
        return Relation.DIFFERENT if two and len(books.years) == len(portal.years) == 2 else Relation.YEAR
    if books.fold == portal.fold and books.join != portal.join:
        return Relation.LOOK_ALIKE
    if books.join == portal.join:
        return Relation.PREFIX
    if books.serial and books.serial == portal.serial:
        ours, theirs = said_series(books), said_series(portal)
        if _part_of(ours, theirs) or _part_of(theirs, ours):
            short = len(books.serial) <= 2 and ours != theirs
            return Relation.SHORT_PREFIX if short else Relation.PREFIX
    if _one_slip_apart(books.join, portal.join):
        return Relation.LOOK_ALIKE
    return Relation.DIFFERENT


def said_series(number: NumberKeys) -> tuple[str, ...]:
    """Return the series without the words that say nothing."""
    return tuple(run for run in number.series if run not in LEAD_WORDS)


def _part_of(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """True if all runs of `short` stand in `long`, in the same order."""
    rest = iter(long)
    return all(run in rest for run in short)


def _one_slip_apart(one: str, other: str) -> bool:
    """True if one character is added, left out, or exchanged with its neighbour. A replaced character is another
    number, because suppliers count upwards."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    n = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    if len(one) == len(other):
        return (
            n + 1 < len(one) and one[n : n + 2] == other[n + 1] + other[n] and one[n + 2 :] == other[n + 2 :]
        )
    short, long = sorted((one, other), key=len)
    return short[n:] == long[n + 1 :]
