"""Saved views: lists that a person saved under a name. A view is private, or shared with everyone at the
GSTIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Conflict
from invoices.desk import saved_views
from invoices.models import SavedView
from invoices.people.access import READ, Access, for_taxpayer
from invoices.web.page.crumbs import crumbs
from invoices.web.page.crumbs import inward as inward_crumb
from invoices.web.people.preferences import preference_of
from invoices.web.record_list import columns
from invoices.web.record_list.address import Listing
from invoices.web.record_list.posted import listing_of

MOST_SHOWN = 12
# the numbers of tabs: every window has room for the first, a wide window for the second
IN_NARROW_ROW, IN_ROW = 2, 5


def of(access: Access, section: str = "") -> list[SavedView]:
    """Return a person's own views and the shared views, for one section or for all sections. One query."""
    theirs = saved_views.of(access.taxpayer, access.user)
    return list((theirs.filter(section=section) if section else theirs)[:200])


def url_of(access: Access, view: SavedView) -> str:
    query = view.query + (f"&columns={'.'.join(view.columns)}" if view.columns else "")
    return f"/t/{access.taxpayer.gstin}/ims/inward/{view.section}/?{query.lstrip('&')}&view={view.pk}"


def tabs(access: Access, listing: Listing, view_id: str) -> list[dict[str, Any]]:
    """Return the saved views of a section as tabs. The page shows these tabs after the tabs of the ready-made
    views."""
    return [
        {"label": view.name, "url": url_of(access, view), "current": str(view.pk) == view_id, "count": None}
        for view in of(access, listing.filters.section)[:MOST_SHOWN]
    ]


def row_and_more(tabs: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the tabs in the row, and those in the menu "More" beside the row. The current tab is always in
    the row. Tabs that a narrow window has no room for are in both: `late` ones stand in the row of a wide
    window and in the menu of a narrow window."""
    row, more = [], []
    for place, tab in enumerate(tabs):
        late = IN_NARROW_ROW <= place < IN_ROW and not tab["current"]
        if place < IN_ROW or tab["current"]:
            row.append(tab | {"late": late})
        if late or (place >= IN_ROW and not tab["current"]):
            more.append(tab | {"late": late})
    return {"tab_row": row, "more_tabs": more}


@for_taxpayer(READ, writes=READ)
@require_http_methods(["GET", "HEAD", "POST"])
def views(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the saved views. A POST saves a view or deletes one of the person's own views."""
    if request.method == "POST":
        return _remove(request, access) if "remove" in request.POST else _save(request, access)
    context = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=_("Saved views")),
        "views": [
            {
                "view": view,
                "url": url_of(access, view),
                "mine": view.owner_id == access.user.pk,
                "filters": ", ".join(f"{k}: {v[0]}" for k, v in parse_qs(view.query).items())
                or _("no filter"),
            }
            for view in of(access)
        ],
    }
    return render(request, "invoices/views.html", context)


def _save(request: HttpRequest, access: Access) -> HttpResponse:
    listing = listing_of(request, access)
    given = dict(listing.given)
    if listing.sort != "date":
        given["sort"] = listing.sort
    if listing.group:
        given |= {"group": listing.group, "order": listing.order}
    shown = columns.shown(listing.filters.section, preference_of(access.user), books=access.books)
    try:
        view = saved_views.save(
            access.taxpayer,
            access.user,
            request.POST.get("name", "")[: saved_views.LONGEST_NAME],
            listing.filters.section,
            given,
            columns=[column.key for column in shown],
            shared="shared" in request.POST and access.can_act,
        )
    except Conflict:
        messages.error(request, _("You already have a view with this name. Choose another name."))
        return redirect(listing.here)
    messages.success(request, _("View “%(name)s” is saved.") % {"name": view.name})
    return redirect(url_of(access, view))


def _remove(request: HttpRequest, access: Access) -> HttpResponse:
    pk = typed_values.whole_number(request.POST.get("remove", ""))
    gone = saved_views.remove(access.taxpayer, access.user, pk or 0)
    if gone:
        messages.success(request, _("The view is removed."))
    return redirect("views", access.taxpayer.gstin)
