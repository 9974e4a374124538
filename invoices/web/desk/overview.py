"""The IMS dashboard and the inward summary: numbers of records by section and action."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.support.web import screen_messages
from invoices.models import Taxpayer
from invoices.models.choices import ROUTE_LABELS
from invoices.people.access import Access, for_taxpayer
from invoices.queries import desk
from invoices.queries.calendar import calendar
from invoices.queries.desk import SectionRow, Summary
from invoices.queries.record_list.filters import PAST_IMS
from invoices.queries.situations import DeskView
from invoices.rules.calendar import Calendar
from invoices.rules.situation import Action, Route
from invoices.web.page.crumbs import crumbs
from invoices.web.page.labels import section_label
from invoices.web.record_list.address import needs_action
from invoices.web.register import exposures

TABS = {
    "itc": gettext_noop("All other ITC"),
    "isd": gettext_noop("Inward supplies from ISD"),
    "imports": gettext_noop("Import of goods"),
    "direct": gettext_noop("Straight to 2B"),
}
SHOWS = {
    "count": gettext_noop("Count"),
    "tax": gettext_noop("Tax"),
    "both": gettext_noop("Both"),
}

# For each route without IMS: a sentence about the documents on this route, and the row of GSTR-3B table 4
# that contains their tax. The page links the sentence to the rule in `PAST_RULES`.
PAST_WORDS = {
    Route.REVERSE_CHARGE: (
        gettext_noop("You pay the tax yourself. GSTR-2B shows the document under reverse charge."),
        "4(A)(3)",
    ),
    Route.NON_RESIDENT: (
        gettext_noop("Reported by a non-resident in GSTR-5. GSTR-2B shows the document as reported."),
        "4(A)(5)",
    ),
    Route.PLACE_OF_SUPPLY: (
        gettext_noop(
            "The place of supply is the supplier's State. You are in another State, so ITC is not available."
        ),
        "4(D)(2)",
    ),
    Route.TIME_BAR: (
        gettext_noop(
            "The section 16(4) date of the document's financial year has passed, so ITC is not available."
        ),
        "4(D)(2)",
    ),
    Route.ICEGATE: (
        gettext_noop(
            "Bills of entry before the October 2025 period come from customs directly into GSTR-2B."
        ),
        "4(A)(1)",
    ),
}
PAST_RULES = {
    Route.REVERSE_CHARGE: "R-030",
    Route.NON_RESIDENT: "R-030",
    Route.PLACE_OF_SUPPLY: "R-031",
    Route.TIME_BAR: "R-032",
    Route.ICEGATE: "R-030",
}


def _view(request: HttpRequest, access: Access) -> tuple[DeskView, Any]:
    dates = calendar()
    request.calendar = dates  # type: ignore[attr-defined]  # the frame of the page shows dates of it
    return DeskView.of(access.taxpayer, clock.today(), dates), dates


@for_taxpayer()
@require_safe
def ims(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the IMS dashboard, as on the GST portal: inward supplies, outward supplies and files, each with
    its numbers."""
    view, dates = _view(request, access)
    summary = desk.summary(access.taxpayer, view)
    return render(
        request,
        "invoices/ims.html",
        {
            "access": access,
            "crumbs": crumbs(access, here=_("Invoice Management System (IMS) Dashboard"), portal=True),
            "statuses": [(a.value, summary.with_status(a)) for a in desk.STATUSES],
            "summary": summary,
            **(exposures.of_desk(access, dates) if access.taxpayer.registration.has_ims else {}),
            "outward": desk.outward(access.taxpayer),
            "files": desk.files(access.taxpayer),
        },
    )


@for_taxpayer()
@require_safe
def inward(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the inward summary, as on the GST portal: a table of sections and actions."""
    tab, show = request.GET.get("tab", "itc"), request.GET.get("show", "both")
    if tab not in TABS or show not in SHOWS:
        raise Invalid("BAD_FILTER", _("The summary has no such view. Open the summary again from the menu."))
    view, dates = _view(request, access)
    summary = desk.summary(access.taxpayer, view)
    counts = {
        "itc": summary.totals["itc"].total.count,
        "isd": summary.totals["isd"].total.count,
        "imports": summary.totals["imports"].total.count,
        "direct": summary.past_count,
    }
    done = summary.in_ims - summary.left.count
    return render(
        request,
        "invoices/inward.html",
        {
            "access": access,
            "crumbs": crumbs(access, here=_("Inward supplies")),
            "tab": tab,
            "show": show,
            "tabs": [
                {
                    "label": _(label),
                    "url": f"?tab={key}&show={show}",
                    "current": key == tab,
                    "count": counts[key],
                }
                for key, label in TABS.items()
            ],
            "shows": [
                {"label": _(label), "url": f"?tab={tab}&show={key}", "current": key == show}
                for key, label in SHOWS.items()
            ],
            "statuses": [a.value for a in desk.STATUSES],
            "rows": _rows(summary, tab) if tab in ("itc", "imports") else [],
            "total": _cells(summary.totals[tab], tab) if tab in ("itc", "imports") else None,
            "isd": summary.tabs["isd"] if tab == "isd" else [],
            "isd_total": summary.totals["isd"].total,
            "past": _past(summary) if tab == "direct" else [],
            "later": summary.later.count,
            "here": summary.left.count - summary.later.count,
            "name": period_name(access.taxpayer),
            "left": summary.left,
            "needs_action": urlencode(needs_action(lapsed=summary.lapsed.count > 0), safe=","),
            "in_ims": summary.in_ims,
            "done": done,
            "percent": done * 100 // summary.in_ims if summary.in_ims else 100,
            "held": _held(access, dates),
            "draft": desk.draft_state(access.taxpayer, clock.today(), dates),
            "files": desk.files(access.taxpayer),
        },
    )


def _held(access: Access, dates: Calendar) -> dict[str, str] | None:
    """Return a message that explains why the recipient's next GSTR-2B is not available yet. Return None if
    there is nothing to explain. The recipient can act on records without this GSTR-2B."""
    taxpayer, today = access.taxpayer, clock.today()
    opens, quarterly = taxpayer.opens, taxpayer.files is Frequency.QUARTERLY
    following = taxpayer.files.next(opens)
    gstr2b = reverse("gstr2b", args=[taxpayer.gstin, opens.wire])

    def name(period: TaxPeriod) -> str:
        return period.quarter_label if quarterly else period.label

    if not taxpayer.registration.has_ims:
        return None
    if today >= dates.draft_date(following):
        text = screen_messages.text("2B-PREV3B", period=name(following), prev=name(opens))
        gstr3b = reverse("gstr3b", args=[taxpayer.gstin, opens.wire])
        return {"code": "2B-PREV3B", "text": text, "url": gstr3b, "link": f"GSTR-3B, {name(opens)}"}
    if quarterly and today < dates.draft_date(opens):
        date = f"{dates.draft_date(opens):%d-%m-%Y}"
        text = screen_messages.text("2B-QRMP", quarter=name(opens), date=date)
        return {"code": "2B-QRMP", "text": text, "url": gstr2b, "link": f"GSTR-2B, {name(opens)}"}
    return None


def _rows(summary: Summary, tab: str) -> list[dict[str, Any]]:
    return [_cells(row, tab) for row in summary.tabs[tab]]


def _cells(row: SectionRow, tab: str) -> dict[str, Any]:
    """Return one section's row of the table: the number of records with each status, in the order of the
    columns. In the tab of imports, the cell for rejected records is marked as not available, because customs
    documents cannot be rejected."""
    cells = [
        {"status": status, "sum": found, "shut": tab == "imports" and status == Action.REJECTED.value}
        for status, found in row.by_status.items()
    ]
    return {"key": row.key, "label": section_label(row.key), "cells": cells, "total": row.total}


def period_name(taxpayer: Taxpayer) -> str:
    """Return the name of the taxpayer's open period."""
    opens = taxpayer.opens
    return opens.quarter_label if taxpayer.files is Frequency.QUARTERLY else opens.label


def _past(summary: Summary) -> list[dict[str, Any]]:
    return [
        {
            "route": route.value,
            "label": _(ROUTE_LABELS[route]),
            "why": _(PAST_WORDS[route][0]),
            "row": PAST_WORDS[route][1],
            "rule": PAST_RULES[route],
            "sum": summary.past.get(route, desk.Sum()),
        }
        for route in PAST_IMS
    ]
