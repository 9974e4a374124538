"""Between a request and every page: has the sign-in ended, and is a second factor still due?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse

from invoices.people import sign_in

# Addresses, by their names in the URL configuration, that stay open to a session whose second factor is due: giving
# or setting up the factor, leaving, signing in as somebody else, and pages that tell a stranger the same.
OPEN = frozenset(
    {
        *("second_factor", "authenticator", "login", "logout"),
        *("help", "accessibility", "rules", "rules_compare", "rule", "journal_key", "favicon"),
    }
)
# everything of the administration asks for the password again
CONFIRMED = "admin"


class SignInMiddleware:
    """Stands last of all middleware, after the one that knows the person.

    What is open is decided by the view that is about to run (its name in the URL configuration), never by the text of
    the address: a proxy, a header or an odd spelling can make the text begin with anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            if sign_in.is_over(request.session):
                logout(request)
            else:
                sign_in.seen(request.session)
        response = self.get_response(request)
        # no view was found, so process_view was not asked; the page that says so shows the person's menu
        if request.resolver_match is None and _stopped(request, None):
            return _sent_to("second_factor", request)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Any
    ) -> HttpResponse | None:
        """Send whoever owes something to the page that asks for it, before the view runs."""
        if _stopped(request, request.resolver_match):
            return _sent_to("second_factor", request)
        match = request.resolver_match
        if (
            match is not None
            and CONFIRMED in match.app_names
            and SESSION_KEY in request.session
            and sign_in.confirmation_due(request)
        ):
            return _sent_to("confirm", request)
        return None


def _stopped(request: HttpRequest, match: ResolverMatch | None) -> bool:
    """Is a second factor due, and this address none of the open ones?"""
    if SESSION_KEY not in request.session:
        return False
    return (match is None or match.view_name not in OPEN) and _owes(request)


def _sent_to(name: str, request: HttpRequest) -> HttpResponse:
    # afterwards the browser asks with GET, which an address of forms alone does not take
    back = {"next": request.get_full_path()} if request.method in ("GET", "HEAD") else {}
    return redirect(reverse(name) + (f"?{urlencode(back)}" if back else ""))


def _owes(request: HttpRequest) -> bool:
    """Asks for the person only where the answer depends on it: most sessions need no query more."""
    due = request.session.get(sign_in.DUE)
    if not due and not settings.PORTAL_MFA:
        return False
    user = request.user
    if not user.is_authenticated or user.is_verified():  # type: ignore[attr-defined]
        return False
    return bool(due) or sign_in.must_have(user)
