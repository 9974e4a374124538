"""The record list: one section of the desk, filtered, sorted, page by page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock
from invoices.access import Access, for_taxpayer
from invoices.models.choices import ACTION_LABELS, KIND_LABELS, SECTION_LABELS
from invoices.queries import paging
from invoices.queries import records as query
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.situation import Kind
from invoices.web import listing as addresses
from invoices.web.crumbs import crumbs
from invoices.web.crumbs import inward as inward_crumb
from invoices.web.listing import FILINGS, KINDS, Listing
from invoices.web.rows import rows

MODES = ("instant", "save")


def desk_view(access: Access) -> DeskView:
    return DeskView.of(access.taxpayer, clock.today(), calendar())


@for_taxpayer()
@require_safe
def records(request: HttpRequest, access: Access, section: str) -> HttpResponse:
    listing = addresses.read(request.path, section, request.GET)
    view = desk_view(access)
    found = query.matching(access.taxpayer, view, listing.filters)
    counts = query.view_counts(query.base(access.taxpayer, view, listing.filters))
    counted = query.count(found)
    page = paging.page(
        found,
        sort=listing.sort,
        size=listing.rows,
        token=listing.page,
        asked=listing.name,
        total=None if counted.more else counted.count,
    )
    shown = rows(page.rows, view)
    straight = listing.filters.straight
    may_act = access.can_act and not straight
    title = _title(listing)
    return render(
        request,
        "invoices/records.html",
        {
            "access": access,
            "crumbs": crumbs(access, inward_crumb(access), here=title),
            "title": title,
            "listing": listing,
            "straight": straight,
            "may_act": may_act,
            "mode": _mode(request) if may_act else "instant",
            "modes": _modes(listing, _mode(request)),
            "tabs": [] if straight else listing.tabs(counts),
            "sections": [("all", _("All records in IMS")), *SECTION_LABELS.items()],
            "choices": _choices(access),
            "chips": listing.chips(access.taxpayer.opens),
            "more_filters": bool(listing.filters.kind or listing.filters.filing or listing.filters.lands),
            "counted": counted,
            "headings": listing.headings(),
            "rows": shown,
            "page_picks": ",".join(f"{row.record.pk}.{row.seen}" for row in shown),
            "as_of": clock.now().isoformat(),
            "pager": _pager(listing, page, counted),
            "imports": section.startswith("impg"),
            "section_empty": counts is not None and not counts["all"],
        },
    )


def _title(listing: Listing) -> str:
    if listing.filters.past:
        return addresses.past_title(listing.filters.past)
    return addresses.section_title(listing.filters.section)


def _mode(request: HttpRequest) -> str:
    """How this person works: each click is saved at once, or choices first and then Save, as on the portal."""
    asked = request.GET.get("mode")
    if asked in MODES and request.session.get("ims_mode", "instant") != asked:
        request.session["ims_mode"] = asked
    return str(request.session.get("ims_mode", "instant"))


def _modes(listing: Listing, mode: str) -> list[dict[str, Any]]:
    labels = {"instant": _("Save at once"), "save": _("Choose, then save")}
    return [
        {"label": label, "url": listing.url(page=listing.page, mode=key), "current": key == mode}
        for key, label in labels.items()
    ]


def _choices(access: Access) -> dict[str, list[tuple[str, str]]]:
    return {
        "status": [(action.value, str(label)) for action, label in ACTION_LABELS.items()],
        "kind": [(kind, str(KIND_LABELS[Kind(kind)])) for kind in KINDS],
        "filing": list(FILINGS.items()),
        "lands": addresses.lands_choices(access.taxpayer.opens),
    }


def _pager(listing: Listing, page: paging.Page, counted: query.Counted) -> dict[str, Any]:
    def url(token: str | None) -> str:
        return "" if token is None else listing.url(page=token)

    span = ""
    if page.start is not None and page.rows:
        span = _("Rows %(first)s–%(last)s") % {
            "first": f"{page.start:,}",
            "last": f"{page.start + len(page.rows) - 1:,}",
        }
    return {
        "first": url(page.first),
        "previous": url(page.previous),
        "next": url(page.next),
        "last": url(page.last),
        "range": span,
        "sizes": listing.sizes(),
        "needed": counted.count > min(paging.ROWS) or bool(listing.page),
    }
