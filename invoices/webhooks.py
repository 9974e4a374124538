"""Events: a person adds or ends a webhook; deliveries are made, signed, and tried again until taken.

This is the only place from which the portal speaks to others. It speaks to hosts an administrator has allowed, at the
address it has just looked at, follows no redirect, and reads no more of an answer than its status.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import secrets
import socket
import ssl
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.db.models import F

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say
from invoices import outbox
from invoices.models import Delivery, Taxpayer, Webhook, WebhookHost

TIMEOUT = 5
MOST_WEBHOOKS, MOST_ATTEMPTS, MOST_AT_ONCE = 20, 10, 50
LEASE = timedelta(minutes=2)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=6)


class NotSent(Exception):
    """Why an attempt did not arrive; the words stand on the webhook's page."""


def add(taxpayer: Taxpayer, url: str, events: list[str], *, user: Any) -> tuple[Webhook, str]:
    """A webhook and its secret, which is shown once. Raises `Invalid` naming what is wrong with the address."""
    _checked(url)
    wanted = [event for event in outbox.EVENTS if event in events]
    if not wanted or len(wanted) != len(set(events)):
        raise Invalid("BAD_EVENTS", "Choose at least one event.")
    if Webhook.objects.filter(taxpayer=taxpayer, active=True).count() >= MOST_WEBHOOKS:
        raise Invalid(
            "TOO_MANY", say("There are %(count)d webhooks already. End one first.", count=MOST_WEBHOOKS)
        )
    secret = "whsec_" + secrets.token_urlsafe(32)
    hook = Webhook.objects.create(
        taxpayer=taxpayer,
        url=url,
        events=" ".join(wanted),
        sealed_secret=_sealer().encrypt(secret.encode()).decode(),
        created_at=clock.real_now(),
        created_by=user if getattr(user, "pk", None) else None,
    )
    outbox.forget()
    return hook, secret


def end(taxpayer: Taxpayer, webhook_id: int) -> bool:
    """Tell it nothing more; false if there is no such webhook."""
    ended = bool(Webhook.objects.filter(pk=webhook_id, taxpayer=taxpayer, active=True).update(active=False))
    outbox.forget()
    return ended


def signature(secret: str, at: int, body: bytes) -> str:
    """What stands in X-IMS-Signature: HMAC-SHA256 over "<time>.<body>"."""
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def deliver_due() -> int:
    """Make the deliveries that are due; returns how many were taken. Safe to run twice at once."""
    outbox.note_stale()
    now = clock.real_now()
    due = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now).order_by("next_at", "pk")
    taken = 0
    for delivery in due.select_related("webhook")[:MOST_AT_ONCE]:
        # whoever moves the time on has the lease; a worker that dies is followed by another after it
        mine = Delivery.objects.filter(
            pk=delivery.pk, state=Delivery.State.WAITING, attempts=delivery.attempts
        )
        if mine.update(attempts=F("attempts") + 1, next_at=now + LEASE):
            taken += _attempt(delivery)
    return taken


def _attempt(delivery: Delivery) -> bool:
    attempts = delivery.attempts + 1
    try:
        if not delivery.webhook.active:
            raise NotSent("The webhook was ended.")
        status = _send(delivery)
        told, good = f"HTTP {status}", 200 <= status < 300
        if 300 <= status < 400:
            told = f"HTTP {status}: redirects are not followed"
    except (NotSent, OSError, http.client.HTTPException, ValueError) as failure:
        told, good = f"{failure}"[:120] or type(failure).__name__, False
    over = attempts >= MOST_ATTEMPTS or not delivery.webhook.active
    wait = min(LONGEST_WAIT, FIRST_WAIT * 4 ** (attempts - 1))
    state = Delivery.State.DONE if good else Delivery.State.GIVEN_UP if over else Delivery.State.WAITING
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, told=told[:120], next_at=clock.real_now() + wait
    )
    return good


def _send(delivery: Delivery) -> int:
    hook = delivery.webhook
    try:
        host, port, path, secure, private = _checked(hook.url)
    except Invalid as bad:
        raise NotSent(bad.message) from None
    body = json.dumps({"id": delivery.pk, **delivery.payload}, ensure_ascii=False).encode()
    secret = _sealer().decrypt(hook.sealed_secret.encode()).decode()
    headers = {
        "Host": host if port in (80, 443) else f"{host}:{port}",
        "Content-Type": "application/json",
        "User-Agent": "ims-portal",
        "X-IMS-Event": delivery.event,
        "X-IMS-Delivery": str(delivery.pk),
        "X-IMS-Signature": signature(secret, int(clock.real_now().timestamp()), body),
    }
    connection = _Straight(host, port, _address(host, port, private=private), secure)
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


class _Straight(http.client.HTTPConnection):
    """A connection to the address that was looked at, whatever the name means a moment later."""

    def __init__(self, host: str, port: int, address: str, secure: bool):
        super().__init__(host, port, timeout=TIMEOUT)
        self._address, self._secure = address, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), TIMEOUT)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _address(host: str, port: int, *, private: bool) -> str:
    """Where the host stands now. Raises `NotSent` for an address of this machine or the inner network, unless the
    administrator allowed that."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise NotSent("The host's name is not known.") from None
    for address in found:
        if not private and not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise NotSent("The host stands at an inner address; an administrator must allow that.")
    return found[0]


def _checked(url: str) -> tuple[str, int, str, bool, bool]:
    """Host, port, path, whether encrypted, whether an inner address is allowed. Raises `Invalid` BAD_ADDRESS."""
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
            "BAD_ADDRESS", "Give an https address without a user name, as https://erp.example.in/ims."
        )
    allowed = WebhookHost.objects.filter(host=host).first()
    if allowed is None:
        raise Invalid(
            "BAD_ADDRESS",
            say("%(host)s is not on the list of allowed hosts. Ask an administrator.", host=host[:80]),
        )
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port or (443 if secure else 80), path, secure, allowed.private


def _sealer() -> Fernet:
    key = hashlib.sha256(b"webhook secrets " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
