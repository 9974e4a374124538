"""The page that shows what was read of a register's file. A person answers questions here, corrects the mapping, and
takes the bills over."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ims_portal.kernel.errors import NotFound, PortalError
from invoices import kept_files
from invoices.models import Job
from invoices.models.choices import KIND_CHOICES
from invoices.people.access import ACT, READ, Access, for_taxpayer
from invoices.register import uploading
from invoices.register.reading.mapping import PLUS
from invoices.web.page.labels import in_language
from invoices.web.register.told import HOW, crumbs, field_words

# a question with more choices is a select
MOST_RADIOS = 6
KINDS = dict(KIND_CHOICES)
NAME = "a:"  # before the key of a question in the names of the form
NEEDED = ("supplier_gstin", "supplier_name", "number", "document_date", "taxable", "igst", "cgst", "sgst")


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=ACT)
def review(request: HttpRequest, access: Access, job_id: int) -> HttpResponse:
    """Show what was read. A POST reads the file again with answers (`mode=check`) or without any (`mode=forget`), or
    takes the bills over (`mode=take`)."""
    job = _one(access, job_id)
    result = job.result or {}
    if request.method == "POST":
        try:
            return redirect("register_file", access.taxpayer.gstin, _posted(request, access, job).pk)
        except NotFound:
            raise
        except PortalError as refusal:
            messages.error(request, f"{in_language(refusal.message)} ({refusal.code})")
            return redirect("register_file", access.taxpayer.gstin, job.pk)
    if result.get("upload"):
        return redirect("register_upload", access.taxpayer.gstin, result["upload"])
    waiting = job.state in (Job.State.QUEUED, Job.State.RUNNING)
    is_check = job.payload["step"] == uploading.CHECK
    context: dict[str, Any] = {
        "access": access,
        "job": job,
        "result": result,
        "waiting": waiting,
        "failed": job.state == Job.State.FAILED,
        "is_check": is_check,
        "percent": job.done_count * 100 // job.total_count if job.total_count else 0,
        "taken": kept_files.following(job, uploading.TAKE) if is_check else None,
        "steps": _steps(access, is_check),
        "crumbs": crumbs(access, job.payload["title"]),
    }
    if is_check and not waiting and "mapping" in result:
        context |= {
            "questions": [_question(one) for one in result["questions"]],
            "parts": [_part(one) for one in result["parts"]],
            "sums": [(field_words(name), total) for name, total in result["totals"].items()],
            "first_rows": [
                {
                    **one,
                    "day": date.fromisoformat(one["date"]) if one["date"] else None,
                    "kind": _(KINDS.get(one["kind"], one["kind"])),
                }
                for one in result["first_rows"]
            ],
            "joined": result["used"] - result["bills"],
            "left": result["rows"] - result["used"],
            "answered": bool(result["mapping"]["answers"]),
        }
    return render(request, "invoices/register/review.html", context)


def _posted(request: HttpRequest, access: Access, job: Job) -> Job:
    """Do what the person asked for, and return the job whose page is shown next."""
    by = access.by("file")
    mode = request.POST.get("mode")
    if mode == "take":
        return uploading.take(access.taxpayer, job, by=by)
    if mode == "forget":
        return uploading.check_again(access.taxpayer, job, {}, by=by, forget=True)
    return uploading.check_again(access.taxpayer, job, _answers(request, job.result or {}), by=by)


def _answers(request: HttpRequest, result: dict[str, Any]) -> dict[str, str]:
    """Return the answers to questions, and the columns that the person changed."""
    given = {
        name.removeprefix(NAME): str(value)[:1000].replace("\x00", "")
        for name, value in request.POST.items()
        if name.startswith(NAME)
    }
    asked = {one["key"] for one in result.get("questions", [])}
    now = {
        f"{part['prefix']}column:{field['name']}": PLUS.join(field["columns"])
        for part in result.get("parts", [])
        for field in part["fields"]
    }
    return {
        key: value
        for key, value in given.items()
        if (value if key in asked else "column:" in key and value != now.get(key, ""))
    }


def _one(access: Access, job_id: int) -> Job:
    mine = Job.objects.filter(kind=uploading.KIND, taxpayer=access.taxpayer)
    job = mine.filter(pk=job_id).first() if job_id < 2**63 else None
    if job is None:
        raise NotFound("NOT_FOUND", _("This GSTIN has no such register. Choose the file again."))
    return job


def _steps(access: Access, is_check: bool) -> list[dict[str, str]]:
    address = reverse("register", args=[access.taxpayer.gstin])
    return [
        {"label": _("Choose"), "state": "done", "url": address},
        {"label": _("Check what was read"), "state": "now" if is_check else "done"},
        {"label": _("Take over and match"), "state": "ahead" if is_check else "now"},
    ]


def _question(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        **asked,
        "name": f"{NAME}{asked['key']}",
        "sentence": in_language(asked["sentence"]),
        "many": len(asked["choices"]) > MOST_RADIOS,
        "choices": [
            {"value": value, "words": _(words) if words else "–"} for value, words in asked["choices"]
        ],
    }


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping of sheets for the page: each field with its columns, how it was found, and its choices."""
    headings = {column["key"]: column for column in part["columns"]}
    used = {key for field in part["fields"] for key in field["columns"]}
    fields = [_field(part, field, headings) for field in part["fields"]]
    empty = [
        _field(part, {"name": name, "columns": [], "how": "", "why": ""}, headings) for name in part["empty"]
    ]
    return {
        "sheets": ", ".join(part["sheets"]),
        "heading_row": part["heading_row"],
        "fields": fields,
        "needed": [one for one in empty if one["field"] in NEEDED],
        "empty": [one for one in empty if one["field"] not in NEEDED],
        "not_used": [column["heading"] for column in part["columns"] if column["key"] not in used],
    }


def _field(part: dict[str, Any], field: dict[str, Any], headings: dict[str, Any]) -> dict[str, Any]:
    columns = [headings[key] for key in field["columns"] if key in headings]
    chosen = PLUS.join(field["columns"])
    choices = [{"value": "", "words": _("no column")}]
    if len(field["columns"]) > 1:
        choices.append({"value": chosen, "words": " + ".join(column["heading"] for column in columns)})
    choices += [{"value": key, "words": column["heading"] or key} for key, column in headings.items()]
    word, tone = HOW.get(field["how"], ("empty", "N"))
    return {
        "field": field["name"],
        "words": field_words(field["name"]),
        "name": f"{NAME}{part['prefix']}column:{field['name']}",
        "chosen": chosen,
        "choices": choices,
        "example": columns[0]["example"] if columns else "",
        "how": _(word),
        "tone": tone,
        "summed": len(columns) > 1,
        "why": in_language(field["why"]),
    }
