"""The rulebooks: October 2024, and October 2025 with its changes.

The definition of `BOOK_2025_10` in this module shows what changed in October 2025."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ims_portal.kernel.periods import TaxPeriod
from invoices.rules import gstr2b_placement
from invoices.rules import legality as legal
from invoices.rules.ruling import Clause, Disposition, Legality, Line, Refusal, Ruling
from invoices.rules.situation import Action, Book, Filing, Kind, Route, Situation

ACTIONS = (Action.ACCEPTED, Action.REJECTED, Action.PENDING, Action.NONE)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The clauses for records whose natural 2B month is `since` or later, until the next rulebook begins
    (R-008)."""

    book: Book
    since: TaxPeriod
    legality: tuple[Legality, ...]
    disposition: tuple[Disposition, ...]
    reduction_may_be_declared: bool
    pending_ends_after_one_period: bool
    source: str

    def amended(
        self,
        book: Book,
        *,
        since: TaxPeriod,
        replace: dict[Legality, Legality],
        reduction_may_be_declared: bool,
        pending_ends_after_one_period: bool,
        source: str,
    ) -> Rulebook:
        """Return a later book: a copy of this book with the given changes. `replace` maps old clauses to new
        ones."""
        return Rulebook(
            book=book,
            since=since,
            legality=tuple(replace.get(clause, clause) for clause in self.legality),
            disposition=self.disposition,
            reduction_may_be_declared=reduction_may_be_declared,
            pending_ends_after_one_period=pending_ends_after_one_period,
            source=source,
        )

    def rule(self, s: Situation) -> Ruling:
        """Return the ruling for one situation, with all clauses that led to the ruling. Raise ValueError if
        the situation belongs to another rulebook."""
        if s.book is not self.book:
            raise ValueError(f"situation of book {s.book.value} asked of {self.book.value}")
        refusals: dict[Action, Refusal] = {}
        trail: list[Clause] = []
        for law in self.legality:
            closes = law.rule(s)
            if closes is None:
                continue
            actions, code, instead, short = closes
            if refusals.keys() >= set(actions):
                continue  # an earlier clause already forbids these actions
            trail.append(law.clause)
            for action in actions:
                refusals.setdefault(action, Refusal(code, law.clause, instead, short))
        lines: tuple[Line, ...] | None = None
        for place in self.disposition:
            lines = place.rule(s)
            if lines is not None:
                trail.append(place.clause)
                break
        if lines is None:
            raise ValueError(f"no clause places {s}")
        specified = legal.is_specified(s)
        live = s.route is Route.IMS and not s.closed
        # no midnight and no GSTR-3B acts on a document that can never be filed
        lapsed = s.filing is Filing.LAPSED
        waits_one_period = self.pending_ends_after_one_period and legal.waits_one_period(s)
        ends_at_cutoff = s.action is Action.PENDING and live and not waits_one_period and not lapsed
        return Ruling(
            situation=s,
            in_ims=live,
            refusals=refusals,
            asks_reduction=live
            and Action.ACCEPTED not in refusals
            and self.reduction_may_be_declared
            and (specified or s.kind is Kind.BOE_REDUCTION),
            one_period=waits_one_period and not lapsed,
            purgeable=ends_at_cutoff and not legal.lowers_credit(s),
            reverts=ends_at_cutoff and legal.lowers_credit(s),
            adds_back=s.action is Action.REJECTED and specified and not s.superseded and not lapsed,
            lines=lines,
            trail=tuple(trail),
        )


BOOK_2024_10 = Rulebook(
    book=Book.B2410,
    since=TaxPeriod(2024, 10),
    legality=legal.LEGALITY_2024_10,
    disposition=gstr2b_placement.DISPOSITION,
    reduction_may_be_declared=False,
    pending_ends_after_one_period=False,
    source="IMS-FAQ; ADV24; FAQ24",
)

BOOK_2025_10 = BOOK_2024_10.amended(
    Book.B2510,
    since=TaxPeriod(2025, 10),
    replace={legal.pending_barred: legal.pending_for_one_period},
    reduction_may_be_declared=True,
    pending_ends_after_one_period=True,
    source="CHG25; FAQ25; BOE25",
)

BOOKS: Sequence[Rulebook] = (BOOK_2024_10, BOOK_2025_10)
# codes of the books in which specified records may be pending for only one period
ONE_PERIOD_BOOKS = tuple(book.book.value for book in BOOKS if book.pending_ends_after_one_period)
_BY_CODE = {book.book: book for book in BOOKS}


def book_for(natural_month: TaxPeriod, pinned: Book | None = None) -> Book:
    """Return the rulebook that applies to a record with this natural 2B month (R-008). `pinned` is the one
    rulebook that a portal for teaching may set for all months. If `pinned` is given, the function returns
    `pinned`."""
    if pinned is not None:
        return pinned
    return max(
        (b for b in BOOKS if b.since <= natural_month), key=lambda b: b.since, default=BOOK_2024_10
    ).book


@lru_cache(maxsize=200_000)
def rule(s: Situation) -> Ruling:
    """Return the ruling of the rulebook that the situation names. The function caches the rulings, because
    there are few different situations."""
    return _BY_CODE[s.book].rule(s)


def imports_in_ims(book: Book) -> bool:
    """True if bills of entry enter IMS under this book: from October 2025 (R-130)."""
    return book is not Book.B2410
