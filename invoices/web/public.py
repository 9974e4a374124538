"""Pages without a GSTIN: the landing page, help and accessibility."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.web.help.guide import ROLES, SCREENS


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("choose")
    return render(request, "invoices/landing.html")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    roles = [(_(str(role.label)), _(may)) for role, may in ROLES.items()]
    return render(request, "invoices/help.html", {"screens": SCREENS, "roles": roles})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "invoices/accessibility.html")
