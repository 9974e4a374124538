"""Triage. The page shows one record at a time, large, with its effect and its actions, until no record
remains."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel import typed_values
from invoices.desk import undo
from invoices.models import JournalEntry, JournalLine, RecipientDesk, Record
from invoices.people.access import ACT, Access, for_taxpayer
from invoices.queries import effects, other_party
from invoices.queries.record_list import paging, rare_matches, to_ask
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.rare_matches import Listed
from invoices.queries.record_list.records import SORTS
from invoices.rules import credit_in_words
from invoices.rules.situation import Action
from invoices.web.desk.record import find, reduction_form, same_supplier
from invoices.web.desk.record_choices import choices_of
from invoices.web.help import keyboard
from invoices.web.page.crumbs import crumbs
from invoices.web.page.crumbs import inward as inward_crumb
from invoices.web.page.labels import in_language
from invoices.web.people.preferences import preference_of
from invoices.web.record_list import address
from invoices.web.record_list.address import Listing
from invoices.web.record_list.posted import local_address
from invoices.web.record_list.row import VERBS, desk_view, row

KEY = "triage"


@for_taxpayer(ACT)
@require_safe
def triage(request: HttpRequest, access: Access, section: str) -> HttpResponse:
    """Show one record of the list: the record at the page token `?page=`, or the first record. The address has the
    filters and the order of the record list. Without the parameter `status`, the list has only records with No
    action. Records about which nobody has to decide are left out (`to_ask`). `?n=` is the number of the shown
    record in this triage, beginning with 1. `?record=` is the id of a record to show instead, for example after
    an undo. `?ask=` is an action that needs an answer before it is saved."""
    return _show(request, access, section, request.GET)


def asking_address(request: HttpRequest, access: Access, action: Action | None = None) -> str:
    """Return the address of the page of triage that sent the form, or an empty text if the form came from
    another page. With `action`, the page at the address asks what this action needs."""
    found = urlsplit(local_address(request, request.POST.get("asks", "")))
    if not re.fullmatch(rf"/t/{access.taxpayer.gstin}/ims/triage/[-\w]+/", found.path):
        return ""
    query = QueryDict(found.query, mutable=True)
    query.pop("ask", None)
    if action is not None:
        query["ask"] = action.value
    return f"{found.path}?{query.urlencode()}"


def show_again(request: HttpRequest, access: Access, *, said: str, status: int) -> HttpResponse:
    """Show the page of triage that sent a refused form, with the reason and the values that were typed."""
    found = urlsplit(asking_address(request, access))
    query = QueryDict(found.query, mutable=True)
    if "answered" in request.POST:
        query["ask"] = request.POST.get("action", "")
    return _show(request, access, found.path.split("/")[-2], query, said=said, status=status)


def _show(
    request: HttpRequest,
    access: Access,
    section: str,
    query: QueryDict,
    *,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    given = query.copy()
    if "status" not in query:
        given["status"] = "N"
    base = reverse("records", args=[access.taxpayer.gstin, section])
    listing = address.read(access, base, section, given)
    view = desk_view(access)
    desk = Desk(access.taxpayer, view)
    found = rare_matches.listed_records(desk, listing.filters, listing.sort)
    listing = replace(listing, sort=found.sort)
    records, total = to_ask.asked_of(desk, listing.filters, found)
    if KEY not in request.session or (not query.get("page") and not query.get("n")):
        _begin(request, access, listing.name, total)
    page = _page_with_a_record(access, listing, replace(found, records=records))
    here = reverse("triage", args=[access.taxpayer.gstin, section])
    n = query.get("n", "1")
    number = typed_values.whole_number(n, most=9_999_999)
    number = 1 if number is None else number
    began = request.session.get(KEY) or {}
    preference = preference_of(access.user)
    context: dict[str, Any] = {
        "access": access,
        "section": section,
        "crumbs": crumbs(access, inward_crumb(access), here=_("Triage")),
        "list_url": listing.url(),
        "again_url": listing.url().replace(base, here),
        "so_far": _so_far(access, began, number),
        "triage_keys": keyboard.for_script(preference.keys, "triage") if preference.shortcuts else "",
        "here": listing.url(page=listing.page or None, n=str(number)).replace(base, here),
        "undo_entry": _last_decided(access, began),
        "undo_next": listing.url(page=listing.page or None, n=str(max(number - 1, 1))).replace(base, here),
    }
    named = _named(access, query.get("record", ""), listing.sort)
    if not page.rows and named is None:
        open_desk = RecipientDesk.objects.filter(recipient=access.taxpayer, filed_at__isnull=True).first()
        context["stale"] = open_desk is not None and open_desk.is_stale
        return render(request, "invoices/triage_end.html", context)
    record = named or page.rows[0]
    shown, party = row(record, view), other_party.of_section(record.section)
    kept = effects.if_taken(record, view, shown.ruling.situation.action)
    again = context["here"]
    if named:
        again += f"{'&' if '?' in again else '?'}record={record.pk}"
    # The address of the next page contains the record's sort value and id, not a row number. An action may
    # remove the record from the list, and row numbers would then be wrong.
    following = listing.url(page=paging.after(record, listing.sort, listing.name), n=str(number + 1))
    total = max(began.get("total", 0), number)
    # a later record is not on the first page of the list
    seen_in = listing.url(page=listing.page or None) if number > listing.rows else listing.url()
    pressed_on = typed_values.whole_number(query.get("pressed", ""))
    other = find(access, pressed_on) if pressed_on and pressed_on != record.pk and number == 1 else None
    asking = query.get("ask", "")
    asking = asking if asking in shown.allowed and asking != shown.action else ""
    posted = request.POST if said else None
    context |= {
        "said": said,
        "list_url": f"{seen_in}#r{record.pk}",
        "not_first": other.number if other else "",
        "asking": asking,
        "ask_verb": _(VERBS[Action(asking)]) if asking else "",
        "needs_remarks": asking in ("R", "P") and preference_of(access.user).need_remarks,
        "declares": asking == "A" and shown.ruling.asks_reduction,
        "reduction": reduction_form(record, record.decision, posted if asking == "A" else None),
        "typed": posted.get("remarks", "") if posted else "",
        "row": shown,
        "record": record,
        "choices": choices_of(access, record, view, shown.ruling),
        "number": number,
        "total": total,
        "next_url": following.replace(base, here),
        "here": again,
        "same_supplier": same_supplier(access, record),
        "party": party,
        "who_other": _(party.subject),
        "they": _(party.inside),
        "unfiled_effect": in_language(credit_in_words.after_filing(kept, _(party.inside))),
        "filed_said": _(party.filed) % {"day": f"{record.filed_on:%d-%m-%Y}"} if record.filed_on else "",
    }
    return render(request, "invoices/triage.html", context, status=status)


def _page_with_a_record(access: Access, listing: Listing, found: Listed) -> paging.ListPage:
    """Return the page of one record at the listing's token, or an empty page if no record is left. In a large list
    with a rare filter, a page may be empty although records follow (`paging.page`); then read on."""
    token: str | None = listing.page
    while True:
        page = paging.page(
            found.records,
            recipient_id=access.taxpayer.pk,
            sort=listing.sort,
            size=1,
            token=token or "",
            asked=listing.name,
            total=None,
            few=found.few,
            whole=found.whole,
        )
        token = page.next
        if page.rows or token is None:
            return page


def _named(access: Access, text: str, sort: str) -> Record | None:
    """Return the record on the desk that the address names by its id, with the sort value of the list. Return
    None if the address names none, or if the record has left the desk."""
    pk = typed_values.whole_number(text)
    if pk is None or not isinstance(find(access, pk), Record):
        return None
    order = SORTS[sort.removeprefix("-")]
    records = Record.objects.select_related("decision", "supplier").annotate(sort_key=order.expression)
    return records.filter(pk=pk, recipient_id=access.taxpayer.pk).first()


def _begin(request: HttpRequest, access: Access, name: str, total: int) -> None:
    last = JournalEntry.objects.filter(taxpayer=access.taxpayer).order_by("-pk").first()
    request.session[KEY] = {"list": name, "total": total, "since": last.pk if last else 0}


def _last_decided(access: Access, began: dict[str, Any]) -> int | None:
    """Return the journal entry that Undo takes back: the person's latest action since this triage began. Return
    None if there is none. An older action, for example in the list, is not undone here."""
    decided = undo.stack(access.taxpayer, access.user.pk, since=began.get("since", 0)).undo
    return decided[-1] if decided else None


def _so_far(access: Access, began: dict[str, Any], number: int) -> dict[str, int]:
    """Count records since this triage began: the records that the person has accepted, rejected, kept
    pending, seen and skipped. One query."""
    entries = JournalEntry.objects.filter(
        taxpayer=access.taxpayer, actor_id=access.user.pk, pk__gt=began.get("since", 0), source="page"
    )
    lines = JournalLine.objects.filter(entry__in=entries.values("pk")).order_by("pk")
    now = {pk: after[:1] for pk, after in lines.values_list("record_id", "after")}
    told = {letter: sum(1 for a in now.values() if a == letter) for letter in "ARP"}
    return told | {"seen": number - 1, "skipped": max(number - 1 - sum(told.values()), 0)}
