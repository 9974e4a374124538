"""Helpers for tests that read pages: a signed-in client, addresses below a GSTIN, and the text of a page."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from invoices.models import Role

FOREIGN = "27AAPFU0939F1ZV"


def client_of(world, role: Role = Role.PREPARER, name: str = "", at=None) -> Client:
    client = Client()
    client.force_login(world.person(name or f"person-{role.value}", role, at=at))
    return client


def url(world, name: str, *more, at=None) -> str:
    return reverse(name, args=[(at or world.recipient).gstin, *more])


def text(reply) -> str:
    """Return the text of a page, without markup."""
    found = re.sub(r"<(script|style)\b.*?</\1>", " ", reply.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))
