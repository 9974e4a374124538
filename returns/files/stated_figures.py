"""The counts and sums that a file states of itself, compared with the documents that were read from the file.

A difference means that the file is incomplete, was edited, or was not read as its writer meant. A difference
changes nothing. Pages, API and commands show both figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ims_portal.kernel.money import BadAmount, format_inr, paise

COUNT, VALUE = "documents", "value"
# figure -> the names under which files state it; `ttl_tax` is the taxable value, not the tax
NAMES = {
    COUNT: ("ttl_rec", "ttl_cnt", "ttldocs", "ttl_docs"),
    VALUE: ("ttl_val",),
    "taxable value": ("txval", "ttl_txval", "ttl_tax"),
    "IGST": ("igst", "ttl_igst", "ttl_iamt"),
    "CGST": ("cgst", "ttl_cgst", "ttl_camt"),
    "SGST": ("sgst", "ttl_sgst", "ttl_samt"),
    "cess": ("cess", "ttl_cess", "ttl_csamt"),
}
TAXABLE_AND_TAX = tuple(NAMES)[2:]
TOTALS = frozenset(name for names in NAMES.values() for name in names if name.startswith("ttl"))
# Figures by name: a number of documents, or an amount in paise. A figure of None is not known.
Figures = Mapping[str, int | None]
# Figures that a file states. A text is a figure that is not a number.
Stated = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Unequal:
    """A figure that the file states and that differs from the documents read. `place` is the place of the
    statement in the file."""

    place: str
    figure: str
    stated: str
    read: str

    @property
    def sentence(self) -> str:
        return f"The file states {self.figure} {self.stated}, the documents read have {self.read}."

    def as_json(self) -> dict[str, str]:
        return {"place": self.place, "figure": self.figure, "stated": self.stated, "read": self.read}


def stated_in(part: Mapping[str, Any]) -> Stated:
    """Return the figures that a part of a file states. Amounts are in paise."""
    found: dict[str, int | str] = {}
    for figure, names in NAMES.items():
        given = next((part[name] for name in names if part.get(name) is not None), None)
        if given is not None:
            found[figure] = _number(given, whole=figure == COUNT)
    return found


def added(parts: Sequence[Stated]) -> Stated:
    """Return the sums of the figures that all these parts state. If one of them is not a number, the figure
    is its text."""
    found: dict[str, int | str] = {}
    for figure in NAMES:
        values = [part[figure] for part in parts if figure in part]
        if values and len(values) == len(parts):
            texts = [value for value in values if isinstance(value, str)]
            found[figure] = texts[0] if texts else sum(value for value in values if isinstance(value, int))
    return found


def unequal(place: str, stated: Stated, read: Figures) -> Iterator[Unequal]:
    """Yield the stated figures that differ from `read`. A figure that `read` does not know is skipped."""
    for figure, said in stated.items():
        there = read.get(figure)
        if there is not None and said != there:
            yield Unequal(place, figure, _shown(figure, said), _shown(figure, there))


def _number(given: Any, *, whole: bool) -> int | str:
    try:
        if isinstance(given, bool) or not isinstance(given, (int, Decimal, str)):
            raise BadAmount
        found = paise(given)
    except BadAmount:
        return repr(str(given)[:20])
    if not whole:
        return found
    return found // 100 if found % 100 == 0 else repr(str(given)[:20])


def _shown(figure: str, value: int | str) -> str:
    if isinstance(value, str):
        return value
    return str(value) if figure == COUNT else format_inr(value)
