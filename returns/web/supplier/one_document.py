"""The page of one document on the supplier's side: the document as it was reported, the recipient's action, what
happened to the document, and the ways to amend it. Nothing can be typed here."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.money import format_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.journal import history
from invoices.models.choices import INVOICE_TYPE_LABELS
from invoices.people.access import READ
from invoices.web.page import facts
from invoices.web.page.labels import state_label
from returns.outward import document_lists, recipients_answers, rejections
from returns.outward.queries import Table
from returns.outward.rejections import Rejection
from returns.web.supplier import rejection_rows
from returns.web.supplier.context import Place, for_form
from returns.web.supplier.recipients_answers import STATUS_WORDS


@for_form(READ)
@require_safe
def page(request: HttpRequest, place: Place, table: str, record: int) -> HttpResponse:
    """Show one document of exactly this form, period and table. The number of queries is fixed."""
    found = place.table(table)
    one = _found(place, found, record)
    row = rejection_rows.row(place.supplier, one, edits=place.access.can_supply)
    line = document_lists.lines_of([_read(place, record)])[0]
    earlier = line.amends
    context = place.context(
        table=found,
        row=row,
        one=one,
        r=row["r"],
        rejected=row["r"].did == "R",
        not_actionable=row["r"].did == recipients_answers.NOT_ACTIONABLE,
        status_word=str(STATUS_WORDS[row["r"].did]),
        facts=_facts(row["r"]),
        rate_lines=facts.rate_lines(row["r"]),
        earlier=earlier,
        earlier_url=rejection_rows.version_url(place.supplier.gstin, earlier, edits=place.access.can_supply)
        if earlier
        else "",
        events=history.of_supplier(line.record, place.supplier),
        crumbs=place.crumbs((found.title, f"{place.url}{found.slug}/"), (row["r"].number, "")),
    )
    return render(request, "returns/supplier/one_document.html", context)


def _found(place: Place, table: Table, record: int) -> Rejection:
    """Return the document with the recipient's action and the ways to answer it. Raises `NotFound` if the form has
    no such document in this table."""
    sources = recipients_answers.documents(place.supplier, place.period, table, "")
    rows = [row for source in sources for row in source.filter(pk=record, form=place.form.value)]
    if not rows:
        raise NotFound("NOT_FOUND", _("This table has no such document. Open the document from the table."))
    return rejections.with_ways(place.supplier, rows[:1])[0]


def _read(place: Place, record: int) -> document_lists.AnyRecord:
    read = document_lists.document(place.supplier, record)
    assert read is not None
    return read


def _facts(record: Any) -> list[dict[str, Any]]:
    """Return the facts of a document as it was reported. Nothing of the recipient's is among them."""
    lapsed = document_lists.lapsed_note(record)
    day: date | None = record.filed_on
    items = (
        (_("Document date"), f"{record.document_date:%d-%m-%Y}"),
        (_("Document value"), f"₹{format_inr(record.value)}"),
        (_("Document type"), _(INVOICE_TYPE_LABELS.get(record.invoice_type, record.invoice_type))),
        (_("Place of supply"), state_label(record.place_of_supply) if record.place_of_supply else ""),
        (_("Reverse charge"), _("Yes") if record.reverse_charge else _("No")),
        (_("Form"), f"{record.form} {TaxPeriod.from_number(record.tax_period).short_label}"),
        (_("Filed"), f"{day:%d-%m-%Y}" if day else _("Can no longer be filed") if lapsed else _("Not filed")),
        (_("IRN"), (record.details or {}).get("irn", "")),
    )
    return [{"label": label, "value": value} for label, value in items if value]
