"""The page of the purchase register: a file is chosen here, and its uploads and the last match are listed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ims_portal.kernel.errors import NotFound
from ims_portal.support.web.body_limits import takes_body
from ims_portal.support.workbook import read
from invoices.matching.words import CLASSES, class_words
from invoices.models import Job
from invoices.people.access import ACT, READ, Access, for_taxpayer
from invoices.register import bill_list, matching_job, uploading
from invoices.register import uploads as query
from invoices.register.models import RegisterUpload
from invoices.web.register.told import GENERAL, crumbs, paged

ROWS_OF_UPLOADS = 20
PART_WORDS = {
    query.DOCUMENTS: gettext_noop("First rows of the bills"),
    query.JOINED: gettext_noop("Rows joined to a bill above them"),
    query.LEFT_OUT: gettext_noop("Rows left out"),
    query.NEW: gettext_noop("New bills"),
    query.SAME: gettext_noop("Bills that are the same as before"),
    query.CHANGED: gettext_noop("Bills that changed"),
}


class RegisterForm(forms.Form):
    file = forms.FileField(
        label=lazy("Purchase register"),
        help_text=lazy("Excel (.xlsx or .xls), CSV, or XML of Tally. Up to 20 MB"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.csv,.txt,.tsv,.xml"}),
    )


@takes_body(read.MOST_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=ACT)
def register(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the register. A POST reads a file, and the next page shows what was read, before anything is saved."""
    form, status = RegisterForm(), 200
    if request.method == "POST":
        form, status = RegisterForm(request.POST, request.FILES), 422
        if form.is_valid():
            given = form.cleaned_data["file"]
            if given.size > read.MOST_BYTES:
                form.add_error("file", _("The file is larger than 20 MB. Split it. (IMP-SIZE)"))
                status = 413
            else:
                job = uploading.receive(access.taxpayer, given.read(), given.name or "", by=access.by("file"))
                return redirect("register_file", access.taxpayer.gstin, job.pk)
    run = query.last_run(access.taxpayer)
    context = {
        "access": access,
        "form": form,
        "crumbs": crumbs(access, _("Purchase register"))[:2] + [{"label": _("Purchase register"), "url": ""}],
        "counts": bill_list.counts(access.taxpayer),
        "uploads": paged(request, query.uploads_of(access.taxpayer), ROWS_OF_UPLOADS),
        "run": run,
        "classes": _classes(access, run.counts if run else {}),
        "matching": matching_job.under_way(access.taxpayer),
    }
    return render(request, "invoices/register/register.html", context, status=status)


def _classes(access: Access, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the classes of the last run with their numbers and the addresses of their bills, the most first."""
    base = reverse("register_bills", args=[access.taxpayer.gstin])
    return [
        {
            "name": _(class_words(name)[0] if name in CLASSES else GENERAL.get(name, name)),
            "count": count,
            "url": f"{base}?{urlencode({'class': name})}",
        }
        for name, count in sorted(counts.items(), key=lambda one: -one[1])
    ]


@for_taxpayer(READ, writes=ACT)
@require_POST
def match_again(request: HttpRequest, access: Access) -> HttpResponse:
    """Run the matcher. A large register is matched by a job."""
    job = matching_job.ask(access.taxpayer, by=access.by())
    if job.state == Job.State.DONE:
        messages.success(request, _("The register was matched again."))
    else:
        messages.info(request, _("The register is being matched in the background."))
    return redirect("register", access.taxpayer.gstin)


@for_taxpayer(READ)
@require_safe
def upload(request: HttpRequest, access: Access, upload_id: int) -> HttpResponse:
    """Show what became of each row of a file."""
    found = _one(access, upload_id)
    reasons = query.reasons_of(found)
    context = {
        "access": access,
        "upload": found,
        "joined": found.rows_used - found.documents,
        "reasons": reasons,
        "run": query.last_run(access.taxpayer),
        "crumbs": crumbs(access, found.name),
    }
    return render(request, "invoices/register/upload.html", context)


@for_taxpayer(READ)
@require_safe
def rows(request: HttpRequest, access: Access, upload_id: int) -> HttpResponse:
    """Show the rows of a file of one part: the bills, the joined rows, or the rows that were left out."""
    found = _one(access, upload_id)
    part, reason = request.GET.get("part", query.DOCUMENTS), request.GET.get("reason", "")
    if part not in query.PARTS or "\x00" in reason:
        raise NotFound("NOT_FOUND", "There is no such page.")
    context = {
        "access": access,
        "upload": found,
        "part": part,
        "title": _(PART_WORDS[part]),
        "page": paged(request, query.rows_of(found, part, reason)),
        "crumbs": crumbs(
            access,
            _(PART_WORDS[part]),
            (found.name, reverse("register_upload", args=[access.taxpayer.gstin, found.pk])),
        ),
    }
    return render(request, "invoices/register/rows.html", context)


def _one(access: Access, upload_id: int) -> RegisterUpload:
    mine = query.uploads_of(access.taxpayer)
    found = mine.filter(pk=upload_id).first() if upload_id < 2**63 else None
    if found is None:
        raise NotFound("NOT_FOUND", _("This GSTIN has no such register."))
    return found
