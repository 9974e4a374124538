"""Statutory dates, and the dates that follow from them: filing windows, drafts, limits, cut-offs.

Dates extended by notification are entries in a `Calendar`, not code (R-067).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import partial

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules.extensions import EVERYWHERE, GROUPS, Extension, Seat, latest


class Form(str, Enum):
    """The forms that bring documents to the portal, and GSTR-3B."""

    GSTR1 = "GSTR-1"
    IFF = "IFF"
    GSTR1A = "GSTR-1A"
    GSTR5 = "GSTR-5"
    GSTR6 = "GSTR-6"
    ICEGATE = "ICEGATE"
    GSTR3B = "GSTR-3B"


@dataclass(frozen=True, slots=True)
class Due:
    """A statutory date. `source` names the notification that extended the date, or is empty."""

    on: date
    source: str = ""


# the windows of all forms that bring documents to GSTR-2B
WINDOWS = (
    (Form.GSTR1, Frequency.MONTHLY),
    (Form.GSTR1, Frequency.QUARTERLY),
    (Form.IFF, Frequency.QUARTERLY),
    (Form.GSTR5, Frequency.MONTHLY),
    (Form.GSTR6, Frequency.MONTHLY),
)


@dataclass(frozen=True, slots=True)
class Expired:
    """The 2B periods whose time for pending is over (R-064): all periods up to `last`, except the periods in
    `waiting`. An extension moved the last pending day of these periods behind that of a later period. Periods
    are numbers like 202410."""

    last: int = 0
    waiting: tuple[int, ...] = ()

    def __contains__(self, period: int) -> bool:
        return period <= self.last and period not in self.waiting


@dataclass(frozen=True, slots=True)
class Calendar:
    """Due dates, and the later dates that notifications set (R-067). `extensions` holds these later dates, by
    form and last month of the period (a number like 202410). `places` has all districts, PIN codes and GSTINs
    that an extension names."""

    extensions: Mapping[tuple[str, int], tuple[Extension, ...]] = field(default_factory=dict)
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, extensions: Iterable[Extension]) -> Calendar:
        found: dict[tuple[str, int], tuple[Extension, ...]] = {}
        for one in extensions:
            found[one.form, one.period] = (*found.get((one.form, one.period), ()), one)
        return cls(found, frozenset().union(*(one.places for some in found.values() for one in some)))

    def reduced(self, seat: Seat) -> Seat:
        """Return the seat without the facts that no extension names. Taxpayers with equal reduced seats have
        equal dates, so callers compute the dates once for each reduced seat."""
        named = self.places
        return Seat(
            seat.state,
            seat.district if seat.district in named else "",
            seat.pin_code if seat.pin_code in named else "",
            seat.gstin if seat.gstin in named else "",
        )

    def _due(self, form: str, period: TaxPeriod, seat: Seat, base: date) -> Due:
        some = self.extensions.get((form, period.number))
        extended = latest(some, seat, base) if some else None
        return Due(extended.due_on, extended.source) if extended else Due(base)

    def window(self, month: TaxPeriod, *, form: Form, frequency: Frequency, seat: Seat = EVERYWHERE) -> Due:
        """The last filing day whose documents still belong to the GSTR-2B of `month` (R-070)."""
        monthly = form is Form.GSTR1 and frequency is Frequency.MONTHLY
        name = form.value if form is not Form.GSTR1 or monthly else "GSTR-1 quarterly"
        return self._due(name, month, seat, month.offset(1).first_day.replace(day=11 if monthly else 13))

    def window_due(
        self, month: TaxPeriod, *, form: Form, frequency: Frequency, seat: Seat = EVERYWHERE
    ) -> date:
        return self.window(month, form=form, frequency=frequency, seat=seat).on

    def window_month(
        self,
        on: date,
        *,
        form: Form,
        frequency: Frequency,
        seat: Seat = EVERYWHERE,
        form_month: TaxPeriod | None = None,
    ) -> TaxPeriod:
        """Return the month whose GSTR-2B shows the documents of a form that is filed on `on` (R-070).

        An extension can move the end of a window beyond the end of the next window. The earliest window counts
        that is still open, but no window before `form_month`, the first month that can show the form."""
        month = TaxPeriod.of(on)
        last = month.offset(-1)
        form = Form.GSTR1 if form is Form.GSTR1A else form
        open_on = partial(self.window_due, form=form, frequency=frequency, seat=seat)
        if form_month is not None:
            extended = {TaxPeriod.from_number(number) for _form, number in self.extensions}
            still_open = [m for m in extended if form_month <= m < last and on <= open_on(m)]
            if still_open:
                return min(still_open)
        return last if on <= open_on(last) else month

    def gstr1_due(self, period: TaxPeriod, *, frequency: Frequency, seat: Seat = EVERYWHERE) -> date:
        return self.window_due(period, form=Form.GSTR1, frequency=frequency, seat=seat)

    def iff_due(self, month: TaxPeriod, *, seat: Seat = EVERYWHERE) -> date:
        return self.window_due(month, form=Form.IFF, frequency=Frequency.QUARTERLY, seat=seat)

    def gstr3b(self, period: TaxPeriod, *, frequency: Frequency, seat: Seat) -> Due:
        """The due date of GSTR-3B (R-103). `period` is the taxpayer's tax period. For a quarter, `period` is
        the last month of the quarter."""
        if frequency is Frequency.MONTHLY:
            day, name = 20, "GSTR-3B"
        else:
            day, name = (22 if seat.group == "A" else 24), "GSTR-3B quarterly"
        return self._due(name, period, seat, period.offset(1).first_day.replace(day=day))

    def gstr3b_due(self, period: TaxPeriod, *, frequency: Frequency, seat: Seat) -> date:
        return self.gstr3b(period, frequency=frequency, seat=seat).on

    def nominal_draft_date(self, period: TaxPeriod) -> date:
        """The 14th of the month after `period`. R-032 uses this day even if the GSTR-2B is made on another
        day."""
        return period.offset(1).first_day.replace(day=14)

    def draft_date(self, period: TaxPeriod) -> date:
        """The day on which the draft of GSTR-2B is made, at 0:00 IST. The day is the 14th of the month after
        `period`, or the day after the end of the last filing window, if this day is later (R-067)."""
        return self.draft(period).on

    def draft(self, period: TaxPeriod) -> Due:
        """The day of `draft_date`, with the notification that postpones the draft."""
        windows = [self.window(period, form=form, frequency=of) for form, of in WINDOWS]
        last = max(windows, key=lambda due: due.on)
        after = last.on + timedelta(days=1)
        nominal = self.nominal_draft_date(period)
        return Due(after, last.source) if after > nominal else Due(nominal)

    def pending(self, period: TaxPeriod, *, frequency: Frequency, seat: Seat) -> Due:
        """The last day on which a specified record of 2B period `period` may be pending (R-064)."""
        return self.gstr3b(frequency.next(period), frequency=frequency, seat=seat)

    def pending_deadline(self, period: TaxPeriod, *, frequency: Frequency, seat: Seat) -> date:
        return self.pending(period, frequency=frequency, seat=seat).on

    def pending_ends(
        self, first: date, last: date, *, frequency: Frequency, seat: Seat
    ) -> tuple[TaxPeriod, ...]:
        """Return the 2B periods whose last pending day is one of the days from `first` to `last`, earliest
        period first (R-064). A long extension can move the day of a period behind the day of the next
        period."""
        # besides the periods whose statutory day is one of these days, only extended periods can end on them
        periods = set(self._extended_2b_periods(frequency))
        period = frequency.period_of(TaxPeriod.of(last))
        law = Calendar()
        while law.pending_deadline(period, frequency=frequency, seat=seat) >= first:
            periods.add(period)
            period = frequency.previous(period)
        ends = partial(self.pending_deadline, frequency=frequency, seat=seat)
        return tuple(sorted(one for one in periods if first <= ends(one) <= last))

    def _extended_2b_periods(self, frequency: Frequency) -> Iterator[TaxPeriod]:
        """Yield the 2B periods before the periods of extended GSTR-3B returns."""
        name = "GSTR-3B" if frequency is Frequency.MONTHLY else "GSTR-3B quarterly"
        for form, number in self.extensions:
            if form == name and frequency.is_period(TaxPeriod.from_number(number)):
                yield frequency.previous(TaxPeriod.from_number(number))

    def expired(self, today: date, *, frequency: Frequency, seat: Seat) -> Expired:
        """Return the 2B periods whose time for pending is over on `today` (R-064). Specified records
        (`legality.is_specified`) of these periods can no longer be pending."""
        ends = partial(self.pending_deadline, frequency=frequency, seat=seat)
        last = frequency.period_of(TaxPeriod.of(today))
        while ends(last) >= today:
            last = frequency.previous(last)
        waiting = {one for one in self._extended_2b_periods(frequency) if one < last and ends(one) >= today}
        return Expired(last.number, tuple(sorted(one.number for one in waiting)))


def base_dates(form: str, period: TaxPeriod, state: str) -> list[date]:
    """Return the statutory due dates of a form in a State, in a group of States or in all States, without any
    extension. `form` is a name that extensions use, like "GSTR-3B quarterly". The list is empty for a form
    without a due date of its own."""
    law, seats = Calendar(), [Seat(one) for one in ((state,) if state else GROUPS)]
    name = form.removesuffix(" quarterly")
    frequency = Frequency.QUARTERLY if name != form or form == "IFF" else Frequency.MONTHLY
    if name == Form.GSTR3B.value:
        return [law.gstr3b_due(period, frequency=frequency, seat=seat) for seat in seats]
    if name in (Form.GSTR1.value, Form.IFF.value, Form.GSTR5.value, Form.GSTR6.value):
        return [law.window_due(period, form=Form(name), frequency=frequency)]
    return []


def cutoff(year: FinancialYear, annual_return_on: date | None = None) -> date:
    """The section 16(4) date of a financial year (R-062): 30 November after the year, or the filing day of
    the year's annual return, if that day is earlier."""
    november = date(year.start + 1, 11, 30)
    return min(november, annual_return_on) if annual_return_on else november


def annual_return_opens(year: FinancialYear) -> date:
    """Return the first day on which the annual return of a financial year can be furnished: the day after the
    year's end (R-062)."""
    return year.last_day + timedelta(days=1)


def last_claim_period(
    year: FinancialYear, *, frequency: Frequency, annual_return_on: date | None = None
) -> TaxPeriod:
    """The last 2B period that may offer the credit of a document of this financial year (R-032). It is the
    last period whose nominal draft date is not after the section 16(4) date of the year. The nominal draft
    date is the 14th of the next month."""
    limit = cutoff(year, annual_return_on)
    period = frequency.period_of(TaxPeriod.of(limit))
    while period.offset(1).first_day.replace(day=14) > limit:
        period = frequency.previous(period)
    return period


# the warning for a bill of entry whose credit comes after the section 16(4) date of the bill's year
BILL_AFTER_CUTOFF = (
    "This GSTR-2B comes after the section 16(4) date of the bill's year. It is disputed whether section "
    "16(4) covers bills of entry. One view: section 16(4) names only invoices and debit notes, so the "
    "credit is still available. The other view: section 16(4) also covers bills of entry (AAR Maharashtra, "
    "Adi Enterprises, 29 April 2025), so the credit came too late."
)


def bill_after_cutoff(
    period: TaxPeriod, year: FinancialYear, *, credit: int, annual_return_on: date | None = None
) -> bool:
    """True if a bill of entry needs the warning `BILL_AFTER_CUTOFF` (R-135): its `credit` (paise) is above 0,
    and the nominal draft date of `period` is after the section 16(4) date of `year`."""
    nominal = period.offset(1).first_day.replace(day=14)
    return credit > 0 and nominal > cutoff(year, annual_return_on)


def years_past_cutoff(today: date) -> FinancialYear:
    """The latest financial year whose section 16(4) date, 30 November, is before `today` (R-063)."""
    return FinancialYear(today.year - 1 if today > date(today.year, 11, 30) else today.year - 2)
