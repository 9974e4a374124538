"""Pages without a GSTIN: the landing page, help, accessibility, and the choice of a GSTIN."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.models import Membership, Preference, Role
from invoices.people.access import taxpayers_of
from invoices.web.help.guide import SCREENS
from invoices.web.people.preferences import preference_of

MOST_SHOWN = 100
# the page with which a person wants to begin -> the page's path below the address of a GSTIN
LANDINGS = {
    Preference.Landing.HOME: "",
    Preference.Landing.IMS: "ims/",
    Preference.Landing.INWARD: "ims/inward/",
    Preference.Landing.RECORDS: "ims/inward/all/",
    Preference.Landing.TRIAGE: "ims/triage/all/",
}


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("choose")
    return render(request, "invoices/landing.html")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "invoices/help.html", {"screens": SCREENS})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "invoices/accessibility.html")


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Show the GSTINs of this person. `?q=` limits the list: each word must be a part of the GSTIN, the trade
    name or the legal name."""
    assert request.user.is_authenticated
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = taxpayers_of(request.user)
    for word in asked.split():
        found = found.filter(
            Q(gstin__icontains=word) | Q(trade_name__icontains=word) | Q(legal_name__icontains=word)
        )
    taxpayers = list(found[: MOST_SHOWN + 1])
    roles: dict[int, list[str]] = {}
    held = Membership.objects.filter(user_id=request.user.pk, taxpayer__in=[t.pk for t in taxpayers])
    for taxpayer_id, role in held.order_by("role").values_list("taxpayer_id", "role"):
        roles.setdefault(taxpayer_id, []).append(_(Role(role).label))
    response = render(
        request,
        "invoices/choose.html",
        {
            "asked": asked,
            "rows": [{"taxpayer": t, "roles": roles.get(t.pk, [])} for t in taxpayers[:MOST_SHOWN]],
            "landing": LANDINGS[Preference.Landing(preference_of(request.user).landing)],
            "more": len(taxpayers) > MOST_SHOWN,
        },
    )
    response["Cache-Control"] = "no-store"
    return response
