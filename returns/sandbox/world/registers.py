"""The purchase registers of the sample world.

The books of a recipient have most of the documents that suppliers reported, and the faults of real books: numbers typed
in another way, rounded tax, exchanged days, bills that nobody reported. Together the registers show the classes of the
matcher. Each register is a CSV file in the portal's own layout, and goes through the same door as a person's file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ims_portal.kernel.money import HEADS
from invoices.journal.writing import By
from invoices.models import Record, Taxpayer
from invoices.register import intake, match
from invoices.rules.situation import Filing, Route
from returns.sandbox.world.books import KINDS, WAYS, Entry, entry_of
from returns.sandbox.world.cast import PLAYERS
from returns.sandbox.world.stage import SOURCE, Stage

COLUMNS = (
    "supplier_gstin", "supplier_name", "kind", "number", "document_date", "posted_on", "taxable", *HEADS,
    "place_of_supply", "reverse_charge", "itc", "source_ref",
)  # fmt: skip


def entries_of(recipient: Taxpayer) -> list[Entry]:
    """Return the bills in the books of a recipient, in the order of the documents in IMS. The latest version of a
    document is booked."""
    held = Record.objects.filter(
        recipient=recipient, route=Route.IMS.value, superseded="-", kind__in=[kind.value for kind in KINDS]
    ).exclude(filing=Filing.LAPSED.value)
    found = [entry_of(record) for record in booked_at_head_office(recipient)]
    away = registrations(recipient)[0] != recipient.pk
    for nth, record in enumerate(held.select_related("supplier").order_by("document_date", "number", "id")):
        if away and not nth:
            continue
        found += WAYS[nth % len(WAYS)](entry_of(record))
    return [replace(one, source_ref=f"PUR-{nth:05}") for nth, one in enumerate(found, start=1)]


def booked_at_head_office(recipient: Taxpayer) -> list[Record]:
    """Return the first document of each other registration of the same PAN: the books of the first registration have
    it by mistake."""
    if registrations(recipient)[0] != recipient.pk:
        return []
    others = Record.objects.filter(recipient_id__in=registrations(recipient)[1:], route=Route.IMS.value)
    first: dict[int, Record] = {}
    for record in others.select_related("supplier").order_by("document_date", "number", "id"):
        first.setdefault(record.recipient_id, record)
    return list(first.values())


def registrations(recipient: Taxpayer) -> list[int]:
    """Return the ids of the registrations of the recipient's PAN, in the order of their GSTINs."""
    family = Taxpayer.objects.filter(gstin__regex=f"^[0-9]{{2}}{recipient.gstin[2:12]}")
    return list(family.order_by("gstin").values_list("pk", flat=True))


def as_csv(entries: Iterable[Entry]) -> bytes:
    """Return a register in the portal's own layout."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(name.replace("_", " ").capitalize() for name in COLUMNS)
    writer.writerows(_cells(entries))
    return out.getvalue().encode()


def _cells(entries: Iterable[Entry]) -> Iterator[list[str]]:
    for one in entries:
        yield [
            one.supplier_gstin,
            one.supplier_name,
            KINDS[one.kind],
            one.number,
            f"{one.day:%d-%m-%Y}",
            f"{one.day:%d-%m-%Y}",
            *(f"{amount / 100:.2f}" for amount in (one.taxable, *one.tax)),
            one.place,
            "Y" if one.reverse_charge else "N",
            one.itc,
            one.source_ref,
        ]


def keep_all(stage: Stage) -> None:
    """Take over and match the register of each recipient of the sample world."""
    for player in PLAYERS:
        if stage.at(player).registration.has_ims:
            keep(stage.at(player), by=By(source=SOURCE))


def keep(recipient: Taxpayer, *, by: By) -> None:
    """Take over the register of a recipient, and match it with the recipient's IMS."""
    entries = entries_of(recipient)
    if not entries:
        return
    name = "purchases-october-2024.csv"
    data = as_csv(entries)
    found = intake.looked(recipient, data, name, accept_guesses=True)
    intake.taken(recipient, data, name, found, by=by)
    match.run(recipient, by=by)
