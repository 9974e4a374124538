"""Pages of GSTR-2A: the documents that suppliers have filed for a month, with their current data. The pages
only show data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from gstr2b.statement import gstr2a, queries
from gstr2b.web.pages import crumbs, link, names_of
from ims_portal.kernel.errors import NotFound
from ims_portal.support.database import keyset
from ims_portal.support.web.addresses import tax_period
from invoices.models.choices import INVOICE_TYPE_LABELS, SECTION_LABELS
from invoices.people.access import Access, for_taxpayer
from invoices.web.page.labels import section_label


@for_taxpayer()
def now(request: HttpRequest, access: Access) -> HttpResponse:
    """Redirect to GSTR-2A of the open period."""
    return redirect("gstr2a", access.taxpayer.gstin, access.taxpayer.opens.wire)


@for_taxpayer()
def summary(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Show the totals by table, and below them all filed documents of the month."""
    return _shown(request, access, period, "all")


@for_taxpayer()
def table(request: HttpRequest, access: Access, period: str, table: str) -> HttpResponse:
    """Show the totals, and below them the documents of one table."""
    if table != "all" and table not in SECTION_LABELS:
        raise NotFound("NOT_FOUND", _("GSTR-2A has no table with this name. Open GSTR-2A again."))
    return _shown(request, access, period, table)


def _shown(request: HttpRequest, access: Access, period: str, table: str) -> HttpResponse:
    month = tax_period(period)
    taxpayer = access.taxpayer
    totals = [total for total in gstr2a.totals(taxpayer, month) if total.count]
    sources = gstr2a.filed(taxpayer, month, "" if table == "all" else table)
    page = keyset.page(sources, keyset.Position.read(request.GET), request.GET)
    names = names_of(row.supplier_id for row in page.rows)
    base = (_("GSTR-2A"), reverse("gstr2a_now", args=[taxpayer.gstin]))
    here = reverse("gstr2a", args=[taxpayer.gstin, month.wire])
    steps = [base, (month.label, here)]
    if table != "all":
        steps.append((section_label(table), ""))
    return render(
        request,
        "gstr2b/gstr2a.html",
        {
            "access": access,
            "period": month,
            "previous": month.offset(-1),
            "next": month.offset(1),
            "totals": totals,
            "count": sum(total.count for total in totals),
            "tax": queries.add(total.tax for total in totals),
            "taxable": sum(total.taxable for total in totals),
            "table": table,
            "table_label": section_label(table),
            "page": page,
            "rows": [
                {
                    "record": row,
                    "supplier": names.get(row.supplier_id),
                    "label": section_label(row.section),
                    "type": INVOICE_TYPE_LABELS.get(row.invoice_type, ""),
                    # a credit note lowers the totals of supplies
                    "taxable": -row.taxable if row.kind == "CN" else row.taxable,
                    "tax": queries.amounts(row, "").scaled(-1 if row.kind == "CN" else 1),
                    "url": link("record", taxpayer.gstin, row.pk),
                }
                for row in page.rows
            ],
            "crumbs": crumbs(access, *steps),
        },
    )
