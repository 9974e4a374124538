"""Responses of the API for errors: problem details (RFC 9457) with the error's code, sentence and rule."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from ims_portal.kernel.errors import PortalError
from ims_portal.support.web.http import note_refusal

CONTENT_TYPE = "application/problem+json"
KINDS = {
    exceptions.NotAuthenticated: "NO_TOKEN",
    exceptions.AuthenticationFailed: "BAD_TOKEN",
    exceptions.MethodNotAllowed: "METHOD",
    exceptions.UnsupportedMediaType: "MEDIA_TYPE",
    exceptions.ParseError: "IMP-FORMAT",
    exceptions.Throttled: "SLOW_DOWN",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    rule: str = "",
    instance: str = "",
    errors: list[dict[str, str]] | None = None,
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return the response for an error. `errors` name the wrong fields of a body. `details` are facts for a
    program, such as the current state of a record that somebody else changed."""
    body: dict[str, Any] = {
        "type": f"/help/rules/{rule.lower()}/" if rule else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if rule:
        body["rule"] = rule
    if instance:
        body["instance"] = instance
    if errors:
        body["errors"] = errors
    if details:
        body["details"] = details
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def plain(status: int, code: str, detail: str, *, instance: str = "") -> JsonResponse:
    """Return the same response as `problem`, but already rendered. Middlewares use this function, because
    only views of the API render the response of `problem`."""
    return JsonResponse(
        problem(status, code, detail, instance=instance).data, status=status, content_type=CONTENT_TYPE
    )


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response for an error (DRF's exception handler). Return None for an error that is not from
    the portal, Django or DRF. Such an error becomes a response with status 500."""
    request = context.get("request")
    path = request.path if request is not None else ""
    if isinstance(error, PortalError):
        if request is not None:
            note_refusal(request, error)
        details = dict(error.details)
        errors = details.pop("errors", None)
        return problem(
            error.status,
            error.code,
            error.message,
            rule=error.rule,
            instance=path,
            errors=errors,
            details=details,
        )
    if isinstance(error, Http404):
        return problem(404, "NOT_FOUND", "Nothing was found at this address.", instance=path)
    if isinstance(error, PermissionDenied):
        return problem(403, "NOPERM", "You do not have access to this.", instance=path)
    if isinstance(error, exceptions.ValidationError):
        errors = list(_places(error.detail))
        first = errors[0]
        where = f"{first['field']}: " if first["field"] else ""
        return problem(400, "BAD_FIELD", f"{where}{first['message']}", instance=path, errors=errors)
    if isinstance(error, exceptions.APIException):
        code = next((code for kind, code in KINDS.items() if isinstance(error, kind)), "REFUSED")
        headers = {}
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
        return problem(error.status_code, code, str(error.detail), instance=path, headers=headers)
    return None


def _places(detail: Any, at: str = "") -> Any:
    """Yield every message of a validation error, with the path of the field that has the error."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            place = at if name == "non_field_errors" else f"{at}.{name}" if at else str(name)
            yield from _places(inner, place)
    elif isinstance(detail, list):
        for nth, inner in enumerate(detail):
            if isinstance(inner, (dict, list)):
                yield from _places(inner, f"{at}[{nth}]")
            else:
                yield {"field": at, "message": str(inner)}
    else:
        yield {"field": at, "message": str(detail)}
