"""Checks before an action that cannot be undone: a second factor, and a recent confirmation by password."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from invoices.people import sign_in


def lacks_factor(request: HttpRequest) -> bool:
    """True if the portal requires a second factor, and the person has not given a second factor in this
    session."""
    return bool(settings.PORTAL_MFA and not request.user.is_verified())  # type: ignore[union-attr]


def to_factor(request: HttpRequest) -> HttpResponse:
    """Return the redirect to the page for the second factor. After the second factor, that page redirects
    back to the address of this request."""
    return redirect(f"{reverse('second_factor')}?{urlencode({'next': request.path})}")


def errors(request: HttpRequest) -> dict[str, str]:
    """Return the form's errors about the confirming password, by field.

    The result is empty if the password is correct, or if no confirmation is due."""
    if not sign_in.confirmation_due(request) or sign_in.confirm(request, request.POST.get("password", "")):
        return {}
    return {
        "password": _(
            "The password is wrong, or there were too many wrong attempts. Type your password again."
        )
    }
