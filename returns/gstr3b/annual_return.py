"""Event: a taxpayer furnishes its annual return (R-062, R-033)."""

from __future__ import annotations

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear
from ims_portal.kernel.wording import say
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import AnnualReturn, Taxpayer
from invoices.rules.calendar import annual_return_opens
from invoices.rules.refusals import refused


def furnish(taxpayer: Taxpayer, year: FinancialYear, *, by: By) -> AnnualReturn:
    """Note that the taxpayer furnished the annual return today (portal clock), and return the note. A second
    call does not change the day. Raises `Refused` BAD_PERIOD for a year that has not ended. The day decides the section 16(4) date of all documents that are reported
    from now on. For existing documents, the section 16(4) date changes at the next midnight."""
    opens = annual_return_opens(year)
    if clock.today() < opens:
        raise refused(
            "BAD_PERIOD",
            say(
                "The annual return of FY %(year)s can be furnished when the year has ended, from %(day)s.",
                year=year.label,
                day=f"{opens:%d-%m-%Y}",
            ),
        )
    with transaction.atomic():
        annual, made = AnnualReturn.objects.get_or_create(
            taxpayer=taxpayer, year=year.start, defaults={"furnished_on": clock.today()}
        )
        if made:
            journal.write(taxpayer.pk, "annual return furnished", by, after={"year": year.label})
        return annual
