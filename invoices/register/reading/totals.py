"""Rows that are totals. A row is dropped as a total only if its name says so and its amounts are the sum of rows above."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from invoices.register.reading.sheets import Cell

TOTAL = re.compile(
    r"(?:grand|sub|page|sheet|net|month(?:ly)?)?[ -]*totals?\b(?: (?:for|of|as)\b.*)?[ :.-]*"
    r"|totals? (?:for|of)\b.*|.{1,60}[ -]totals?|carried (?:over|forward)|brought forward|कुल(?: योग)?|योग",
    re.IGNORECASE,
)
ROUNDING = 100  # paise


def is_total(cells: Sequence[Cell]) -> bool:
    """True if the first text of the row is the name of a total."""
    first = next((cell for cell in cells if isinstance(cell, str) and not cell[:1].isdigit()), None)
    return first is not None and bool(TOTAL.fullmatch(first.strip()))


class Totals:
    """Sums of the rows above: of all, and of those since the last total."""

    def __init__(self, names: Sequence[str]):
        self._all = dict.fromkeys((*names, "tax"), 0)
        self._since = dict(self._all)

    def add(self, amounts: Mapping[str, int | None]) -> None:
        for sums in (self._all, self._since):
            for name in sums:
                sums[name] += amounts.get(name) or 0

    def proven(self, amounts: Mapping[str, int | None]) -> bool:
        """True if the amounts are one of the sums. The rows since the last total then begin anew."""
        filled = {name: amount for name, amount in amounts.items() if amount and name in self._all}
        found = bool(filled) and any(
            all(abs(abs(amount) - abs(sums[name])) <= ROUNDING for name, amount in filled.items())
            for sums in (self._since, self._all)
        )
        if found:
            self._since = dict.fromkeys(self._since, 0)
        return found
