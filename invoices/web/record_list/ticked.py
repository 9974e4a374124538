"""Ticked rows of a record list. The session stores the ticks while a person opens other pages of the list."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import format_count, format_inr
from invoices.models import Record
from invoices.people.access import Access
from invoices.queries.record_list.records import SORTS
from invoices.web.record_list.address import Listing

KEY = "picked"
# the largest number of ticks; for more records, a person can filter the list and choose all that match
MOST = 2000
# pages on which a person looks at a ticked record or at a batch, and then goes on with the same ticks
BESIDE = ("/ims/records/", "/ims/batches/")
PICK = re.compile(r"[0-9]{1,18}\.[0-9]{1,9}\.[0-9]{1,9}")


def _name(listing: Listing) -> str:
    return hashlib.sha256(listing.name.encode()).hexdigest()[:16]


def kept(request: HttpRequest, listing: Listing) -> dict[str, str]:
    """Return the ticked rows of this list: record id -> revision.version. If the session has the ticks of
    another list, return no rows."""
    found = request.session.get(KEY) or {}
    return dict(found["rows"]) if found.get("list") == _name(listing) else {}


def _forget_after_leaving(request: HttpRequest) -> None:
    """Forget the ticks if the person left the list and did not ask to keep them. A script stores every tick at once, so
    that a person can open the list's other pages. The browser says from which page the person came."""
    found = request.session.get(KEY)
    if not found or found.get("asked"):
        return
    came_from = urlsplit(request.headers.get("Referer", "")).path
    if came_from != request.path and not any(part in came_from for part in BESIDE):
        forget(request)


def matching(request: HttpRequest, listing: Listing, records: QuerySet[Record]) -> dict[str, str]:
    """Return the ticked rows of this list that still match its filters. Forget all ticks after the person has left the
    list, unless the person asked to keep them. Forget the others, because nobody can
    see or untick a row that has left the list. `records` are the records that match. One query, or no query if
    there are no ticks."""
    if request.method == "GET":
        _forget_after_leaving(request)
    rows = kept(request, listing)
    if not rows:
        return rows
    ids = [int(pk) for pk in rows]
    left = set(records.order_by().filter(pk__in=ids).values_list("pk", flat=True))
    still = {pk: seen for pk, seen in rows.items() if int(pk) in left}
    if len(still) < len(rows):
        request.session[KEY] = request.session[KEY] | {"rows": still}
    return still


def tax_of(access: Access, rows: Collection[str]) -> int:
    """Return the total tax of these records in paise. Tax that lowers ITC counts as negative. One query, or
    no query if there are no rows."""
    if not rows:
        return 0
    mine = Record.objects.filter(recipient_id=access.taxpayer.pk, pk__in=[int(pk) for pk in rows])
    return int(mine.aggregate(tax=Sum(SORTS["tax"].expression, default=0))["tax"])


def tax_in_words(tax: int) -> str:
    return _("Tax %(amount)s") % {"amount": f"{'−' if tax < 0 else ''}₹{format_inr(abs(tax))}"}


def merged(request: HttpRequest, listing: Listing) -> list[str]:
    """Return the ticked rows on all pages of the list. The ticks of the page that sent the form are in the
    form. The ticks of the other pages are in the session. Each row is a text with record id, revision and
    version, separated by dots."""
    rows = kept(request, listing)
    for value in request.POST.get("page_picks", "").split(","):
        rows.pop(value.partition(".")[0], None)
    for value in request.POST.getlist("pick"):
        pk, _dot, seen = value.partition(".")
        rows[pk] = seen
    return [f"{pk}.{seen}" for pk, seen in rows.items()]


def keep(request: HttpRequest, access: Access, listing: Listing) -> HttpResponse:
    """Store the ticks of this page. If the form has `none`, delete all ticks. Return the count and the tax as
    JSON to a script. Without scripts, send the person back to the list with a notice."""
    if request.POST.get("none"):
        forget(request)
        return redirect(listing.here)
    values = merged(request, listing)
    if len(values) > MOST or not all(PICK.fullmatch(value) for value in values):
        raise Invalid(
            "BAD_SELECTION",
            _("At most %(n)s records can be ticked. Use a filter, then choose all records that match.")
            % {"n": format_count(MOST)},
        )
    rows = {value.partition(".")[0]: value.partition(".")[2] for value in values}
    by_script = request.headers.get("HX-Request")
    before = request.session.get(KEY) or {}
    asked = not by_script or (before.get("list") == _name(listing) and before.get("asked", False))
    request.session[KEY] = {"list": _name(listing), "rows": rows, "asked": asked}
    if by_script:
        return JsonResponse({"count": len(rows), "tax": tax_of(access, rows)})
    text = ngettext("%(n)s record is ticked.", "%(n)s records are ticked.", len(rows)) % {
        "n": format_count(len(rows))
    }
    text += f" {tax_in_words(tax_of(access, rows))}."
    messages.info(request, text)
    return redirect(listing.here)


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
