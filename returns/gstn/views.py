"""The views of GSTN's API. A view finds the call, checks the client and the session, reads the envelope, and
replies with an envelope."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import PortalError
from ims_portal.support.web import turns
from ims_portal.support.web.body_limits import takes_body
from invoices.people.access import FILE
from returns.gstn import codes, downloads, parameters, sessions  # noqa: F401  the calls name themselves
from returns.gstn.calls import filings, gstr2b, ims, returns, sandbox  # noqa: F401  the calls name themselves
from returns.gstn.calls.call import CALLS, Call
from returns.gstn.codes import GstnError, fault
from returns.gstn.envelope import envelope, keys  # noqa: F401  the calls name themselves
from returns.gstn.envelope.envelope import UNVERSIONED, VERSIONED, Dialect
from returns.gstn.models import Client, Session

AUTHENTICATE = "authenticate"
RESOURCES = sorted({AUTHENTICATE, *(resource for resource, _ in CALLS)}, key=len, reverse=True)
FILE_NAME = re.compile(r"[0-9a-f]{32}\.tar\.gz\Z")
READING = ("GET", "HEAD")
WRITING = ("PUT", "POST")


@takes_body(settings.GSTN_MOST_BYTES, answers_itself=True)
@csrf_exempt
def versioned(request: HttpRequest, path: str) -> HttpResponse:
    """Answer a call at /taxpayerapi/v1.0/… in the style of versioned addresses (`Dialect`)."""
    return _answer(request, path, VERSIONED)


@takes_body(settings.GSTN_MOST_BYTES, answers_itself=True)
@csrf_exempt
def unversioned(request: HttpRequest, path: str) -> HttpResponse:
    """Answer a call at /standard/gstn/… in the style of unversioned addresses (`Dialect`)."""
    return _answer(request, path, UNVERSIONED)


def _answer(request: HttpRequest, path: str, dialect: Dialect) -> HttpResponse:
    try:
        client = _client(request)
        with turns.turn(("gstn client", client.pk)) as there_is_room:
            if not there_is_room:
                raise fault(
                    "BUSY",
                    "Several requests of this client are under way. Send one after another.",
                    status=429,
                )
            return _served(request, path, dialect, client)
    except GstnError as error:
        return envelope.refused(dialect, error)


def _served(request: HttpRequest, path: str, dialect: Dialect, client: Client) -> HttpResponse:
    """Return the response to the call. Raises `GstnError`."""
    action = ""
    try:
        resource, action_in_path = _resource(path)
        body = envelope.body_of(request) if request.method in WRITING else {}
        action = _action(action_in_path, request.GET.get("action", ""), body.get("action", ""))
        if resource == AUTHENTICATE:
            return envelope.signed_in(dialect, _authenticate(request, client, action, body))
        session, key = _session(request, client, action)
        handler = _handler(resource, action, request.method or "")
        opened = (
            envelope.open_data(body, request.body, key)
            if request.method in WRITING
            else envelope.Opened(None, b"", key is not None)
        )
        call = Call(
            action=action,
            session=session,
            params=request.GET.dict(),
            opened=opened,
            body=body,
            header_gstin=request.headers.get("gstin", ""),
        )
        answer = handler(call)
        return envelope.reply(dialect, answer, key if opened.encrypted else None)
    except PortalError as error:
        return envelope.refused(dialect, codes.from_portal(error, action))


def _resource(path: str) -> tuple[str, str]:
    """Return the resource and the action that the path names. The action is "" if the path names only a
    resource. Some gateways put the action into the path."""
    path = path.strip("/")
    for resource in RESOURCES:
        if path == resource:
            return resource, ""
        rest = path.removeprefix(f"{resource}/")
        if rest != path and "/" not in rest:
            return resource, rest
    raise fault("ACTION_UNKNOWN", "There is no such address.")


def _action(*given: Any) -> str:
    """Return the action of the call. `given` are the actions in the path, in the address and in the body.
    Raises `GstnError` if these places name no action, or different actions."""
    found = {str(name).strip().upper() for name in given if name}
    if len(found) != 1:
        raise fault("ACTION_UNKNOWN", "Give one action, in the address or in the body.")
    return found.pop()


def _handler(resource: str, action: str, method: str) -> Any:
    known = CALLS.get((resource, action))
    if known is None:
        raise fault("ACTION_UNKNOWN", f"{resource} has no action {action[:20]!r}.")
    if method not in (READING if known[0] == "GET" else WRITING):
        raise fault("METHOD", f"Send {action} with {known[0]}.")
    return known[1]


def _header(request: HttpRequest, *names: str) -> str:
    return next((value for name in names if (value := request.headers.get(name))), "")


def _client(request: HttpRequest) -> Client:
    return sessions.admitted(
        _header(request, "clientid", "client-id"),
        _header(request, "client-secret", "clientsecret"),
        _header(request, "x-api-key"),
    )


def _session(request: HttpRequest, client: Client, action: str = "") -> tuple[Session, bytes | None]:
    username = _header(request, "username", "gst-username")
    try:
        return sessions.find(client, username, _header(request, "auth-token"))
    except GstnError as error:
        # clients use GETPREF to test their session, and ask for a new OTP when they get this code
        if action == "GETPREF":
            raise GstnError(codes.NO_SESSION_FOR_PREFERENCES, error.message) from None
        raise


def _authenticate(request: HttpRequest, client: Client, action: str, body: dict[str, Any]) -> dict[str, Any]:
    if request.method in READING:
        if action != "EVCOTP":
            raise fault("METHOD", f"Send {action} with POST.")
        session, _ = _session(request, client)
        call = Call(action, session, request.GET.dict(), envelope.Opened(None, b"", False))
        form = parameters.form(call.params, "form_type")
        sessions.ask_evc(session, call.access(FILE), parameters.text(call.params, "pan"), form)
        return {}
    match action:
        case "OTPREQUEST":
            sessions.request_otp(client, body)
            return {}
        case "AUTHTOKEN":
            return sessions.sign_in(client, body, plain_allowed=settings.GSTN_PLAIN)
        case "REFRESHTOKEN" | "LOGOUT":
            session, key = sessions.find(
                client, parameters.text(body, "username"), parameters.text(body, "auth_token")
            )
            if action == "REFRESHTOKEN":
                return sessions.refresh(session, key, body)
            sessions.sign_out(session)
            return {}
    raise fault("ACTION_UNKNOWN", f"authenticate has no action {action[:20]!r}.")


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """Return the certificate in PEM. Anybody may read the certificate."""
    return HttpResponse(keys.certificate(), content_type="application/x-pem-file")


@require_safe
def certificate_json(request: HttpRequest) -> HttpResponse:
    """Return the certificate as JSON, at the address that gateways use."""
    return JsonResponse({"certificate": keys.certificate()})


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Return a file that FILEDET has listed. The address needs no session, because the content is encrypted
    and nobody can guess the file's name."""
    path = downloads.path_of(name)
    if not FILE_NAME.match(name) or not path.is_file():
        return HttpResponse("No such file.", status=404, content_type="text/plain")
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
