"""Answer requests whose body the portal does not read. There are three reasons: the body is too large for the
URL, the sender of the body is unknown, or too many large bodies arrive at the same time."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from ims_portal.support.web import body_limits, problems
from ims_portal.support.web.body_limits import (
    AROUND_A_FILE,
    REFUSED,
    SMALL,
    TOO_LARGE,
    TOO_MANY,
    UNKNOWN_SENDER,
)


class BodyLimitMiddleware:
    """Refuses a request whose body is too large for the URL, and does not read the body. This middleware is
    the last in the list, because its error page needs the data of the earlier middlewares. No earlier
    middleware may read a body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = request.META.get(REFUSED, "")
        length = _length(request)
        if not refused and length > body_limits.FOR_ANYBODY:
            refused = TOO_LARGE if length > body_limits.most_bytes(request.path_info) else ""
        if not refused or (refused != TOO_MANY and _view_answers_itself(request.path_info)):
            return self.get_response(request)
        return _answer(request, refused)


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return typed_values.whole_number(text) or 0


def _view_answers_itself(path: str) -> bool:
    """Return true if the view itself answers a request whose body is too large. The views of GSTN's API do
    this, because their answers must have GSTN's format."""
    return bool(getattr(body_limits.view_of(path), "answers_large_bodies", False))


def _answer(request: HttpRequest, refused: str) -> HttpResponse:
    if refused == TOO_MANY:
        message = "Many large files are arriving at this moment. Send your file again in a minute."
        response = _error_answer(request, 503, Invalid("BUSY", message))
        response["Retry-After"] = "60"
        return response
    if refused == UNKNOWN_SENDER:
        if request.path_info == settings.LOGIN_URL:
            # A person who is signing in cannot be a known sender yet. A redirect to the sign-in page would
            # not help, so the answer says that the body is too large.
            return _error_answer(request, 413, Invalid("IMP-SIZE", _too_large(body_limits.FOR_ANYBODY)))
        if not _is_api(request):
            return redirect_to_login(request.path)
        return _error_answer(
            request,
            401,
            Invalid("NO_TOKEN", "Send your token. The portal reads a large request only from its users."),
        )
    return _error_answer(
        request, 413, Invalid("IMP-SIZE", _too_large(body_limits.most_bytes(request.path_info)))
    )


def _too_large(most: int) -> str:
    if most > SMALL and most % SMALL == AROUND_A_FILE:
        most -= AROUND_A_FILE
    size = f"{most // SMALL} MB" if most >= SMALL else f"{most // 1024} kB"
    return f"The body is larger than {size}, the limit of this address. Send less data in one request."


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _error_answer(request: HttpRequest, status: int, error: Invalid) -> HttpResponse:
    if _is_api(request):
        return problems.plain(status, error.code, error.message, instance=request.path)
    return render(request, "refused.html", {"error": error}, status=status)
