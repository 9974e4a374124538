"""Merged areas below the headings. Only the first cell of an area holds its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from invoices.register.reading.headings import Table
from invoices.register.reading.sheets import Cell

AREA = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


def place_of(letters: str) -> int:
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number - 1


def areas_below(table: Table) -> list[tuple[int, int, int, int]]:
    """Return the first row, last row, first column and last column of areas of several rows below the headings."""
    found = []
    for area in table.sheet.merged:
        if said := AREA.fullmatch(area):
            top, bottom = int(said[2]), int(said[4])
            if bottom > top > table.heading_rows[-1]:
                found.append((top, bottom, place_of(said[1]), place_of(said[3])))
    return found


def filled_from(table: Table, places: Collection[int]) -> Callable[[int, tuple[Cell, ...]], tuple[Cell, ...]]:
    """Return a function that fills the cells of merged areas with the value of their first row, in these columns."""
    tops: dict[tuple[int, int], Cell] = {}
    inside: dict[int, list[tuple[int, int]]] = {}
    for top, bottom, left, _right in areas_below(table):
        if left in places:
            for number in range(top, min(bottom, top + 10_000) + 1):
                inside.setdefault(number, []).append((left, top))

    def filled(number: int, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if number not in inside:
            return cells
        longer = list(cells)
        for place, top in inside[number]:
            longer += [None] * (place + 1 - len(longer))
            if number == top:
                tops[place, top] = longer[place]
            elif longer[place] is None:
                longer[place] = tops.get((place, top))
        return tuple(longer)

    return filled
