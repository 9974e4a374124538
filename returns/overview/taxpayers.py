"""The figures of many taxpayers at once, for a person who works for many GSTINs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import lru_cache

from django.db.models import Count, F, Sum

from ims_portal.kernel.money import HEADS
from invoices.models import DeskTally, RecipientDesk, Record, Taxpayer
from invoices.people.access import Access
from invoices.queries import effects
from invoices.queries.situations import DeskView, clock_facets_of
from invoices.rules.calendar import Calendar, Form
from invoices.rules.legality import lowers_credit
from invoices.rules.situation import Action, Filing, Route, Situation, from_labels
from returns.overview.due_returns import DueReturn, Returns, returns_of

SOON_DAYS = 7
NO_ACTION = "N -"  # the label of a decision without an action


class Urgency(str, Enum):
    """How urgent the returns of a taxpayer are, most urgent first."""

    LATE = "late"
    SOON = "soon"
    LATER = "later"
    FILED = "filed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Undecided:
    """Records at No action that land in the GSTR-2B of the open period or of an earlier period. `at_stake` is
    their ITC if they stay at No action, less `reductions`: the ITC that some of these records take away, 0 or
    negative. Both are in paise. `later` is the number of records at No action that land after the open
    period. `not_filed` is the ITC of the records at No action, of any period, that the supplier has saved but
    not filed."""

    count: int = 0
    at_stake: int = 0
    reductions: int = 0
    later: int = 0
    not_filed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A taxpayer of a person, with the person's roles and the taxpayer's figures. For a person who only enters
    supplies, and for a registration without IMS, the figures of the recipient's side are empty."""

    access: Access
    undecided: Undecided
    desk: RecipientDesk | None
    open: tuple[DueReturn, ...]  # the returns to file, earliest due date first
    late: tuple[DueReturn, ...]
    closed: tuple[DueReturn, ...]  # each IFF that can no longer be filed, with saved documents
    urgency: Urgency
    rejected: int = 0  # the taxpayer's own documents that recipients rejected
    # the person's own GSTINs that hold up this taxpayer's credit, because they saved documents and did not file
    holders: tuple[Taxpayer, ...] = ()

    @property
    def next(self) -> DueReturn | None:
        """The return with the earliest due date. It may be late."""
        return self.open[0] if self.open else None

    @property
    def after_late(self) -> DueReturn | None:
        """Return the first return that is not late yet, if another return is late."""
        return next((one for one in self.open if one not in self.late), None) if self.late else None

    @property
    def taxpayer(self) -> Taxpayer:
        return self.access.taxpayer

    @property
    def stale(self) -> bool:
        return self.desk is not None and self.desk.is_stale


def rows(accesses: Collection[Access], today: date, dates: Calendar) -> list[Row]:
    """Return a row for each access, in the same order. Seven queries at most, however many taxpayers and records
    there are. The figures of the records come from the counters."""
    taxpayers = [one.taxpayer for one in accesses]
    recipients = [one.taxpayer for one in accesses if one.as_recipient]
    undecided = undecided_of(recipients)
    desks = {
        desk.recipient_id: desk
        for desk in RecipientDesk.objects.filter(
            recipient_id__in=[one.pk for one in recipients], period=F("recipient__open_period")
        )
    }
    due = returns_of(taxpayers, today, dates)
    found = [_row(one, undecided, desks, due[one.taxpayer.pk], today) for one in accesses]
    suppliers = [one.taxpayer.pk for one in accesses if one.can_supply or not one.as_recipient]
    rejected = _rejected(suppliers)
    holders = _holders(recipients, taxpayers)
    return [
        replace(row, rejected=rejected.get(row.taxpayer.pk, 0), holders=holders.get(row.taxpayer.pk, ()))
        for row in found
    ]


def _holders(recipients: Collection[Taxpayer], own: Collection[Taxpayer]) -> dict[int, tuple[Taxpayer, ...]]:
    """Return the taxpayers of `own` that saved documents to each recipient and did not file them, by recipient
    id. The documents are those of `Undecided.not_filed`. One query."""
    by_id = {one.pk: one for one in own}
    waiting = Record.objects.filter(
        supplier_id__in=by_id,
        recipient_id__in=[one.pk for one in recipients],
        route=Route.IMS.value,
        filing=Filing.SAVED.value,
        decision__action=Action.NONE.value,
    )
    found: dict[int, list[Taxpayer]] = {}
    for recipient_id, supplier_id in waiting.order_by().values_list("recipient_id", "supplier_id").distinct():
        found.setdefault(recipient_id, []).append(by_id[supplier_id])
    return {pk: tuple(sorted(some, key=lambda one: one.gstin)) for pk, some in found.items()}


def _rejected(suppliers: Collection[int]) -> dict[int, int]:
    """Return the number of live documents that recipients rejected, by supplier id. One query."""
    records = Record.objects.filter(supplier_id__in=suppliers, decision__action="R").order_by()
    return dict(records.values_list("supplier_id").annotate(n=Count("pk")))


def _row(
    access: Access,
    undecided: dict[int, Undecided],
    desks: dict[int, RecipientDesk],
    found: Returns,
    today: date,
) -> Row:
    pk, own = access.taxpayer.pk, access.as_recipient
    # a person who only enters supplies does not file GSTR-3B
    due = tuple(one for one in found.open if own or one.form is not Form.GSTR3B)
    return Row(
        access,
        undecided.get(pk, Undecided()),
        desks.get(pk),
        due,
        tuple(one for one in due if one.is_late(today)),
        found.closed,
        _urgency(due[0] if due else None, today, filed=own and found.filed),
    )


def _urgency(first: DueReturn | None, today: date, *, filed: bool) -> Urgency:
    if first is None:
        return Urgency.NOTHING
    left = (first.due.on - today).days
    if left < 0:
        return Urgency.LATE
    if left <= SOON_DAYS:
        return Urgency.SOON
    return Urgency.FILED if filed and first.period.last_day >= today else Urgency.LATER


def undecided_of(recipients: Collection[Taxpayer]) -> dict[int, Undecided]:
    """Return the undecided records of each recipient, by recipient id. They are the records that Home counts
    (`Desk.undecided`). One query on the counters."""
    counted = (
        DeskTally.objects.filter(recipient_id__in=[one.pk for one in recipients], decision=NO_ACTION)
        .order_by()
        .values_list("recipient_id", "label", "claim_period", "last_claim_period", "moved_to")
        .annotate(n=Sum("records"), tax=_total("{}"), baseline=_total("baseline_{}"))
    )
    opens = {one.pk: one.open_period for one in recipients}
    found = {one.pk: [0, 0, 0, 0, 0] for one in recipients}
    for recipient_id, label, claim_period, last_claim_period, moved_to, n, tax, baseline in counted:
        land, open_period = moved_to or claim_period, opens[recipient_id]
        situation = _situation(label, land < open_period, last_claim_period < land)
        if situation is None:
            continue
        sums = found[recipient_id]
        of_tax, of_baseline = effects.weights(situation)
        itc = of_tax * int(tax) + of_baseline * int(baseline)
        if situation.filing is Filing.SAVED:
            sums[4] += itc
        if land > open_period:
            sums[3] += n
            continue
        sums[0] += n
        sums[1] += itc
        if lowers_credit(situation):
            sums[2] += itc
    return {recipient_id: Undecided(*sums) for recipient_id, sums in found.items()}


def _total(name: str) -> Sum:
    return Sum(sum((F(name.format(head)) for head in HEADS[1:]), F(name.format(HEADS[0]))))


@lru_cache(maxsize=10_000)
def _situation(label: str, earlier: bool, barred: bool) -> Situation | None:
    """Return the situation of undecided records with this label, or None if Home does not count them: the
    records are not in IMS, can no longer be filed, or left IMS with their period. `earlier` is true if the
    records land in a period before the open period. `barred` is true if the records land after their section
    16(4) date."""
    found = from_labels(label, NO_ACTION)
    if found.route is not Route.IMS or found.filing is Filing.LAPSED:
        return None
    open_period, land = 202411, 202410 if earlier else 202411
    facets = clock_facets_of(
        DeskView(open_period),
        filing=found.filing.value,
        action=found.action.value,
        standing=found.standing.value,
        superseded="X" if found.superseded else "-",
        claim_period=land,
        land=land,
        last_claim_period=0 if barred else land,
        root_year=0,
    )
    return None if facets["closed"] else replace(found, time_barred=barred)
