"""All situations that a record can be in. Tests of the rulebooks use this complete list."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from invoices.rules.occurring import CHARGE_CHANGES
from invoices.rules.situation import (
    Action,
    Answer,
    Book,
    Direction,
    Filing,
    Kind,
    Route,
    Situation,
    Standing,
)

AMENDED = [s for s in Standing if s is not Standing.ORIGINAL]
MOVES = [Direction.UP, Direction.DOWN, Direction.LEVEL]
DECISIONS = [
    (Action.NONE, Answer.NONE),
    (Action.ACCEPTED, Answer.NONE),
    (Action.ACCEPTED, Answer.FULL),
    (Action.ACCEPTED, Answer.PART),
    (Action.ACCEPTED, Answer.NO),
    (Action.REJECTED, Answer.NONE),
    (Action.PENDING, Answer.NONE),
]
CLOCKS = [*product((False, True), repeat=4)]


def stands(route: Route) -> list[tuple[Standing, Direction]]:
    """Return all combinations of standing (the relation of a version to the earlier versions) and direction
    (the version raises, lowers or keeps the tax). An original has no direction."""
    amended = [
        (standing, move)
        for standing in AMENDED
        for move in MOVES
        if standing is not Standing.CHARGE_CHANGED or route in CHARGE_CHANGES
    ]
    return [(Standing.ORIGINAL, Direction.NONE), *amended]


def possible(book: Book) -> Iterator[Situation]:
    """Yield all possible situations of one rulebook. A record that is not in IMS has no decision, and its
    situation does not depend on the date."""
    for kind, route in product(Kind, Route):
        in_ims = route is Route.IMS
        for (standing, direction), filing in product(stands(route), Filing):
            for superseded in (False, True) if filing is Filing.FILED else (False,):
                for action, answer in DECISIONS if in_ims else DECISIONS[:1]:
                    for closed, barred, limit, past in CLOCKS if in_ims else CLOCKS[:1]:
                        if closed and filing is not Filing.FILED:
                            continue
                        yield Situation(
                            book=book,
                            kind=kind,
                            route=route,
                            filing=filing,
                            standing=standing,
                            direction=direction,
                            superseded=superseded,
                            action=action,
                            answer=answer,
                            closed=closed,
                            time_barred=barred,
                            pending_limit_reached=limit,
                            past_cutoff=past,
                        )


def situation(**facets) -> Situation:
    """Return the situation of a filed original invoice under the October 2024 rulebook. The arguments replace
    single properties of this situation."""
    values = {
        "book": Book.B2410,
        "kind": Kind.INVOICE,
        "route": Route.IMS,
        "filing": Filing.FILED,
        "standing": Standing.ORIGINAL,
        "direction": Direction.NONE,
        "superseded": False,
    }
    return Situation(**{**values, **facets})
