"""Pages that show the returns of a period, one form with its tables, and the documents of a table."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.periods import BadPeriod, FinancialYear, Frequency, TaxPeriod
from invoices.people.access import READ, Access, for_taxpayer
from invoices.rules import gates
from invoices.rules.calendar import Form
from returns.gstr1_file.write import pieces
from returns.outward import document_lists, queries
from returns.outward.open_forms import OpenForms
from returns.outward.queries import FormStatus
from returns.web.supplier.context import SLUGS, Place, for_form, url_of
from returns.web.supplier.recipients_answers import STATUS_WORDS as ANSWER_WORDS

FIRST_YEAR = 2023
PAGE_SIZE = 50
ACTIONS = ("N", "A", "R", "P", document_lists.NOT_ACTIONABLE)


def last_month() -> TaxPeriod:
    """Return last month. During a month, suppliers report the documents of the month before."""
    return TaxPeriod.of(clock.today()).offset(-1)


@for_taxpayer(READ)
@require_safe
def dashboard(request: HttpRequest, access: Access) -> HttpResponse:
    """Show a choice of year and period, and a card for each return of the period."""
    supplier = access.taxpayer
    period = _chosen_period(request, last_month())
    year = period.financial_year
    months = [TaxPeriod.of(year.first_day).offset(n) for n in range(12)]
    years = [FinancialYear(y) for y in range(FinancialYear.of(clock.today()).start, FIRST_YEAR - 1, -1)]
    quarter = supplier.files.period_of(period)
    context = {
        "access": access,
        "supplier": supplier,
        "period": period,
        "months": months,
        "years": years,
        "year": year,
        "outward": [_card(supplier.gstin, found) for found in queries.statuses(supplier, period)],
        "inward": queries.inward(supplier, quarter) if supplier.registration.has_ims else None,
        "quarter": quarter,
        "quarterly": supplier.files is Frequency.QUARTERLY,
        "is_quarter_end": supplier.files.is_period(period),
        "has_gstr1": Form.GSTR1 in gates.forms_of(supplier.registration),
        "quarter_gstr1": url_of(supplier.gstin, Form.GSTR1, quarter),
        "crumbs": [{"label": _("Home"), "url": f"/t/{supplier.gstin}/"}, {"label": _("Returns"), "url": ""}],
    }
    return render(request, "returns/supplier/dashboard.html", context)


def _chosen_period(request: HttpRequest, default: TaxPeriod) -> TaxPeriod:
    """Return the period that ?period=MMYYYY names. With ?fy=2024-25, move the period to the same month of
    this financial year. Return `default` if the period is missing or not valid."""
    try:
        chosen = TaxPeriod.from_wire(request.GET["period"]) if request.GET.get("period") else default
        if request.GET.get("fy"):
            year = FinancialYear.parse(request.GET["fy"])
            chosen = TaxPeriod(year.start + (chosen.month < 4), chosen.month)
        this_year = FinancialYear.of(clock.today()).start
        return chosen if FIRST_YEAR <= chosen.financial_year.start <= this_year else default
    except BadPeriod:
        return default


def _card(gstin: str, found: FormStatus) -> dict[str, Any]:
    return {"status": found, "url": url_of(gstin, found.form, found.period)}


@for_taxpayer(READ)
@require_safe
def form_now(request: HttpRequest, access: Access, form: Form) -> HttpResponse:
    """Redirect to the form of last month, because suppliers report last month's documents now."""
    return redirect(SLUGS[form], access.taxpayer.gstin, last_month().wire)


@for_form(READ)
@require_safe
def form_page(request: HttpRequest, place: Place) -> HttpResponse:
    """Show one form: its status, its tables with sums, and the possible actions."""
    status = queries.status(place.supplier, place.form, place.period)
    sums = queries.table_sums(place.supplier, place.form, place.period)
    rejected = sum(total.rejected for total in sums)
    context = place.context(
        status=status,
        sums=sums,
        rejected=rejected,
        has_documents=any(t.count for t in sums),
        crumbs=place.crumbs(),
    )
    return render(request, "returns/supplier/form.html", context)


@for_form(READ)
@require_safe
def table_page(request: HttpRequest, place: Place, table: str) -> HttpResponse:
    """Show the documents of one table."""
    found = place.table(table)
    search = request.GET.get("q", "").strip()[:40]
    action = request.GET.get("action", "")
    action = action if action in ACTIONS else ""
    page = document_lists.documents(
        place.supplier,
        place.form,
        place.period,
        found,
        after=_number(request.GET.get("after", "")),
        search=search if search.isprintable() else "",
        action=action,
        size=PAGE_SIZE,
    )
    status = queries.status(place.supplier, place.form, place.period)
    forms = OpenForms(place.supplier) if status.filed else None
    amend = forms.for_amendment(place.form, place.period) if forms else None
    context = place.context(
        table=found,
        page=page,
        status=status,
        search=search,
        action=action,
        actions=[(letter, str(ANSWER_WORDS[letter])) for letter in ACTIONS],
        later=bool(request.GET.get("after")),
        amend_url=_amend_url(place, found.slug, amend),
        # the record page gives the same reason, and has no button either
        amend_closed=forms.why_closed(*amend) if forms and amend else "",
        amend_label=f"{amend[0].value} {amend[1].short_label}" if amend else "",
        crumbs=place.crumbs((found.title, "")),
    )
    return render(request, "returns/supplier/table.html", context)


def _number(text: str) -> int:
    return typed_values.whole_number(text) or 0


def _amend_url(place: Place, slug: str, amend: tuple[Form, TaxPeriod] | None) -> str:
    """Return the address of the form in which a supplier amends a filed document of this table. The template
    adds `?amends=` and the id of the document."""
    if amend is None:
        return ""
    form, period = amend
    return reverse(f"{SLUGS[form]}_new", args=[place.supplier.gstin, period.wire, amended_slug(slug)])


def amended_slug(slug: str) -> str:
    return slug if slug in ("b2ba", "notesa", "ecoa") else f"{slug}a"


@for_form(READ)
@require_safe
def json_file(request: HttpRequest, place: Place) -> StreamingHttpResponse:
    """Return the form's documents as GSTN's JSON, piece by piece."""
    text = pieces(place.supplier, place.form, place.period)
    response = StreamingHttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"{SLUGS[place.form]}_{place.supplier.gstin}_{place.period.wire}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
