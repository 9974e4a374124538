"""The page of decisions that were reset by a supplier's edit or by the law. The page shows the earlier
decision, the changes, and the actions for a new decision."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.journal import voided as query
from invoices.people.access import Access, for_taxpayer
from invoices.rules.situation import Action
from invoices.web.page.crumbs import crumbs
from invoices.web.page.crumbs import inward as inward_crumb
from invoices.web.record_list.row import VERBS, desk_view, reason, row


@for_taxpayer()
@require_safe
def voided(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the decisions that were reset, latest first. Two queries for any number of decisions."""
    view = desk_view(access)
    found = query.latest(access.taxpayer, view)
    shown = []
    for one in found.shown:
        here, before = row(one.record, view), Action(one.record.decision.cleared_action)
        refusal = here.ruling.refusals.get(before)
        shown.append(
            {
                "row": here,
                "before": before.value,
                "verb": VERBS[before],
                "cleared_at": one.record.decision.cleared_at,
                "changes": one.changes,
                "blocked": reason(refusal, [before]) if refusal else None,
            }
        )
    context = {
        "access": access,
        "crumbs": crumbs(access, inward_crumb(access), here=_("Cleared actions")),
        "shown": shown,
        "more": found.more,
    }
    return render(request, "invoices/voided.html", context)
