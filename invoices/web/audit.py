"""The journal of a GSTIN: who did what, when, through what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.access import Access, for_taxpayer
from invoices.models import JournalEntry
from invoices.models.choices import ACTION_LABELS, ANSWER_CHOICES
from invoices.queries import history
from invoices.rules.situation import Action
from invoices.web.crumbs import crumbs

SIZE = 50
SOURCES = {
    "page": "Page",
    "api": "API",
    "file": "File",
    "command": "Command",
    "system": "System",
    "admin": "Administration",
}
LABELS = {
    "form": "Form",
    "number": "Number",
    "recipient": "Recipient",
    "version": "Version",
    "reference": "Reference",
    "statement": "GSTR-2B version",
    "add_backs": "Add-backs posted",
    "natural_period": "GSTR-2B month",
    "action": "Action",
    "answer": "ITC reduction",
    "remarks": "Remarks",
}
SILENT = {"-", "", None}


@for_taxpayer()
@require_safe
def audit(request: HttpRequest, access: Access) -> HttpResponse:
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
            "rows": [_row(entry) for entry in page.entries],
            "event": event,
            "events": history.events_of(access.taxpayer),
            "pager": {"first": url(page.first), "previous": url(page.previous), "next": url(page.next)},
        },
    )


def _row(entry: JournalEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "who": history.who_did(entry),
        "what": entry.event[:1].upper() + entry.event[1:],
        "source": SOURCES.get(entry.source, entry.source),
        "facts": list(_facts(entry)),
        "real": entry.real_time if abs((entry.real_time - entry.portal_time).total_seconds()) > 60 else None,
    }


def _facts(entry: JournalEntry):
    """The event's own facts as words: what was, and what became of it."""
    before, after = entry.before or {}, entry.after or {}
    answers = dict(ANSWER_CHOICES)
    for name in dict.fromkeys([*before, *after]):
        if name not in LABELS:
            continue
        was, now = before.get(name), after.get(name)
        if name == "action" and now:
            now = str(ACTION_LABELS[Action(now)])
        elif name == "answer" and now not in SILENT:
            now = answers.get(now, now)
        if now in SILENT and was in SILENT:
            continue
        shown = f"{was} → {now}" if was not in SILENT and was != now else str(now)
        yield {"label": LABELS[name], "value": shown}
