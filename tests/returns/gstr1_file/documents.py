"""Helpers that make the documents of a supplier's file and read the rows after the file is loaded."""

from __future__ import annotations

from ims_portal.kernel.periods import TaxPeriod
from invoices.journal.writing import By
from invoices.models import JournalEntry, Record

BY = By(source="test")
PERIOD = TaxPeriod(2024, 10)


def item(rate=18, taxable=10000, **tax):
    tax = tax or {"iamt": taxable * rate / 100}
    return {"num": 1, "itm_det": {"rt": rate, "txval": taxable, **tax, "csamt": 0}}


def invoice(number="INV-1", **changed):
    return {
        "inum": number,
        "idt": "05-10-2024",
        "val": 11800,
        "pos": "29",
        "rchrg": "N",
        "inv_typ": "R",
        "itms": [item()],
        **changed,
    }


def note(number="CN-1", letter="C", **changed):
    found = invoice(**changed)
    return {
        "ntty": letter,
        "nt_num": number,
        "nt_dt": found.pop("idt"),
        **{k: v for k, v in found.items() if k != "inum"},
    }


def stored():
    return sorted(
        Record.objects.values_list("number", "kind", "revision", "taxable", "igst", "details", "rate_lines"),
        key=str,
    )


def trace():
    return JournalEntry.objects.count()
