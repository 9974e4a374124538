"""The middleware before every page. The middleware ends expired sessions, and asks for a second factor or a
password if the page needs this."""

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

# The view names that remain open while a session needs a second factor. On these pages, a person can give or
# set up the factor, sign out, or sign in as another person. Pages that need no sign-in also remain open.
OPEN = frozenset(
    {
        *("second_factor", "authenticator", "login", "logout"),
        *("help", "accessibility", "rules", "rules_compare", "rule", "journal_key", "favicon"),
    }
)
# all pages of the administration ask for the password again
CONFIRMED = "admin"


class SignInMiddleware:
    """The middleware that checks the session before every page. This middleware must come after the
    middleware that sets the person of the request.

    The view's name decides whether an address is open. The text of the address never decides, because a
    proxy, a header or an unusual spelling can change the text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            if sign_in.is_over(request.session):
                logout(request)
            else:
                sign_in.seen(request.session)
        response = self.get_response(request)
        # The page "not found" also needs the second factor, because it shows the person's menu. The check is
        # here, because Django does not call process_view if it finds no view.
        if request.resolver_match is None and _stopped(request, None):
            return _sent_to("second_factor", request)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Any
    ) -> HttpResponse | None:
        """Before the view runs, check whether the person needs a second factor or a confirmation. If so,
        redirect the person to the page that asks for this. Otherwise return None."""
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
    """True if the session needs a second factor and the address is not in `OPEN`."""
    if SESSION_KEY not in request.session:
        return False
    return (match is None or match.view_name not in OPEN) and _owes(request)


def _sent_to(name: str, request: HttpRequest) -> HttpResponse:
    # After the second factor, the browser opens `next` with GET. Only the address of a GET or HEAD can be
    # `next`, because another address may accept only POST.
    back = {"next": request.get_full_path()} if request.method in ("GET", "HEAD") else {}
    return redirect(reverse(name) + (f"?{urlencode(back)}" if back else ""))


def _owes(request: HttpRequest) -> bool:
    """True if the session needs a second factor. The function reads the person from the database only if the
    session and the settings do not give the answer. Most sessions therefore need no further query."""
    due = request.session.get(sign_in.DUE)
    if not due and not settings.PORTAL_MFA:
        return False
    user = request.user
    if not user.is_authenticated or user.is_verified():  # type: ignore[attr-defined]
        return False
    return bool(due) or sign_in.must_have(user)
