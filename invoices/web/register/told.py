"""Words and parts that several pages of the register share."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel import typed_values
from invoices.matching.words import ONLY_BOOKS, class_words
from invoices.people.access import Access
from invoices.register.bill_list import Found
from invoices.register.models import ALONE
from invoices.register.reading.mapping import ARITHMETIC, CONTENT, EXACT, GUESS, LAYOUT, PERSON
from invoices.web.page.crumbs import crumbs as desk_crumbs

ROWS = 50
FIELD_WORDS = {
    "own_gstin": gettext_noop("Our GSTIN"),
    "supplier_gstin": gettext_noop("Supplier GSTIN"),
    "supplier_name": gettext_noop("Supplier name"),
    "kind": gettext_noop("Kind"),
    "number": gettext_noop("Number"),
    "own_number": gettext_noop("Own number"),
    "document_date": gettext_noop("Document date"),
    "posted_on": gettext_noop("Booked on"),
    "received_on": gettext_noop("Goods received on"),
    "taxable": gettext_noop("Taxable value"),
    "igst": gettext_noop("Integrated tax"),
    "cgst": gettext_noop("Central tax"),
    "sgst": gettext_noop("State/UT tax"),
    "cess": gettext_noop("Cess"),
    "value": gettext_noop("Document value"),
    "rate": gettext_noop("Rate"),
    "place_of_supply": gettext_noop("Place of supply"),
    "reverse_charge": gettext_noop("Reverse charge"),
    "itc": gettext_noop("ITC"),
    "claimed_period": gettext_noop("Claimed in"),
    "original_number": gettext_noop("Number of the original"),
    "original_date": gettext_noop("Date of the original"),
    "port_code": gettext_noop("Port code"),
    "irn": gettext_noop("IRN"),
    "source_ref": gettext_noop("Id in the program"),
    "po": gettext_noop("Purchase order"),
    "branch": gettext_noop("Branch"),
    "status": gettext_noop("Status of the document"),
    "tax": gettext_noop("Total tax"),
}
# how a field was found -> the word and the colour of its tag
HOW = {
    LAYOUT: (gettext_noop("layout"), "A"),
    EXACT: (gettext_noop("exact"), "A"),
    CONTENT: (gettext_noop("by content"), "I"),
    ARITHMETIC: (gettext_noop("by arithmetic"), "I"),
    GUESS: (gettext_noop("guess"), "P"),
    PERSON: (gettext_noop("you said"), "I"),
}
# the classes that have words only with a sub-class
GENERAL = {
    "NUMBER": gettext_noop("Number differs"),
    "PLACE": gettext_noop("Place of supply or reverse charge"),
    "VALUE": gettext_noop("Amounts differ"),
    "YEAR": gettext_noop("Other financial year"),
    "GSTIN": gettext_noop("Supplier's GSTIN missing or mistyped"),
}


def crumbs(access: Access, here: str, *between: tuple[str, str]) -> list[dict[str, str]]:
    """Return the breadcrumbs Home › IMS dashboard › Purchase register › … › this page."""
    register = (_("Purchase register"), reverse("register", args=[access.taxpayer.gstin]))
    return desk_crumbs(access, register, *between, here=here)


def field_words(name: str) -> str:
    return _(FIELD_WORDS.get(name, name))


def class_of(found: Found | None) -> tuple[str, str]:
    """Return the name and the sentence of a bill's class. They are empty if the matcher has not seen the bill."""
    if found is None or not found.match_class:
        return "", ""
    name, sentence = ONLY_BOOKS if found.match_class == ALONE else class_words(found.match_class, found.sub)
    return _(name), _(sentence)


def paged(request: HttpRequest, rows: QuerySet | list[Any], size: int = ROWS) -> dict[str, Any]:
    """Return the rows of the page that the address names, their number, and the addresses of the other pages."""
    found = Paginator(rows, size)
    page = found.get_page(typed_values.whole_number(request.GET.get("page", ""), most=10**6) or 1)
    kept = [(name, value) for name, value in request.GET.items() if name != "page"]

    def address(number: int) -> str:
        return f"?{urlencode([*kept, ('page', number)])}"

    last = found.num_pages
    return {
        "rows": list(page.object_list),
        "count": found.count,
        "several": last > 1,
        "first": address(1) if page.number > 1 else "",
        "previous": address(page.number - 1) if page.number > 1 else "",
        "next": address(page.number + 1) if page.number < last else "",
        "last": address(last) if page.number < last else "",
        "range": _("Page %(page)s of %(pages)s") % {"page": page.number, "pages": last},
    }
