"""The taxpayer's own GSTR-1, which comes before GSTR-3B of the same period (section 39(10), R-101)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db.models import Min

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.rules import gates
from invoices.rules.calendar import Form
from returns.models import Gstr3b, OutwardReturn

BLOCK = "block"


def stops_gstr3b() -> bool:
    """True if the portal refuses GSTR-3B while GSTR-1 of the period is not filed (setting `GSTR1_PENDING`)."""
    return settings.GSTR1_PENDING == BLOCK


def filed(taxpayer: Taxpayer, period: TaxPeriod) -> OutwardReturn | None:
    """Return the taxpayer's filed GSTR-1 of this tax period, or None."""
    return OutwardReturn.objects.filter(
        supplier=taxpayer, form=Form.GSTR1.value, period=period.number
    ).first()


def is_missing(taxpayer: Taxpayer, period: TaxPeriod) -> bool:
    """True if the taxpayer files GSTR-1 and has not filed GSTR-1 of this tax period."""
    return gates.gstr1_comes_first(taxpayer.registration) and filed(taxpayer, period) is None


def first_here(taxpayer: Taxpayer) -> TaxPeriod:
    """Return the taxpayer's first tax period on this portal. The returns of earlier periods were filed outside
    this portal, so they are not overdue here. Needs one query."""
    first = Gstr3b.objects.filter(recipient=taxpayer).aggregate(first=Min("period"))["first"]
    return min(taxpayer.opens, TaxPeriod.from_number(first)) if first else taxpayer.opens


def missing(taxpayer: Taxpayer, today: date) -> list[TaxPeriod]:
    """Return the tax periods whose GSTR-1 the taxpayer must still file, earliest first.

    These are the open period, the ended periods after it, and the periods whose GSTR-3B was filed here
    without GSTR-1. A period that has not begun is left out. Needs two queries."""
    if not gates.gstr1_comes_first(taxpayer.registration):
        return []
    wanted = required(
        taxpayer, today, Gstr3b.objects.filter(recipient=taxpayer).values_list("period", flat=True)
    )
    done = OutwardReturn.objects.filter(
        supplier=taxpayer, form=Form.GSTR1.value, period__in=wanted
    ).values_list("period", flat=True)
    return [TaxPeriod.from_number(number) for number in sorted(wanted - set(done))]


def required(taxpayer: Taxpayer, today: date, filed_3b: Iterable[int]) -> set[int]:
    """Return the tax periods for which the taxpayer must file GSTR-1 by `today`, filed or not, as numbers.
    `filed_3b` has the periods of the GSTR-3B filed here. The function makes no query."""
    files, period = taxpayer.files, taxpayer.opens
    wanted = set(filed_3b)
    if files.first_month(period).first_day <= today:
        wanted.add(period.number)
    while (period := files.next(period)).last_day < today:
        wanted.add(period.number)
    # after a change to quarterly filing, GSTR-1 of an earlier month can no longer be filed
    return {number for number in wanted if files.is_period(TaxPeriod.from_number(number))}
