"""When a sign-in ends, so that nobody loses work to it unwarned."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ims_portal.kernel import clock

ENDS = "session_ends"


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """The cookie lives so long from here; real time, since browsers know no other."""
    request.session[ENDS] = int(clock.real_now().timestamp()) + settings.SESSION_COOKIE_AGE


def seconds_left(request: HttpRequest) -> int:
    """Until the session ends; 0 where that is not known."""
    ends = getattr(request, "session", {}).get(ENDS, 0)
    return max(int(ends) - int(clock.real_now().timestamp()), 1) if ends else 0


@login_required
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """The reader goes on: the session lives its full time again."""
    begin(None, request)
    if request.headers.get("X-Requested-With"):
        return HttpResponse(str(seconds_left(request)), content_type="text/plain")
    return redirect("choose")
