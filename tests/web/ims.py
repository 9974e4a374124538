"""Helpers for the tests of the IMS desk: a signed-in client, addresses, a desk with records of every kind."""

from __future__ import annotations

from urllib.parse import urlencode

from django.test import Client

from invoices.models import Record, Role
from invoices.rules.situation import Kind


def client_for(world, *roles: Role, name: str = "asha") -> Client:
    client = Client()
    client.force_login(world.person(name, *(roles or (Role.PREPARER,))))
    return client


def at(world, path: str = "", **query: str) -> str:
    url = f"/t/{world.recipient.gstin}/{path}"
    return f"{url}?{urlencode(query)}" if query else url


def seen(world, record: Record) -> str:
    fresh = world.now(record)
    return f"{fresh.revision}.{fresh.decision.version}"


def act(client: Client, world, record: Record, letter: str, *, next: str = "", was: str = "", **more: str):
    """Press a button of a row, as the page sends it."""
    url = at(world, f"ims/records/{record.pk}/action/", seen=was or seen(world, record))
    back = next or at(world, "ims/inward/all/")
    return client.post(url, {"action": letter, "next": back, **more})


def pick(world, *records: Record) -> list[str]:
    return [f"{record.pk}.{seen(world, record)}" for record in records]


def said(client: Client, response) -> str:
    """The notices of the page a post leads to."""
    return " | ".join(str(m) for m in client.get(response["Location"]).context["messages"])


def some(world, count: int, **given) -> list[Record]:
    return [world.saves(number=f"B-{n:04d}", **given) for n in range(count)]


def credit_note(world, **given) -> Record:
    return world.saves(kind=Kind.CREDIT_NOTE, **given)
