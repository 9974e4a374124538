"""Pages on which a person loads an IMS workbook or the offline tool's JSON, reviews the changes, and applies
the changes. The pages also offer the JSON downloads."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound, PortalError
from ims_portal.support.web.addresses import tax_period
from ims_portal.support.web.body_limits import takes_body
from ims_portal.support.workbook import read
from invoices import kept_files
from invoices.desk import undo
from invoices.models import Job
from invoices.people.access import ACT, READ, Access, for_taxpayer
from invoices.web.desk import typed_count
from invoices.web.page.labels import in_language
from returns.files import gstr2b_json as statement_json
from returns.files import ims_import, ims_import_undo, offline_tool
from returns.web.files import import_preview

GET_OR_POST = ["GET", "HEAD", "POST"]


class ImportForm(forms.Form):
    file = forms.FileField(
        label=lazy("IMS workbook or offline JSON"),
        help_text=lazy(
            "The workbook (.xlsx) that you downloaded here and filled in, or the JSON file of the "
            "offline tool. Up to 20 MB"
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.json"}),
    )


@takes_body(read.MOST_BYTES)
@require_http_methods(GET_OR_POST)
@for_taxpayer(READ, writes=ACT)
def choose(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the page for choosing a file. A POST starts the check of the file. The next page then shows the
    changes that the file would make, before anything is saved."""
    form = ImportForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data["file"]
            if given.size > read.MOST_BYTES:
                form.add_error("file", _("The file is larger than 20 MB. Split it. (IMP-SIZE)"))
                status = 413
            else:
                job = ims_import.receive(
                    access.taxpayer, given.read(), given.name or "", by=access.by("file")
                )
                return redirect("ims_import_review", access.taxpayer.gstin, job.pk)
    context = {"form": form, "access": access, "crumbs": _crumbs(access, _("Import"))}
    return render(request, "returns/imports/choose.html", context, status=status)


@require_http_methods(GET_OR_POST)
@for_taxpayer(READ, writes=ACT)
def review(request: HttpRequest, access: Access, job_id: int) -> HttpResponse:
    """Show the changes that a checked file would make, or that an applied file has made. A POST applies a
    checked file, or undoes an applied file. If the file rejects records or changes many, the POST must have the
    number of records (`count`), as for a batch."""
    job = _one(access, job_id)
    error = ""
    if request.method == "POST":
        try:
            if request.POST.get("mode") == "undo":
                ims_import_undo.take_back(access.taxpayer, job, by=access.by("file"))
                return redirect("ims_import_review", access.taxpayer.gstin, job.pk)
            changed = (job.result or {}).get("changed", 0)
            if import_preview.must_type(job.result or {}) and not typed_count.matches(request.POST, changed):
                error = typed_count.wrong(changed)
            else:
                whole = request.POST.get("mode") == "all"
                done = ims_import.apply(access.taxpayer, job, by=access.by("file"), all_or_nothing=whole)
                return redirect("ims_import_review", access.taxpayer.gstin, done.pk)
        except NotFound:
            raise
        except PortalError as refusal:
            messages.error(request, f"{in_language(refusal.message)} ({refusal.code})")
            return redirect("ims_import_review", access.taxpayer.gstin, job.pk)
    context = {
        **import_preview.context(job, request.GET),
        "access": access,
        "error": error,
        "may_undo": access.can_act and undo.possible(access.taxpayer, (job.result or {}).get("entries", [])),
        "saved": kept_files.following(job, ims_import.APPLY)
        if job.payload["step"] == ims_import.CHECK
        else None,
        "posted": request.POST,
        "undo_touched": import_preview.touched(access.taxpayer, (job.result or {}).get("undone") or {}),
        "crumbs": _crumbs(access, _("Import"), job.payload["title"]),
    }
    return render(request, "returns/imports/review.html", context, status=422 if error else 200)


def _one(access: Access, job_id: int) -> Job:
    mine = Job.objects.filter(kind=ims_import.KIND, taxpayer=access.taxpayer)
    job = mine.filter(pk=job_id).first() if job_id < 2**63 else None
    if job is None:
        raise NotFound("NOT_FOUND", _("This GSTIN has no such import. Choose the file again."))
    return job


def _crumbs(access: Access, *here: str) -> list[dict[str, str]]:
    gstin = access.taxpayer.gstin
    shown = [
        {"label": str(_("Home")), "url": reverse("home", args=[gstin])},
        {"label": str(_("IMS dashboard")), "url": reverse("ims", args=[gstin])},
    ]
    if len(here) > 1:
        shown.append({"label": here[0], "url": reverse("ims_import", args=[gstin])})
    return [*shown, {"label": here[-1], "url": ""}]


# downloads


@require_safe
@for_taxpayer()
def offline_json(request: HttpRequest, access: Access) -> StreamingHttpResponse:
    """Return the desk as JSON for the offline tool."""
    name = f"IMS_{access.taxpayer.gstin}_{clock.today():%d%m%Y}.json"
    response = StreamingHttpResponse(offline_tool.written(access.taxpayer), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@for_taxpayer()
def gstr2b_json(request: HttpRequest, access: Access, period: str) -> StreamingHttpResponse:
    """Return the current GSTR-2B as GSTN's JSON, piece by piece."""
    month = tax_period(period)
    body = statement_json.written(access.taxpayer, month)
    name = f"{month.wire}_{access.taxpayer.gstin}_GSTR2B_{clock.today():%d%m%Y}.json"
    response = StreamingHttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
