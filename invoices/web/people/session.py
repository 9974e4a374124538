"""The remaining time of a session. Pages warn before the session ends, so that nobody loses work."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from invoices.people import sign_in


def seconds_left(request: HttpRequest) -> int:
    """Return the seconds until the session ends, or 0 without a session."""
    session = getattr(request, "session", {})
    return max(sign_in.seconds_left(session), 1) if SESSION_KEY in session else 0


@login_required
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Start the idle time of the session again. The session still ends twelve hours after it began."""
    sign_in.seen(request.session, always=True)
    if request.headers.get("X-Requested-With"):
        return HttpResponse(str(seconds_left(request)), content_type="text/plain")
    return redirect("choose")
