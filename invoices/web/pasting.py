"""Pasting many GSTINs or document numbers as a filter: what was read, what was found here, what was not."""

from __future__ import annotations

import hashlib
import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid, NotFound
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import format_count
from invoices.access import READ, Access, for_taxpayer
from invoices.models import PastedList, Record, Taxpayer
from invoices.rules.documents import number_key
from invoices.web.sent import listing_of

MOST_PASTED = 5000
MOST_TYPED = 200_000
BETWEEN = re.compile(r"[\s,;]+")


@for_taxpayer(READ, writes=READ)
@require_POST
def paste(request: HttpRequest, access: Access) -> HttpResponse:
    """Keep what was pasted and go to the list narrowed by it."""
    listing = listing_of(request, access)
    text = request.POST.get("pasted", "").replace("\x00", "")
    # what only looks like a GSTIN is taken for a document number, and then not found
    entries = list(dict.fromkeys(part for part in BETWEEN.split(text[:MOST_TYPED].upper()) if part))
    if not entries:
        messages.info(request, _("Paste at least one GSTIN or document number."))
        return redirect(listing.here)
    if len(entries) > MOST_PASTED or len(text) > MOST_TYPED:
        raise Invalid(
            "BAD_SELECTION",
            _("At most %(n)s entries can be pasted at once. Paste the rest afterwards.")
            % {"n": format_count(MOST_PASTED)},
        )
    kept = keep(access, entries)
    found = len(entries) - len(kept.unmatched)
    words = ngettext(
        "%(found)s of %(n)s pasted entry is found here.",
        "%(found)s of %(n)s pasted entries are found here.",
        len(entries),
    ) % {"found": format_count(found), "n": format_count(len(entries))}
    if kept.unmatched:
        url = reverse("unmatched", args=[access.taxpayer.gstin, kept.digest])
        words = format_html('{} <a href="{}">{}</a>', words, url, _("Those not found, as a file"))
    messages.info(request, words)
    return redirect(listing.url(list=kept.digest))


def keep(access: Access, entries: list[str]) -> PastedList:
    """The list of these entries, with those that no document addressed to this GSTIN bears."""
    gstins = [entry for entry in entries if Gstin.is_valid(entry)]
    numbers = {entry: number_key(entry)[:20] for entry in entries if entry not in set(gstins)}
    mine = Record.objects.filter(recipient_id=access.taxpayer.pk)
    suppliers = Taxpayer.objects.filter(gstin__in=gstins)
    there = mine.filter(supplier_id__in=list(suppliers.values_list("pk", flat=True)))
    known = set(there.order_by().values_list("supplier__gstin", flat=True).distinct())
    keys = set(mine.filter(number_key__in=numbers.values()).values_list("number_key", flat=True))
    unmatched = [e for e in entries if e not in known and numbers.get(e, "") not in keys]
    digest = hashlib.sha256("\n".join(sorted(entries)).encode()).hexdigest()[:16]
    kept, _new = PastedList.objects.update_or_create(
        taxpayer=access.taxpayer,
        digest=digest,
        defaults={
            "suppliers": gstins,
            "numbers": sorted({key for key in numbers.values() if key}),
            "unmatched": unmatched,
            "created_at": clock.now(),
        },
    )
    return kept


@for_taxpayer()
@require_safe
def unmatched(request: HttpRequest, access: Access, digest: str) -> HttpResponse:
    """The pasted entries that were not found, one a line."""
    found = PastedList.objects.filter(taxpayer=access.taxpayer, digest=digest[:16]).first()
    if found is None:
        raise NotFound("NOT_FOUND", "There is no such list.")
    reply = HttpResponse("\r\n".join(found.unmatched) + "\r\n", content_type="text/plain; charset=utf-8")
    reply["Content-Disposition"] = 'attachment; filename="not-found.txt"'
    return reply
