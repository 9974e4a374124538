"""Finds bills of entry whose credit comes after the section 16(4) date. GSTR-2B shows a warning on the lines
of these bills (R-135)."""

from __future__ import annotations

from collections.abc import Mapping

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import ArchivedRecord, Record
from invoices.queries.calendar import annual_returns
from invoices.rules.calendar import bill_after_cutoff


def after_cutoff(recipient_id: int, period: TaxPeriod, credits: Mapping[int, int]) -> set[int]:
    """Return the ids of those bills of entry in `credits` that need the warning (R-135): the GSTR-2B of
    `period` comes after the bill's section 16(4) date. `credits` maps the record id of each bill of entry to
    its credit in paise. The function makes three queries, or no query if `credits` is empty."""
    if not credits:
        return set()
    years: dict[int, int] = {}
    for source in (Record, ArchivedRecord):
        found = source.objects.filter(pk__in=credits, recipient_id=recipient_id)
        years.update(found.values_list("pk", "root_year"))
    furnished = annual_returns([recipient_id])
    return {
        pk
        for pk, year in years.items()
        if bill_after_cutoff(
            period,
            FinancialYear(year),
            credit=credits[pk],
            annual_return_on=furnished.get((recipient_id, year)),
        )
    }
