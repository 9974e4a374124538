"""Outward supplies: recipients' actions on a supplier's documents, and the tax that rejections add to the
supplier's liability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import BadPeriod, FinancialYear, TaxPeriod
from ims_portal.support.database import keyset
from ims_portal.support.web.addresses import tax_period
from invoices.people.access import Access, for_taxpayer
from invoices.queries.calendar import calendar
from returns.gstr3b import outward_side
from returns.models import AddBack
from returns.outward import recipients_answers, rejections
from returns.outward.queries import Table
from returns.outward.recipients_answers import NOT_ACTIONABLE, STATUSES
from returns.web.recipient.pages import crumbs, link
from returns.web.supplier import rejection_rows
from returns.web.supplier.rejection_rows import kind_label, version_url, why_not_actionable

STATUS_WORDS = {
    "N": gettext_lazy("No action"),
    "A": gettext_lazy("Accepted"),
    "R": gettext_lazy("Rejected"),
    "P": gettext_lazy("Pending"),
    NOT_ACTIONABLE: gettext_lazy("Not actionable"),
}
FIRST_YEAR = 2024
POSTED_SHOWN = 200
# the tabs of the liability page; "" shows both
LIABILITY_TABS = ("", "added", "forecast")


def _period(request: HttpRequest) -> TaxPeriod:
    """Return the return period that the URL parameter `period` names. Without `period`, return last month, or
    a month of the financial year in the parameter `fy`. This month is last month if the year contains last
    month, and otherwise the first month of the year."""
    wanted = request.GET.get("period", "")
    if wanted:
        return tax_period(wanted)
    last = TaxPeriod.of(clock.today()).offset(-1)
    if request.GET.get("fy"):
        try:
            months = _months(FinancialYear.parse(request.GET["fy"]))
        except BadPeriod:
            raise NotFound(
                "NOT_FOUND", _("The financial year in the address is not valid. Write the year as 2024-25.")
            ) from None
        return last if last in months else months[0]
    return last


def _months(year: FinancialYear) -> list[TaxPeriod]:
    return [TaxPeriod.of(year.first_day).offset(n) for n in range(12)]


def shared(access: Access, period: TaxPeriod, here: str) -> dict[str, Any]:
    """Return the template data that every tab needs: the tabs with their counts, and the choice of period."""
    supplier = access.taxpayer
    gstin, rows = supplier.gstin, recipients_answers.counts(supplier, period)
    total = recipients_answers.TableRow(Table("all", "", _("All tables"), (), False))
    for row in rows:
        for status, n in row.counts.items():
            total.counts[status] += n
    expected, added = recipients_answers.forecasts(supplier), recipients_answers.posted(supplier)
    owed = recipients_answers.liability(expected, added)
    years = range(FIRST_YEAR, FinancialYear.of(clock.today()).start + 1)
    query = f"?fy={period.financial_year.label}&period={period.wire}"
    base = reverse("outward", args=[gstin])
    rejected, owing = (reverse(name, args=[gstin]) for name in ("outward_rejected", "outward_liability"))
    return {
        "access": access,
        "period": period,
        "query": query,
        "tables": rows,
        "total": total,
        "owed": owed,
        "statuses": [(code, str(STATUS_WORDS[code])) for code in STATUSES],
        "years": [FinancialYear(start) for start in years],
        "months": _months(period.financial_year),
        "download_url": link("outward_download", gstin),
        "tabs": [
            {
                "label": _("All documents, %(period)s") % {"period": period.short_label},
                "url": f"{base}{query}",
                "count": total.total,
                "current": here == "all",
            },
            {
                "label": _("Rejected, all periods"),
                "url": rejected,
                "count": rejections.total(rejections.rejected(supplier))[0],
                "current": here == "rejected",
            },
            {
                "label": _("Act now"),
                "url": f"{rejected}?show=now",
                "count": rejections.total(rejections.rejected(supplier, show="now"))[0],
                "current": here == "now",
            },
            {
                "label": _("Added to liability"),
                "url": f"{owing}?of=added",
                "count": owed.posted_count,
                "current": here == "added",
            },
            {
                "label": _("Forecast to be added"),
                "url": f"{owing}?of=forecast",
                "count": owed.forecast_count,
                "current": here == "forecast",
            },
        ],
    }


def document_crumbs(access: Access, *steps: tuple[str, str]) -> list[dict[str, str]]:
    gstin = access.taxpayer.gstin
    outward = (_("Outward supplies"), reverse("outward", args=[gstin]))
    return crumbs(access, (_("IMS dashboard"), link("ims", gstin)), outward, *steps)


@for_taxpayer()
def summary(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the number of documents by GSTR-1 table and recipients' action, and the period's rejections that
    add tax."""
    period = _period(request)
    supplier = access.taxpayer
    context = shared(access, period, "all")
    into = supplier.files.period_of(period)
    expected = recipients_answers.forecasts(supplier, period)
    added = recipients_answers.posted(supplier, period)
    shown = _rejections(access, list(expected.order_by("document_date", "pk")[:25]), list(added[:25]))
    context |= {
        "liability_rows": shown,
        "period_owed": recipients_answers.liability(expected, added),
        "gstr3b_period": into,
        "into_period": outward_side.added_back(supplier, into),
        "last_useful": _last_useful(shown),
        "crumbs": document_crumbs(access),
    }
    return render(request, "returns/outward/summary.html", context)


@for_taxpayer()
def documents(request: HttpRequest, access: Access, table: str) -> HttpResponse:
    """Show the documents of one table, or of all tables, with their recipients' actions."""
    period = _period(request)
    supplier = access.taxpayer
    known = {found.slug: found for found in recipients_answers.tables(supplier)}
    status = request.GET.get("status", "")
    if (table != "all" and table not in known) or (status and status not in STATUSES):
        raise NotFound(
            "NOT_FOUND", _("This page has no such table or status. Open the page again from the menu.")
        )
    sources = recipients_answers.documents(supplier, period, known.get(table), status)
    page = keyset.page(sources, keyset.Position.read(request.GET), request.GET)
    title = known[table].title if table in known else _("All documents")
    base = reverse("outward_table", args=[supplier.gstin, table])
    context = shared(access, period, _tab(table, status))
    context |= {
        "table": table,
        "title": title,
        "status": status,
        "status_word": str(STATUS_WORDS[status]) if status else "",
        "base": base,
        "page": page,
        "rows": [
            {
                "seen": row,
                "kind": kind_label(row.record.kind),
                "why_not": why_not_actionable(row.record),
                "url": version_url(supplier.gstin, row.record, edits=access.can_supply),
            }
            for row in recipients_answers.seen(page.rows)
        ],
        "crumbs": document_crumbs(access, (title, "")),
    }
    return render(request, "returns/outward/documents.html", context)


@for_taxpayer()
def liability(request: HttpRequest, access: Access) -> HttpResponse:
    """Show every rejection that adds tax. The tax is a forecast until the recipient files GSTR-3B. Then the
    portal posts the tax to a GSTR-3B period. The URL parameter `of` chooses one of the two (`LIABILITY_TABS`), and
    `period` the GSTR-3B period of posted tax."""
    supplier = access.taxpayer
    wanted, of = request.GET.get("period", ""), request.GET.get("of", "")
    if of not in LIABILITY_TABS:
        raise NotFound("NOT_FOUND", _("There is no such page."))
    into = tax_period(wanted) if wanted else None
    expected = recipients_answers.forecasts(supplier)
    if of == "added" or into is not None:
        expected = expected.none()
    added = recipients_answers.posted(supplier, liability_period=into)
    if of == "forecast":
        added = added.none()
    page = keyset.page([expected], keyset.Position.read(request.GET), request.GET)
    first_page = not page.first
    posted = list(added.order_by("-pk")[:POSTED_SHOWN]) if first_page else []
    shown = _rejections(access, page.rows, posted)
    owed = recipients_answers.liability(expected, added)
    context = shared(access, last_month(), of or ("added" if into else ""))
    context |= {
        "into": into,
        "of": of,
        "posted_periods": [TaxPeriod.from_number(n) for n in recipients_answers.posted_periods(supplier)],
        "liability_rows": shown,
        "period_owed": owed,
        "page": page,
        "more_posted": owed.posted_count > POSTED_SHOWN,
        "last_useful": _last_useful(shown),
        "crumbs": document_crumbs(access, (_("Added to liability"), "")),
    }
    return render(request, "returns/outward/liability.html", context)


def _tab(table: str, status: str) -> str:
    """Return the name of the tab that shows the list of this table and status. Return an empty text if no tab
    shows this list."""
    return {("all", ""): "all"}.get((table, status), "")


def last_month() -> TaxPeriod:
    """Return last month, as the return period for the tabs of the liability page. The tabs lead to lists of
    one return period. The page's own parameter `period` is a GSTR-3B period, so the tabs cannot use this
    parameter."""
    return TaxPeriod.of(clock.today()).offset(-1)


def _rejections(access: Access, expected: Sequence[Any], posted: Sequence[AddBack]) -> list[dict[str, Any]]:
    """Return the rows of the liability table: first the forecasts, then the posted tax."""
    documents = recipients_answers.documents_of(posted)
    rows = [*expected, *(documents[one.record_id] for one in posted if one.record_id in documents)]
    return [
        rejection_rows.row(access.taxpayer, one, edits=access.can_supply)
        for one in rejections.with_ways(access.taxpayer, rows)
    ]


def _last_useful(rows: list[dict[str, Any]]) -> Any:
    open_rows = [row["one"].seen for row in rows if row["one"].seen.posted is None]
    return recipients_answers.last_useful_day(open_rows, calendar(), clock.today()) if open_rows else None
