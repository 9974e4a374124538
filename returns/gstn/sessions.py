"""Events: a client asks for an OTP, signs a user in, refreshes a token, signs out, or asks for an EVC. At
each call, the portal reads the user's memberships again. A change of memberships therefore takes effect at
once, in open sessions too."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import transaction

from gstr2b.models import Statement
from ims_portal.kernel import clock
from invoices.people import sign_in as signing_in
from invoices.people.access import Access
from returns.gstn import codes
from returns.gstn.codes import GstnError
from returns.gstn.envelope import crypto, keys
from returns.gstn.envelope.crypto import Undecipherable
from returns.gstn.models import Client, Session

TOKEN_LIFE = timedelta(minutes=120)
SESSION_LIFE = timedelta(hours=6)
EVC_LIFE = timedelta(minutes=10)
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
PURPOSE = "gstn session key"


def admitted(client_id: str, secret: str, api_key: str = "") -> Client:
    """Return the client with these credentials. `api_key` is the secret in the header of a gateway that sends
    no client id. Raises `GstnError` (AUTH158)."""
    given = secret or api_key
    found = (
        Client.objects.filter(secret_digest=crypto.digest(given), revoked_at=None).first() if given else None
    )
    if (
        found is None
        or (client_id and not crypto.same(found.client_id, client_id))
        or not (client_id or api_key)
    ):
        raise GstnError(codes.NOT_ADMITTED, "Client id or secret is not valid.")
    return found


def request_otp(client: Client, body: Mapping[str, Any]) -> None:
    """OTPREQUEST: check the request. The portal sends no OTP, because every client has an OTP of its own.
    Raises `GstnError`."""
    _user(client, body)
    if body.get("app_key"):
        _app_key(body)


def sign_in(client: Client, body: Mapping[str, Any], *, plain_allowed: bool) -> dict[str, Any]:
    """AUTHTOKEN: start a session, and return the reply with its token. The session is encrypted if the body
    has an app key. Otherwise the session is in plain mode, and `plain_allowed` must be true. Raises
    `GstnError`."""
    user = _user(client, body)
    app_key = _app_key(body) if body.get("app_key") else None
    if app_key is None and not plain_allowed:
        raise GstnError(codes.MISSING, "app_key is missing; this portal opens encrypted sessions only.")
    _check_otp(client, _otp(body, app_key))
    now = clock.real_now()
    Session.objects.filter(client=client, ends_at__lt=now).delete()
    session = Session(client=client, user=user, ends_at=now + SESSION_LIFE)
    return _renewed(session, app_key)


def refresh(session: Session, key: bytes | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """REFRESHTOKEN: return a new token and a new session key. The old token and key become invalid. Raises
    `GstnError`."""
    app_key = None
    if key is not None:
        try:
            app_key = crypto.decrypt(key, _text(body, "app_key"))
        except Undecipherable:
            raise GstnError(codes.WRONG_KEY, "app_key is not encrypted with this session's key.") from None
        _check_length(app_key)
    return _renewed(session, app_key)


def sign_out(session: Session) -> None:
    """LOGOUT: end the session."""
    session.delete()


def find(client: Client, username: str, token: str) -> tuple[Session, bytes | None]:
    """Return the session of a token, and its key. Raises `GstnError`: AUTH4033 if this client and user have
    no such session, AUTH4038 if the session has expired."""
    session = (
        Session.objects.select_related("user", "client")
        .filter(token_digest=crypto.digest(token), client=client, user__is_active=True)
        .first()
        if token
        else None
    )
    if session is None or session.user.get_username() != username or not _speaks_for(client, session.user):
        raise GstnError(codes.NO_SESSION, "The token or user name is not valid. Sign in again.")
    if session.expires_at <= clock.real_now():
        raise GstnError(codes.EXPIRED, "The session has expired. Sign in again.")
    if session.sealed_key is None:
        return session, None
    return session, crypto.unseal(crypto.derived(token, PURPOSE), bytes(session.sealed_key))


# Electronic verification codes (EVC)


def ask_evc(session: Session, access: Access, pan: str, form: str) -> None:
    """EVCOTP: start an EVC, with which the user can sign one filing of this GSTIN and form within ten
    minutes. Raises `GstnError`."""
    _checked_factor(session.user)
    if pan.upper() != access.taxpayer.parsed_gstin.pan:
        raise codes.fault("PARAMETER", "pan is not the PAN of this GSTIN.")
    until = clock.real_now() + EVC_LIFE
    # what the user signs cannot be newer than the latest GSTR-2B of now
    latest = Statement.objects.filter(recipient=access.taxpayer).order_by("-pk").values_list("pk", flat=True)
    evc = {
        "gstin": access.taxpayer.gstin,
        "form": form.upper(),
        "until": until.isoformat(),
        "statement": latest.first(),
    }
    Session.objects.filter(pk=session.pk).update(evc=evc)


def use_evc(session: Session, access: Access, form: str, signed: str) -> int | None:
    """Check that `signed` (PAN|OTP) signs this filing, and mark the EVC as used. An EVC is valid for one
    filing. Return the id of the taxpayer's latest GSTR-2B at the time when the EVC was asked for.

    If the user needs a second factor for filing, the OTP must be a code of the user's authenticator. For all
    other users, the OTP is the client's own OTP. The portal checks at the time of filing whether the user
    needs a second factor. Raises `GstnError` (EVCREQUEST, AUTH4034, IMSSAV966)."""
    evc = session.evc or {}
    right = evc.get("gstin") == access.taxpayer.gstin and evc.get("form") == form
    if not right or datetime.fromisoformat(evc["until"]) < clock.real_now():
        raise GstnError(codes.EVC_NEEDED, f"Ask for an EVC first: EVCOTP with form_type {form}.")
    pan, _, otp = signed.partition("|")
    otp = otp if pan.upper() == access.taxpayer.parsed_gstin.pan else ""
    if not signing_in.needs_factor(session.user):
        _check_otp(session.client, otp)
    else:
        _checked_factor(session.user)
        if not signing_in.gives_code(session.user, otp):
            raise GstnError(
                codes.WRONG_OTP,
                "The OTP is not valid. Send the code that the user's authenticator shows now. Each code "
                "can be used once. After five wrong codes, all codes are refused for 15 minutes.",
            )
    if not Session.objects.filter(pk=session.pk, evc=session.evc).update(evc=None):
        raise GstnError(codes.EVC_NEEDED, "This EVC has been used. Ask for a new EVC.")
    seen: int | None = evc.get("statement")
    return seen


# Functions that the events above share


def _user(client: Client, body: Mapping[str, Any]) -> Any:
    username = _text(body, "username")
    user = client.users.filter(username=username, is_active=True).first()
    if user is None:
        # The error is the same for an unknown user and for a user for whom this client may not sign in.
        raise GstnError(codes.NOT_ADMITTED, "This client cannot sign in for this user name.")
    return user


def _speaks_for(client: Client, user: Any) -> bool:
    return client.users.filter(pk=user.pk).exists()


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or "\x00" in value:
        raise GstnError(codes.MISSING, f"{name} is missing or is not text.")
    return value


def _app_key(body: Mapping[str, Any]) -> bytes:
    try:
        key = crypto.rsa_decrypt(keys.private_key(), _text(body, "app_key"))
    except Undecipherable:
        key = b""
    _check_length(key)
    return key


def _check_length(key: bytes) -> None:
    if len(key) != crypto.KEY_BYTES:
        raise GstnError(
            codes.WRONG_KEY,
            "app_key must be 32 bytes, encrypted with this portal's certificate (RSA PKCS#1 v1.5, base64).",
        )


def _otp(body: Mapping[str, Any], app_key: bytes | None) -> str:
    given = _text(body, "otp")
    if app_key is None:
        return given
    try:
        return crypto.decrypt(app_key, given).decode("ascii", errors="replace")
    except Undecipherable:
        return ""


def _checked_factor(user: Any) -> None:
    """Raise `GstnError` (IMSSAV966) if this person needs a second factor to file, but has no
    authenticator."""
    if signing_in.needs_factor(user) and not signing_in.has_device(user):
        raise codes.fault(
            "NO_FACTOR",
            "Filing needs the code of the user's own authenticator, and this user has no authenticator. "
            "Set up an authenticator on the portal's Security page.",
        )


def _check_otp(client: Client, otp: str) -> None:
    """Check the client's OTP. After five wrong OTPs, the client is locked for 15 minutes. Without the lock, a
    program could try all numbers of six digits.

    The transaction locks the client's database row, so concurrent checks run one after the other. Therefore
    the portal compares at most five wrong OTPs before the client is locked. Raises `GstnError` for a wrong
    OTP or a locked client."""
    now = clock.real_now()
    with transaction.atomic():
        row = Client.objects.select_for_update().get(pk=client.pk)
        locked = row.locked_until is not None and row.locked_until > now
        right = not locked and bool(otp) and check_password(otp, row.otp_hash)
        if not locked:
            # after a lock has ended, the count starts again
            failed = 0 if right else 1 if row.locked_until is not None else row.failed_otps + 1
            until = now + LOCKED_FOR if failed >= MOST_FAILURES else None
            if (failed, until) != (row.failed_otps, row.locked_until):
                Client.objects.filter(pk=row.pk).update(failed_otps=failed, locked_until=until)
    if locked:
        raise GstnError(codes.WRONG_OTP, "Too many wrong OTPs. Try again in 15 minutes.")
    if not right:
        raise GstnError(codes.WRONG_OTP, "The OTP is not valid.")


def _renewed(session: Session, app_key: bytes | None) -> dict[str, Any]:
    """Give the session a new token, and a new session key if `app_key` is given. Save the session, and return
    the reply to the client."""
    now = clock.real_now()
    token, before = secrets.token_hex(16), session.token_digest
    session.token_digest = crypto.digest(token)
    session.expires_at = min(now + TOKEN_LIFE, session.ends_at)
    answer: dict[str, Any] = {
        "auth_token": token,
        "expiry": int((session.expires_at - now).total_seconds() // 60),
    }
    session.sealed_key = None
    if app_key is not None:
        key = crypto.new_key()
        session.sealed_key = crypto.seal(crypto.derived(token, PURPOSE), key)
        answer["sek"] = crypto.encrypt(app_key, key)
    if session.pk is None:
        session.save()
        return answer
    # The filter finds no row if another request has already exchanged the old token, or if the session has
    # ended. The session then gets no new token.
    renewed = Session.objects.filter(pk=session.pk, token_digest=before).update(
        token_digest=session.token_digest, expires_at=session.expires_at, sealed_key=session.sealed_key
    )
    if not renewed:
        raise GstnError(codes.NO_SESSION, "The token or user name is not valid. Sign in again.")
    return answer
