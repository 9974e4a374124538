"""Check whether the headers of a request contain a valid sign-in, API token or GSTN client secret. The server
checks the headers before it receives a large body."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http.cookie import parse_cookie

from invoices.people import sign_in, tokens
from returns.gstn import sessions
from returns.gstn.codes import GstnError


def is_known_sender(headers: Mapping[str, str]) -> bool:
    """Return true if the headers contain a valid sign-in, API token or GSTN client secret. Headers are named
    as in a WSGI environment, without `HTTP_`. If the headers contain none of the three, the function does not
    query the database. Raises `django.db.Error` if the database cannot be reached."""
    return _has_session(headers.get("COOKIE", "")) or _has_token(headers) or _is_client(headers)


def _has_session(cookies: str) -> bool:
    # The code uses Django's own reader of cookies, because it finds the session cookie even if another
    # program on this host has set a cookie that breaks the standard.
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return False
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return SESSION_KEY in session and not sign_in.is_over(session)


def _has_token(headers: Mapping[str, str]) -> bool:
    kind, _space, secret = headers.get("AUTHORIZATION", "").partition(" ")
    return kind.lower() == "bearer" and bool(secret) and tokens.find(secret.strip()) is not None


def _is_client(headers: Mapping[str, str]) -> bool:
    client = headers.get("CLIENTID") or headers.get("CLIENT_ID") or ""
    secret = headers.get("CLIENT_SECRET") or headers.get("CLIENTSECRET") or ""
    try:
        sessions.admitted(client, secret, headers.get("X_API_KEY", ""))
    except GstnError:
        return False
    return True
