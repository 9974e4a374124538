"""The audit page. The page shows the journal of a GSTIN: each event, its time, the person, and the source
(page, API or file)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ims_portal.kernel import clock, journal_file
from ims_portal.kernel.periods import TaxPeriod
from invoices.desk.actions import EVENTS
from invoices.desk.undo import REDONE, UNDONE
from invoices.journal import chain_check, history, signed_file
from invoices.journal.history import Touched
from invoices.models import JournalEntry
from invoices.models.choices import ACTION_LABELS, ANSWER_CHOICES
from invoices.people.access import AUDIT, READ, Access, for_taxpayer
from invoices.rules.situation import Action
from invoices.web.page.crumbs import crumbs
from invoices.web.page.labels import event_label

SIZE = 50
SOURCES = {
    "page": gettext_lazy("Page"),
    "api": gettext_lazy("API"),
    "file": gettext_lazy("File"),
    "command": gettext_lazy("Command"),
    "system": gettext_lazy("System"),
    "admin": gettext_lazy("Administration"),
}
LABELS = {
    "form": gettext_lazy("Form"),
    "number": gettext_lazy("Number"),
    "recipient": gettext_lazy("Recipient"),
    "version": gettext_lazy("Version"),
    "reference": gettext_lazy("Reference"),
    "statement": gettext_lazy("GSTR-2B version"),
    "add_backs": gettext_lazy("Rejections that added tax"),
    "natural_period": gettext_lazy("GSTR-2B month"),
    "action": gettext_lazy("Action"),
    "answer": gettext_lazy("ITC reduction"),
    "remarks": gettext_lazy("Remarks"),
}
SILENT = {"-", "", None}


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=AUDIT)
def audit(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the journal, newest first, and the result of the latest check of the journal's chain. A POST checks
    the chain. If the journal is long, the POST starts a job for the check."""
    if request.method == "POST":
        if chain_check.ask(access.taxpayer, by=access.by()) is None:
            messages.info(request, _("The journal is long. The portal is checking it in the background."))
        return redirect("audit", access.taxpayer.gstin)
    event = request.GET.get("event", "")[:40].replace("\x00", "")
    page = history.audit_page(history.journal_of(access.taxpayer, event), request.GET.get("page", ""), SIZE)

    def url(token: str | None) -> str:
        if token is None:
            return ""
        asked = {name: value for name, value in (("event", event), ("page", token)) if value}
        return f"{request.path}?{urlencode(asked)}" if asked else request.path

    return render(
        request,
        "invoices/audit.html",
        {
            "access": access,
            "crumbs": [*crumbs(access, here=_("Audit"))[:1], {"label": _("Audit"), "url": ""}],
            "rows": _rows(access, page.entries),
            "event": event,
            "events": history.events_of(access.taxpayer),
            "may_check": access.may(AUDIT),
            "checked": chain_check.last(access.taxpayer),
            "fingerprint": journal_file.fingerprint(signed_file.private_key().public_key()),
            "pager": {"first": url(page.first), "previous": url(page.previous), "next": url(page.next)},
        },
    )


@for_taxpayer(AUDIT)
@require_safe
def export(request: HttpRequest, access: Access) -> HttpResponse | StreamingHttpResponse:
    """Return the whole journal as a signed file. The portal sends each part of the file as soon as the part
    is written."""
    taxpayer = access.taxpayer
    rows = () if request.method == "HEAD" else signed_file.rows(taxpayer)
    response = StreamingHttpResponse(rows, content_type="application/jsonl; charset=utf-8")
    name = f"journal-{taxpayer.gstin}-{clock.today():%d%m%Y}.jsonl"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def public_key(request: HttpRequest) -> HttpResponse:
    """Return the public key with which anybody can check an exported journal. The page needs no sign-in."""
    return HttpResponse(signed_file.public_pem(), content_type="application/x-pem-file")


def _rows(access: Access, entries: list[JournalEntry]) -> list[dict[str, Any]]:
    touched = history.documents_of(entries)
    return [_row(access, entry, touched.get(entry.pk, [])) for entry in entries]


def _row(access: Access, entry: JournalEntry, touched: list[Touched]) -> dict[str, Any]:
    gstin, own = access.taxpayer.gstin, access.taxpayer.pk
    return {
        # A document of another recipient gets no link, because the document's page belongs to the other
        # recipient's GSTIN.
        "documents": [
            {
                "number": one.number,
                "url": reverse("record", args=[gstin, one.pk]) if one.recipient_id == own else "",
            }
            for one in touched
        ],
        "further": max(entry.record_count - len(touched), 0) if touched else 0,
        "entry": entry,
        # the journal counts the lines of a GSTR-2B, and other pages its documents
        "of_lines": entry.event.startswith("GSTR-2B"),
        "periods": _periods(entry, touched),
        "who": history.who_did(entry) if entry.actor_id else _(history.who_did(entry)),
        "what": event_label(entry.event),
        # for an entry without a person, "who" already shows the source
        "source": SOURCES.get(entry.source, entry.source) if entry.actor_id else "",
        "facts": list(_facts(entry)),
        "real": entry.real_time if abs((entry.real_time - entry.portal_time).total_seconds()) > 60 else None,
    }


def _periods(entry: JournalEntry, touched: list[Touched]) -> list[int | None]:
    """Return the 2B periods of the documents of an action. The entry of an action has the open period, which
    may be long before the 2B period of the document."""
    acted = entry.event in (*EVENTS.values(), UNDONE, REDONE)
    return [*sorted({one.period for one in touched})] if acted and touched else [entry.period]


def _facts(entry: JournalEntry) -> Iterator[dict[str, str | Promise]]:
    """Yield the facts of a journal entry, each with a label and a value. For a changed value, the text shows
    the value before and after the change."""
    before, after = entry.before or {}, entry.after or {}
    answers = dict(ANSWER_CHOICES)
    for name in dict.fromkeys([*before, *after]):
        # Skip the document's number, because the page shows the number in the column of documents.
        if name not in LABELS or (name == "number" and entry.record_count and before.get(name) in SILENT):
            continue
        was, now = before.get(name), after.get(name)
        if name == "action" and now:
            now = _(ACTION_LABELS[Action(now)])
        elif name == "answer" and now and now not in SILENT:
            now = answers.get(now, now)
        elif name == "natural_period":
            was, now = (TaxPeriod.from_number(n).label if n else n for n in (was, now))
        if now in SILENT and was in SILENT:
            continue
        shown = f"{was} → {now}" if was not in SILENT and was != now else str(now)
        yield {"label": LABELS[name], "value": shown}
