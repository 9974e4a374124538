"""The strip below the record list. The strip shows the ITC that GSTR-2B would have if it were computed now,
and the difference from the ITC of the draft."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gstr2b import differences
from gstr2b.statement import queries
from gstr2b.web.pages import period_name, standing
from ims_portal.support.web.addresses import tax_period
from invoices.people.access import Access, for_taxpayer


@for_taxpayer()
@require_safe
def strip(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Return the HTML of the strip. The function looks only at records that were touched since the draft, so
    the strip costs little time on a desk of any size."""
    month = tax_period(period)
    draft = queries.current(access.taxpayer, month)
    ahead = differences.if_computed_now(access.taxpayer, draft) if draft is not None else None
    context = {
        "access": access,
        "period": month,
        "name": period_name(access.taxpayer, month),
        "draft": draft,
        "ahead": ahead,
        "standing": standing(access, month, draft),
    }
    return render(request, "gstr2b/_strip.html", context)
