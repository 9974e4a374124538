"""An accounting firm with fifteen taxpayers, in different states of October 2024.

On 12 November 2024, when the sample world stands still, no GSTR-2B has been drafted yet. The chapter of 18
November 2024 continues for six days: GSTR-2B is drafted, some drafts are out of date, and some taxpayers have
filed GSTR-3B."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.periods import TaxPeriod
from invoices import portal_clock
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import JournalEntry, Record
from invoices.rules.calendar import Form
from returns.sandbox.world import months, volume
from returns.sandbox.world.stage import SOURCE, Doc, Stage

OCTOBER = TaxPeriod(2024, 10)
ACCOUNTANT = "lakshmi"
MARK = "sample-world 2024-11-18"
STANDS_AT = datetime(2024, 11, 18, 10, 0, tzinfo=clock.IST)
# these taxpayers are decided after the draft, so their drafts are out of date on 18 November
STALE = ("tapti", "chambal", "periyar")
FILED = ("brahmaputra", "godavari", "hooghly")


@dataclass(frozen=True, slots=True)
class Supply:
    """The documents of October 2024 from one taxpayer of the firm to another: their number, and the usual
    amount in rupees. The last `notes` documents are credit notes."""

    supplier: str
    recipient: str
    documents: int
    rupees: float
    rate: float = 18
    notes: int = 0


SUPPLIES = (
    Supply("chambal", "tapti", 14, 86_000, notes=2),
    Supply("chambal", "malwa", 6, 41_000, notes=1),
    Supply("chambal", "godavari", 3, 28_000),
    Supply("chambal", "kosi", 4, 17_000, notes=1),
    Supply("tapti", "chambal", 9, 132_000, notes=1),
    Supply("periyar", "brahmaputra", 5, 36_000, 5),
    Supply("periyar", "chambal", 7, 19_000, 5, notes=1),
    Supply("periyar", "nilgiri", 4, 22_000, 5),
    Supply("brahmaputra", "periyar", 8, 48_000, 5, notes=1),
    Supply("brahmaputra", "hooghly", 2, 9_000, 5),
    Supply("nilgiri", "periyar", 3, 94_000),
)
# Tapti Valves saves its documents and does not file them
FILES = ("chambal", "periyar", "brahmaputra")


def documents(supplier: str) -> list[Doc]:
    """Return the documents that a taxpayer of the firm reports for October 2024. They are the same in every
    build."""
    found: list[Doc] = []
    for supply in SUPPLIES:
        if supply.supplier != supplier:
            continue
        for n in range(supply.documents):
            chance = volume.seeded("firm", supplier, supply.recipient, n)
            number = f"{supplier[:3].upper()}/24-25/{len(found) + 1:03d}"
            on = OCTOBER.first_day.replace(day=chance.randint(2, 30)).isoformat()
            rupees = round(supply.rupees * chance.uniform(0.4, 1.8), 2)
            note = n >= supply.documents - supply.notes
            found.append(
                Doc("CN", number, supply.recipient, on, round(rupees / 8, 2), supply.rate)
                if note
                else Doc("INV", number, supply.recipient, on, rupees, supply.rate)
            )
    return found


def october_is_reported(s: Stage) -> None:
    """Report October on the evening of 10 November. Malwa Agro reports nothing, so its GSTR-1 is late."""
    s.goes_to("2024-11-10 18:00")
    for name in ("tapti", *FILES):
        s.saves(name, OCTOBER.iso, documents(name), person=ACCOUNTANT)
    for name in FILES:
        s.files(name, OCTOBER.iso, person=ACCOUNTANT)
    s.saves("nilgiri", OCTOBER.iso, documents("nilgiri"), form=Form.IFF)
    s.files("nilgiri", OCTOBER.iso, form=Form.IFF)


def decides(s: Stage) -> None:
    """Decide on the evening of 11 November: every record of Brahmaputra Tea, and some of Periyar Spices."""
    s.goes_to("2024-11-11 20:00")
    _act(s, "brahmaputra", "accept", 5)
    _act(s, "periyar", "accept", 4)


def _act(s: Stage, recipient: str, action: str, most: int, remarks: str = "") -> None:
    """Act on the first invoices of the recipient that have no action."""
    keys = {taxpayer.pk: key for key, taxpayer in s.who.items()}
    waiting = Record.objects.filter(
        recipient=s.at(recipient), route="M", kind="INV", decision__action="N", claim_period=OCTOBER.number
    ).order_by("pk")
    named = [(keys[r.supplier_id], r.kind, r.number) for r in waiting[:most] if r.supplier_id in keys]
    s.acts(recipient, action, named, remarks=remarks, person=ACCOUNTANT)


def play(s: Stage) -> bool:
    """Continue a finished sample world to 18 November 2024. If the portal clock has passed this moment, do
    nothing and return False. The chapter is one transaction with a mark in the journal.

    Raises `Conflict` if the sample world was built before the firm existed."""
    if ACCOUNTANT not in s.people or "tapti" not in s.who:
        raise Conflict(
            "NO_FIRM", "This sample world is older than this chapter. Build a new one in another folder."
        )
    owner = s.at("tapti").pk
    if clock.now() >= STANDS_AT or JournalEntry.objects.filter(idempotency_key=MARK).exists():
        return False
    try:
        with transaction.atomic():
            s.goes_to("2024-11-15 11:00")
            for name in STALE:
                _act(s, name, "accept", 2)
                _act(s, name, "reject", 1, "Goods not received.")
            s.goes_to("2024-11-17 16:00")
            for name in FILED:
                months.file_due(s, s.at(name), OCTOBER)
            s.goes_to(STANDS_AT, ticking=True)
            by = By(source=SOURCE, key=MARK)
            journal.write(owner, "sample month played", by, after={"month": "2024-11-18"})
    finally:
        portal_clock.forget()
    s.tell(f"{clock.now():%d %b %Y}  GSTR-2B of October drafted; {len(FILED)} GSTR-3B of the firm filed")
    return True
