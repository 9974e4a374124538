"""GSTN's envelope: read a request's data and write a reply, encrypted or plain."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse

from ims_portal.kernel import strict_json, typed_values
from ims_portal.kernel.errors import Invalid
from ims_portal.support.web.body_limits import REFUSED
from returns.gstn.codes import GstnError, as_json, fault
from returns.gstn.envelope import crypto
from returns.gstn.envelope.crypto import Undecipherable


@dataclass(frozen=True, slots=True)
class Dialect:
    """The style of replies at one kind of address. Replies at versioned addresses have status codes as text
    and the key `data`. Replies at unversioned addresses have status codes as numbers and the key `result`.
    With `error_beside`, the code and the message of an error also stand next to the status, because clients
    of /commonapi/ read them there."""

    ok: Any
    failed: Any
    plain_key: str
    error_beside: bool = False


VERSIONED = Dialect("1", "0", "data")
UNVERSIONED = Dialect(1, 0, "result")
COMMON_VERSIONED = replace(VERSIONED, error_beside=True)
COMMON_UNVERSIONED = replace(UNVERSIONED, error_beside=True)


@dataclass(frozen=True, slots=True)
class Opened:
    """The data of a request. `encrypted` is true if the client encrypted the data. `raw` is JSON in bytes: in
    encrypted mode the decrypted data, in plain mode the whole body. The function `data_in` reads `raw` of
    both modes."""

    data: Any
    raw: bytes
    encrypted: bool


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the request's JSON object, or an empty object if there is no body. Raises `GstnError`."""
    length = typed_values.whole_number(request.META.get("CONTENT_LENGTH") or "0")
    most = settings.GSTN_MOST_BYTES
    if length is None or length > most or request.META.get(REFUSED):
        message = f"The request is larger than {most // (1024 * 1024)} MB. Send fewer documents at once."
        raise fault("TOO_LARGE", message, status=413)
    if not request.body:
        return {}
    found = _json(request.body)
    if not isinstance(found, dict):
        raise fault("JSON", "The body must be a JSON object with action and data.")
    return found


def _json(data: bytes) -> Any:
    try:
        return strict_json.loads(data)
    except Invalid as bad:
        raise fault("JSON", bad.message.replace("The file", "The request")) from None


def open_data(body: dict[str, Any], raw: bytes, key: bytes | None, *, filing: bool = False) -> Opened:
    """Return the data of a request. If the body's field `data` is a text, the text is encrypted data. If the
    field is an object, the object is the data in plain mode. The body of a `filing` may have the signature of
    its signatory (`sign`) instead of hmac. Raises `GstnError`. The error's message does not help to guess a key."""
    data = body.get("data")
    if isinstance(data, str):
        return _decrypted(data, body, key, filing=filing)
    if not settings.GSTN_PLAIN:
        raise fault("PLAIN_OFF", "This portal takes encrypted requests only: data must be text.")
    if data is not None and not isinstance(data, dict):
        raise fault("ENVELOPE", "data must be encrypted text, or a JSON object in plain mode.")
    return Opened(data, raw, encrypted=False)


def data_in(raw: bytes) -> Any:
    """Return the data of a request from the stored bytes (`Opened.raw`). Raises `Invalid` (IMP-FORMAT)."""
    root = strict_json.loads(raw)
    return root["data"] if isinstance(root, dict) and isinstance(root.get("data"), dict) else root


def _decrypted(data: str, body: dict[str, Any], key: bytes | None, *, filing: bool) -> Opened:
    if key is None:
        raise fault("ENVELOPE", "This session was opened in plain mode and has no session key.")
    seal, signature = key, body.get("hmac")
    if filing and signature is None and isinstance(body.get("sid"), str):
        # this signature is an HMAC with the EVC as key; the call checks the EVC itself
        seal, signature = body["sid"].encode("utf-8", errors="replace"), body.get("sign")
    try:
        plain = crypto.decrypt(key, data)
    except Undecipherable:
        # Continue with empty data, which gives the same error as a wrong signature. A client therefore cannot
        # learn which step of the decryption failed.
        plain = b""
    if (
        not isinstance(signature, str)
        or not crypto.same(crypto.signature(seal, plain), signature)
        or not plain
    ):
        raise fault("HMAC", "hmac is not the HMAC of data with this session's key.")
    try:
        raw = crypto.decode(plain.decode("ascii", errors="replace"))
    except Undecipherable:
        raise fault(
            "ENVELOPE", "data must be the base64 of the JSON, encrypted and base64-encoded."
        ) from None
    return Opened(_json(raw), raw, encrypted=True)


def reply(dialect: Dialect, data: Any, key: bytes | None) -> HttpResponse:
    """Return the envelope with data for the client. If the session has a key, encrypt the data with a new key
    that is used only for this reply, and encrypt the new key with the session key."""
    if key is None:
        return _sent({"status_cd": dialect.ok, dialect.plain_key: data})
    once = crypto.new_key()
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    plain = crypto.encode(text).encode("ascii")
    return _sent(
        {
            "status_cd": dialect.ok,
            "data": crypto.encrypt(once, plain),
            "rek": crypto.encrypt(key, once),
            "hmac": crypto.signature(once, plain),
        }
    )


def signed_in(dialect: Dialect, values: dict[str, Any]) -> HttpResponse:
    """Return the envelope for the result of `authenticate`. This envelope has no `data`: the fields of the
    result stand next to the status."""
    return _sent({"status_cd": dialect.ok, **values})


def refused(dialect: Dialect, error: GstnError) -> HttpResponse:
    """Return the envelope of an error. Errors are never encrypted. The HTTP status is 200, except for errors
    that a proxy between the client and the portal must recognise."""
    beside = {"errorCode": error.code, "message": error.message} if dialect.error_beside else {}
    return _sent({"status_cd": dialect.failed, "error": as_json(error), **beside}, status=error.status)


def _sent(body: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response
