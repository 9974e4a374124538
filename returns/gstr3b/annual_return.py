"""Event: a taxpayer furnishes its annual return (R-062, R-033)."""

from __future__ import annotations

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import AnnualReturn, Taxpayer


def furnish(taxpayer: Taxpayer, year: FinancialYear, *, by: By) -> AnnualReturn:
    """Note that the taxpayer furnished the annual return today (portal clock), and return the note. A second
    call does not change the day. The day decides the section 16(4) date of all documents that are reported
    from now on. For existing documents, the section 16(4) date changes at the next midnight."""
    with transaction.atomic():
        annual, made = AnnualReturn.objects.get_or_create(
            taxpayer=taxpayer, year=year.start, defaults={"furnished_on": clock.today()}
        )
        if made:
            journal.write(taxpayer.pk, "annual return furnished", by, after={"year": year.label})
        return annual
