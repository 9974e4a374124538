"""Pages on which a supplier enters, edits, amends and deletes a document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import Conflict, NotFound, Refused
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import FinancialYear
from ims_portal.kernel.places import is_place_of_supply
from invoices.documents import saving
from invoices.models import Record, Taxpayer
from invoices.people.access import SUPPLY
from invoices.queries.calendar import annual_returns
from invoices.queries.successors import successor
from invoices.rules import gates, named_original
from invoices.rules.attribution import registration_of
from invoices.rules.documents import number_key
from invoices.rules.retail_price import DocumentWarning
from invoices.rules.situation import Filing
from invoices.web.page.labels import in_language
from returns.outward import document_lists
from returns.outward import save_and_file as outward
from returns.outward.queries import Table
from returns.web.supplier.context import SLUGS, Place, for_form
from returns.web.supplier.document_form import DocumentForm

GET_OR_POST = ["GET", "HEAD", "POST"]


@for_form(SUPPLY)
@require_http_methods(GET_OR_POST)
def new(request: HttpRequest, place: Place, table: str) -> HttpResponse:
    """Show and save the form of a new document. In an amendment table, the person first chooses the document
    to amend."""
    found = place.table(table)
    original = None
    if found.amended:
        original = _original(place, request, found)
        if original is None:
            return _choose_original(request, place, found)
    form = DocumentForm(
        request.POST or None, supplier=place.supplier, form=place.form, table=found, original=original
    )
    if request.method == "POST" and request.POST.get("do", "save") in ("save", "next") and form.is_valid():
        try:
            record = outward.save(
                place.supplier, place.form, place.period, form.incoming(), by=place.access.by()
            )
        except Refused as error:
            form.add_refusal(error)
        else:
            who = _name(record.recipient_id)
            messages.success(
                request,
                _("Saved %(number)s. %(who)s can see the document now.")
                % {"number": record.number, "who": who},
            )
            _tell_tax(request, form)
            _warn(request, record)
            step = "new" if request.POST.get("do") == "next" and original is None else "table"
            return redirect(f"{SLUGS[place.form]}_{step}", place.supplier.gstin, place.period.wire, table)
    return _editor(request, place, found, form, original=original)


def _tell_tax(request: HttpRequest, form: DocumentForm) -> None:
    """Tell of which lines the portal computed the tax again, because the person changed the line and left the
    tax."""
    for nth in sorted(form.recomputed):
        text = _("The tax of line %(nth)s was computed again from its taxable value and rate.")
        messages.info(request, text % {"nth": nth})


def _warn(request: HttpRequest, record: Record) -> None:
    returns = annual_returns([record.supplier_id]) if record.supplier_id else {}
    for warning in document_lists.warnings_of(record, returns, document_lists.originals_of([record])):
        messages.warning(request, _told(warning))


def _told(warning: DocumentWarning) -> str:
    return f"{in_language(warning.message)} ({warning.rule})"


def _original(place: Place, request: HttpRequest, table: Table) -> Any:
    """Return the filed document that the URL parameter `amends` names, or None without this parameter. Raises
    `NotFound` if this supplier has no such document, or if this table is for documents of another kind."""
    asked = typed_values.whole_number(request.GET.get("amends", ""))
    if asked is None:
        return None
    found = document_lists.document(place.supplier, asked)
    if (
        found is None
        or found.filing != Filing.FILED.value
        or found.kind not in [k.value for k in table.kinds]
    ):
        raise NotFound(
            "NOT_FOUND",
            _(
                "The document to amend is not among your filed documents of this table. Choose the document "
                "again."
            ),
        )
    return found


def _choose_original(request: HttpRequest, place: Place, table: Table) -> HttpResponse:
    number = request.GET.get("number", "").strip()[:20]
    found = document_lists.originals(place.supplier, number, table) if number and number.isprintable() else []
    context = place.context(
        table=table,
        number=number,
        found=found,
        closed=outward.why_closed(place.supplier, place.form, place.period),
        crumbs=place.crumbs((table.title, f"{place.url}{table.slug}/"), (_("Amend"), "")),
    )
    return render(request, "returns/supplier/originals.html", context)


@for_form(SUPPLY)
@require_http_methods(GET_OR_POST)
def edit(request: HttpRequest, place: Place, table: str, record: int) -> HttpResponse:
    """Show and save the form of a saved document."""
    found, saved = _saved(place, table, record)
    if saved.pk != record and request.method != "POST":
        return redirect(f"{place.url}{table}/{saved.pk}/")
    amended = _amended_by(place, saved)
    form = DocumentForm(
        request.POST or None,
        supplier=place.supplier,
        form=place.form,
        table=found,
        record=saved,
        amends=amended,
    )
    status = 200
    if request.method == "POST" and request.POST.get("do", "save") == "save" and form.is_valid():
        if not form.has_changed():
            messages.info(request, _("Nothing was changed in %(number)s.") % {"number": saved.number})
            return redirect(f"{SLUGS[place.form]}_table", place.supplier.gstin, place.period.wire, table)
        incoming = form.incoming()
        try:
            changed = outward.edit(
                saved.pk,
                place.supplier,
                incoming.draft,
                by=place.access.by(),
                details=incoming.details,
                revision=form.cleaned_data["revision"],
                named=form.named_original(),
            )
        except Refused as error:
            form.add_refusal(error)
        except Conflict as error:
            form.add_error(None, in_language(error.message))
            status = 409
        else:
            messages.success(request, _saved_in_words(changed, amended, _amended_by(place, changed)))
            _tell_tax(request, form)
            _warn(request, changed)
            return redirect(f"{SLUGS[place.form]}_table", place.supplier.gstin, place.period.wire, table)
    return _editor(request, place, found, form, record=saved, status=status)


def _saved(place: Place, table: str, record: int, *, lapsed: bool = False) -> tuple[Table, Record]:
    """Return a saved document of exactly this form, period and table. If an edit gave the document a new
    record, return the new record. With `lapsed`, the document may be one that can no longer be filed. Raises
    `NotFound` for any other document."""
    found = place.table(table)
    saved = document_lists.document(place.supplier, record) or successor(place.supplier.pk, record)
    if not (
        isinstance(saved, Record)
        and (saved.filing == Filing.SAVED.value or (lapsed and saved.filing == Filing.LAPSED.value))
        and (saved.form, saved.tax_period) == (place.form.value, place.period.number)
        and saved.kind in [kind.value for kind in found.kinds]
        and (saved.amends_id is not None) == found.amended
    ):
        raise NotFound(
            "NOT_FOUND",
            _("This document is not a saved document of this table. Open the document from the table."),
        )
    return found, saved


def _amended_by(place: Place, record: Record | None) -> Any:
    """Return the version that the saved document `record` amends, or None if it amends none."""
    return document_lists.document(place.supplier, record.amends_id) if record and record.amends_id else None


def _saved_in_words(changed: Record, before: Any, after: Any) -> str:
    """Return the message about a saved edit. If the document now amends another document, name both."""
    said = _("Saved the change of %(number)s.") % {"number": changed.number}
    if after is None or before is None or after.pk == before.pk:
        return said
    named = {
        "new": after.number,
        "new_day": f"{after.document_date:%d-%m-%Y}",
        "old": before.number,
        "old_day": f"{before.document_date:%d-%m-%Y}",
    }
    return (
        f"{said} "
        + _("It now amends %(new)s of %(new_day)s. Before, it amended %(old)s of %(old_day)s.") % named
    )


def _compared(place: Place, table: Table, form: DocumentForm, linked: Any) -> Any:
    """Return the version with which the page compares the typed document: the version that the person named in
    the form, or the linked version. Return None if no version with the typed number and date can be
    amended."""
    number, on = form.typed_original()
    if linked is None or (number_key(number) == linked.number_key and on == linked.document_date):
        return linked
    return document_lists.original_named(place.supplier, table, number, on) if number and on else None


def _editor(
    request: HttpRequest,
    place: Place,
    table: Table,
    form: DocumentForm,
    *,
    record: Record | None = None,
    original: Any = None,
    status: int = 200,
) -> HttpResponse:
    wanted = request.POST.get("do") if request.method == "POST" else ""
    if wanted in ("tax", "line"):
        # A button other than Save was pressed. Show the form again with the typed values and without errors, but say
        # what the tax still needs.
        form._errors = {}
        if wanted == "tax":
            form.with_taxes()
    action, word = document_lists.action_of(record) if record else ("", "")
    linked = _amended_by(place, record)
    before = original or (_compared(place, table, form, linked) if form.is_bound else linked)
    late = None
    if before:
        furnished = annual_returns([place.supplier.pk]).get((place.supplier.pk, before.root_year))
        late = gates.late_amendment(FinancialYear(before.root_year), clock.today(), furnished)
    again = original is not None and "again" in request.GET
    heading = _heading(table, record, original, again=again)
    totals = form.totals()
    context = place.context(
        table=table,
        form=form,
        record=record,
        original=before,
        amends=before or linked,
        moved=[_told(warning) for warning in _moves(before, form)] if before else [],
        heading=heading,
        again=again,
        rejected=_decided(original) if original and document_lists.action_of(original)[0] == "R" else None,
        action=action if record and action in ("A", "R", "P") else "",
        action_word=word,
        totals=totals,
        changes=_changes(before, totals) if before else [],
        recipient_name=recipient_name(form["recipient"].value() or ""),
        recipient_url=reverse(
            f"{SLUGS[place.form]}_recipient", args=[place.supplier.gstin, place.period.wire]
        ),
        closed=None if record else outward.why_closed(place.supplier, place.form, place.period),
        late=_told(late) if late else "",
        crumbs=place.crumbs((table.title, f"{place.url}{table.slug}/"), (heading, "")),
    )
    status = status if status != 200 else 422 if form.is_bound and form.errors else 200
    return render(request, "returns/supplier/document.html", context, status=status)


def _decided(record: Any) -> Any:
    """Return the recipient's action with its date and remarks. An archived record has these columns itself."""
    return record.decision if isinstance(record, Record) else record


def _moves(before: Any, form: DocumentForm) -> tuple[DocumentWarning, ...]:
    """Return the warnings that the typed document has another recipient or place of supply than `before`."""
    typed = str(form["recipient"].value() or "").strip().upper()
    if not Gstin.is_valid(typed):
        typed = before.recipient.gstin
    place = str(form["place_of_supply"].value() or "")
    if not is_place_of_supply(place):
        place = before.place_of_supply
    return named_original.moves(
        before.number, recipients=(before.recipient.gstin, typed), places=(before.place_of_supply, place)
    )


def _heading(table: Table, record: Any, original: Any, *, again: bool = False) -> str:
    if record:
        return _("Edit %(number)s") % {"number": record.number}
    if again:
        return _("Report %(number)s again") % {"number": original.number}
    if original:
        return _("Amend %(number)s") % {"number": original.number}
    words = {"notes": _("Add a credit or debit note"), "eco": _("Add a supply under section 9(5)")}
    return words.get(table.slug, _("Add an invoice"))


def _changes(before: Any, totals: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the table of changes: taxable value, each tax head, and total tax. Each row has the
    old amount, the new amount and the difference, in paise."""
    tax = totals["tax"]
    rows = [
        (_("Taxable"), before.taxable, totals["taxable"]),
        (_("Integrated"), before.igst, tax.igst),
        (_("Central"), before.cgst, tax.cgst),
        (_("State/UT"), before.sgst, tax.sgst),
        (_("Cess"), before.cess, tax.cess),
        (_("Tax"), before.tax, tax.total),
    ]
    return [{"label": label, "old": old, "new": new, "change": new - old} for label, old, new in rows]


def _name(taxpayer_id: int) -> str:
    return Taxpayer.objects.get(pk=taxpayer_id).name


def recipient_name(text: str) -> str:
    """Return the text that the page shows while a person types a GSTIN: the taxpayer's name, or a sentence
    about the GSTIN. The text is empty while fewer than 15 characters are typed."""
    try:
        gstin = Gstin.parse(text)
    except ValueError as bad:
        return in_language(bad.args[0]) if len(text.strip()) >= 15 else ""
    found = Taxpayer.objects.filter(gstin=gstin, listed=True).first()
    if found:
        return found.name
    if not registration_of(gstin).has_ims:
        return _("Valid GSTIN of a registration without IMS. The document makes no IMS record.")
    return _("Valid GSTIN; not registered in this portal")


@for_form(SUPPLY)
@require_safe
def recipient(request: HttpRequest, place: Place) -> HttpResponse:
    """Return the part of the page that shows the recipient's name below the field for the GSTIN."""
    name = recipient_name(request.GET.get("recipient", "")[:20])
    return render(request, "returns/supplier/_recipient.html", {"recipient_name": name})


@for_form(SUPPLY)
@require_http_methods(GET_OR_POST)
def delete(request: HttpRequest, place: Place, table: str, record: int) -> HttpResponse:
    """Ask for a confirmation, and then delete a saved document."""
    found, saved = _saved(place, table, record, lapsed=True)
    if saved.pk != record:
        # the person confirmed the deletion of an earlier content, so the page asks again
        return redirect(f"{place.url}{table}/{saved.pk}/delete/")
    if request.method == "POST":
        saving.delete(saved.pk, place.supplier, by=place.access.by())
        messages.success(request, _("Deleted %(number)s.") % {"number": saved.number})
        return redirect(f"{SLUGS[place.form]}_table", place.supplier.gstin, place.period.wire, table)
    action, word = document_lists.action_of(saved)
    context = place.context(
        table=found,
        record=saved,
        line=document_lists.lines_of([saved])[0],
        action=action if action in ("A", "R", "P") else "",
        action_word=word,
        crumbs=place.crumbs(
            (found.title, f"{place.url}{table}/"), (_("Delete %(n)s") % {"n": saved.number}, "")
        ),
    )
    return render(request, "returns/supplier/delete.html", context)
