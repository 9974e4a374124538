"""Portal errors become pages: the sentence, the rule and the code, with the right status."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ims_portal.kernel.errors import NotFound, PortalError


class PortalErrorMiddleware:
    """Renders a `PortalError` that a view let through."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PortalError):
            return None
        if isinstance(exception, NotFound):
            return render(request, "404.html", status=404)
        return render(request, "refused.html", {"error": exception}, status=exception.status)
