"""Decisions that a supplier's edit, or the law, took back: what you had decided, what changed, decide again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.access import Access, for_taxpayer
from invoices.models import JournalLine
from invoices.queries import history
from invoices.queries import records as query
from invoices.queries.filters import Filters
from invoices.rules.situation import Action
from invoices.web.crumbs import crumbs
from invoices.web.crumbs import inward as inward_crumb
from invoices.web.rows import VERBS, desk_view, reason, row

MOST = 100


@for_taxpayer()
@require_safe
def voided(request: HttpRequest, access: Access) -> HttpResponse:
    """The latest first; two queries, however many there are."""
    view = desk_view(access)
    found = query.matching(access.taxpayer, view, Filters(edited=True)).select_related("decision", "supplier")
    page = list(found.order_by("-decision__cleared_at", "pk")[: MOST + 1])
    more, page = len(page) > MOST, page[:MOST]
    changes: dict[int, tuple[history.FieldChange, ...]] = {}
    lines = JournalLine.objects.filter(
        record_id__in=[record.pk for record in page], recipient_id=access.taxpayer.pk, detail__isnull=False
    )
    for line in lines.order_by("pk"):
        changes[line.record_id] = tuple(c for c in history.changes_of(line) if c.changed) or changes.get(
            line.record_id, ()
        )
    shown = []
    for record in page:
        here, before = row(record, view), Action(record.decision.cleared_action)
        refusal = here.ruling.refusals.get(before)
        shown.append(
            {
                "row": here,
                "before": before.value,
                "verb": _(VERBS[before]),
                "cleared_at": record.decision.cleared_at,
                "changes": changes.get(record.pk, ()),
                "blocked": reason(refusal, [before]) if refusal else None,
            }
        )
    context = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=_("Actions taken back")),
        "shown": shown,
        "more": more,
    }
    return render(request, "invoices/voided.html", context)
