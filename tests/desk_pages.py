"""Helpers for the tests of the IMS pages: a signed-in client, addresses, and records of every kind."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.test import Client

from invoices.documents.customs import bills_of_entry
from invoices.models import Record, Role
from invoices.rules.situation import Kind
from tests.world import BY


def client_for(world, *roles: Role, name: str = "asha") -> Client:
    client = Client()
    client.force_login(world.person(name, *(roles or (Role.PREPARER,))))
    return client


def at(world, path: str = "", **query: str) -> str:
    url = f"/t/{world.recipient.gstin}/{path}"
    return f"{url}?{urlencode(query)}" if query else url


def seen_version(world, record: Record) -> str:
    fresh = world.now(record)
    return f"{fresh.revision}.{fresh.decision.version}"


def act(client: Client, world, record: Record, letter: str, *, next: str = "", was: str = "", **more: str):
    """Press a button in the row of a record, with the fields that the page sends, and return the response."""
    button = f"{letter}.{record.pk}.{was or seen_version(world, record)}"
    back = next or at(world, "ims/inward/all/")
    return client.post(at(world, "ims/act/"), {"act": button, "next": back, **more})


def pick(world, *records: Record) -> list[str]:
    return [f"{record.pk}.{seen_version(world, record)}" for record in records]


def notices_after(client: Client, response) -> str:
    """Return the notices that are shown on the page after a POST."""
    return " | ".join(str(m) for m in client.get(response["Location"]).context["messages"])


def some(world, count: int, **given) -> list[Record]:
    return [world.saves(number=f"B-{n:04d}", **given) for n in range(count)]


def credit_note(world, **given) -> Record:
    return world.saves(kind=Kind.CREDIT_NOTE, **given)


def moved_bill(world) -> Record:
    """Return the record that takes back the credit of a bill of entry after the bill moved to another GSTIN.

    The bill is of March 2025, and the recipient's GSTR-3B of October 2025 is filed. `world` must be in
    October 2025."""
    other = world.taxpayer("24", 2005)
    bill = bills_of_entry.BillOfEntry("7654321", date(2025, 3, 10), "INNSA1", False, 10_000_00, 1_800_00)
    moved = bills_of_entry.receive(world.recipient, bill, by=BY)
    world.goes_to("2025-11-15 10:00")
    world.files_3b("2025-10")
    _new, back = bills_of_entry.amend_gstin(moved.pk, to=other, on=date(2025, 11, 14), by=BY)
    return back
