"""Pages that compare a file of another portal with this portal's data, and copy the file's records into a
working copy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Forbidden, NotFound, PortalError
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.web.body_limits import takes_body
from ims_portal.support.workbook import read
from invoices.models import Job
from invoices.people.access import READ, Access, for_taxpayer
from returns.files import offline_tool
from returns.files.other_portals import files

GET_OR_POST = ["GET", "HEAD", "POST"]


class FileForm(forms.Form):
    file = forms.FileField(
        label=lazy("GSTR-2B or IMS JSON of another portal"),
        help_text=lazy("The .json file that you downloaded from the other portal, up to 20 MB"),
        widget=forms.ClearableFileInput(attrs={"accept": ".json"}),
    )


@takes_body(read.MOST_BYTES)
@require_http_methods(GET_OR_POST)
@for_taxpayer(READ, writes=READ)
def choose(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the page for choosing a file. A POST compares the file with this portal's data, and changes no
    record."""
    posted = request.method == "POST"
    form, status = FileForm(request.POST if posted else None, request.FILES if posted else None), 200
    if posted:
        status = 422
        if form.is_valid():
            given = form.cleaned_data["file"]
            if given.size > read.MOST_BYTES:
                form.add_error("file", _("The file is larger than 20 MB. (IMP-SIZE)"))
                status = 413
            else:
                job = files.receive(access.taxpayer, given.read(), given.name or "", by=access.by("file"))
                return redirect("other_portal_file", access.taxpayer.gstin, job.pk)
    context = {"form": form, "access": access, "crumbs": _crumbs(access)}
    return render(request, "returns/other_portal/choose.html", context, status=status)


@require_http_methods(GET_OR_POST)
@for_taxpayer(READ, writes=READ)
def show(request: HttpRequest, access: Access, job_id: int) -> HttpResponse:
    """Show the differences between the file's records and this portal's records. A POST copies the file's
    records into a working copy."""
    mine = Job.objects.filter(kind=files.KIND, taxpayer=access.taxpayer)
    job = mine.filter(pk=job_id).first() if job_id < 2**63 else None
    if job is None:
        raise NotFound("NOT_FOUND", "This GSTIN has no such file. Choose the file again.")
    if request.method == "POST":
        if not access.can_act:
            raise Forbidden("NOPERM", "Only preparers and signatories can copy records into this portal.")
        try:
            done = files.take_over(access.taxpayer, job, by=access.by("file"))
        except NotFound:
            raise
        except PortalError as refusal:
            messages.error(request, f"{refusal.message} ({refusal.code})")
            done = job
        return redirect("other_portal_file", access.taxpayer.gstin, done.pk)
    result = job.result or {}
    context: dict[str, Any] = {
        "access": access,
        "job": job,
        "result": result,
        "period": TaxPeriod.from_wire(result["period"]) if result.get("period") else None,
        "waiting": job.state in (Job.State.QUEUED, Job.State.RUNNING),
        "failed": job.state == Job.State.FAILED,
        "compared": job.payload["step"] == files.COMPARE,
        "most_shown": files.MOST_SHOWN,
        "crumbs": _crumbs(access, job.payload["title"]),
    }
    return render(request, "returns/other_portal/file.html", context)


@require_safe
@for_taxpayer()
def changes(request: HttpRequest, access: Access) -> HttpResponse:
    """Return the decisions on a working copy, as a JSON file that a person can upload at the other portal."""
    if not access.taxpayer.working_copy:
        raise NotFound(
            "NOT_FOUND", "This taxpayer is not a working copy, so there are no actions to download."
        )
    name = f"IMS_{access.taxpayer.gstin}_upload_{clock.today():%d%m%Y}.json"
    response = HttpResponse(offline_tool.changes(access.taxpayer), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _crumbs(access: Access, here: str = "") -> list[dict[str, str]]:
    gstin, label = access.taxpayer.gstin, _("Other portals' files")
    shown = [
        {"label": str(_("Home")), "url": reverse("home", args=[gstin])},
        {"label": str(_("IMS dashboard")), "url": reverse("ims", args=[gstin])},
        {"label": label, "url": reverse("other_portal", args=[gstin]) if here else ""},
    ]
    return [*shown, {"label": here, "url": ""}] if here else shown
