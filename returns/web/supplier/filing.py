"""Pages on which a supplier loads a file, checks and files a form, and sees the receipt."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import NotFound, PortalError, Refused
from ims_portal.kernel.money import TaxAmounts, format_count
from ims_portal.support.web.body_limits import takes_body
from invoices.models import Job, Role
from invoices.people import confirmation, sign_in
from invoices.people.access import FILE, READ, SUPPLY
from invoices.rules.calendar import Form
from invoices.web.page import words
from invoices.web.page.labels import in_language
from returns.gstr1_file import job as upload_job
from returns.gstr1_file import load
from returns.gstr1_file.report import Mode
from returns.outward import queries, rejections, section_sums
from returns.outward import save_and_file as outward
from returns.web.supplier.context import SLUGS, Place, for_form, url_of

GET_OR_POST = ["GET", "HEAD", "POST"]
MODES = [
    (Mode.GOOD_ONES.value, lazy("Save the valid documents and report the others")),
    (Mode.ALL_OR_NOTHING.value, lazy("Save nothing if any document is refused")),
    (Mode.CHECK.value, lazy("Only check the file; save nothing")),
]


class UploadForm(forms.Form):
    file = forms.FileField(
        label=lazy("GSTN JSON file"),
        help_text=lazy("Up to 1 GB, for this GSTIN and period; a large file is loaded in the background"),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )
    mode = forms.ChoiceField(
        label=lazy("If a document is refused"),
        choices=MODES,
        widget=forms.RadioSelect,
        initial=Mode.GOOD_ONES.value,
    )


@takes_body(upload_job.MOST_BYTES)
@for_form(SUPPLY)
@require_http_methods(GET_OR_POST)
def upload_page(request: HttpRequest, place: Place) -> HttpResponse:
    """Show the page for choosing a file. A POST loads a small file at once and shows the report, without a
    redirect. A reload of that page loads the same file again, which changes nothing. A job loads a large
    file. Afterwards this page shows the job's report (`?job=`)."""
    form = UploadForm(request.POST or None, request.FILES or None)
    job = _job(place, request.GET.get("job", ""))
    report, status = upload_job.report_of(job) if job else None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given, mode = form.cleaned_data["file"], Mode(form.cleaned_data["mode"])
            by = place.access.by("file")
            try:
                if given.size > upload_job.BYTES_AT_ONCE:
                    made = upload_job.receive(
                        place.supplier, place.form, place.period, mode, given, name=given.name or "", by=by
                    )
                    return redirect("job", place.supplier.gstin, made.pk)
                report = load.load(
                    place.supplier, place.form, given.read(), by=by, period=place.period, mode=mode
                )
                status = 200
            except PortalError as error:
                form.add_error("file", f"{in_language(error.message)} ({error.code})")
                status = 413 if error.code == "IMP-SIZE" else error.status
    context = place.context(
        form=form,
        report=report,
        failed=(job.result or {}).get("error") if job else None,
        closed=outward.why_closed(place.supplier, place.form, place.period),
        crumbs=place.crumbs((_("Upload"), "")),
    )
    return render(request, "returns/supplier/upload.html", context, status=status)


def _job(place: Place, asked: str) -> Job | None:
    """Return the upload job with the id `asked`, or None if `asked` is empty. Raises `NotFound` if this form
    has no such job."""
    if not asked:
        return None
    mine = Job.objects.filter(kind=upload_job.KIND, taxpayer=place.supplier)
    number = typed_values.whole_number(asked)
    found = None if number is None else mine.filter(pk=number).first()
    given = found.payload if found is not None else {}
    if (given.get("form"), given.get("period")) != (place.form.value, place.period.number):
        raise NotFound("NOT_FOUND", _("This form has no such upload. Load the file again."))
    return found


@for_form(READ, writes=FILE)
@require_http_methods(GET_OR_POST)
def file_page(request: HttpRequest, place: Place) -> HttpResponse:
    """Show the checks, the summary and the declaration of a form. A signatory can file the form on this
    page."""
    if place.access.can_file and confirmation.lacks_factor(request):
        return confirmation.to_factor(request)
    refusal, undeclared, errors = None, False, {}
    if request.method == "POST":
        undeclared = request.POST.get("declare") != "yes"
        errors = {} if undeclared else confirmation.errors(request)
        if not undeclared and not errors:
            try:
                outward.file(place.supplier, place.form, place.period, by=place.access.by())
                return redirect(f"{SLUGS[place.form]}_filed", place.supplier.gstin, place.period.wire)
            except Refused as error:
                refusal = error
    status = queries.status(place.supplier, place.form, place.period)
    if status.filed:
        return redirect(f"{SLUGS[place.form]}_filed", place.supplier.gstin, place.period.wire)
    sums = queries.table_sums(place.supplier, place.form, place.period)
    changes = section_sums.differences(place.supplier, place.form, place.period)
    # an amendment replaces a version that was reported before, so it adds only its difference to the total
    adding = [changes.get(total.table.slug, total) for total in sums]
    context = place.context(
        status=status,
        sums=[(total, changes.get(total.table.slug)) for total in sums],
        count=sum(total.count for total in sums),
        total_tax=sum((one.tax for one in adding), TaxAmounts()),
        total_taxable=sum(one.taxable for one in adding),
        added_before=rejections.of_form(place.supplier, place.form, place.period),
        rejected=sum(total.rejected for total in sums),
        pending=sum(total.pending for total in sums),
        recipients=queries.recipient_count(place.supplier, place.form, place.period),
        lands_in=queries.lands_in(place.supplier, place.form, place.period),
        early=place.period.last_day >= clock.today(),
        left_in_iff=queries.left_in_iff(place.supplier, place.form, place.period),
        signatory=Role.SIGNATORY.label,
        refusal=refusal,
        undeclared=undeclared,
        declared=request.method == "POST" and not undeclared,
        errors=errors,
        confirm_due=sign_in.confirmation_due(request),
        crumbs=place.crumbs((_("File"), "")),
    )
    return render(
        request, "returns/supplier/file.html", context, status=422 if refusal or undeclared or errors else 200
    )


@for_form(READ)
@require_safe
def filed_page(request: HttpRequest, place: Place) -> HttpResponse:
    """Show the receipt of a filed form."""
    status = queries.status(place.supplier, place.form, place.period)
    if not status.filed:
        raise NotFound("NOT_FOUND", _("The form of this period is not filed yet."))
    context = place.context(
        status=status,
        filed=status.filed,
        recipients=queries.recipient_count(place.supplier, place.form, place.period),
        lands_in=queries.lands_in(place.supplier, place.form, place.period, on=status.filed.filed_on),
        crumbs=place.crumbs((_("Receipt"), "")),
    )
    return render(request, "returns/supplier/filed.html", context)


@for_form(SUPPLY)
@require_POST
def move_page(request: HttpRequest, place: Place) -> HttpResponse:
    """Move the documents of an unfiled IFF to the quarter's next form (R-075)."""
    if place.form is not Form.IFF:
        raise NotFound("NOT_FOUND", _("There is no such page."))
    try:
        form, period, count = outward.move_on(place.supplier, place.period, by=place.access.by())
    except Refused as refusal:
        messages.error(request, words.refusal_text(refusal))
        return redirect(place.url)
    messages.success(
        request,
        ngettext(
            "%(n)s document moved to %(form)s of %(period)s.",
            "%(n)s documents moved to %(form)s of %(period)s.",
            count,
        )
        % {"n": format_count(count), "form": form.value, "period": period.label},
    )
    return redirect(url_of(place.supplier.gstin, form, period))
