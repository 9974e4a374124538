"""Names of the sheets and columns in the outward workbook."""

from __future__ import annotations

from dataclasses import dataclass

from ims_portal.support.workbook.write import DATE, MONEY, Column

TITLE = "Goods and Services Tax  - IMS Outward supplies"
COVER = "Home"
LIABILITY = "Added to liability"
DEDUCTED = "rupees; credit notes are deducted (negative)"
STATES = ("No action", "Accepted", "Rejected", "Pending", "Not actionable")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook: a table of GSTR-1, and the sections of the recipient's IMS that contain the
    table's documents."""

    name: str
    about: str
    sections: tuple[str, ...]

    @property
    def amended(self) -> bool:
        return self.sections[0].endswith("a")

    @property
    def heading(self) -> str:
        """The sheet's heading. It says so if the sheet has credit notes, whose amounts are negative."""
        notes = any(section.startswith("b2bcn") for section in self.sections)
        return f"{self.about}, {DEDUCTED}" if notes else self.about


SHEETS = (
    Sheet("4A, 4B, 6B, 6C", "4A, 4B, 6B, 6C - B2B, SEZ, deemed exports", ("b2b",)),
    Sheet("9A", "9A - Amended B2B", ("b2ba",)),
    Sheet("9B", "9B - Credit and debit notes", ("b2bdn", "b2bcn")),
    Sheet("9C", "9C - Amended notes", ("b2bdna", "b2bcna")),
    Sheet("15", "15 - Supplies under section 9(5)", ("ecom",)),
    Sheet("15A", "15A - Amended section 9(5)", ("ecoma",)),
)

_RECIPIENT = (
    Column("GSTIN of recipient", "gstin", width=18),
    Column("Trade/Legal name", "name", width=32, wrap=True),
)
_ORIGINAL = (
    Column("Original number", "original_number", width=18),
    Column("Original date", "original_date", DATE),
)
_TAX = "Tax amount"
_ADDED = "Added to liability"
_DOCUMENT = (
    Column("Kind", "kind", width=13, group="Document details"),
    Column("Number", "number", width=18, group="Document details"),
    Column("Type", "type", width=18, wrap=True, group="Document details"),
    Column("Date", "date", DATE, group="Document details"),
    Column("Value (₹)", "value", MONEY, group="Document details"),
    Column("Place of supply", "place_of_supply", width=20, wrap=True),
    Column("Taxable value (₹)", "taxable", MONEY),
    Column("Integrated tax (₹)", "igst", MONEY, group=_TAX),
    Column("Central tax (₹)", "cgst", MONEY, group=_TAX),
    Column("State/UT tax (₹)", "sgst", MONEY, group=_TAX),
    Column("Cess (₹)", "cess", MONEY, group=_TAX),
    Column("Form", "form", width=10),
    Column("Period", "tax_period", width=9),
    Column("Filing status", "filing", width=10),
    Column("Filing date", "filed_on", DATE),
)
_RESPONSE = (
    Column("Recipient's action", "status", width=22, wrap=True),
    Column("Date of action", "acted_on", DATE),
    Column("Remarks", "remarks", width=36, wrap=True),
    Column("Recipient's GSTR-2B period", "land", width=12),
)
_LIABILITY = (
    Column("Effect on liability", "liability", width=12, group=_ADDED),
    Column("GSTR-3B period", "added_period", width=22, wrap=True, group=_ADDED),
    Column("Integrated tax (₹)", "added_igst", MONEY, group=_ADDED),
    Column("Central tax (₹)", "added_cgst", MONEY, group=_ADDED),
    Column("State/UT tax (₹)", "added_sgst", MONEY, group=_ADDED),
    Column("Cess (₹)", "added_cess", MONEY, group=_ADDED),
)
_NET = (
    Column("Reported again (₹)", "again", MONEY, group=_ADDED),
    Column("Net (₹)", "net", MONEY, group=_ADDED),
)


def columns(sheet: Sheet) -> tuple[Column, ...]:
    """Return the columns of a table's sheet."""
    return (*(_ORIGINAL if sheet.amended else ()), *_RECIPIENT, *_DOCUMENT, *_RESPONSE, *_LIABILITY)


def liability_columns() -> tuple[Column, ...]:
    """Return the columns of the sheet "Added to liability". This sheet lists the rejected documents.
    Its last columns have the tax by which a filed later version lowers the tax again (R-113), and the net."""
    return (*_RECIPIENT, *_DOCUMENT, *_RESPONSE, *_LIABILITY, *_NET)
