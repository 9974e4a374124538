"""What differs between two rulebooks, as a table of situations: asked of the books themselves, not written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Book, Direction, Filing, Kind, Route, Situation, Standing

DIRECTIONS = (Direction.UP, Direction.LEVEL, Direction.DOWN)
STANDINGS = (
    Standing.BASELINE,
    Standing.NO_BASELINE,
    Standing.PREVAILS,
    Standing.PREVAILS_REJECTED,
    Standing.BLOCKED,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One situation and its ruling under each book; `late` is the later book's after the one period is over."""

    situation: Situation
    before: Ruling
    after: Ruling
    late: Ruling


def situations(book: Book) -> Iterator[Situation]:
    """Filed records on the desk with no action yet: every kind and every standing."""
    for kind in Kind:
        start = Situation(
            book=book,
            kind=kind,
            route=Route.IMS,
            filing=Filing.FILED,
            standing=Standing.ORIGINAL,
            direction=Direction.NONE,
            superseded=False,
        )
        yield start
        for standing in STANDINGS:
            for direction in DIRECTIONS:
                yield replace(start, standing=standing, direction=direction)


def differences(old: Book, new: Book) -> list[Difference]:
    """The situations the two books rule differently: what is open, what is asked on acceptance, how long
    Pending lasts. Bills of entry are on the desk under the later book only (R-130)."""
    found = []
    for s in situations(old):
        before, after = rule(s), rule(replace(s, book=new))
        late = rule(replace(s, book=new, pending_limit_reached=True))
        if _answers_of(before) != _answers_of(after) or late.allowed != after.allowed:
            found.append(Difference(s, before, after, late))
    return found


def _answers_of(ruling: Ruling) -> tuple[frozenset[Action], bool, bool]:
    # how long Pending lasts is of interest where it can be chosen
    lasts_one_period = ruling.one_period and Action.PENDING in ruling.allowed
    return ruling.allowed, ruling.asks_reduction, lasts_one_period
