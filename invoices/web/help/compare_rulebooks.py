"""Help page: the differences between the two rulebooks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.models.choices import KIND_LABELS
from invoices.queries.explain import DIRECTIONS, STANDINGS
from invoices.rules.differences import differences
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Book, Direction
from invoices.web.record_list.row import VERBS


def _open(ruling: Ruling) -> str:
    return ", ".join(_(word) for action, word in VERBS.items() if action in ruling.allowed) or _("nothing")


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show the situations (kinds of records) on which the two rulebooks differ, each with both rulings."""
    rows = []
    for found in differences(Book.B2410, Book.B2510):
        s = found.situation
        stands = _(STANDINGS[s.standing])
        if s.direction is not Direction.NONE:
            stands += " " + _(DIRECTIONS[s.direction])
        pending = " " + _("(Pending for one period)") if found.after.one_period else ""
        rows.append(
            {
                "what": _(KIND_LABELS[s.kind]),
                "stands": stands,
                "before": _("not in IMS") if found.before is None else _open(found.before),
                "after": _open(found.after) + pending,
                "late": _open(found.late) if found.after.one_period else "—",
                "asks": found.after.asks_reduction,
            }
        )
    context = {
        "rows": rows,
        "old": _("October 2024"),
        "new": _("October 2025"),
        "crumbs": [
            {"label": _("Help"), "url": "/help/"},
            {"label": _("Rules"), "url": "/help/rules/"},
            {"label": _("Side by side")},
        ],
    }
    return render(request, "invoices/compare_books.html", context)
