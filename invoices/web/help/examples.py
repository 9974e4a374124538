"""An example of each clause: a record with amounts. The rulebook's ruling on the record is computed for the
page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ims_portal.kernel.money import TaxAmounts
from invoices.models.choices import ACTION_LABELS, KIND_LABELS, ROUTE_LABELS
from invoices.queries import effects
from invoices.queries.explain import STANDINGS
from invoices.rules.rulebooks import BOOKS
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Book, Direction, Filing, Kind, Route, Situation, Standing
from invoices.web.page import words
from invoices.web.record_list.row import VERBS

# `TAX` is the tax of a document of ₹ 1,00,000 at 18 %. `EARLIER` has the tax of the version that the document
# amends, by the direction of the amendment. All amounts are in paise.
TAX = TaxAmounts(igst=1_800_000)
EARLIER = {
    Direction.UP: TaxAmounts(igst=1_500_000),
    Direction.LEVEL: TAX,
    Direction.DOWN: TaxAmounts(igst=2_400_000),
}
COUNTING = (Standing.BASELINE, Standing.CHARGE_CHANGED)


@dataclass(frozen=True, slots=True)
class Example:
    """An example: the record in words, the recipient's action on it, and the ruling."""

    kind: str
    stands: str
    earlier: TaxAmounts | None
    route: str
    action: str
    book: str
    open: tuple[str, ...]
    places: tuple[tuple[str, int], ...]  # (table of GSTR-2B, effect on ITC in paise of IGST)


def examples() -> dict[str, Example]:
    """Return examples by the name of the clause. Each example is the simplest record on which the clause
    decides. A clause that decides on no record has no example."""
    return _examples(get_language() or "")


@lru_cache(maxsize=4)
def _examples(_language: str) -> dict[str, Example]:
    found: dict[str, Example] = {}
    for book in BOOKS:
        for s in _plainest_first(book.book):
            ruling = book.rule(s)
            for clause in ruling.trail:
                # A record is an example of a clause in two cases: the clause refuses an action on the record,
                # or the clause is the last clause in the ruling on the record.
                shut = any(r.clause is clause for r in ruling.refusals.values())
                places = clause is ruling.trail[-1]
                if clause.name not in found and (shut or places):
                    found[clause.name] = _example_of(ruling)
    return found


def _plainest_first(book: Book) -> Iterator[Situation]:
    stands = [(Standing.ORIGINAL, Direction.NONE)] + [
        (standing, move)
        for standing in Standing
        if standing is not Standing.ORIGINAL
        for move in (Direction.DOWN, Direction.UP, Direction.LEVEL)
    ]
    clocks = [(False, False, False, False)] + [
        tuple(place == late for place in range(4)) for late in range(4)
    ]
    for clock, route, stand, filing, superseded, kind, action in product(
        clocks, Route, stands, (Filing.FILED, Filing.SAVED), (False, True), Kind, Action
    ):
        if action is not Action.NONE and route is not Route.IMS:
            continue
        if stand[0] is Standing.CHARGE_CHANGED and route is not Route.REVERSE_CHARGE:
            continue
        yield Situation(
            book, kind, route, filing, *stand, superseded, action,
            closed=clock[0], time_barred=clock[1], pending_limit_reached=clock[2], past_cutoff=clock[3],
        )  # fmt: skip


def _example_of(ruling: Ruling) -> Example:
    s = ruling.situation
    earlier = EARLIER.get(s.direction)
    baseline = earlier if earlier is not None and s.standing in COUNTING else TaxAmounts()
    places = tuple(
        (
            words.place(line),
            effects.effect(line, sign=s.kind.sign, tax=TAX, baseline=baseline, reduction=TaxAmounts()).igst,
        )
        for line in ruling.lines
    )
    return Example(
        kind=_(KIND_LABELS[s.kind]),
        stands=_(STANDINGS[s.standing]),
        earlier=earlier,
        route=_(ROUTE_LABELS[s.route]),
        action=_(ACTION_LABELS[s.action]),
        book=next(b.since.label for b in BOOKS if b.book is s.book),
        open=tuple(_(word) for action, word in VERBS.items() if action in ruling.allowed),
        places=places,
    )
