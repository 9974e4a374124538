"""Finds the headings of a sheet by the content of its rows. Titles may stand above the headings, and notes below."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

from invoices.register.reading.aliases import KNOWN
from invoices.register.reading.dates import days
from invoices.register.reading.refusals import letter
from invoices.register.reading.sheets import Cell, Sheet
from invoices.register.reading.values import amount, like_gstin, text

LOOKED_AT = 60
MOST_HEADING_ROWS = 4
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
SPELT = re.compile(r"\b(i|c|s|ut|u)[ -]?g ?s ?t\b")
RUPEES = re.compile(r"\b(?:in )?(?:rs|inr|rupees)\b")
TITLE = re.compile(r":|\d{2}")
IDENTIFIER = re.compile(r"(?=.*\d)[A-Za-z0-9/\-_.]{2,30}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `heading` is the heading as it stood, `key` is its plain form with the parent, and unique in
    its table. `own` is the plain form without the parent. `alone` is False if several columns have the same `own`."""

    place: int
    heading: str
    key: str
    own: str
    alone: bool


@dataclass(frozen=True, eq=False)
class Table:
    """A sheet with headings. `first` is the place of the first row below the headings in `sheet.rows`, `data` of
    the first row that looks like data. `titles` has the cells of the rows above the headings."""

    sheet: Sheet
    columns: tuple[Column, ...]
    first: int
    heading_rows: tuple[int, ...]
    titles: tuple[tuple[str, ...], ...]
    data: int

    @cached_property
    def _headings(self) -> dict[int, str]:
        return {column.place: column.own for column in self.columns if column.own}

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self._headings.values())

    def repeats_headings(self, cells: tuple[Cell, ...]) -> bool:
        """True if the row is the row of headings again, as on each page of a printed list."""
        first = next((cell for cell in cells if isinstance(cell, str)), "")
        if plain(first[:80]) not in self._words:
            return False
        filled = [(place, cell) for place, cell in enumerate(cells) if isinstance(cell, str)]
        return len(filled) > 2 and all(self._headings.get(place) == plain(cell) for place, cell in filled[:6])


@lru_cache(maxsize=4096)
def plain(heading: str) -> str:
    """Return a heading in small letters, without signs and currency, with GST spelt in one way."""
    found = CAMEL.sub(" ", unicodedata.normalize("NFKC", heading.replace("_x000D_", " ")))
    found = re.sub(
        r"(?<!\d)\.|\.(?!\d)|[₹*():'\"\[\]]", "", found.lower().replace("_", " ").replace("\\", "/")
    )
    found = re.sub(r"\s*/\s*", "/", RUPEES.sub("", found).replace(",", " ").replace(" - ", " "))
    return SPELT.sub(r"\1gst", " ".join(found.split()))


def _as_data(cells: tuple[Cell, ...]) -> int:
    numbers = dates = names = words = gstins = filled = 0
    for cell in cells:
        if cell is None:
            continue
        filled += 1
        if like_gstin(cell):
            gstins = 1
        elif not isinstance(cell, str):
            numbers, dates = (
                numbers + isinstance(cell, (int, float)),
                dates or not isinstance(cell, (int, float)),
            )
        elif days(cell):
            dates = 1
        elif cell[:1] in "0123456789(-₹." and amount(cell) is not None:
            numbers += 1
        elif plain(cell) in KNOWN:
            words += 1
        elif IDENTIFIER.fullmatch(cell):
            names += 1
    if filled < 3:
        return 0
    return 6 * gstins + min(numbers, 4) + 2 * bool(dates) + min(names, 2) - 2 * words


def table(sheet: Sheet) -> Table | None:
    """Return the table of a sheet, None if no headings stand above its first row of data."""
    looked = sheet.rows[:LOOKED_AT]
    scores = [_as_data(cells) for _number, cells in looked]
    data = next(
        (
            n
            for n, score in enumerate(scores)
            if score >= 6 or (score >= 4 and n + 1 < len(scores) and scores[n + 1] >= 4)
        ),
        len(looked),
    )
    block: list[int] = []
    for n in range(data - 1, -1, -1):
        filled = sum(cell is not None for cell in looked[n][1])
        below = looked[n + 1][0] if n + 1 < len(looked) else looked[n][0] + 1
        if filled < 2 and not block and n >= data - 2:
            continue  # a row of units between the headings and the data
        if filled < 2 or (block and below - looked[n][0] > 1) or len(block) == MOST_HEADING_ROWS:
            break
        block.insert(0, n)
    known = {n: sum(isinstance(c, str) and plain(c) in KNOWN for c in looked[n][1]) for n in block}
    while block and not known[block[-1]]:
        block.pop()  # units, or a row that explains the columns
    if not block or max(known[n] for n in block) < 2:
        return None
    block = _with_parents([(n, looked[n][1]) for n in block])
    return Table(
        sheet,
        _columns([looked[n][1] for n in block]),
        block[-1] + 1,
        tuple(looked[n][0] for n in block),
        tuple(
            tuple(text(cell) for cell in cells if cell is not None) for _number, cells in looked[: block[0]]
        ),
        data,
    )


def _with_parents(rows: list[tuple[int, tuple[Cell, ...]]]) -> list[int]:
    """Return the places of the rows of headings. A row above with a sign or a digit, like `Period: April 2025`, is a
    title and no parent, and so is each row above it."""
    found = [rows[-1][0]]
    for n, cells in reversed(rows[:-1]):
        if any(not isinstance(cell, str) or TITLE.search(cell) for cell in cells if cell is not None):
            break
        found.insert(0, n)
    return found


def _columns(rows: list[tuple[Cell, ...]]) -> tuple[Column, ...]:
    width = max(len(cells) for cells in rows)
    stacked: list[list[str]] = []
    parent = [""] * len(rows)
    for place in range(width):
        here = [text(cells[place]).strip() if place < len(cells) else "" for cells in rows]
        if any(here):
            for level, heading in enumerate(here[:-1]):
                if heading:
                    # a parent without a heading below it belongs to its own column only
                    parent[level] = heading if any(here[level + 1 :]) else ""
                elif here[-1]:
                    here[level] = parent[level]
        else:
            parent = [""] * len(rows)
        stacked.append(here)
    whole = [" ".join(dict.fromkeys(part for part in here if part)) for here in stacked]
    own = [plain(next((part for part in reversed(here) if part), "")) for here in stacked]
    count = Counter(own)
    seen: Counter[str] = Counter()
    found = []
    for place, heading in enumerate(whole):
        key = plain(heading) or f"column {letter(place).lower()}"
        seen[key] += 1
        unique = key if seen[key] == 1 else f"{key} #{seen[key]}"
        alone = count[own[place]] == 1
        found.append(Column(place, heading or letter(place), unique, own[place], alone))
    return tuple(found)
