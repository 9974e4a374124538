"""The pages of suppliers: all suppliers with what stands on one side only, and both lists of one supplier side by
side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.money import HEADS, format_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.matching.words import ONLY_BOOKS, class_words
from invoices.models.choices import KIND_LABELS
from invoices.people.access import Access, for_taxpayer
from invoices.register import suppliers as query
from invoices.register.expected import signed_tax
from invoices.register.models import ALONE, Bill
from invoices.register.suppliers import Pair, Sides
from invoices.rules.situation import Kind
from invoices.web.page.crumbs import crumbs
from invoices.workbooks import missing_bills

ROWS = 50
SHORT = {"igst": "IGST", "cgst": "CGST", "sgst": "SGST", "cess": "cess"}
MOST_IN_TEXT = 200
FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@for_taxpayer()
@require_safe
def suppliers(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the suppliers, the greatest differences first."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    pages = Paginator(query.lines(access.taxpayer, asked), ROWS)
    page = pages.get_page(typed_values.whole_number(request.GET.get("page", ""), most=10**6) or 1)

    def address(number: int) -> str:
        return f"?{urlencode({'q': asked, 'page': number} if asked else {'page': number})}"

    context = {
        "access": access,
        "crumbs": crumbs(access, here=_("Suppliers")),
        "asked": asked,
        "lines": list(page.object_list),
        "count": pages.count,
        "several": pages.num_pages > 1,
        "first": address(1) if page.number > 1 else "",
        "previous": address(page.number - 1) if page.number > 1 else "",
        "next": address(page.number + 1) if page.number < pages.num_pages else "",
        "range": _("Page %(page)s of %(pages)s") % {"page": page.number, "pages": pages.num_pages},
    }
    return render(request, "invoices/register/suppliers.html", context)


@for_taxpayer()
@require_safe
def supplier(request: HttpRequest, access: Access, supplier: str) -> HttpResponse:
    """Show both lists of a supplier, for the month that the address names or for the latest."""
    month = typed_values.whole_number(request.GET.get("month", ""), most=999_912)
    found = query.sides(access.taxpayer, supplier.replace("\x00", ""), month)
    if found is None:
        raise NotFound("NOT_FOUND", _("This GSTIN has no bill and no document of this supplier."))
    differ = request.GET.get("show") == "differ"
    differing = [one for one in found.pairs if one.difference != 0]
    today = clock.today()
    expected, unchased = query.missing(access.taxpayer, supplier)
    context = {
        "access": access,
        "crumbs": crumbs(
            access,
            (_("Suppliers"), reverse("match_suppliers", args=[access.taxpayer.gstin])),
            here=found.name,
        ),
        "supplier": supplier,
        "found": found,
        "months": [(one, TaxPeriod.from_number(one.number).label) for one in found.months],
        "month": TaxPeriod.from_number(found.month).label,
        "differ": differ,
        "differing": len(differing),
        "pairs": [_pair(one) for one in (differing if differ else found.pairs)],
        "expected": [
            (one, signed_tax(one), (today - one.document_date).days) for one in expected[: query.MOST_LINES]
        ],
        "expected_tax": sum(max(signed_tax(one), 0) for one in expected),
        "expected_notes": -sum(min(signed_tax(one), 0) for one in expected),
        "unchased": unchased,
        "text": text_to_send(access, supplier, found, expected) if expected else "",
    }
    return render(request, "invoices/register/supplier.html", context)


@for_taxpayer()
@require_safe
def missing(request: HttpRequest, access: Access, supplier: str, form: str) -> HttpResponse:
    """Return the bills that the supplier did not report, as a file."""
    supplier = supplier.replace("\x00", "")
    if form not in FORMS:
        raise NotFound("NOT_FOUND", _("Choose CSV or Excel."))
    expected, _unchased = query.missing(access.taxpayer, supplier)
    made = (
        missing_bills.as_csv(expected)
        if form == "csv"
        else missing_bills.as_workbook(access.taxpayer, expected)
    )
    reply = HttpResponse(made, content_type=FORMS[form])
    reply["Content-Disposition"] = f'attachment; filename="not-reported.{form}"'
    return reply


def _pair(one: Pair) -> dict[str, Any]:
    words = class_words(one.match_class, one.sub)
    if one.match_class == ALONE and one.record is None:
        words = ONLY_BOOKS
    return {
        "pair": one,
        "name": _(words[0]),
        "bill": one.bill,
        "record": one.record,
        "books": signed_tax(one.bill) if one.bill else None,
        "ims": signed_tax(one.record) if one.record else None,
    }


def text_to_send(access: Access, supplier: str, found: Sides, expected: Sequence[Bill]) -> str:
    """Return a letter to the supplier. Nothing is sent from here."""
    asked = ngettext(
        "We booked %(n)s bill that we do not find among the documents you reported:",
        "We booked %(n)s bills that we do not find among the documents you reported:",
        len(expected),
    ) % {"n": len(expected)}
    shown = [
        _("To %(name)s (%(gstin)s)") % {"name": found.name, "gstin": supplier},
        _("From %(name)s (%(gstin)s)") % {"name": access.taxpayer.name, "gstin": access.taxpayer.gstin},
        "",
        asked,
        *(_sentence(bill) for bill in expected[:MOST_IN_TEXT]),
    ]
    if len(expected) > MOST_IN_TEXT:
        shown.append(_("The other bills are in the file."))
    return "\n".join([*shown, _("Were they reported to another GSTIN, or as B2C? Please report them.")])


def _sentence(bill: Bill) -> str:
    taxes = ", ".join(
        f"{SHORT[head]} {format_inr(getattr(bill, head))}" for head in HEADS if getattr(bill, head)
    )
    return _("%(kind)s %(number)s of %(day)s, taxable value %(taxable)s, %(taxes)s") % {
        "kind": _(KIND_LABELS[Kind(bill.kind)]),
        "number": bill.number or bill.own_number,
        "day": f"{bill.document_date:%d-%m-%Y}",
        "taxable": format_inr(bill.taxable),
        "taxes": taxes or _("no tax"),
    }
