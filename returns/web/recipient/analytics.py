"""Charts of a recipient's desk. Below each chart is the table of its figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel import clock
from ims_portal.kernel.money import rupee_text
from invoices.models import AnnualReturn
from invoices.people.access import Access, for_taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from returns.overview import analytics, desk
from returns.overview.analytics import Band, PeriodCredit, SupplierRisk
from returns.overview.next_steps import records_url
from returns.overview.step import period_name
from returns.web.recipient.charts import by_status
from returns.web.recipient.pages import crumbs, link


@for_taxpayer()
def page(request: HttpRequest, access: Access) -> HttpResponse:
    """Show ITC by status, suppliers whose documents put credit at risk, pending records by days left, and
    credit by period."""
    taxpayer, today, dates = access.taxpayer, clock.today(), calendar()
    found = desk.desk(taxpayer, dates)
    suppliers = analytics.by_supplier(taxpayer, DeskView.of(taxpayer, today, dates), found)
    furnished = dict(AnnualReturn.objects.filter(taxpayer=taxpayer).values_list("year", "furnished_on"))
    bands = analytics.pending_by_days(found, taxpayer, today=today, dates=dates, annual_returns=furnished)
    periods = analytics.by_period(taxpayer)
    statuses = by_status(taxpayer, found)
    return render(
        request,
        "returns/recipient/analytics.html",
        {
            "access": access,
            "name": period_name(taxpayer),
            "statuses": statuses,
            "any_record": any(row["count"] for row in statuses),
            "suppliers": [_supplier(access, one) for one in suppliers],
            "bands": [_band(access, found, band) for band in bands],
            "pending": sum(band.count for band in bands),
            "pending_tax": sum(band.tax for band in bands),
            "periods": [_period(access, one) for one in periods],
            "crumbs": crumbs(access, (_("Analytics"), "")),
        },
    )


def _supplier(access: Access, risk: SupplierRisk) -> dict[str, Any]:
    who = risk.supplier
    return {
        "risk": risk,
        "name": who.name if who else _("All other suppliers, and customs"),
        "gstin": who.gstin if who else "",
        "url": records_url(access.taxpayer, q=who.gstin) if who else "",
        "undecided": rupee_text(risk.undecided),
        "pending": rupee_text(risk.pending),
        "not_filed": rupee_text(risk.not_filed),
        "rejected_share": f"{risk.rejected * 100 / risk.records:.1f}" if risk.records else "0.0",
    }


def _band(access: Access, found: desk.Desk, band: Band) -> dict[str, Any]:
    return {
        "band": band,
        "label": _days(band.upto),
        "rupees": rupee_text(band.tax),
        "near": band.upto is not None and band.upto <= analytics.BANDS[0],
        "url": records_url(access.taxpayer, status="P", **found.list_filters) if band.count else "",
    }


def _days(upto: int | None) -> str:
    """Return the words for one band of the chart, for example "8–30 days". A band is a group of pending
    records with a similar number of days left. `upto` is the largest number of days in the band. `upto` is -1
    for records whose last day as pending has passed. `upto` is None for the last band, which has no limit."""
    ends = analytics.BANDS
    if upto is None:
        return _("more than %(n)s days") % {"n": ends[-1]}
    if upto < 0:
        return _("past")
    place = ends.index(upto)
    first = ends[place - 1] + 1 if place else 0
    return ngettext("%(first)s–%(n)s day", "%(first)s–%(n)s days", upto) % {"first": first, "n": upto}


def _period(access: Access, credit: PeriodCredit) -> dict[str, Any]:
    return {
        "credit": credit,
        "label": credit.period.short_label,
        "url": link("gstr2b", access.taxpayer.gstin, credit.period.wire),
        "accepted": rupee_text(credit.accepted),
        "deemed": rupee_text(credit.deemed),
        "outside": rupee_text(credit.outside),
        "filed": "" if credit.filed_net is None else rupee_text(credit.filed_net),
    }
