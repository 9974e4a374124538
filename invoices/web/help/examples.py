"""An example of each clause: a record with amounts. The rulebook rules on the record, and the clause must be
one of the clauses that decide in this ruling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models.choices import ACTION_LABELS, KIND_LABELS, ROUTE_LABELS
from invoices.queries import effects
from invoices.queries.explain import STANDINGS
from invoices.rules import gstr2b_placement
from invoices.rules.occurring import can_occur
from invoices.rules.rulebooks import BOOKS
from invoices.rules.ruling import Clause, Disposition, Legality, Ruling
from invoices.rules.situation import Action, Book, Direction, Filing, Kind, Route, Situation, Standing
from invoices.web.page import words
from invoices.web.record_list.row import VERBS

# `TAX` is the tax of a document of ₹ 1,00,000 at 18 %. `EARLIER` has the tax of the version that the document
# amends, by the direction of the amendment. `WITHIN_STATE` is the tax of a supply within the supplier's State.
# All amounts are in paise.
TAX = TaxAmounts(igst=1_800_000)
WITHIN_STATE = TaxAmounts(cgst=900_000, sgst=900_000)
EARLIER = {
    Direction.UP: TaxAmounts(igst=1_500_000),
    Direction.LEVEL: TAX,
    Direction.DOWN: TaxAmounts(igst=2_400_000),
}
COUNTING = (Standing.BASELINE, Standing.CHARGE_CHANGED)
# The simplest record of this clause is an original, but the clause is about amendments. Its example must therefore
# have this standing.
ABOUT = {gstr2b_placement.reverse_charge.clause: Standing.CHARGE_CHANGED}


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a clause: the record in words, and what the clause decides on the record.

    `ruling` is the rulebook's ruling, which contains the clause. For a clause that refuses actions, `shut` and
    `open` are the actions that this clause refuses, and the available actions. For a clause that sends
    records to GSTR-2B, `places` has the tables with the change of ITC in paise and the tax in 4(D)(2), or None
    for a line that is not in 4(D)(2)."""

    ruling: Ruling
    kind: str
    tax: TaxAmounts
    stands: str
    earlier: TaxAmounts | None
    route: str
    action: str
    clock: tuple[str, ...]
    book: str
    shut: tuple[str, ...]
    open: tuple[str, ...]
    places: tuple[tuple[str, int, int | None], ...]

    @property
    def heads(self) -> tuple[tuple[str, int], ...]:
        """Return the tax of the record, as pairs of tax head and paise, without heads of zero."""
        return tuple((name.upper(), paise) for name in HEADS if (paise := getattr(self.tax, name)))


def example(clause: Clause) -> Example | None:
    """Return the example of a clause in the reader's language: the simplest record on which the clause
    decides."""
    return _example(clause, get_language() or "")


@lru_cache(maxsize=256)
def _example(clause: Clause, _language: str) -> Example | None:
    ruling = _simplest_ruling(clause)
    return None if ruling is None else _example_of(ruling, clause)


@lru_cache(maxsize=64)
def _simplest_ruling(clause: Clause) -> Ruling | None:
    """Return the ruling on the simplest record on which the clause decides. The earliest rulebook with the
    clause comes first."""
    since = TaxPeriod.parse(clause.since)
    for book in BOOKS:
        laws: tuple[Legality | Disposition, ...] = (*book.legality, *book.disposition)
        asked = [law.rule for law in laws if law.clause is clause]
        if not asked or since > book.since:
            continue
        for s in _plainest_first(book.book):
            # The clause alone is asked first, because a complete ruling takes ten times as long.
            if s.standing is not ABOUT.get(clause, s.standing) or asked[0](s) is None:
                continue
            ruling = book.rule(s)
            # An action that is not available was stored only if GSTR-3B closed the record later.
            if s.action is not Action.NONE and s.action in ruling.refusals and not s.closed:
                continue
            if clause in _deciding(ruling):
                return ruling
    return None


def _deciding(ruling: Ruling) -> tuple[Clause, ...]:
    """Return the clauses that decide on a record: each clause that refuses an action, and the last clause of
    the ruling, which chooses the table of GSTR-2B."""
    return (*dict.fromkeys(refusal.clause for refusal in ruling.refusals.values()), ruling.trail[-1])


Facets = tuple[Route, tuple[Standing, Direction], Filing, bool, Kind, Action]


def _plainest_first(book: Book) -> Iterator[Situation]:
    clocks = [(False, False, False, False)] + [
        tuple(place == late for place in range(4)) for late in range(4)
    ]
    for clock in clocks:
        for facets in _occurring(book):
            s = _situation(book, facets, *clock)
            if can_occur(s):
                yield s


@lru_cache(maxsize=len(Book))
def _occurring(book: Book) -> tuple[Facets, ...]:
    """Return the facets that a record of the book can have while its period is open, simplest first."""
    stands = [(Standing.ORIGINAL, Direction.NONE)] + [
        (standing, move)
        for standing in Standing
        if standing is not Standing.ORIGINAL
        for move in (Direction.DOWN, Direction.UP, Direction.LEVEL)
    ]
    filings = (Filing.FILED, Filing.SAVED, Filing.LAPSED)
    every = product(Route, stands, filings, (False, True), Kind, Action)
    return tuple(facets for facets in every if can_occur(_situation(book, facets)))


def _situation(
    book: Book,
    facets: Facets,
    closed: bool = False,
    time_barred: bool = False,
    pending_limit_reached: bool = False,
    past_cutoff: bool = False,
) -> Situation:
    route, stand, filing, superseded, kind, action = facets
    return Situation(
        book, kind, route, filing, *stand, superseded, action,
        closed=closed, time_barred=time_barred, pending_limit_reached=pending_limit_reached,
        past_cutoff=past_cutoff,
    )  # fmt: skip


def _example_of(ruling: Ruling, clause: Clause) -> Example:
    s = ruling.situation
    tax = WITHIN_STATE if s.route is Route.PLACE_OF_SUPPLY else TAX
    earlier = EARLIER.get(s.direction)
    baseline = earlier if earlier is not None and s.standing in COUNTING else TaxAmounts()
    shut = tuple(
        _(word) for a, word in VERBS.items() if a in ruling.refusals and ruling.refusals[a].clause is clause
    )
    placed = () if shut else ruling.lines
    return Example(
        ruling=ruling,
        kind=_(KIND_LABELS[s.kind]),
        tax=tax,
        stands=_(STANDINGS[s.standing]),
        earlier=earlier,
        route=_(ROUTE_LABELS[s.route]),
        action=_(ACTION_LABELS[s.action]),
        clock=tuple(_(text) for held, text in zip(_clock(s), CLOCKS, strict=True) if held),
        book=next(b.since.label for b in BOOKS if b.book is s.book),
        shut=shut,
        open=tuple(_(word) for action, word in VERBS.items() if action in ruling.allowed),
        places=tuple(
            (
                words.place(line),
                effects.effect(
                    line, sign=s.kind.sign, tax=tax, baseline=baseline, reduction=TaxAmounts()
                ).total,
                effects.barred(line, tax=tax, baseline=baseline).total if line.not_available else None,
            )
            for line in placed
        ),
    )


CLOCKS = (
    gettext_noop("The supplier has saved the document and not filed it."),
    gettext_noop("The form can no longer be filed."),
    gettext_noop("An amendment of the same GSTR-2B period has replaced the record."),
    gettext_noop("GSTR-3B of the record's period is filed."),
    gettext_noop("The draft day of the record's GSTR-2B is after the section 16(4) date."),
    gettext_noop("The last day of the one period for Pending has passed."),
    gettext_noop("The section 16(4) date of the record's financial year has passed."),
)


def _clock(s: Situation) -> tuple[bool, ...]:
    """Return which of the texts in `CLOCKS` hold for a situation, in the same order."""
    saved, lapsed = s.filing is Filing.SAVED, s.filing is Filing.LAPSED
    return saved, lapsed, s.superseded, s.closed, s.time_barred, s.pending_limit_reached, s.past_cutoff
