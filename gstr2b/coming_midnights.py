"""The events of the midnights between now and a later time, for the preview before the portal clock moves.

The dates are those of the calendar, so extended due dates count (R-067)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count, OuterRef, QuerySet, Subquery

from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices import portal_clock
from invoices.desk import midnight_events
from invoices.models import AnnualReturn, Record, Taxpayer
from invoices.queries.calendar import SEAT_COLUMNS, calendar, seat_columns
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Calendar, Due, Form, cutoff, years_past_cutoff
from invoices.rules.extensions import EVERYWHERE, Seat
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Filing, Route, from_labels

MONTHLY, QUARTERLY = Frequency.MONTHLY, Frequency.QUARTERLY
# An extension can postpone a date beyond the month in which the date usually is. The preview looks this many
# months back.
MONTHS_BACK = 3


@dataclass(frozen=True, slots=True)
class Ahead:
    """An event between now and a later time: its moment, its description, a count, and the notification that
    extended its date (`source`), or "". `kind` is one of:

    - draft: a GSTR-2B is drafted
    - due: a return is due
    - moves: documents that are saved but not filed will not be in a GSTR-2B
    - ends: records that may be pending for only one period stop being pending
    - back: pending records go back to No action at the section 16(4) date
    - lost: the credit of records is lost at the section 16(4) date"""

    at: datetime
    what: str
    count: int
    kind: str = "due"
    source: str = ""


def preview(target: datetime) -> list[Ahead]:
    """Return the events between now and `target`, earliest first. The function knows only events that follow
    from today's records."""
    target = portal_clock.in_ist(target)
    ahead: list[Ahead] = []
    dates = calendar()
    start = portal_clock.state().nights_through or clock.today()
    having = [kind.value for kind in RegistrationType if kind.has_ims]
    filers = _by_seat(
        Taxpayer.objects.filter(listed=True, registration_type__in=having).annotate(
            **seat_columns("", dates)
        ),
        "frequency",
        "open_period",
    )
    saved = _by_seat(
        Record.objects.filter(filing="S").annotate(**seat_columns("supplier", dates)), "supplier__frequency"
    )
    made = dict(
        Statement.objects.filter(is_current=True, is_final=False)
        .order_by()
        .values_list("period")
        .annotate(n=Count("pk"))
    )
    pending = _pending(dates)
    tomorrow = clock.today() + timedelta(days=1)
    for night in clock.midnights_between(clock.midnight(start), target):
        last = TaxPeriod.of(night).offset(-1)
        for month in (last.offset(-back) for back in reversed(range(MONTHS_BACK))):
            ahead += _draft(dates, night, month, filers, made.get(month.number, 0))
            ahead += _moves(dates, night, month, saved)
            ahead += _due(dates, night, month, filers)
        ahead += _at_cutoff(pending, night)
        # only the next night knows its annual returns: they are furnished on the day before
        barred = midnight_events.becoming_time_barred(night) if night <= tomorrow else 0
        if barred:
            what = "Records become too late for credit: section 16(4), annual return furnished"
            ahead.append(Ahead(clock.midnight(night), what, barred, "lost"))
        yesterday = night - timedelta(days=1)
        waiting = sum(one.count for one in pending if one.one_period_ends(dates) == yesterday)
        if waiting:
            at = clock.midnight(night)
            ahead.append(
                Ahead(at, "Pending ends for records that can be pending for one period only", waiting, "ends")
            )
    # a draft says that a GSTR-2B is due even if it is made for nobody
    return [event for event in ahead if event.count or event.kind == "draft"]


Groups = Counter[tuple[tuple[str | int, ...], Seat]]  # numbers by facts and reduced seat


def _by_seat(rows: QuerySet, *facts: str) -> Groups:
    counted = rows.order_by().values_list(*facts, *SEAT_COLUMNS).annotate(n=Count("pk"))
    return Counter({(row[: len(facts)], Seat(*row[len(facts) : -1])): row[-1] for row in counted})


def _draft(dates: Calendar, night: date, month: TaxPeriod, filers: Groups, made: int) -> Iterator[Ahead]:
    """Yield the drafts of GSTR-2B that the night makes."""
    if dates.draft_date(month) != night:
        return
    own = [("M", month.number), *([("Q", month.number)] if month.is_quarter_end else [])]
    due = sum(count for (facts, _seat), count in filers.items() if facts in own)
    yield Ahead(
        clock.midnight(night),
        f"Draft GSTR-2B of {month.label} for taxpayers whose previous GSTR-3B is filed",
        max(0, due - made),
        "draft",
        dates.draft(month).source,
    )


def _ends(day: date, groups: Mapping[Seat, int], due_of: Callable[..., Due]) -> list[tuple[int, str]]:
    """Return how many of the groups have their due date on `day`, by the notification that extended the date.
    A due date of all States is returned also if it concerns nobody."""
    found: Counter[str] = Counter()
    for seat, count in {EVERYWHERE: 0, **groups}.items():
        due = due_of(seat=seat)
        if due.on == day and (count or seat == EVERYWHERE):
            found[due.source] += count
    return [(count, source) for source, count in sorted(found.items())]


def _moves(dates: Calendar, night: date, month: TaxPeriod, saved: Groups) -> Iterator[Ahead]:
    """Yield the ends of filing windows, for suppliers of each frequency. On these nights, saved documents move
    to a later GSTR-2B."""
    for frequency, forms in (
        (MONTHLY, "Monthly GSTR-1 that is"),
        (QUARTERLY, "IFF and quarterly GSTR-1 that are"),
    ):
        form = Form.IFF if frequency is QUARTERLY and not month.is_quarter_end else Form.GSTR1
        window = partial(dates.window, month, form=form, frequency=frequency)
        groups = {seat: n for ((of,), seat), n in saved.items() if of == frequency.value}
        for count, source in _ends(night - timedelta(days=1), groups, window):
            what = f"{forms} saved but not filed will not be in GSTR-2B of {month.label}"
            yield Ahead(clock.midnight(night), what, count, "moves", source)


def _due(dates: Calendar, night: date, month: TaxPeriod, filers: Groups) -> Iterator[Ahead]:
    """Yield the GSTR-3B that are due on the day that begins at this midnight."""
    for frequency, whose in ((MONTHLY, "monthly filers"), (QUARTERLY, "quarterly filers")):
        if not frequency.is_period(month):
            continue
        due = partial(dates.gstr3b, month, frequency=frequency)
        groups = {seat: n for (facts, seat), n in filers.items() if facts == (frequency.value, month.number)}
        for count, source in _ends(night, groups, due):
            if count or frequency is MONTHLY:
                what = f"GSTR-3B of {month.label} is due for {whose} today"
                yield Ahead(clock.midnight(night), what, count, "due", source)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A group of pending records with equal facts. `root_year` is the first calendar year of the financial
    year that decides the section 16(4) date. `furnished` is the day on which the recipient filed the annual
    return of that financial year. `count` is the number of records."""

    ruling: Ruling
    root_year: int
    furnished: date | None
    claim_period: int
    frequency: str
    state: str
    district: str
    pin_code: str
    gstin: str
    count: int

    def one_period_ends(self, dates: Calendar) -> date | None:
        """Return the last day on which these records may be pending by R-064. Return None if the records may
        be pending longer than one period."""
        if not self.ruling.one_period or self.ruling.situation.filing is not Filing.FILED:
            # the month of a saved record moves on before this day, and the day moves with the month
            return None
        period = TaxPeriod.from_number(self.claim_period)
        seat = Seat(self.state, self.district, self.pin_code, self.gstin)
        return dates.pending_deadline(period, frequency=Frequency(self.frequency), seat=seat)

    @property
    def ends(self) -> date:
        """Return the date of the night on which these records stop being pending because of section 16(4)."""
        return cutoff(FinancialYear(self.root_year), self.furnished) + timedelta(days=1)


def _pending(dates: Calendar) -> list[_Pending]:
    furnished = AnnualReturn.objects.filter(
        taxpayer_id=OuterRef("recipient_id"), year=OuterRef("root_year")
    ).values("furnished_on")[:1]
    grouped = (
        Record.objects.filter(decision__action=Action.PENDING.value, route=Route.IMS.value)
        .order_by()
        .annotate(furnished=Subquery(furnished), **seat_columns("recipient", dates))
        .values_list(
            "label",
            "decision__label",
            "root_year",
            "furnished",
            "claim_period",
            "recipient__frequency",
            *SEAT_COLUMNS,
        )
        .annotate(n=Count("pk"))
    )
    return [_Pending(rule(from_labels(label, decision)), *facts) for label, decision, *facts in grouped]


def _at_cutoff(pending: Sequence[_Pending], night: date) -> Iterator[Ahead]:
    """Yield the events of one night for the pending records whose section 16(4) date was the day before. Some
    of these records leave IMS, and the others go back to No action (R-063)."""
    lost = sum(one.count for one in pending if one.ruling.purgeable and one.ends == night)
    back = sum(one.count for one in pending if one.ruling.reverts and one.ends == night)
    at, year = clock.midnight(night), years_past_cutoff(night)
    in_general = night.month == 12 and night.day == 1
    whose = f"Pending records of FY {year.label} and earlier" if in_general else "Pending records"
    why = "section 16(4)" if in_general else "section 16(4), annual return furnished"
    if lost or in_general:
        yield Ahead(at, f"{whose} leave IMS: {why}", lost, "lost")
    if back:
        yield Ahead(at, f"{whose} that lower ITC return to No action: {why}", back, "back")
