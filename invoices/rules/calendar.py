"""Statutory dates, and the dates that follow from them: filing windows, drafts, limits, cut-offs.

Dates extended by notification are entries in a `Calendar`, not code (R-067).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod

# R-103, N82: quarterly filers of these States and Union territories file GSTR-3B by the 22nd. All other
# quarterly filers file by the 24th. The notification names code 97, Other Territory, in neither group. The
# portal uses the earlier date for 97 (inferred), so 97 is in this set.
GROUP_A = frozenset(
    ["22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "97"]
)


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
class Calendar:
    """Due dates, and the later dates that notifications set. `extensions` holds these later dates. The key of
    a date is the form, the last month of the period (a number like 202410), and the State ("" for all
    States)."""

    extensions: Mapping[tuple[str, int, str], date] = field(default_factory=dict)

    def _extended(self, form: str, period: TaxPeriod, state: str, base: date) -> date:
        exact = self.extensions.get((form, period.number, state))
        general = self.extensions.get((form, period.number, ""))
        return exact or general or base

    def window_due(self, month: TaxPeriod, *, form: Form, frequency: Frequency, state: str = "") -> date:
        """The last filing day whose documents still belong to the GSTR-2B of `month` (R-070)."""
        monthly = form is Form.GSTR1 and frequency is Frequency.MONTHLY
        following = month.offset(1).first_day
        base = following.replace(day=11 if monthly else 13)
        name = form.value if form is not Form.GSTR1 or monthly else "GSTR-1 quarterly"
        return self._extended(name, month, state, base)

    def window_month(self, on: date, *, form: Form, frequency: Frequency, state: str = "") -> TaxPeriod:
        """Return the month whose GSTR-2B shows the documents of a form that is filed on `on` (R-070)."""
        month = TaxPeriod.of(on)
        last = month.offset(-1)
        form = Form.GSTR1 if form is Form.GSTR1A else form
        return last if on <= self.window_due(last, form=form, frequency=frequency, state=state) else month

    def gstr1_due(self, period: TaxPeriod, *, frequency: Frequency, state: str = "") -> date:
        return self.window_due(period, form=Form.GSTR1, frequency=frequency, state=state)

    def iff_due(self, month: TaxPeriod, *, state: str = "") -> date:
        return self.window_due(month, form=Form.IFF, frequency=Frequency.QUARTERLY, state=state)

    def gstr3b_due(self, period: TaxPeriod, *, frequency: Frequency, state: str) -> date:
        """The due date of GSTR-3B (R-103). `period` is the taxpayer's tax period. For a quarter, `period` is
        the last month of the quarter."""
        if frequency is Frequency.MONTHLY:
            day, name = 20, "GSTR-3B"
        else:
            day, name = (22 if state in GROUP_A else 24), "GSTR-3B quarterly"
        return self._extended(name, period, state, period.offset(1).first_day.replace(day=day))

    def nominal_draft_date(self, period: TaxPeriod) -> date:
        """The 14th of the month after `period`. R-032 uses this day even if the GSTR-2B is made on another
        day."""
        return period.offset(1).first_day.replace(day=14)

    def draft_date(self, period: TaxPeriod) -> date:
        """The day on which the draft of GSTR-2B is made, at 0:00 IST. The day is the 14th of the month after
        `period`, or the day after the end of the last filing window, if this day is later (R-067)."""
        windows = [
            self.window_due(period, form=Form.GSTR1, frequency=Frequency.MONTHLY),
            self.window_due(period, form=Form.GSTR1, frequency=Frequency.QUARTERLY),
            self.window_due(period, form=Form.IFF, frequency=Frequency.QUARTERLY),
            self.window_due(period, form=Form.GSTR5, frequency=Frequency.MONTHLY),
            self.window_due(period, form=Form.GSTR6, frequency=Frequency.MONTHLY),
        ]
        return max(self.nominal_draft_date(period), max(windows) + timedelta(days=1))

    def pending_deadline(self, period: TaxPeriod, *, frequency: Frequency, state: str) -> date:
        """The last day on which a specified record of 2B period `period` may be pending (R-064)."""
        return self.gstr3b_due(frequency.next(period), frequency=frequency, state=state)

    def last_expired_period(self, today: date, *, frequency: Frequency, state: str) -> TaxPeriod:
        """The latest 2B period whose time for pending is over on `today` (R-064). Specified records
        (`legality.is_specified`) of this period and of earlier periods can no longer be pending."""
        period = frequency.period_of(TaxPeriod.of(today))
        while self.pending_deadline(period, frequency=frequency, state=state) >= today:
            period = frequency.previous(period)
        return period


def cutoff(year: FinancialYear, annual_return_on: date | None = None) -> date:
    """The section 16(4) date of a financial year (R-062): 30 November after the year, or the filing day of
    the year's annual return, if that day is earlier."""
    november = date(year.start + 1, 11, 30)
    return min(november, annual_return_on) if annual_return_on else november


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
