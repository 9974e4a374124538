"""The page of the record list, for one section of the desk or for all, with filters, sort and pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.money import format_count
from invoices.desk import last_action
from invoices.models import Preference
from invoices.models.choices import SECTIONS
from invoices.people.access import Access, for_taxpayer
from invoices.queries import left_desk
from invoices.queries.calendar import calendar
from invoices.queries.record_list import paging, rare_matches
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.records import SORTS, Counted
from invoices.queries.situations import DeskView
from invoices.web.help import keyboard
from invoices.web.page.crumbs import crumbs
from invoices.web.page.crumbs import inward as inward_crumb
from invoices.web.page.labels import section_label
from invoices.web.people.preferences import change, preference_of
from invoices.web.record_list import address, columns, folded, grouped, saved_views, titles
from invoices.web.record_list import choices as row_choices
from invoices.web.record_list import ticked as ticked_rows
from invoices.web.record_list.address import Listing
from invoices.web.record_list.drawn_row import Shown, drawn
from invoices.web.record_list.row import desk_view, rows


@for_taxpayer()
@require_safe
def records(request: HttpRequest, access: Access, section: str) -> HttpResponse:
    preference = _preference(request, access)
    listing = address.read(access, request.path, section, request.GET, rows=preference.rows)
    part = folded.alone(request, access, listing, preference)
    if part is not None:
        return part
    dates = calendar()
    request.calendar = dates  # type: ignore[attr-defined]  # the frame uses the same calendar
    view = desk_view(access, dates)
    desk = Desk(access.taxpayer, view)
    books = not listing.filters.straight and access.books
    if listing.group:
        return _grouped(request, access, listing, view, desk, preference, books=books)
    found = rare_matches.listed_records(desk, listing.filters, listing.sort)
    listing = replace(listing, sort=found.sort)
    if "figures" in request.GET:
        return _figures(request, access, listing, desk, preference, found, books=books)
    typed = request.GET.get("goto", "").replace("\x00", "").strip()[:100]
    if typed:
        listing = replace(listing, page=paging.at(listing.sort, listing.name, typed))
    counted = found.counted
    page = paging.page(
        found.records,
        recipient_id=access.taxpayer.pk,
        sort=listing.sort,
        size=listing.rows,
        token=listing.page,
        asked=listing.name,
        total=None if counted.more else counted.count,
        few=found.few,
        whole=found.whole,
    )
    shown = rows(page.rows, view)
    straight = listing.filters.straight
    may_act = access.can_act and not straight
    chosen = columns.shown(section, preference, listing.columns, books=books)
    cells = columns.Cells(access, chosen, shown)
    mode = preference.mode if may_act else "instant"
    choices = row_choices.staged(access) if mode == "save" else {}
    ticked = ticked_rows.matching(request, listing, found.records) if may_act else {}
    ticked_tax = ticked_rows.tax_of(access, ticked)
    listed = [
        Shown(row, cells.of(row), choices.get(row.record.pk), str(row.record.pk) in ticked) for row in shown
    ]
    drawn_rows, because = drawn(listed, access, mode=mode, straight=straight)
    return render(
        request,
        "invoices/records.html",
        {
            **_around(request, access, listing, desk, preference, books=books),
            "straight": straight,
            "may_act": may_act,
            "mode": mode,
            "modes": _modes(listing, mode),
            "counted": counted,
            "itc": rare_matches.itc(desk, listing.filters, found),
            "columns": chosen,
            "density": preference.density_of(section),
            "download_mine": f"{listing.download}&columns={'.'.join(column.key for column in chosen)}",
            "headings": [
                listing.heading(column.sort, column.label, column.kind) | {"css": column.key}
                for column in chosen
            ],
            "document_heading": listing.heading("number", _("Document")),
            "rows": listed,
            "drawn_rows": drawn_rows,
            "because": because,
            "ticked": len(ticked),
            "ticked_tax": ticked_tax,
            "ticked_said": ticked_rows.tax_in_words(ticked_tax),
            "staged": len(choices),
            "page_picks": ",".join(f"{row.record.pk}.{row.seen}" for row in shown),
            "as_of": clock.now().isoformat(),
            "looked": page.looked,
            "left_desk": _left_desk(access, listing, view) if not shown and not page.looked else [],
            "pager": _pager(listing, page, counted),
            "keys": keyboard.for_script(preference.keys) if preference.shortcuts else "",
            "neighbours": _neighbours(access, section),
        },
    )


def _around(
    request: HttpRequest,
    access: Access,
    listing: Listing,
    desk: Desk,
    preference: Preference,
    *,
    books: bool,
) -> dict[str, Any]:
    """Return what a page shows around the rows of a list: title, tabs, filters and chips. The page of a
    grouped list shows the same. `books` says whether the taxpayer has answers of the matcher."""
    section, straight, counts = listing.filters.section, listing.filters.straight, desk.views(listing.filters)
    title = _title(listing)
    tabs = []
    if not straight:
        tabs += listing.tabs(counts, lapsed=desk.has_lapsed(listing.filters), books=books)
        tabs += saved_views.tabs(access, listing, request.GET.get("view", ""))
    status = {value: _(word) for value, word in address.ACTION_WORDS.items()}
    return {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=title),
        "title": title,
        "listing": listing,
        "preference": preference,
        "tabs": tabs,
        **saved_views.row_and_more(tabs),
        "status": folded.several_of(listing, "status", _("Status"), status),
        **folded.around(request, access, listing, preference),
        "chips": listing.chips(access.taxpayer.opens),
        "more_filters": listing.more_filters,
        "last_action": last_action.offered(access.taxpayer, access.user.pk)
        if access.can_act and not straight
        else None,
        "figures_url": listing.url(figures="1", view=request.GET.get("view")),
        "imports": section.startswith("impg"),
        "party": listing.party,
        "left": counts["needs"],
        "next_left": _next_left(access, desk, section),
    }


def _figures(
    request: HttpRequest,
    access: Access,
    listing: Listing,
    desk: Desk,
    preference: Preference,
    found: rare_matches.Listed,
    *,
    books: bool,
) -> HttpResponse:
    """Return the figures of the page without the rows. The page asks for them after each action on a row, so
    that the counts are those of the database."""
    context = _around(request, access, listing, desk, preference, books=books) | {
        "counted": found.counted,
        "itc": rare_matches.itc(desk, listing.filters, found),
    }
    return render(request, "invoices/list_figures.html", context)


def _grouped(
    request: HttpRequest,
    access: Access,
    listing: Listing,
    view: DeskView,
    desk: Desk,
    preference: Preference,
    *,
    books: bool,
) -> HttpResponse:
    context = _around(request, access, listing, desk, preference, books=books)
    context |= grouped.context(access, listing, view)
    context["keys"] = keyboard.for_script(preference.keys, "groups") if preference.shortcuts else ""
    return render(request, "invoices/records.html", context)


def _preference(request: HttpRequest, access: Access) -> Preference:
    """Return the person's preferences. The parameter `?mode=` changes and stores the person's mode: save each
    action immediately, or choose first and save later."""
    found = preference_of(access.user)
    asked = request.GET.get("mode", "")
    if asked in Preference.Mode.values and asked != found.mode:
        found = change(access.user, mode=asked)
    return found


def _neighbours(access: Access, section: str) -> dict[str, str]:
    """Return the addresses of the previous and the next section's list."""
    order = ["all", *(key for key, _label, tab in SECTIONS if tab != "isd")]
    base = f"/t/{access.taxpayer.gstin}/ims/inward/"
    place = order.index(section) if section in order else 0
    return {"previous": f"{base}{order[place - 1]}/", "next": f"{base}{order[(place + 1) % len(order)]}/"}


def _next_left(access: Access, desk: Desk, section: str) -> dict[str, str] | None:
    """Return a link to the next section that has records with No action. Return None if no other section has
    such records."""
    left = desk.left()
    order = [key for key, _label, tab in SECTIONS if tab != "isd"]
    place = order.index(section) + 1 if section in order else 0
    for key in order[place:] + order[:place]:
        if key != section and left.get(key):
            words = {"section": section_label(key), "n": format_count(left[key])}
            lapsed = desk.has_lapsed(Filters(section=key))
            wanted = urlencode(address.needs_action(lapsed=lapsed), safe=",")
            url = f"{reverse('records', args=[access.taxpayer.gstin, key])}?{wanted}"
            return {"label": _("Next section: %(section)s (%(n)s)") % words, "url": url}
    return None


def _left_desk(access: Access, listing: Listing, view: DeskView) -> list[left_desk.Left]:
    """Return the documents of filed periods whose number a person typed in the search box."""
    typed = listing.filters.search.strip()[:40]
    return left_desk.found(access.taxpayer, view, typed) if typed else []


def _title(listing: Listing) -> str:
    if listing.filters.past:
        return titles.past_title(listing.filters.past)
    return titles.section_title(listing.filters.section)


def _modes(listing: Listing, mode: str) -> list[dict[str, Any]]:
    labels = {"instant": _("Save at once"), "save": _("Choose, then save")}
    return [
        {"label": label, "url": listing.url(page=listing.page, mode=key), "current": key == mode}
        for key, label in labels.items()
    ]


def _pager(listing: Listing, page: paging.ListPage, counted: Counted) -> dict[str, object]:
    order = SORTS[listing.sort.removeprefix("-")]
    span = ""
    if page.start is not None and page.rows:
        span = _("Rows %(first)s–%(last)s") % {
            "first": format_count(page.start),
            "last": format_count(page.start + len(page.rows) - 1),
        }
    return {
        **listing.pager(page, span, needed=counted.count > min(paging.ROWS) or not counted.known),
        "goto": {"label": _(order.label).removesuffix(" ₹"), "date": order.kind is date},
    }
