"""The request to a webhook: its URL, body and signature. `sending` sends the request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say
from invoices.models import Delivery, WebhookHost


@dataclass(frozen=True, slots=True)
class Letter:
    """A request that is ready to be sent without the database."""

    host: str
    port: int
    path: str
    secure: bool
    private: bool
    body: bytes
    headers: dict[str, str]


def write(delivery: Delivery) -> Letter:
    """Return the request for a delivery. Raises `Invalid` if the webhook's host is no longer allowed."""
    hook = delivery.webhook
    host, port, path, secure, private = checked(hook.url)
    body = json.dumps({"id": delivery.pk, **delivery.payload}, ensure_ascii=False).encode()
    headers = {
        "Host": host if port in (80, 443) else f"{host}:{port}",
        "Content-Type": "application/json",
        "User-Agent": "ims-portal",
        "Connection": "close",
        "X-IMS-Event": delivery.event,
        "X-IMS-Delivery": str(delivery.pk),
        "X-IMS-Signature": signature(unseal(hook.sealed_secret), int(clock.real_now().timestamp()), body),
    }
    return Letter(host, port, path, secure, private, body, headers)


def checked(url: str) -> tuple[str, int, str, bool, bool]:
    """Return the parts of a webhook's address: host, port, path, and two flags. The first flag is True for
    https. The second flag is True if the host may have an address of the internal network. Raises `Invalid`
    (BAD_ADDRESS) for a bad address or a host that is not allowed."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    plain = parts.scheme == "http" and settings.PORTAL_SANDBOX
    if (
        not host
        or not (parts.scheme == "https" or plain)
        or parts.username
        or not url.isascii()
        or " " in url
    ):
        raise Invalid(
            "BAD_ADDRESS",
            "Give an https address without a user name, for example https://erp.example.in/ims.",
        )
    allowed = WebhookHost.objects.filter(host=host).first()
    if allowed is None:
        raise Invalid(
            "BAD_ADDRESS",
            say(
                "The host %(host)s is not allowed. Ask the operator of this portal to allow the host.",
                host=host[:80],
            ),
        )
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port or (443 if secure else 80), path, secure, allowed.private


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the value of the header X-IMS-Signature: the HMAC-SHA256 over "<time>.<body>"."""
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def seal(secret: str) -> str:
    """Return a webhook's secret encrypted, as it is stored."""
    return _sealer().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    return _sealer().decrypt(sealed.encode()).decode()


def _sealer() -> Fernet:
    key = hashlib.sha256(b"webhook secrets " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
