"""Pages on which a person downloads a workbook, follows the job that makes a large workbook, and fetches the
job's file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ims_portal.kernel import clock, typed_values
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.money import format_inr
from ims_portal.kernel.periods import BadPeriod, FinancialYear, TaxPeriod
from invoices import jobs
from invoices.models import Job
from invoices.people.access import READ, Access, for_taxpayer
from invoices.rules.calendar import Form
from invoices.web.page.labels import name_of
from invoices.web.record_list import address, titles
from returns.files import downloads
from returns.files.downloads import Wanted
from returns.gstr1_file import job as upload_job
from returns.web.recipient.ledgers import ledger_of
from returns.web.supplier.context import url_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JOBS_PER_PAGE = 25
NO_SUCH_PAGE = "There is no such page."
KINDS = {
    "export": gettext_lazy("Download"),
    "draft": gettext_lazy("GSTR-2B drafts"),
    "upload": gettext_lazy("Upload"),
    "batch": gettext_lazy("Bulk action"),
    "bulk": gettext_lazy("Bulk action"),
    "import": gettext_lazy("IMS import"),
    "journal": gettext_lazy("Journal check"),
}


# downloads


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(writes=READ)
def ims(request: HttpRequest, access: Access) -> HttpResponse | FileResponse:
    """Return a workbook of IMS data. With `?of=` and the parameters of a record list, the workbook has the
    records of this list, in the list's order. Without `?of=`, the workbook has all IMS data of the
    taxpayer."""
    section = request.GET.get("of", "")
    if section:
        titles.section_title(section)  # refuses an unknown section
        base = reverse("records", args=[access.taxpayer.gstin, section])
        listing = address.read(access, base, section, request.GET)
        chosen = tuple(listing.columns.split(".")) if listing.columns else ()
        wanted = Wanted("list", filters=asdict(listing.filters), sort=listing.sort, columns=chosen)
        return _deliver(request, access, wanted, "list", listing.here)
    return _deliver(request, access, Wanted("ims"), "ims")


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(writes=READ)
def gstr2b(request: HttpRequest, access: Access, period: str) -> HttpResponse | FileResponse:
    """Return the workbook of a GSTR-2B. The URL parameter `version` names the version. Without this
    parameter, the workbook shows the current version."""
    version = request.GET.get("version", "")
    number = typed_values.whole_number(version)
    if version and number is None:
        raise NotFound("NOT_FOUND", NO_SUCH_PAGE)
    wanted = Wanted("gstr2b", _period(period), number)
    return _deliver(request, access, wanted, "gstr2b", period)


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(writes=READ)
def outward(request: HttpRequest, access: Access) -> HttpResponse | FileResponse:
    """Return the workbook of the supplier's documents of a return period (`period` in the URL) or of a
    financial year (`fy`). Without both parameters, the return period is last month."""
    if request.GET.get("fy") and not request.GET.get("period"):
        try:
            wanted = Wanted("outward", year=FinancialYear.parse(request.GET["fy"]))
        except BadPeriod:
            raise NotFound("NOT_FOUND", NO_SUCH_PAGE) from None
    else:
        last_month = TaxPeriod.of(clock.today()).offset(-1).wire
        wanted = Wanted("outward", _period(request.GET.get("period") or last_month))
    return _deliver(request, access, wanted, "outward")


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(writes=READ)
def ledger(request: HttpRequest, access: Access, ledger: str) -> HttpResponse | FileResponse:
    """Return the workbook of one of the taxpayer's ledgers."""
    return _deliver(request, access, Wanted(ledger_of(ledger).value), "ledger", ledger)


def _period(text: str) -> TaxPeriod:
    try:
        return TaxPeriod.from_wire(text)
    except BadPeriod:
        raise NotFound("NOT_FOUND", NO_SUCH_PAGE) from None


def _deliver(request: HttpRequest, access: Access, wanted: Wanted, *back: str) -> HttpResponse | FileResponse:
    """Return a small file at once. For a large file, return a page with a button. The button sends a POST,
    which starts a job that makes the file."""
    if request.method == "POST":
        job = downloads.ask(access.taxpayer, wanted, by=access.by())
        return redirect("job", gstin=access.taxpayer.gstin, job_id=job.pk)
    rows = downloads.estimate(access.taxpayer, wanted)
    if downloads.is_small(rows):
        target = BytesIO()
        if request.method == "GET":
            downloads.write(access.taxpayer, wanted, target)
        target.seek(0)
        name = downloads.file_name(access.taxpayer, wanted)
        return FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)
    base = f"/t/{access.taxpayer.gstin}/"
    where = {
        "ims": (_("IMS dashboard"), f"{base}ims/"),
        "list": (_("Records"), back[-1]),
        "gstr2b": (_("GSTR-2B"), f"{base}gstr2b/{back[-1]}/"),
        "outward": (_("Outward supplies"), f"{base}ims/outward/"),
        "ledger": (wanted.title, f"{base}ledgers/{back[-1]}/"),
    }[back[0]]
    context = {
        "wanted": wanted,
        "rows": _grouped(rows.count) if rows.known else "",
        "or_more": rows.more,
        "file_name": downloads.file_name(access.taxpayer, wanted),
        "at_once": _grouped(downloads.rows_at_once()),
        "days": downloads.KEPT.days,
        "jobs_url": reverse("jobs", args=[access.taxpayer.gstin]),
        "crumbs": [
            {"label": _("Home"), "url": base},
            {"label": where[0], "url": where[1]},
            {"label": _("Download")},
        ],
    }
    return render(request, "returns/downloads/prepare.html", context)


# jobs


@dataclass(frozen=True, slots=True)
class Shown:
    """The facts of a job that the job's page shows."""

    job: Job
    kind: str
    title: str
    state: str
    tone: str
    total: int
    done: int
    total_text: str
    done_text: str
    note: str
    has_file: bool
    expired: bool
    can_retry: bool
    facts: list[dict[str, Any]]
    account: str = ""  # address of the page that shows the report of an upload

    @property
    def running(self) -> bool:
        return self.job.state in (Job.State.QUEUED, Job.State.RUNNING)

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


TONES = {Job.State.QUEUED: "N", Job.State.RUNNING: "P", Job.State.DONE: "A", Job.State.FAILED: "R"}


@require_GET
@for_taxpayer()
def job_list(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the taxpayer's jobs, newest first."""
    found = _jobs(access)
    before = typed_values.whole_number(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: JOBS_PER_PAGE + 1])
    more = len(rows) > JOBS_PER_PAGE
    rows = rows[:JOBS_PER_PAGE]
    context = {
        "jobs": [_shown(job) for job in rows],
        "older": rows[-1].pk if more else None,
        "is_first": before is None,
        "base": f"/t/{access.taxpayer.gstin}/",
        "crumbs": [{"label": _("Home"), "url": f"/t/{access.taxpayer.gstin}/"}, {"label": _("Downloads")}],
    }
    return render(request, "returns/downloads/jobs.html", context)


@require_GET
@for_taxpayer()
def job(request: HttpRequest, access: Access, job_id: int) -> HttpResponse:
    """Show the progress of one job. The page's script requests this address repeatedly, and gets only the
    part of the page with the state of the job."""
    shown = _shown(_one(access, job_id))
    context = {
        "shown": shown,
        "crumbs": [
            {"label": _("Home"), "url": f"/t/{access.taxpayer.gstin}/"},
            {"label": _("Downloads"), "url": reverse("jobs", args=[access.taxpayer.gstin])},
            {"label": shown.title},
        ],
    }
    partial = request.headers.get("HX-Request") == "true"
    response = render(request, f"returns/downloads/{'_state' if partial else 'job'}.html", context)
    response["Vary"] = "HX-Request"
    return response


@require_http_methods(["GET", "HEAD"])
@for_taxpayer()
def job_file(request: HttpRequest, access: Access, job_id: int) -> HttpResponse | FileResponse:
    """Return the finished file of a job, with the file name from the job's result."""
    found = _one(access, job_id)
    path = downloads.path_of(found) if found.kind in downloads.WITH_FILES else None
    if path is None:
        raise NotFound("NOT_FOUND", NO_SUCH_PAGE)
    name = (found.result or {}).get("name", "download.xlsx")
    kind = "application/json" if path.suffix == ".json" else XLSX
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=kind)


@require_POST
@for_taxpayer(writes=READ)
def job_retry(request: HttpRequest, access: Access, job_id: int) -> HttpResponse:
    """Put a failed download back in the queue."""
    found = _one(access, job_id)
    if found.kind != downloads.KIND:
        raise NotFound("NOT_FOUND", NO_SUCH_PAGE)
    jobs.retry(found)
    return redirect("job", gstin=access.taxpayer.gstin, job_id=found.pk)


def _jobs(access: Access) -> QuerySet[Job]:
    return Job.objects.filter(taxpayer=access.taxpayer).select_related("created_by", "taxpayer")


def _one(access: Access, job_id: int) -> Job:
    found = _jobs(access).filter(pk=job_id).first() if job_id < 2**63 else None
    if found is None:
        raise NotFound("NOT_FOUND", NO_SUCH_PAGE)
    return found


def _shown(job: Job) -> Shown:
    payload, result = job.payload or {}, job.result or {}
    is_export = job.kind == downloads.KIND
    has_file = job.kind in downloads.WITH_FILES and downloads.path_of(job) is not None
    expired = is_export and job.state == Job.State.DONE and not has_file
    total = max(job.total_count, job.done_count)
    facts: list[dict[str, Any]] = [
        {"label": _("Asked for"), "value": f"{job.created_at.astimezone(clock.IST):%d-%m-%Y %H:%M:%S}"}
    ]
    if job.created_by:
        facts.append({"label": _("By"), "value": name_of(job.created_by)})
    if job.finished_at:
        facts.append(
            {"label": _("Finished"), "value": f"{job.finished_at.astimezone(clock.IST):%d-%m-%Y %H:%M:%S}"}
        )
    if result.get("name"):
        facts.append({"label": _("File"), "value": result["name"], "mono": True})
    if result.get("rows") is not None:
        facts.append({"label": _("Rows"), "value": _grouped(result["rows"])})
    if result.get("size") is not None:
        facts.append({"label": _("Size"), "value": _size(result["size"])})
    if result.get("sha256"):
        facts.append({"label": "SHA-256", "value": result["sha256"], "mono": True})
    return Shown(
        job=job,
        kind=str(KINDS.get(job.kind, job.kind.capitalize())),
        title=payload.get("title") or str(KINDS.get(job.kind, job.kind.capitalize())),
        state=_state(job, expired),
        tone="L" if expired else TONES[Job.State(job.state)],
        total=total,
        done=job.done_count,
        total_text=_grouped(total),
        done_text=_grouped(job.done_count),
        note=_note(job, total),
        has_file=has_file,
        expired=expired,
        can_retry=is_export and job.state == Job.State.FAILED,
        facts=facts,
        account=_account(job),
    )


def _account(job: Job) -> str:
    if job.kind != upload_job.KIND or job.state != Job.State.DONE or job.taxpayer is None:
        return ""
    form, period = Form(job.payload["form"]), TaxPeriod.from_number(job.payload["period"])
    return url_of(job.taxpayer.gstin, form, period, f"upload/?job={job.pk}")


def _state(job: Job, expired: bool) -> str:
    if expired:
        return _("Expired")
    if job.state == Job.State.QUEUED and job.error:
        return _("Trying again")
    if job.state == Job.State.RUNNING and job.total_count and job.done_count >= job.total_count:
        return _("Finishing")
    return {
        Job.State.QUEUED: _("Waiting"),
        Job.State.RUNNING: _("Running"),
        Job.State.DONE: _("Done"),
        Job.State.FAILED: _("Failed"),
    }[Job.State(job.state)]


def _note(job: Job, total: int) -> str:
    """Return a text with the speed of the job and the time left. Return an empty text until some rows are
    done."""
    if job.state != Job.State.RUNNING or not job.done_count:
        return ""
    started = (job.payload or {}).get("started_at")
    since = datetime.fromisoformat(started) if started else job.created_at
    seconds = (clock.real_now() - since).total_seconds()
    if seconds <= 0:
        return ""
    rate = job.done_count / seconds
    left = max(0, total - job.done_count) / rate if rate else 0
    words = _("%(rate)s rows a second") % {"rate": _grouped(round(rate))}
    if left < 1:
        return words
    if left < 90:
        soon = ngettext("about %(n)d second left", "about %(n)d seconds left", round(left)) % {
            "n": round(left)
        }
    else:
        minutes = round(left / 60)
        soon = ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes) % {"n": minutes}
    return f"{words} · {soon}"


def _grouped(number: int) -> str:
    """Return a count with Indian grouping: 1,23,456."""
    return format_inr(number * 100).removesuffix(".00")


def _size(octets: int) -> str:
    return f"{octets / 1_048_576:.1f} MB" if octets >= 1_048_576 else f"{max(1, octets // 1024)} kB"
