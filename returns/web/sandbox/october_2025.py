"""The trainer's page "What changed in October 2025": six things, each with a document to try."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound, PortalError
from ims_portal.kernel.money import format_count
from invoices.models import Record
from invoices.people.access import ACT, Access, access_to, for_taxpayer, last_gstin
from invoices.queries import changes_2025
from invoices.rules.changes_2025 import CHANGES, Change
from invoices.web.page.labels import in_language
from returns.sandbox import practice


@dataclass(frozen=True, slots=True)
class Card:
    """One change with the document to try it on, if there is one."""

    number: int
    change: Change
    record: Record | None


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the six changes. A person who opened a GSTIN before sees documents of this GSTIN."""
    access = _access(request)
    has_ims = access is not None and access.taxpayer.registration.has_ims
    found = practice.documents(access.taxpayer) if access is not None and has_ims else [None] * len(CHANGES)
    behind = access is not None and has_ims and not changes_2025.draft_holds_new_rules(access.taxpayer)
    context = {
        "at": access.taxpayer if access is not None and has_ims else None,
        "cards": [Card(n, c, r) for n, (c, r) in enumerate(zip(CHANGES, found, strict=True), 1)],
        "missing": None in found,
        "in_time": practice.may_set_up(clock.today()),
        # said also before the clock moves, because the move cannot be taken back
        "behind": access.taxpayer.opens if access is not None and behind else None,
        "reader": practice.reader() if access is not None and settings.PORTAL_SANDBOX else "",
        "sandbox": settings.PORTAL_SANDBOX,
        "may_set_up": settings.PORTAL_SANDBOX and access is not None and has_ims and access.can_act,
        "crumbs": [
            {"label": _("Help"), "url": "/help/"},
            {"label": _("What changed in October 2025"), "url": ""},
        ],
    }
    response = render(request, "returns/october_2025.html", context)
    if access is not None:
        response["Cache-Control"] = "no-store"
    return response


def _access(request: HttpRequest) -> Access | None:
    """Return the person's access to the GSTIN that the person opened last, or None."""
    gstin = last_gstin(request) if request.user.is_authenticated else ""
    if not gstin:
        return None
    try:
        return access_to(request.user, gstin)
    except NotFound:
        return None


@for_taxpayer(ACT)
@require_POST
def set_up(request: HttpRequest, access: Access) -> HttpResponse:
    """Put the practice documents on the desk, and show the page with them."""
    try:
        count = practice.set_up(access.taxpayer, by=access.by())
    except PortalError as refusal:
        messages.error(request, f"{in_language(refusal.message)} ({refusal.code})")
    else:
        text = ngettext(
            "%(n)s document to try is new on your desk.",
            "%(n)s documents to try are new on your desk.",
            count,
        )
        said = text % {"n": format_count(count)}
        if not count:
            said = _("No new document is needed, or none can be made today. The cards say what fits.")
        messages.success(request, said)
    return redirect("october_2025")
