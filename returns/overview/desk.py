"""Figures of the open desk, read from the counters, for the home page and for the preview of filing
GSTR-3B."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from django.db.models import Count
from django.db.models import Sum as SumOf

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import Taxpayer
from invoices.queries import situations, tallies
from invoices.queries.situations import DeskView, Group
from invoices.rules import gates
from invoices.rules.calendar import Calendar
from invoices.rules.situation import Action, Filing, Route, Situation, Standing

KEYS = ("land", "root_year", "claim_period", "edited")
IN_DESK = (Route.IMS, Route.REVERSE_CHARGE)


@dataclass(slots=True)
class Sum:
    """A number of records, and their ITC in paise. The ITC is what the recipient gets by accepting all these
    records in full. Credit notes and amendments that lower the tax count as negative."""

    count: int = 0
    tax: TaxAmounts = TaxAmounts()

    def add(self, group: Group) -> None:
        self.count += group.count
        of_tax, of_baseline = weights(group.situation)
        self.tax += group.tax.scaled(of_tax) + group.baseline.scaled(of_baseline)


@lru_cache(maxsize=50_000)
def weights(s: Situation) -> tuple[int, int]:
    """Return how a record's tax and the tax of its baseline count in the recipient's ITC: as 1, -1 or 0."""
    if s.superseded:
        return 0, 0  # the amendment of a superseded record brings the credit
    # a version that changed to reverse charge gives its whole tax as credit
    changed = s.standing is Standing.CHARGE_CHANGED
    return s.kind.sign, 0 if changed else -s.kind.sign


@dataclass(frozen=True, slots=True)
class Counted:
    """A group of records from the counters. `land`, `root_year`, `claim_period` and `edited` are the same for
    all records of the group."""

    group: Group
    land: int
    root_year: int
    claim_period: int
    edited: bool

    @property
    def action(self) -> Action:
        return self.group.situation.action

    @property
    def filed(self) -> bool:
        return self.group.situation.filing is Filing.FILED

    @property
    def waits(self) -> bool:
        """True if the supplier saved the records and can still file them."""
        return self.group.situation.filing is Filing.SAVED


@dataclass(frozen=True, slots=True)
class Desk:
    """The records in IMS that are not closed, in groups, and the documents under reverse charge, which are not
    in IMS. The methods only add up groups and make no query.

    Records that can no longer be filed bring no credit, and nobody has to decide them (R-045, R-075). They are
    in no group; `lapsed` is their number."""

    open_period: int
    counted: tuple[Counted, ...]
    reverse_charge: tuple[Counted, ...] = ()
    lapsed: int = 0

    @property
    def list_filters(self) -> dict[str, str]:
        """Return the filters with which a record list shows exactly the records that this desk counts."""
        return {"filing": "S,F"} if self.lapsed else {}

    def sum(self, wanted: Callable[[Counted], bool]) -> Sum:
        total = Sum()
        for one in self.counted:
            if wanted(one):
                total.add(one.group)
        return total

    def here(self, action: Action) -> Sum:
        """Return the sum of the records with this action that land in the GSTR-2B of the open period or of an
        earlier period."""
        return self.sum(lambda c: c.action is action and c.land <= self.open_period)

    def filed_here(self, action: Action) -> Sum:
        """Return the sum of the filed records with this action that the GSTR-2B of the open period covers.
        Records that an amendment has superseded are left out."""
        return self.sum(
            lambda c: (
                c.action is action
                and c.filed
                and c.land <= self.open_period
                and not c.group.situation.superseded
            )
        )

    @property
    def claimed_late(self) -> Sum:
        """The sum of the documents whose credit a GSTR-3B filed today takes after the section 16(4) date of
        their financial year (R-101). Documents under reverse charge are included."""
        total = Sum()
        for one in (*self.counted, *self.reverse_charge):
            if one.land <= self.open_period and gates.is_claimed_late(one.group.situation):
                total.add(one.group)
        return total

    @property
    def edited(self) -> Sum:
        return self.sum(lambda c: c.edited)

    @property
    def not_filed(self) -> Sum:
        return self.sum(lambda c: c.waits)

    @property
    def undecided(self) -> Sum:
        """The sum of the records at No action that can land in the GSTR-2B of the open period or of an earlier
        period."""
        return self.here(Action.NONE)

    @property
    def accepted_not_filed(self) -> Sum:
        return self.sum(lambda c: c.waits and c.action is Action.ACCEPTED)

    @property
    def pending(self) -> Sum:
        return self.sum(lambda c: c.action is Action.PENDING)

    def purged_by_year(self) -> dict[FinancialYear, Sum]:
        """Return, by financial year, the sums of pending records that leave IMS at the section 16(4) date of
        that year (R-063)."""
        return self._by_year(lambda c: c.group.ruling.purgeable)

    def reverting_by_year(self) -> dict[FinancialYear, Sum]:
        """Return, by financial year, the sums of pending records that lower ITC and go back to No action at
        the section 16(4) date of that year (R-063)."""
        return self._by_year(lambda c: c.group.ruling.reverts)

    def _by_year(self, wanted: Callable[[Counted], bool]) -> dict[FinancialYear, Sum]:
        found: dict[FinancialYear, Sum] = defaultdict(Sum)
        for one in self.counted:
            if wanted(one):
                found[FinancialYear(one.root_year)].add(one.group)
        return dict(sorted(found.items()))

    def pending_by_deadline(self, taxpayer: Taxpayer, dates: Calendar) -> dict[date, Sum]:
        """Return the sums of pending records that may be pending for only one period (R-064), by the last day
        on which the records may be pending."""
        found: dict[date, Sum] = defaultdict(Sum)
        for one in self.counted:
            if one.action is Action.PENDING and one.group.ruling.one_period:
                period = TaxPeriod.from_number(one.claim_period)
                last = dates.pending_deadline(period, frequency=taxpayer.files, seat=taxpayer.seat)
                found[last].add(one.group)
        return dict(sorted(found.items()))


def desk(recipient: Taxpayer, dates: Calendar) -> Desk:
    """Return the recipient's desk for the open period. Needs one query, which reads a few hundred rows at
    most, for a desk of any size."""
    view = DeskView.of(recipient, clock.today(), dates)
    groups = tallies.of_desk(
        recipient,
        view,
        by=KEYS,
        keep=lambda row: row.situation.route in IN_DESK and not row.situation.closed,
    )
    live = [g for g in groups if g.situation.filing is not Filing.LAPSED]
    by_route = {
        route: tuple(Counted(g, *g.keys) for g in live if g.situation.route is route) for route in IN_DESK
    }
    lapsed = sum(
        g.count for g in groups if g.situation.filing is Filing.LAPSED and g.situation.route is Route.IMS
    )
    return Desk(recipient.open_period, by_route[Route.IMS], by_route[Route.REVERSE_CHARGE], lapsed)


@dataclass(frozen=True, slots=True)
class AddBacks:
    """The tax that rejections would add to suppliers if GSTR-3B were filed now, in paise (R-110)."""

    documents: int = 0
    suppliers: int = 0
    tax: TaxAmounts = TaxAmounts()


def add_backs(recipient: Taxpayer, period: TaxPeriod, dates: Calendar) -> AddBacks:
    """Return the tax that the period's rejections would add to suppliers if GSTR-3B were filed now. Needs at
    most two queries."""
    view = DeskView.of(recipient, clock.today(), dates)
    rejected = generation.scope(recipient, period).filter(decision__recipient_id=recipient.pk)
    records = rejected.filter(decision__action="R", supplier__isnull=False)
    groups = [g for g in situations.tally(records, view, sums=True) if g.ruling.adds_back]
    if not groups:
        return AddBacks()
    marked = situations.with_clock_facets(records, view).filter(situations.where(groups))
    found = marked.order_by().aggregate(
        n=Count("supplier_id", distinct=True), **{h: SumOf(f"untaken_{h}", default=0) for h in HEADS}
    )
    untaken = TaxAmounts(*(int(found[h]) for h in HEADS))
    return AddBacks(sum(g.count for g in groups), found["n"], _added(groups) - untaken)


def _added(groups: Iterable[Group]) -> TaxAmounts:
    """Return the tax, in paise, that the documents of these groups took off the suppliers' liability. Part of
    this tax may be credit that the recipient never took. The caller must subtract this part (R-084)."""
    total = TaxAmounts()
    for group in groups:
        total -= (group.tax - group.baseline).scaled(group.situation.kind.sign)
    return total


@dataclass(frozen=True, slots=True)
class WhatFilingDoes:
    """The sums that the preview of filing GSTR-3B shows: records that leave IMS, records that stay, and tax
    added to suppliers. `replaced` is the sum of originals that leave IMS because their amendments bring the
    credit."""

    accepted: Sum
    deemed: Sum
    rejected: Sum
    pending: Sum
    replaced: Sum
    add_backs: AddBacks = field(default_factory=AddBacks)

    @property
    def leaving(self) -> int:
        """Return the number of records that leave IMS when GSTR-3B is filed."""
        return self.accepted.count + self.deemed.count + self.rejected.count + self.replaced.count


def what_filing_does(found: Desk, recipient: Taxpayer, period: TaxPeriod, dates: Calendar) -> WhatFilingDoes:
    def leaving(action: Action) -> Sum:
        return found.sum(
            lambda c: (
                c.action is action and c.filed and c.land <= period.number and c.group.ruling.in_statement
            )
        )

    # an original whose amendment brings the credit leaves IMS, whatever its action is
    replaced = found.sum(lambda c: c.group.situation.superseded and c.filed and c.land <= period.number)

    return WhatFilingDoes(
        accepted=leaving(Action.ACCEPTED),
        deemed=leaving(Action.NONE),
        rejected=leaving(Action.REJECTED),
        pending=found.sum(
            lambda c: (
                c.action is Action.PENDING and c.land <= period.number and not c.group.situation.superseded
            )
        ),
        replaced=replaced,
        add_backs=add_backs(recipient, period, dates),
    )
