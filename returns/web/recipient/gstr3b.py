"""GSTR-3B of a period: Table 4 with its checks, filing in three steps, and the receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gstr2b.statement import queries as statements
from ims_portal.kernel.errors import Conflict, NotFound, Refused
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.web.addresses import tax_period
from invoices.models import JournalEntry, Role
from invoices.people import confirmation, sign_in
from invoices.people.access import FILE, READ, Access, for_taxpayer
from invoices.queries.calendar import calendar
from invoices.rules import gates
from invoices.web.page import words
from invoices.web.page.labels import in_language
from returns.gstr3b import checklist, filed_rows, filing, outward_side, row_names
from returns.gstr3b.checklist import Level, name_of
from returns.models import Gstr3b
from returns.outward import rejections
from returns.overview import desk as queries_desk
from returns.web.recipient import gstr3b_table
from returns.web.recipient.pages import crumbs, link
from returns.web.supplier.rejection_rows import version_url

LAST_CHARACTERS = 4


@for_taxpayer()
def now(request: HttpRequest, access: Access) -> HttpResponse:
    """Redirect to GSTR-3B of the open period."""
    return redirect("gstr3b", access.taxpayer.gstin, access.taxpayer.opens.wire)


@for_taxpayer()
def preview(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Show the figures of Table 4 that would be filed now, and the reasons that stop filing. For a filed
    period, redirect to the receipt."""
    month = tax_period(period)
    if not access.taxpayer.registration.has_ims:
        return _none(request, access, month)
    if Gstr3b.objects.filter(recipient=access.taxpayer, period=month.number).exists():
        return redirect("gstr3b_filed", access.taxpayer.gstin, month.wire)
    context = _prepared(access, month)
    context["rows"] = gstr3b_table.rows(context["filled"], context["documents"])
    context["crumbs"] = crumbs(
        access,
        (_("GSTR-3B"), reverse("gstr3b_now", args=[access.taxpayer.gstin])),
        (context["name"], ""),
    )
    return render(request, "returns/recipient/gstr3b.html", context)


def _none(request: HttpRequest, access: Access, period: TaxPeriod) -> HttpResponse:
    """Show why a registration without IMS files no GSTR-3B here."""
    name = name_of(access.taxpayer, period)
    context = {"access": access, "name": name, "crumbs": crumbs(access, (_("GSTR-3B"), ""))}
    return render(request, "returns/recipient/no_gstr3b.html", context)


def _prepared(access: Access, period: TaxPeriod, data: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the template data that the preview and the filing page need. `data` has the fields of the filing
    page, with the figures that a person typed."""
    taxpayer, dates = access.taxpayer, calendar()
    statement = statements.current(taxpayer, period)
    desk = queries_desk.desk(taxpayer, dates)
    does = queries_desk.what_filing_does(desk, taxpayer, period, dates)
    filled = filing.prepare(taxpayer, period)
    typed = gstr3b_table.read(data or {}, filled)
    checks = checklist.checks(taxpayer, period, desk, does, statement, typed.whole(filled), filled)
    stops = [check for check in checks if check.level is Level.STOP]
    proper = gates.is_statement_period(period, taxpayer.files)
    return {
        "access": access,
        "period": period,
        "name": name_of(taxpayer, period),
        "statement": statement,
        "filled": filled,
        "typed": typed,
        "documents": statements.documents_by_row(statement),
        "does": does,
        "added_back_tax": outward_side.added_back(taxpayer, period),
        **_rejected(access, period),
        "checks": checks,
        "stops": stops,
        "stale": any(check.code == "STALE_2B" for check in stops),
        "warnings": [check for check in checks if check.level is Level.WARN],
        "stop_titles": "; ".join(check.title for check in stops),
        "signatory": str(Role.SIGNATORY.label),
        "due": dates.gstr3b(period, frequency=taxpayer.files, seat=taxpayer.seat) if proper else None,
        "previous": taxpayer.files.previous(period),
        "next": taxpayer.files.next(period) if period < taxpayer.opens else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=FILE)
def file(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Show the three steps of filing: the figures, the effects, the confirmation. Only the last step saves
    anything. Before the last step, the figures that a person typed are only in the fields of the form."""
    month = tax_period(period)
    if not access.taxpayer.registration.has_ims:
        return _none(request, access, month)
    gstin = access.taxpayer.gstin
    if Gstr3b.objects.filter(recipient=access.taxpayer, period=month.number).exists():
        if request.method == "POST":
            messages.info(request, _("GSTR-3B for this period is already filed."))
        return redirect("gstr3b_filed", gstin, month.wire)
    if access.can_file and confirmation.lacks_factor(request):
        return confirmation.to_factor(request)
    step = request.POST.get("step", "1")
    context = _prepared(access, month, request.POST)
    typed: gstr3b_table.Typed = context["typed"]
    version = context["statement"].version if context["statement"] else 0
    if request.method == "POST" and request.POST.get("draft", "") != str(version):
        # If GSTR-2B was computed again, drop the figures that the person typed. Otherwise these old figures
        # would silently replace the figures of the new GSTR-2B.
        messages.warning(request, _("GSTR-2B was computed again after your review. Check the figures again."))
        return redirect("gstr3b_file", gstin, month.wire)
    if step not in ("2", "3", "file") or context["stops"]:
        step = "1"
    if request.method != "POST" or step == "1":
        typed.errors.clear()
    if typed.errors:
        step = "1"
    errors = _confirmed(request, access) if step == "file" else {}
    if step == "file" and not errors:
        return _filed(request, access, month, typed, context)
    if errors:
        step = "3"
    context |= {
        "step": int(step),
        "rows": gstr3b_table.rows(context["filled"], context["documents"], typed),
        "changed": typed.changed(context["filled"]),
        "kept": list(typed.texts.items()),
        "errors": errors,
        "confirm_due": sign_in.confirmation_due(request),
        "last_four": gstin[-LAST_CHARACTERS:],
        "given": request.POST.get("last_four", "")[:LAST_CHARACTERS] if errors else "",
        "declared": bool(errors) and "declared" not in errors,
        "steps": _steps(int(step)),
        "crumbs": crumbs(
            access,
            (_("GSTR-3B"), reverse("gstr3b_now", args=[gstin])),
            (context["name"], reverse("gstr3b", args=[gstin, month.wire])),
            (_("File"), ""),
        ),
    }
    return render(
        request, "returns/recipient/file.html", context, status=422 if errors or typed.errors else 200
    )


def _steps(step: int) -> list[dict[str, str]]:
    labels = [_("Review figures"), _("What filing does"), _("Confirm")]
    states = ["done" if n < step else "now" if n == step else "ahead" for n in (1, 2, 3)]
    return [{"label": label, "state": state, "url": ""} for label, state in zip(labels, states, strict=True)]


def _confirmed(request: HttpRequest, access: Access) -> dict[str, str]:
    errors = {}
    if request.POST.get("declared") != "yes":
        errors["declared"] = _("Tick the declaration.")
    given = request.POST.get("last_four", "").strip().upper()
    if given != access.taxpayer.gstin[-LAST_CHARACTERS:]:
        errors["last_four"] = _("Type the last four characters of this GSTIN.")
    return errors or confirmation.errors(request)


def _filed(
    request: HttpRequest,
    access: Access,
    period: TaxPeriod,
    typed: gstr3b_table.Typed,
    context: dict[str, Any],
) -> HttpResponse:
    gstin = access.taxpayer.gstin
    try:
        filing.file(
            access.taxpayer,
            period,
            by=access.by(),
            table=typed.changed(context["filled"]) or None,
            reason=typed.reason,
            seen_version=context["statement"].version,
        )
    except Conflict as conflict:
        messages.warning(request, in_language(conflict.message))
        return redirect("gstr3b_file", gstin, period.wire)
    except Refused as refusal:
        if refusal.code == "FINAL_2B":
            messages.info(request, _("GSTR-3B for this period is already filed."))
            return redirect("gstr3b_filed", gstin, period.wire)
        messages.error(request, words.refusal_text(refusal))
        return redirect("gstr3b", gstin, period.wire)
    messages.success(request, _("GSTR-3B for %(period)s is filed (practice).") % {"period": context["name"]})
    return redirect("gstr3b_filed", gstin, period.wire)


@for_taxpayer()
def filed(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Show the receipt of a filed GSTR-3B."""
    month = tax_period(period)
    found = (
        Gstr3b.objects.filter(recipient=access.taxpayer, period=month.number)
        .select_related("statement", "filed_by")
        .first()
    )
    if found is None:
        raise NotFound("NOT_FOUND", _("No GSTR-3B of this period is filed."))
    content = json.dumps([found.reference, access.taxpayer.gstin, found.table4], sort_keys=True)
    gstin = access.taxpayer.gstin
    name = name_of(access.taxpayer, month)
    return render(
        request,
        "returns/recipient/filed.html",
        {
            "access": access,
            "period": month,
            "name": name,
            "filed": found,
            "rows": gstr3b_table.rows(filed_rows.of(found), statements.documents_by_row(found.statement)),
            "added_back": outward_side.added_to_suppliers(access.taxpayer, month),
            "added_back_tax": outward_side.added_back(access.taxpayer, month),
            **_rejected(access, month),
            "typed": _typed_over(found),
            "digest": hashlib.sha256(content.encode()).hexdigest(),
            "audit_url": link("audit", gstin),
            "next": access.taxpayer.files.next(month),
            "crumbs": crumbs(
                access,
                (_("GSTR-3B"), reverse("gstr3b_now", args=[gstin])),
                (name, ""),
            ),
        },
    )


def _rejected(access: Access, period: TaxPeriod) -> dict[str, Any]:
    """Return the balance of the recipients' rejections in this GSTR-3B, with links to the documents that lower the
    tax again."""
    found = rejections.of_return(access.taxpayer, period)
    gstin = access.taxpayer.gstin
    again = [
        {"number": version.number, "change": change, "url": version_url(gstin, version, edits=False)}
        for version, change in found.versions
    ]
    return {"rejected": found, "again": again}


def _typed_over(filed: Gstr3b) -> dict[str, Any]:
    """Return the printed numbers of the rows that were typed by hand when the return was filed, and the reason
    that the person gave."""
    noted = (
        JournalEntry.objects.filter(
            taxpayer_id=filed.recipient_id, event="GSTR-3B filed", period=filed.period
        )
        .values_list("after", flat=True)
        .first()
    ) or {}
    rows = [row_names.ROWS[row][0] for row in row_names.ROWS if row in noted.get("typed_over", ())]
    return {"rows": rows, "reason": noted.get("reason", "")}
