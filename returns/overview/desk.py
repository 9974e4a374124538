"""Figures of the open desk, read from the counters, for the home page and for the preview of filing
GSTR-3B."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count
from django.db.models import Sum as SumOf

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.queries import effects, situations, tallies
from invoices.queries.situations import DeskView, Group
from invoices.rules import gates
from invoices.rules.calendar import Calendar
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Effect
from invoices.rules.situation import Action, Filing, Route, Standing

KEYS = ("land", "root_year", "claim_period", "last_claim_period", "edited")
IN_DESK = (Route.IMS, Route.REVERSE_CHARGE)


@dataclass(slots=True)
class Sum:
    """A number of records, and their ITC in paise. Records that are accepted or at No action have their effect
    as it stands, less a declared reduction (`effects.of_group`). Pending and rejected records have the effect
    that they would have if the recipient accepted all of them in full. Credit notes and amendments that lower
    the tax count as negative."""

    count: int = 0
    tax: TaxAmounts = TaxAmounts()

    def add(self, one: Counted) -> None:
        self.count += one.group.count
        self.tax += one.itc


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Numbers of records of a desk that have no line in the GSTR-2B of the open period. `not_filed` records
    are only saved. `replaced` records have an amendment in the same GSTR-2B (R-083). `held` records are
    amendments that wait for the GSTR-3B of the earlier version (R-082)."""

    not_filed: int
    replaced: int
    held: int

    @property
    def count(self) -> int:
        return self.not_filed + self.replaced + self.held


@dataclass(frozen=True, slots=True)
class Counted:
    """A group of records from the counters. `land`, `root_year`, `claim_period`, `last_claim_period` and
    `edited` are the same for all records of the group. `itc` is the ITC of the group (see `Sum`), and
    `formula` says how a record's amounts give its ITC."""

    group: Group
    land: int
    root_year: int
    claim_period: int
    last_claim_period: int
    edited: bool
    itc: TaxAmounts
    formula: Effect

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
                total.add(one)
        return total

    def here(self, action: Action) -> Sum:
        """Return the sum of the records with this action that land in the GSTR-2B of the open period or of an
        earlier period."""
        return self.sum(lambda c: c.action is action and c.land <= self.open_period)

    def filed_here(self, action: Action) -> Sum:
        """Return the sum of the filed records with this action that have a line in the GSTR-2B of the open
        period. Records that an amendment has superseded are left out, and so are amendments that wait for the
        GSTR-3B of the earlier version (R-082)."""
        return self.sum(
            lambda c: (
                c.action is action and c.filed and c.land <= self.open_period and c.group.ruling.in_statement
            )
        )

    def left_out(self, action: Action) -> LeftOut:
        """Return why records with this action are in `here` but not in `filed_here`, as numbers of records."""
        here = [c for c in self.counted if c.action is action and c.land <= self.open_period]

        def number(wanted: Callable[[Counted], bool]) -> int:
            return sum(c.group.count for c in here if wanted(c))

        return LeftOut(
            not_filed=number(lambda c: not c.filed),
            replaced=number(lambda c: c.filed and c.group.situation.superseded),
            held=number(
                lambda c: c.filed and not c.group.situation.superseded and not c.group.ruling.in_statement
            ),
        )

    @property
    def claimed_late(self) -> Sum:
        """The sum of the documents whose credit a GSTR-3B filed today takes after the section 16(4) date of
        their financial year (R-101). Documents under reverse charge are included."""
        total = Sum()
        for one in (*self.counted, *self.reverse_charge):
            if one.land <= self.open_period and gates.is_claimed_late(one.group.situation):
                total.add(one)
        return total

    @property
    def edited(self) -> Sum:
        return self.sum(lambda c: c.edited)

    @property
    def not_filed(self) -> Sum:
        """The sum of the records that the supplier can still file. Their ITC is what the filing brings under
        the present actions."""
        total = Sum()
        for one in self.counted:
            if one.waits:
                total.count += one.group.count
                total.tax += effects.of_group(one.group)
        return total

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
        that year (R-063), and whose credit can still be claimed."""
        return self._by_year(lambda c: c.group.ruling.purgeable and not self._credit_gone(c))

    def purged_without_credit(self) -> dict[FinancialYear, Sum]:
        """Return the same for pending records whose credit is already lost: the last GSTR-2B that could give it
        is filed (R-066)."""
        return self._by_year(lambda c: c.group.ruling.purgeable and self._credit_gone(c))

    def _credit_gone(self, one: Counted) -> bool:
        return one.last_claim_period < self.open_period

    def reverting_by_year(self) -> dict[FinancialYear, Sum]:
        """Return, by financial year, the sums of pending records that lower ITC and go back to No action at
        the section 16(4) date of that year (R-063)."""
        return self._by_year(lambda c: c.group.ruling.reverts)

    def _by_year(self, wanted: Callable[[Counted], bool]) -> dict[FinancialYear, Sum]:
        found: dict[FinancialYear, Sum] = defaultdict(Sum)
        for one in self.counted:
            if wanted(one):
                found[FinancialYear(one.root_year)].add(one)
        return dict(sorted(found.items()))

    def pending_by_deadline(self, taxpayer: Taxpayer, dates: Calendar) -> dict[date, Sum]:
        """Return the sums of pending records that may be pending for only one period (R-064), by the last day
        on which the records may be pending."""
        found: dict[date, Sum] = defaultdict(Sum)
        for one in self.counted:
            if one.action is Action.PENDING and one.group.ruling.one_period:
                period = TaxPeriod.from_number(one.claim_period)
                last = dates.pending_deadline(period, frequency=taxpayer.files, seat=taxpayer.seat)
                found[last].add(one)
        return dict(sorted(found.items()))


def desk(recipient: Taxpayer, dates: Calendar) -> Desk:
    """Return the recipient's desk for the open period. Needs one query, which reads a few hundred rows at
    most, for a desk of any size. If amendments have a declared reduction, a second query reads these
    amendments."""
    view = DeskView.of(recipient, clock.today(), dates)
    groups = tallies.of_desk(
        recipient,
        view,
        by=KEYS,
        keep=lambda row: row.situation.route in IN_DESK and not row.situation.closed,
    )
    live = effects.completed(
        [g for g in groups if g.situation.filing is not Filing.LAPSED],
        Record.objects.filter(recipient_id=recipient.pk).annotate(edited=tallies.OF_RECORD["edited"]),
        view,
        by=KEYS,
    )
    by_route = {
        route: tuple(_counted(g, view) for g in live if g.situation.route is route) for route in IN_DESK
    }
    lapsed = sum(
        g.count for g in groups if g.situation.filing is Filing.LAPSED and g.situation.route is Route.IMS
    )
    return Desk(recipient.open_period, by_route[Route.IMS], by_route[Route.REVERSE_CHARGE], lapsed)


def _counted(group: Group, view: DeskView) -> Counted:
    land, root_year, claim_period, last_claim_period, edited = group.keys
    if group.situation.action in (Action.PENDING, Action.REJECTED):
        # the action would move a record of an earlier period to the open period
        late = last_claim_period < max(land, view.open_period)
        ruling = effects.if_accepted(group.situation, late=late)
    else:
        ruling = rule(effects.once_filed(group.situation))
    itc = effects.sum_of(group, ruling)
    if group.situation.route is Route.REVERSE_CHARGE and group.situation.standing is Standing.CHARGE_CHANGED:
        # R-088 takes the credit of the earlier version back on a line of its own. This document's own credit
        # is its whole tax.
        itc += group.baseline.scaled(group.situation.kind.sign)
    formula = ruling.lines[0].effect if ruling.lines else Effect.NONE
    return Counted(group, land, root_year, claim_period, last_claim_period, edited, itc, formula)


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
    credit. `losing` is the sum of those pending records whose credit no later GSTR-2B can give (R-066)."""

    accepted: Sum
    deemed: Sum
    rejected: Sum
    pending: Sum
    replaced: Sum
    losing: Sum = field(default_factory=Sum)
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

    def stays(c: Counted) -> bool:
        return c.action is Action.PENDING and c.land <= period.number and not c.group.situation.superseded

    def loses(c: Counted) -> bool:
        last = c.last_claim_period == period.number == found.open_period
        return stays(c) and last and c.filed and c.group.ruling.purgeable

    return WhatFilingDoes(
        accepted=leaving(Action.ACCEPTED),
        deemed=leaving(Action.NONE),
        rejected=leaving(Action.REJECTED),
        pending=found.sum(stays),
        replaced=replaced,
        losing=found.sum(loses),
        add_backs=add_backs(recipient, period, dates),
    )
