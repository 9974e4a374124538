"""The page of the documents that recipients rejected, over all periods, with the ways to answer each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.gstin import Gstin
from ims_portal.support.database import keyset
from ims_portal.support.web.addresses import tax_period
from invoices.models import Taxpayer
from invoices.people.access import Access, for_taxpayer
from returns.outward import recipients_answers, rejections
from returns.web.supplier import rejection_rows
from returns.web.supplier.recipients_answers import document_crumbs, last_month, shared


@for_taxpayer()
def page(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the rejected documents. The URL parameters `show` (`rejections.SHOWN`), `period` and `recipient`
    choose among them."""
    supplier, show = access.taxpayer, request.GET.get("show", "")
    if show not in rejections.SHOWN:
        raise NotFound("NOT_FOUND", _("There is no such page."))
    wanted = request.GET.get("period", "")
    period = tax_period(wanted) if wanted else None
    recipient = request.GET.get("recipient", "").strip().upper()
    if recipient and not Gstin.is_valid(recipient):
        raise NotFound("NOT_FOUND", _("The GSTIN of the recipient in the address is not valid."))
    sources = rejections.rejected(supplier, show=show, period=period, recipient=recipient)
    found = keyset.page(sources, keyset.Position.read(request.GET), request.GET)
    context = shared(access, last_month(), "now" if show == "now" else "rejected")
    rows = [
        rejection_rows.row(supplier, one, edits=access.can_supply)
        for one in rejections.with_ways(supplier, found.rows)
    ]
    context |= {
        "show": show,
        "chosen_period": period,
        "chosen_recipient": recipient,
        "rejected_periods": rejections.periods(supplier),
        "rejected_by": rejections.recipients(supplier),
        "cards": _cards(supplier, context["owed"]),
        "page": found,
        "balance": rejections.balance(supplier, sources),
        "total_shown": rejections.total(sources),
        "rows": rows,
        "not_yet": next((row["one"].ways.again for row in rows if _not_yet(row["one"])), ""),
        "crumbs": document_crumbs(access, (_("Rejected by recipients"), "")),
    }
    return render(request, "returns/outward/rejected.html", context)


def _cards(supplier: Taxpayer, owed: recipients_answers.Liability) -> list[dict[str, Any]]:
    """Return the sums above the list: tax already added, tax that will be added, and tax that only the
    recipients lose."""
    documents, tax = rejections.cost(rejections.rejected(supplier, show="recipient"))
    return [
        {
            "title": _("Already added to your tax"),
            "show": "added",
            "count": owed.posted_count,
            "tax": owed.posted.total,
            "note": _("in the GSTR-3B that each row names"),
        },
        {
            "title": _("Will be added if nothing changes"),
            "show": "forecast",
            "count": owed.forecast_count,
            "tax": owed.forecast.total,
            "note": _("when the recipients file GSTR-3B; until then they can still accept"),
        },
        {
            "title": _("Costs your customer, not you"),
            "show": "recipient",
            "count": documents,
            "tax": tax,
            "note": _("credit that the recipients lose; your own tax stays as reported"),
        },
    ]


def _not_yet(one: rejections.Rejection) -> bool:
    """True if the supplier can amend the document, but not report it again. The page gives the reason once."""
    return bool(one.ways.again) and not one.ways.amend
