"""Filters a record list by a pasted text. Each entry of the text is a GSTIN, a document number, or a GSTIN
with a document number. The page shows how many entries were found, and names entries that were not found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

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
from ims_portal.kernel.money import format_count
from invoices.models import PastedList, Record, Taxpayer
from invoices.people.access import READ, Access, for_taxpayer
from invoices.queries import numbers as numbers_of
from invoices.queries.record_list.pasted_list import Pasted, candidates, understood
from invoices.rules.calendar import Form
from invoices.rules.documents import PORT_CODE, number_key
from invoices.web.record_list.posted import listing_of

MOST_PASTED = 5000
MOST_TYPED = 200_000
# the largest number of entries that the notice names as not found; the person can download all of them
MOST_NAMED = 5


@for_taxpayer(READ, writes=READ)
@require_POST
def paste(request: HttpRequest, access: Access) -> HttpResponse:
    """Store the pasted entries and open the filtered list."""
    listing = listing_of(request, access)
    text = request.POST.get("pasted", "").replace("\x00", "")
    if len(text) > MOST_TYPED:
        raise _too_many()
    said = read(access, text)
    if not said.count:
        messages.info(request, _("Paste at least one GSTIN or document number."))
        return redirect(listing.here)
    if said.count > MOST_PASTED:
        raise _too_many()
    kept = keep(access, said)
    found = said.count - len(kept.unmatched)
    words = ngettext(
        "%(found)s of %(n)s pasted entry is in this list.",
        "%(found)s of %(n)s pasted entries are in this list.",
        said.count,
    ) % {"found": format_count(found), "n": format_count(said.count)}
    if kept.unmatched:
        url = reverse("unmatched", args=[access.taxpayer.gstin, kept.digest])
        lost = _("Not found: %(names)s") % {"names": "; ".join(kept.unmatched[:MOST_NAMED])}
        more = "…" if len(kept.unmatched) > MOST_NAMED else ""
        words = format_html(
            '{} {}{} <a href="{}">{}</a>',
            words,
            lost,
            more,
            url,
            _("Download the entries that were not found"),
        )
    messages.info(request, words)
    return redirect(listing.url(list=kept.digest))


def _too_many() -> Invalid:
    words = _("You can paste at most %(n)s entries at once. Paste the other entries afterwards.")
    return Invalid("BAD_SELECTION", words % {"n": format_count(MOST_PASTED)})


def read(access: Access, text: str) -> Pasted:
    """Return the GSTINs and document numbers in a pasted text. Some lines can be read in several ways. For
    these lines, the recipient's documents show in which column the document numbers are."""
    own = access.taxpayer.gstin
    asked = candidates(text, own)
    return understood(text, own, _known(access, asked))


def _known(access: Access, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the `pairs` (supplier's GSTIN or port code, document number) that are documents of this
    recipient."""
    gstins = {gstin for gstin, _number in pairs}
    suppliers = dict(Taxpayer.objects.filter(gstin__in=gstins).values_list("pk", "gstin"))
    numbers = sorted({number for gstin, number in pairs if gstin in set(suppliers.values())})
    mine = Record.objects.filter(recipient_id=access.taxpayer.pk, supplier_id__in=list(suppliers))
    found: set[tuple[str, str]] = set()
    for start in range(0, len(numbers), MOST_PASTED):
        rows = mine.filter(number_key__in=numbers[start : start + MOST_PASTED])
        found |= {(suppliers[pk or 0], key) for pk, key in rows.values_list("supplier_id", "number_key")}
    bills = {pair for pair in pairs if PORT_CODE.match(pair[0])}
    if bills:
        theirs = Record.objects.filter(numbers_of.in_ports(bills), recipient_id=access.taxpayer.pk)
        found |= set(theirs.annotate(port=numbers_of.PORT).values_list("port", "number_key"))
    return found & set(pairs)


def keep(access: Access, said: Pasted) -> PastedList:
    """Store the pasted GSTINs and document numbers as a list, and return the list. The field `unmatched` has
    the entries for which this GSTIN has received no document."""
    numbers = {entry: number_key(entry)[:20] for entry in said.numbers}
    mine = Record.objects.filter(recipient_id=access.taxpayer.pk)
    suppliers = Taxpayer.objects.filter(gstin__in=said.gstins)
    there = mine.filter(supplier_id__in=list(suppliers.values_list("pk", flat=True)))
    known = set(there.order_by().values_list("supplier__gstin", flat=True).distinct())
    asked = mine.filter(numbers_of.among(list(numbers.values())))
    keys: set[str] = set()
    bills: set[str] = set()
    for key, form in asked.values_list("number_key", "form").distinct().order_by():
        (bills if form == Form.ICEGATE.value else keys).add(key)
    pairs = _known(access, said.pairs)
    unmatched = [
        *(gstin for gstin in said.gstins if gstin not in known),
        *(
            entry
            for entry, key in numbers.items()
            if key not in keys and number_key(key, bill=True) not in bills
        ),
        *(f"{gstin} {number}" for gstin, number in said.pairs if (gstin, number) not in pairs),
        *said.unclear,
    ]
    # If no line of the text can be read, the filtered list must be empty. The pair "" matches no record, but
    # an empty list of pairs would switch the filter off.
    kept_pairs = sorted(f"{gstin}:{number}" for gstin, number in said.pairs) or ([""] if said.unclear else [])
    parts = {
        "suppliers": sorted(said.gstins),
        "numbers": sorted({key for key in numbers.values() if key}),
        "pairs": kept_pairs,
    }
    digest = hashlib.sha256(json.dumps([parts, sorted(said.unclear)]).encode()).hexdigest()[:16]
    kept, _new = PastedList.objects.update_or_create(
        taxpayer=access.taxpayer,
        digest=digest,
        defaults={**parts, "unmatched": unmatched, "created_at": clock.now()},
    )
    return kept


@for_taxpayer()
@require_safe
def unmatched(request: HttpRequest, access: Access, digest: str) -> HttpResponse:
    """Return a text file with the pasted entries that were not found, one entry on each line."""
    found = PastedList.objects.filter(taxpayer=access.taxpayer, digest=digest[:16]).first()
    if found is None:
        raise NotFound("NOT_FOUND", "The pasted list no longer exists. Paste the entries again.")
    reply = HttpResponse("\r\n".join(found.unmatched) + "\r\n", content_type="text/plain; charset=utf-8")
    reply["Content-Disposition"] = 'attachment; filename="not-found.txt"'
    return reply
