"""Helpers that sign a person in, register an authenticator for a person, and return a code of the
authenticator."""

from __future__ import annotations

from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice


def signs_in(name: str, password: str = "practice", client: Client | None = None, **more):
    client = client or Client()
    return client, client.post("/accounts/login/", {"username": name, "password": password}, **more)


def code_of(device: TOTPDevice, ahead: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift + ahead)
    return f"{totp.token():06d}"


def with_device(user) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="app", confirmed=True)
