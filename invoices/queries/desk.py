"""The desk in numbers: records by section and action, documents that come to GSTR-2B without IMS, and the
state of the GSTR-2B draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.db.models import Count, Q, QuerySet

from ims_portal.support.database import prepared
from invoices.models import Job, RecipientDesk, Record, Taxpayer
from invoices.models.choices import SECTIONS
from invoices.queries import effects, tallies
from invoices.queries.record_list.records import GONE
from invoices.queries.situations import DeskView, Group
from invoices.rules import gates
from invoices.rules.calendar import Calendar
from invoices.rules.situation import Action, Filing, Route

STATUSES = (Action.NONE, Action.ACCEPTED, Action.REJECTED, Action.PENDING)


@dataclass(slots=True)
class Sum:
    """A number of records, with their tax and their effect on ITC as it stands, in paise. The tax of credit
    notes is subtracted."""

    count: int = 0
    tax: int = 0
    itc: int = 0

    def add(self, group: Group) -> None:
        self.count += group.count
        self.tax += group.tax.total * group.situation.kind.sign
        self.itc += effects.of_group(group).total

    @classmethod
    def of(cls, sums: Iterable[Sum]) -> Sum:
        sums = list(sums)
        return cls(sum(s.count for s in sums), sum(s.tax for s in sums), sum(s.itc for s in sums))


@dataclass(frozen=True, slots=True)
class SectionRow:
    key: str
    label: str
    by_status: dict[str, Sum]
    total: Sum


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a recipient's inward summary, read from the counters. `past` counts the documents
    that come to GSTR-2B without IMS, by route. `lapsed` counts the records in IMS without an action that can
    never be filed; nobody has to act on them. `later` counts the other records in IMS without an action that
    land in a later GSTR-2B than that of the open period."""

    tabs: dict[str, list[SectionRow]]
    totals: dict[str, SectionRow]
    past: dict[Route, Sum]
    lapsed: Sum
    later: Sum

    @property
    def in_ims(self) -> int:
        return self.totals["itc"].total.count + self.totals["imports"].total.count

    def with_status(self, action: Action) -> Sum:
        """Return how many records in IMS have this action, and their tax. All sections of IMS are counted."""
        rows = (self.totals["itc"], self.totals["imports"])
        return Sum.of(row.by_status[action.value] for row in rows)

    @property
    def left(self) -> Sum:
        """The sum of the records in IMS that need an action."""
        untouched = self.with_status(Action.NONE)
        lapsed = self.lapsed
        return Sum(untouched.count - lapsed.count, untouched.tax - lapsed.tax, untouched.itc - lapsed.itc)

    @property
    def past_count(self) -> int:
        return sum(found.count for found in self.past.values())


def summary(recipient: Taxpayer, view: DeskView) -> Summary:
    by = ("section", "land")
    groups = effects.completed(
        tallies.of_desk(
            recipient,
            view,
            by=by,
            keep=lambda row: row.situation.route not in GONE and not row.situation.closed,
        ),
        Record.objects.filter(recipient_id=recipient.pk),
        view,
        by=by,
    )
    tabs: dict[str, list[SectionRow]] = {"itc": [], "isd": [], "imports": []}
    past: dict[Route, Sum] = {}
    for key, label, tab in SECTIONS:
        route = Route.ISD if tab == "isd" else Route.IMS
        here = [g for g in groups if g.keys[0] == key and g.situation.route is route]
        tabs[tab].append(_row(key, label, here))
    lapsed = Sum()
    later = Sum()
    for group in groups:
        s = group.situation
        if s.route is Route.IMS and s.action is Action.NONE:
            if s.filing is Filing.LAPSED:
                lapsed.add(group)
            elif group.keys[1] > view.open_period:
                later.add(group)
        if group.situation.route not in (Route.IMS, Route.ISD):
            past.setdefault(group.situation.route, Sum()).add(group)
    totals = {tab: _total(rows) for tab, rows in tabs.items()}
    return Summary(tabs, totals, past, lapsed, later)


def _row(key: str, label: str, groups: Iterable[Group]) -> SectionRow:
    by_status = {action.value: Sum() for action in STATUSES}
    total = Sum()
    for group in groups:
        by_status[group.situation.action.value].add(group)
        total.add(group)
    return SectionRow(key, label, by_status, total)


def _total(rows: list[SectionRow]) -> SectionRow:
    by_status = {action.value: Sum.of(row.by_status[action.value] for row in rows) for action in STATUSES}
    return SectionRow("all", "", by_status, Sum.of(row.total for row in rows))


class Draft(str, Enum):
    """The state of the open period's GSTR-2B: before the draft date, due but not computed, current, or
    stale."""

    AHEAD = "ahead"
    DUE = "due"
    CURRENT = "current"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class DraftState:
    """The state of the open period's GSTR-2B, with its version and dates. `may_compute` is True if the
    recipient can compute the GSTR-2B now."""

    state: Draft
    version: int
    changes: int
    drafted_at: datetime | None
    comes_on: date
    may_compute: bool


def desk_of(recipient: Taxpayer) -> RecipientDesk | None:
    """Return the desk of the recipient's open period, or None if nothing has happened in the period."""
    return prepared.one(RecipientDesk, _desk, (recipient.pk, recipient.open_period))


def _desk(recipient_id: int, period: int) -> QuerySet:
    found = RecipientDesk.objects.filter(recipient_id=recipient_id, period=period)
    return found.values_list(*prepared.columns_of(RecipientDesk))


def draft_state(recipient: Taxpayer, today: date, dates: Calendar) -> DraftState:
    period = recipient.opens
    desk = desk_of(recipient)
    version = desk.statement_version if desk else 0
    common: dict[str, Any] = {"frequency": recipient.files, "open_period": period}
    if version:
        code = gates.recompute(period, exists=True, **common)
        state = Draft.STALE if desk is not None and desk.is_stale else Draft.CURRENT
    else:
        code = gates.generate(period, today=today, calendar=dates, **common)
        state = Draft.AHEAD if today < dates.draft_date(period) else Draft.DUE
    return DraftState(
        state,
        version,
        desk.changes if desk else 0,
        desk.drafted_at if desk else None,
        dates.draft_date(period),
        code is None and recipient.registration.has_ims,
    )


@dataclass(frozen=True, slots=True)
class Outward:
    """The number of a supplier's documents on the desks of all recipients, by state.

    `saved` counts the documents that the supplier has saved but not filed. Archived documents are not
    counted."""

    documents: int
    rejected: int
    pending: int
    saved: int


def outward(supplier: Taxpayer) -> Outward:
    found = prepared.rows(_outward, (), (supplier.pk,))
    return Outward(*(found[0] if found else (0, 0, 0, 0)))


def _outward(supplier_id: int) -> QuerySet:
    mine = Record.objects.filter(supplier_id=supplier_id).order_by().values("supplier_id")
    counted = mine.annotate(
        documents=Count("pk"),
        rejected=Count("pk", filter=Q(decision__action="R")),
        pending=Count("pk", filter=Q(decision__action="P")),
        saved=Count("pk", filter=Q(filing="S")),
    )
    return counted.values_list("documents", "rejected", "pending", "saved")


@dataclass(frozen=True, slots=True)
class Files:
    under_way: int
    done: int
    failed: int


def files(taxpayer: Taxpayer) -> Files:
    found = prepared.rows(_files, (), (taxpayer.pk,))
    return Files(*(found[0] if found else (0, 0, 0)))


def _files(taxpayer_id: int) -> QuerySet:
    mine = Job.objects.filter(taxpayer_id=taxpayer_id).order_by().values("taxpayer_id")
    counted = mine.annotate(
        under_way=Count("pk", filter=Q(state__in=[Job.State.QUEUED, Job.State.RUNNING])),
        done=Count("pk", filter=Q(state=Job.State.DONE)),
        failed=Count("pk", filter=Q(state=Job.State.FAILED)),
    )
    return counted.values_list("under_way", "done", "failed")
