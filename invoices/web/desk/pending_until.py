"""The last day on which a record may be pending, and the reason for that day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules.calendar import cutoff
from invoices.rules.ruling import Ruling


def pending_until(
    taxpayer: Taxpayer, record: Record, ruling: Ruling, furnished: Mapping[tuple[int, int], date]
) -> tuple[date, str]:
    """Return the last day on which the record may be pending, and the reason in words (R-055, R-064).
    `furnished` is the result of `annual_returns`: the days on which annual returns were filed."""
    if ruling.one_period:
        claim = TaxPeriod.from_number(record.claim_period)
        due = calendar().pending(claim, frequency=taxpayer.files, seat=taxpayer.seat)
        why = _("one tax period after the period of the record")
        if due.source:
            why = _("%(why)s; the due date is extended by %(source)s") % {"why": why, "source": due.source}
        return due.on, why
    year = FinancialYear(record.root_year)
    day = cutoff(year, furnished.get((taxpayer.pk, record.root_year)))
    return day, _("the section 16(4) date of FY %(year)s") % {"year": year.label}
