"""Pages of batches: choose many records, look at the preview, run the batch, see the result, and undo the
batch."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid, NotFound, Refused
from ims_portal.support.csv_cells import as_text
from invoices.desk import batches, undo
from invoices.desk.actions import Seen
from invoices.desk.batches import Drifted
from invoices.desk.foreseen import Foreseen
from invoices.models import ActionBatch, Job, Record
from invoices.people.access import ACT, Access, for_taxpayer
from invoices.queries.batch_records import changed_records
from invoices.queries.record_list.records import matching
from invoices.rules.refusals import quoted
from invoices.rules.situation import Action, Kind
from invoices.web.desk import typed_count
from invoices.web.page import words
from invoices.web.page.crumbs import crumbs
from invoices.web.page.crumbs import inward as inward_crumb
from invoices.web.page.labels import in_language
from invoices.web.record_list import ticked
from invoices.web.record_list.choices import save_choices
from invoices.web.record_list.posted import action_of, as_of_sent, listing_of, picks_of
from invoices.web.record_list.row import VERBS, Reason, desk_view, rule_url

# the preview names this number of records; the list has the others
NAMED = 10
# the result names this number of changed records
CHANGED_NAMED = 50
SCOPES = ("ticked", "page", "match")

State = ActionBatch.State

REASON_COLUMNS = (
    gettext_noop("Document number"),
    gettext_noop("Document date"),
    gettext_noop("Supplier GSTIN"),
    gettext_noop("Code"),
    gettext_noop("Rule"),
    gettext_noop("Reason"),
    gettext_noop("Instead"),
)


@for_taxpayer(ACT)
@require_POST
def start(request: HttpRequest, access: Access) -> HttpResponse:
    """Prepare a batch from the selection bar: freeze the chosen records and open the preview. With
    `?supplier=`, the records are only those of this supplier, from a line of the grouped list. With
    `step=save`, save the person's unsaved choices, like Save on the GST portal. With `step=keep`, only store
    the ticked rows."""
    if request.POST.get("step") == "save":
        return save_choices(request, access)
    scope, listing = request.POST.get("scope", "ticked"), listing_of(request, access)
    supplier = request.GET.get("supplier", "")
    if scope not in SCOPES:
        raise Invalid("BAD_SELECTION", _("The selection is damaged. Open the list again."))
    if request.POST.get("step") == "keep" or request.POST.get("none"):
        return ticked.keep(request, access, listing)
    action = action_of(request.POST.get("action", ""))
    picks: dict[int, Seen] | None = None
    if scope == "page":
        picks = picks_of([value for value in request.POST.get("page_picks", "").split(",") if value])
    elif scope == "ticked":
        # A row that was ticked on another page may have left the list: forget its tick. The ticks of this page
        # are in the form.
        found = matching(access.taxpayer, desk_view(access), listing.filters)
        ticked.matching(request, listing, found)
        picks = picks_of(ticked.merged(request, listing))
    if picks is not None and not picks:
        messages.info(request, _("Tick at least one record, or choose all records that match."))
        return redirect(listing.here)
    batch, _foreseen = batches.prepare(
        access.taxpayer,
        action,
        listing.of_supplier(supplier).filters if supplier else listing.filters,
        user=access.user,
        address=listing.here,
        as_of=as_of_sent(request),
        picks=picks,
    )
    return redirect("batch", access.taxpayer.gstin, batch.pk)


def _find(access: Access, batch_id: int) -> ActionBatch:
    if batch_id >= 2**63:
        raise NotFound("NOT_FOUND", _("There is no batch with this number."))
    return batches.find(ActionBatch.objects.filter(taxpayer=access.taxpayer), batch_id)


@for_taxpayer()
@require_safe
def show(request: HttpRequest, access: Access, batch_id: int) -> HttpResponse:
    batch = _find(access, batch_id)
    if batch.state == State.PREVIEW:
        return _preview(request, access, batch, batches.look(batch))
    return _result(request, access, batch)


def _preview(
    request: HttpRequest,
    access: Access,
    batch: ActionBatch,
    foreseen: Foreseen,
    *,
    error: str = "",
    drifted: int = 0,
) -> HttpResponse:
    action, change = Action(batch.action), foreseen.change
    context: dict[str, Any] = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=_("Preview")),
        "batch": batch,
        "action": batch.action,
        "title": words.bulk_title(action, foreseen.total),
        "button": words.bulk_title(action, foreseen.allowed),
        "total": foreseen.total,
        "named": [
            {"record": record, "tax": Kind(record.kind).sign * record.tax}
            for record in batches.first_records(batch, NAMED)
        ],
        "foreseen": foreseen,
        "cannot": foreseen.cannot,
        "refusals": [
            {"count": case.count, "reason": words.reason_of(case.code, case.refusal)}
            for case in foreseen.cases
        ],
        "change": change,
        "change_rows": [
            {"label": _("Before this action"), "tax": change.before},
            {"label": _("Change"), "tax": change.difference},
        ],
        "change_total": {
            "label": _("After this action, if ITC is reduced in full")
            if foreseen.asks
            else _("After this action"),
            "tax": change.after,
        },
        "answers": _answers(foreseen) if foreseen.asks else (),
        "asks": foreseen.asks,
        "adds_back": action is Action.REJECTED and foreseen.has_credit_notes,
        "types_count": typed_count.is_typed(foreseen.allowed, rejects=action is Action.REJECTED),
        "keeps_remarks": action in (Action.REJECTED, Action.PENDING),
        "reasons": words.REMARK_REASONS,
        "may_act": access.can_act,
        "error": error,
        "drifted": drifted,
        "posted": request.POST,
        "answer": request.POST.get("answer", _suggested_answer(batch)),
    }
    status = 409 if drifted else 422 if error else 200
    return render(request, "invoices/batch_preview.html", context, status=status)


def _suggested_answer(batch: ActionBatch) -> str:
    """Return the answer to the question of ITC reduction that the matcher suggests for the batch: "" for in full, "no",
    or "skip". The filters of a batch from the page Match name one answer. Records that are reduced in part need an
    answer each, so a batch leaves them out."""
    reduces = set(batch.filters.get("reduces") or ())
    if "part" in reduces or len(reduces & {"full", "none"}) > 1:
        return "skip"
    return "no" if "none" in reduces else ""


def _answers(foreseen: Foreseen) -> list[dict[str, Any]]:
    """Return the change of ITC and the ITC after the action for each answer to the question of R-120, in
    paise."""
    before = foreseen.change.before.total
    after = (
        (_("Yes, in full"), foreseen.change.after),
        (_("No reduction"), foreseen.after_no),
        (_("Leave these records out"), foreseen.after_skip),
    )
    return [{"label": label, "change": tax.total - before, "after": tax.total} for label, tax in after]


class Miscounted(Exception):
    """The error if the person typed a wrong number of records. The right number is the number of records that
    the batch would change."""


@for_taxpayer(ACT)
@require_POST
def run(request: HttpRequest, access: Access, batch_id: int) -> HttpResponse:
    batch = _find(access, batch_id)
    if batch.state != State.PREVIEW:
        return redirect("batch", access.taxpayer.gstin, batch.pk)
    looked: list[Foreseen] = []

    def confirm(foreseen: Foreseen) -> None:
        looked.append(foreseen)
        needed = typed_count.is_typed(foreseen.allowed, rejects=batch.action == Action.REJECTED.value)
        if needed and not typed_count.matches(request.POST, foreseen.allowed):
            raise Miscounted

    answer = request.POST.get("answer", "")
    try:
        batches.run(
            batch.pk,
            access.taxpayer,
            by=access.by("batch"),
            remarks=words.remarks_of(request.POST),
            answer=answer if answer in ("no", "skip") else "",
            strict=request.POST.get("strict") == "1",
            confirm=confirm,
        )
    except Miscounted:
        text = typed_count.wrong(looked[0].allowed)
        return _preview(request, access, batch, looked[0], error=text)
    except Drifted as drift:
        text, changed = words.refusal_text(drift), drift.details["changed"]
        return _preview(request, access, batch, drift.foreseen, error=text, drifted=changed)
    except (Conflict, Refused, Invalid) as refused:
        return _preview(request, access, batch, looked[0], error=words.refusal_text(refused))
    ticked.forget(request)
    return redirect("batch", access.taxpayer.gstin, batch.pk)


@for_taxpayer(ACT)
@require_POST
def stop(request: HttpRequest, access: Access, batch_id: int) -> HttpResponse:
    batches.stop(_find(access, batch_id).pk, access.taxpayer)
    return redirect("batch", access.taxpayer.gstin, batch_id)


@for_taxpayer(ACT)
@require_POST
def take_back(request: HttpRequest, access: Access, batch_id: int) -> HttpResponse:
    try:
        batches.take_back(_find(access, batch_id).pk, access.taxpayer, by=access.by("batch"))
    except Conflict as late:
        messages.error(request, words.refusal_text(late))
    return redirect("batch", access.taxpayer.gstin, batch_id)


def _result(request: HttpRequest, access: Access, batch: ActionBatch) -> HttpResponse:
    job = Job.objects.filter(pk=batch.job_id).first() if batch.job_id else None
    result = batch.result
    total, done = batch.seen.get("n", 0), result.get("seen", 0)
    seconds = (clock.real_now() - job.created_at).total_seconds() if job else 0
    rate = done / seconds if seconds else 0
    undone = result.get("undone") or {}
    refusals = batches.told_refusals(batch)
    context = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=batch.number),
        "batch": batch,
        "job": job,
        "title": words.bulk_title(Action(batch.action), total),
        "verb": _(VERBS.get(Action(batch.action), "Reset")),
        "running": batch.state in (State.RUNNING, State.UNDOING),
        "failed": job is not None and job.state == Job.State.FAILED,
        "total": total,
        "done": done,
        "percent": done * 100 // total if total else 100,
        "rate": int(rate),
        "left_seconds": int((total - done) / rate) if rate else None,
        "changed": result.get("changed", 0),
        "done_word": _(words.DONE_WORDS[Action(batch.action)]),
        "skipped": sum(found["count"] for found in refusals)
        + result.get("already", 0)
        + result.get("left_out", 0),
        "already": result.get("already", 0),
        "left_out": result.get("left_out", 0),
        "refused_count": sum(found["count"] for found in refusals),
        "refusals": [{"count": found["count"], "reason": _reason(found)} for found in refusals],
        "named": []
        if batch.state in (State.RUNNING, State.UNDOING)
        else changed_records(batch, CHANGED_NAMED),
        "undone": undone,
        "touched": Record.objects.filter(
            recipient_id=access.taxpayer.pk, pk__in=undone.get("touched", [])[:20]
        ).values("pk", "number"),
        "undo_refused": result.get("undo_refused", ""),
        "may_undo": access.can_act
        and batch.state in (State.DONE, State.STOPPED)
        and bool(batch.entries)
        and undo.possible(access.taxpayer, batch.entries),
    }
    name = "invoices/_batch_state.html" if request.headers.get("HX-Request") else "invoices/batch_result.html"
    return render(request, name, context)


def _reason(found: dict[str, Any]) -> Reason:
    code = found["code"]
    return Reason(
        "",
        in_language(found["sentence"]),
        in_language(found.get("full", found["sentence"])),
        in_language(found["instead"]),
        found["rule"],
        rule_url(found["rule"]) if found["rule"] else "",
        "",
        code,
        quoted(code, found["rule"]),
    )


@for_taxpayer()
@require_safe
def reasons(request: HttpRequest, access: Access, batch_id: int) -> HttpResponse:
    """Return a CSV file of the records that a batch refused, with code, rule and sentence."""
    batch = _find(access, batch_id)
    why = {pk: found for found in batches.told_refusals(batch) for pk in found["ids"]}
    rows = Record.objects.filter(recipient_id=access.taxpayer.pk, pk__in=list(why)).order_by("pk")
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow([_(heading) for heading in REASON_COLUMNS])
    for pk, number, day, gstin in rows.values_list("pk", "number", "document_date", "supplier__gstin"):
        found = why[pk]
        out.writerow(
            [
                # as text, because a spreadsheet could read a document number like =1+1 as a formula
                as_text(number),
                f"{day:%d-%m-%Y}",
                gstin or "",
                found["code"],
                found["rule"],
                found["sentence"],
                found["instead"],
            ]
        )
    reply = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    reply["Content-Disposition"] = f'attachment; filename="{batch.number}-reasons.csv"'
    return reply
