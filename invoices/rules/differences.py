"""The differences between two rulebooks, as a list of situations. The module asks both rulebooks for their
rulings and compares the rulings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from invoices.rules.rulebooks import imports_in_ims, rule
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
    """One situation with its rulings under the earlier rulebook (`before`) and the later rulebook (`after`).
    `before` is None if records of this kind were not in IMS. `late` is the ruling of the later rulebook when
    the time limit for pending is over."""

    situation: Situation
    before: Ruling | None
    after: Ruling
    late: Ruling


def situations(book: Book) -> Iterator[Situation]:
    """Yield one situation for every combination of kind, standing and direction. The records of these
    situations are filed, are on the desk, and have no action."""
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
    """Return the situations that the two books rule differently. The function compares the available actions,
    the question about ITC reduction, and how long a record may be pending.

    Bills of entry are in IMS only under the later book (R-130). They get one difference for each kind, the
    original, without a ruling of the earlier book."""
    found = []
    for s in situations(old):
        after = rule(replace(s, book=new))
        late = rule(replace(s, book=new, pending_limit_reached=True))
        if s.kind.is_import and imports_in_ims(old) is not imports_in_ims(new):
            if not s.is_amendment:
                found.append(Difference(s, None, after, late))
            continue
        before = rule(s)
        if _answers_of(before) != _answers_of(after) or late.allowed != after.allowed:
            found.append(Difference(s, before, after, late))
    return found


def unchanged(old: Book, new: Book) -> list[tuple[Situation, Ruling]]:
    """Return the situations that the two books rule in the same way, each with its ruling. Bills of entry are
    left out, because they were not in IMS under the earlier book."""
    different = {found.situation for found in differences(old, new)}
    return [(s, rule(s)) for s in situations(old) if s not in different and not s.kind.is_import]


def _answers_of(ruling: Ruling) -> tuple[frozenset[Action], bool, bool]:
    # the time limit of Pending matters only if Pending is available
    lasts_one_period = ruling.one_period and Action.PENDING in ruling.allowed
    return ruling.allowed, ruling.asks_reduction, lasts_one_period
