"""Before what cannot be taken back: has this person given a second factor, and shown of late that it is them?"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from invoices.people import sign_in


def lacks_factor(request: HttpRequest) -> bool:
    """Must give a second factor first, because the installation asks for one and this session has none."""
    return bool(settings.PORTAL_MFA and not request.user.is_verified())  # type: ignore[union-attr]


def to_factor(request: HttpRequest) -> HttpResponse:
    """To the page that asks for it, and from there back to this address."""
    return redirect(f"{reverse('second_factor')}?{urlencode({'next': request.path})}")


def errors(request: HttpRequest) -> dict[str, str]:
    """What is wrong with the password that a form carries where one is due; nothing if none is, or it is right."""
    if not sign_in.confirmation_due(request) or sign_in.confirm(request, request.POST.get("password", "")):
        return {}
    return {"password": _("Give your password once more; this is not it, or it was guessed too often.")}
