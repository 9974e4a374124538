"""Events: admit or revoke a client (`manage.py gstn_client`, or staff in the admin)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from returns.gstn.envelope import crypto
from returns.gstn.models import Client, Session

OTP_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Made:
    """A new client, with its secret and OTP. The portal shows the secret and the OTP once, and stores only a
    hash of each."""

    client: Client
    secret: str
    otp: str


def create(name: str, usernames: Iterable[str], *, otp: str = "", operator: bool = False) -> Made:
    """Admit a client that may sign in for these users. Raises `Invalid` for an unknown user name or a bad
    OTP."""
    otp = otp or f"{secrets.randbelow(10**OTP_DIGITS):0{OTP_DIGITS}d}"
    users = checked(usernames, otp)
    secret = secrets.token_hex(16)
    with transaction.atomic():
        client = Client.objects.create(
            name=name,
            client_id=secrets.token_hex(16),
            secret_digest=crypto.digest(secret),
            otp_hash=make_password(otp),
            is_operator=operator,
            created_at=clock.real_now(),
        )
        client.users.set(users)
    return Made(client, secret, otp)


def checked(usernames: Iterable[str], otp: str) -> list[Any]:
    """Return the users with these user names. Raises `Invalid` (USERNAME) if there is no name or a name is
    unknown. Raises `Invalid` (OTP) if the OTP is not six digits. An empty OTP is allowed."""
    if otp and not (otp.isascii() and otp.isdigit() and len(otp) == OTP_DIGITS):
        raise Invalid("OTP", f"An OTP has {OTP_DIGITS} digits.")
    wanted = list(dict.fromkeys(usernames))
    users: list[Any] = list(get_user_model().objects.filter(username__in=wanted))
    unknown = sorted(set(wanted) - {user.get_username() for user in users})
    if unknown or not users:
        raise Invalid(
            "USERNAME", f"No such user: {', '.join(unknown)}." if unknown else "Name at least one user."
        )
    return users


def revoke(client_id: str) -> Client:
    """Shut a client out, with all its sessions. Raises `Invalid` if no client has this id."""
    with transaction.atomic():
        client = Client.objects.filter(client_id=client_id).first()
        if client is None:
            raise Invalid("CLIENT", f"There is no client {client_id}.")
        if client.revoked_at is None:
            Client.objects.filter(pk=client.pk).update(revoked_at=clock.real_now())
        Session.objects.filter(client=client).delete()
        client.refresh_from_db()
    return client
