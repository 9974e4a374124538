"""Turn portal errors into pages with the sentence, the rule, the code and the right status."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ims_portal.kernel.errors import Forbidden, NotFound, PortalError

log = logging.getLogger("portal.security")


def note_refusal(request: HttpRequest, error: PortalError) -> None:
    """Log that the portal refused a request of a signed-in person, so that operators can find attacks. The
    log line has the person's id and the error code, and never the data of the request."""
    who = getattr(getattr(request, "user", None), "pk", None)
    if isinstance(error, (Forbidden, NotFound)) and who is not None:
        level = logging.INFO if isinstance(error, NotFound) else logging.WARNING
        log.log(level, "person %s was refused %s: %s %s", who, error.code, request.method, request.path)


class PortalErrorMiddleware:
    """Shows an error page for a `PortalError` that a view raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PortalError):
            return None
        note_refusal(request, exception)
        if isinstance(exception, NotFound):
            return render(request, "404.html", status=404)
        return render(request, "refused.html", {"error": exception}, status=exception.status)
