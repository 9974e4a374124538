"""The list of the present bills of a register, each with its class and the document that it belongs to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from ims_portal.support.database import keyset
from invoices.matching.ladder import Class
from invoices.matching.words import ACTIONS, CLASSES, REASONS
from invoices.models.choices import KIND_CHOICES
from invoices.people.access import READ, Access, for_taxpayer
from invoices.register import bill_list
from invoices.register.bill_list import BOOKS, MATCHED, NEITHER, Asked, Found
from invoices.register.models import Bill
from invoices.web.register.told import GENERAL, class_of, crumbs

STATE_WORDS = {
    "": gettext_noop("All"),
    MATCHED: gettext_noop("Matched"),
    BOOKS: gettext_noop("Only in the books"),
    "repeated": gettext_noop("Booked twice"),
    NEITHER: gettext_noop("Without an answer"),
}
KINDS = dict(KIND_CHOICES)
MOST_REASONS = 3


@for_taxpayer(READ)
@require_safe
def bills(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the bills that the filters ask for, by their dates."""
    asked = asked_for(request)
    found = bill_list.bills(access.taxpayer, asked)
    page = keyset.page([found], keyset.Position.read(request.GET), request.GET)
    answers = bill_list.answers(access.taxpayer, page.rows)
    context = {
        "access": access,
        "asked": asked,
        "month": asked.month.iso if asked.month else "",
        "page": page,
        "shown": [_shown(bill, answers.get(bill.identity or 0)) for bill in page.rows],
        "states": [{"value": value, "words": _(words)} for value, words in STATE_WORDS.items()],
        "classes": [{"value": one.value, "words": name_of_class(one.value)} for one in Class],
        "filtered": asked != Asked(),
        "crumbs": crumbs(access, _("Bills")),
    }
    return render(request, "invoices/register/bills.html", context)


def asked_for(request: HttpRequest) -> Asked:
    """Return the filters of an address. Raises `Invalid` for a damaged address."""
    state, class_ = request.GET.get("state", ""), request.GET.get("class", "")
    if state not in STATE_WORDS or (class_ and class_ not in {one.value for one in Class}):
        raise Invalid("BAD_FILTER", _("This address is damaged. Open the list again."))
    month = request.GET.get("month", "")
    try:
        period = TaxPeriod.parse(month) if month else None
    except BadPeriod:
        raise Invalid("BAD_FILTER", _("Write the month like 2024-10.")) from None
    supplier = request.GET.get("supplier", "").strip().replace("\x00", "")[:100]
    return Asked(state, class_, supplier, period)


def name_of_class(name: str) -> str:
    return _(CLASSES[name][0] if name in CLASSES else GENERAL.get(name, name))


def _shown(bill: Bill, found: Found | None) -> dict[str, Any]:
    name, sentence = class_of(found)
    finding = found.finding if found else None
    return {
        "bill": bill,
        "kind": _(KINDS.get(bill.kind, bill.kind)),
        "tax": bill.igst + bill.cgst + bill.sgst + bill.cess,
        "class": name,
        "sentence": sentence,
        "reasons": [_(REASONS[code]) for code in (found.reasons if found else ()) if code in REASONS][
            :MOST_REASONS
        ],
        "suggestion": _(ACTIONS[finding.suggestion]) if finding and finding.suggestion in ACTIONS else "",
        "record": finding.record if finding else None,
    }
