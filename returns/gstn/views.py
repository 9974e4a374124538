"""The views of GSTN's API. A view finds the call, checks the client and the session, reads the envelope, and
replies with an envelope. `addresses` says which resource and action a call names."""

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
from returns.gstn import addresses, codes, downloads, parameters, sessions
from returns.gstn.addresses import AUTHENTICATE, POSTED, Address
from returns.gstn.calls import filings, gstr1, gstr2a, gstr2b, gstr3b, gstr3b_ledgers, ims, returns, sandbox  # noqa: F401  the calls name themselves
from returns.gstn.calls.call import CALLS, Call
from returns.gstn.codes import GstnError, fault
from returns.gstn.envelope import envelope, keys
from returns.gstn.envelope.envelope import (
    COMMON_UNVERSIONED,
    COMMON_VERSIONED,
    UNVERSIONED,
    VERSIONED,
    Dialect,
)
from returns.gstn.models import Client, Session

FILE_NAME = re.compile(r"[0-9a-f]{32}\.tar\.gz\Z")
READING = ("GET", "HEAD")
WRITING = ("PUT", "POST")
FILINGS = ("RETFILE", "RETFILER1A")


@takes_body(settings.GSTN_MOST_BYTES, answers_itself=True)
@csrf_exempt
def versioned(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer a call at /taxpayerapi/v1.0/… in the style of versioned addresses (`Dialect`)."""
    return _answer(request, path, VERSIONED)


@takes_body(settings.GSTN_MOST_BYTES, answers_itself=True)
@csrf_exempt
def common(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer a call at /commonapi/v1.0/… or, as gateways write it, at /commonapi/…"""
    return _answer(request, path, COMMON_VERSIONED if addresses.names_a_version(path) else COMMON_UNVERSIONED)


@takes_body(settings.GSTN_MOST_BYTES, answers_itself=True)
@csrf_exempt
def unversioned(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer a call at /standard/gstn/… in the style of unversioned addresses (`Dialect`)."""
    return _answer(request, path, UNVERSIONED)


def _answer(request: HttpRequest, path: str, dialect: Dialect) -> HttpResponse:
    try:
        # The address is checked before the client and its session. Otherwise a client that calls an unknown
        # action would get an error about its token.
        address = addresses.read(path, request.GET.get("action", ""))
        client = _client(request)
        with turns.turn(("gstn client", client.pk)) as there_is_room:
            if not there_is_room:
                raise fault(
                    "BUSY",
                    "Several requests of this client are under way. Send one after another.",
                    status=429,
                )
            return _served(request, address, dialect, client)
    except GstnError as error:
        return envelope.refused(dialect, error)


def _served(request: HttpRequest, address: Address, dialect: Dialect, client: Client) -> HttpResponse:
    """Return the response to the call. Raises `GstnError`."""
    action = ""
    try:
        body = envelope.body_of(request) if request.method in WRITING else {}
        action = address.with_action(body.get("action", "")).action
        if address.resource == AUTHENTICATE:
            return envelope.signed_in(dialect, _authenticate(request, client, action, body))
        session, key = _session(request, client, action)
        handler = _handler(address.resource, action, request.method or "")
        opened = (
            envelope.open_data(body, request.body, key, filing=action in FILINGS)
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
            header_form=_header(request, "rtn_typ", "rtn-typ"),
            header_period=_header(request, "ret_period", "ret-period"),
        )
        answer = handler(call)
        return envelope.reply(dialect, answer, key if opened.encrypted else None)
    except PortalError as error:
        return envelope.refused(dialect, codes.from_portal(error, action))


def _handler(resource: str, action: str, method: str) -> Any:
    needed, handler = CALLS[(resource, action)]
    if method not in (READING if needed == "GET" else WRITING):
        raise fault("METHOD", f"Send {action} with {needed}.")
    return handler


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
    if (request.method in READING) != (action not in POSTED):
        raise fault("METHOD", f"Send {action} with {'POST' if action in POSTED else 'GET'}.")
    if action not in POSTED:
        session, _ = _session(request, client)
        call = Call(action, session, request.GET.dict(), envelope.Opened(None, b"", False))
        form = parameters.form(call.params, "form_type")
        sessions.ask_evc(session, call.access(FILE), parameters.text(call.params, "pan"), form)
        return {}
    if action == "OTPREQUEST":
        sessions.request_otp(client, body)
        return {}
    if action == "AUTHTOKEN":
        return sessions.sign_in(client, body, plain_allowed=settings.GSTN_PLAIN)
    session, key = sessions.find(
        client, parameters.text(body, "username"), parameters.text(body, "auth_token")
    )
    if action == "REFRESHTOKEN":
        return sessions.refresh(session, key, body)
    sessions.sign_out(session)
    return {}


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
