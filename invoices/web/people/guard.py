"""The middleware before every page. It ends expired sign-ins, and asks for a second factor or a password that
is due."""

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

# Names (in the URL configuration) of addresses that stay open to a session whose second factor is due: giving
# or setting up the factor, signing out, signing in as another person, and pages that strangers may read too.
OPEN = frozenset(
    {
        *("second_factor", "authenticator", "login", "logout"),
        *("help", "accessibility", "rules", "rules_compare", "rule", "journal_key", "favicon"),
    }
)
# all pages of the administration ask for the password again
CONFIRMED = "admin"


class SignInMiddleware:
    """The last middleware, after the one that sets the person.

    The name of the view in the URL configuration decides whether an address is open. The text of the address
    never decides, because a proxy, a header or an odd spelling can make the text begin with anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            if sign_in.is_over(request.session):
                logout(request)
            else:
                sign_in.seen(request.session)
        response = self.get_response(request)
        # Django found no view, so it did not call process_view. The page "not found" shows the person's menu,
        # so it needs the second factor too.
        if request.resolver_match is None and _stopped(request, None):
            return _sent_to("second_factor", request)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Any
    ) -> HttpResponse | None:
        """Before the view runs, redirect a person whose second factor or password is due to the page that
        asks for it."""
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
    """Return True if a second factor is due and the address is not in `OPEN`."""
    if SESSION_KEY not in request.session:
        return False
    return (match is None or match.view_name not in OPEN) and _owes(request)


def _sent_to(name: str, request: HttpRequest) -> HttpResponse:
    # After the factor the browser comes back with GET. An address that takes only POST cannot be the way
    # back.
    back = {"next": request.get_full_path()} if request.method in ("GET", "HEAD") else {}
    return redirect(reverse(name) + (f"?{urlencode(back)}" if back else ""))


def _owes(request: HttpRequest) -> bool:
    """Return True if the session owes a second factor. Loads the person only if the answer depends on the
    person, so most sessions need no further query."""
    due = request.session.get(sign_in.DUE)
    if not due and not settings.PORTAL_MFA:
        return False
    user = request.user
    if not user.is_authenticated or user.is_verified():  # type: ignore[attr-defined]
        return False
    return bool(due) or sign_in.must_have(user)
