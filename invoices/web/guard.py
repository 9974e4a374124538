"""Between a request and every page: has the sign-in ended, and is a second factor still due?"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from invoices import signing_in

# what somebody who is only half signed in may reach
OPEN = ("/accounts/", "/static/", "/help/", "/accessibility/", "/favicon.ico", "/journal-key.pem")


class SignInMiddleware:
    """Stands after the middleware that knows the person."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            if signing_in.is_over(request.session):
                logout(request)
            else:
                signing_in.seen(request.session)
                if not request.path.startswith(OPEN) and _owes(request):
                    return redirect(
                        f"{reverse('second_factor')}?{urlencode({'next': request.get_full_path()})}"
                    )
                if request.path.startswith("/admin/") and signing_in.confirmation_due(request):
                    return redirect(f"{reverse('confirm')}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)


def _owes(request: HttpRequest) -> bool:
    """Asks for the person only where the answer depends on it: most sessions need no query more."""
    due = request.session.get(signing_in.DUE)
    if not due and not settings.PORTAL_MFA:
        return False
    user = request.user
    if not user.is_authenticated or user.is_verified():  # type: ignore[attr-defined]
        return False
    return bool(due) or signing_in.must_have(user)
