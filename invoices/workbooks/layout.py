"""The names of sheets and columns of the IMS workbook, all in one module, so that names can be corrected in
one place.

GSTN has not published the layout of this download. The sheets and columns therefore have the names that
GSTN's offline utility uses. The columns for the utility's macros are left out. The columns after the filing
status are this portal's own. They explain why Pending is not available."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from ims_portal.kernel.money import HEADS
from ims_portal.support.workbook.write import COUNT, DATE, MONEY, Column
from invoices.rules.reduction import REMARKS_LIMIT
from invoices.rules.situation import Action

TITLE = "Goods and Services Tax  - Invoice Management System"
COVER = "Home"
# the only sheet of the workbook of a record list, which is for reading
LIST = "Records"

# section -> name of its sheet, in the order of the workbook
SHEETS = {
    "b2b": "B2B",
    "b2ba": "B2BA",
    "b2bdn": "B2B-DN",
    "b2bdna": "B2B-DNA",
    "b2bcn": "B2B-CN",
    "b2bcna": "B2B-CNA",
    "ecom": "ECO",
    "ecoma": "ECOA",
    "impg": "IMPG",
    "impga": "IMPGA",
    "impgsez": "IMPGSEZ",
    "impgseza": "IMPGSEZA",
}


def sign_of(section: str) -> int:
    """Return -1 for the sections of credit notes, and 1 for all others. The sheets of credit notes have positive
    amounts, as on the GST portal. The first sheet deducts the amounts."""
    return -1 if section.startswith("b2bcn") else 1


STATUS = {
    Action.NONE: "No Action",
    Action.ACCEPTED: "Accepted",
    Action.REJECTED: "Rejected",
    Action.PENDING: "Pending",
}
SOURCES = {
    "GSTR-1": "GSTR-1/IFF",
    "IFF": "GSTR-1/IFF",
    "GSTR-1A": "GSTR-1A",
    "GSTR-5": "GSTR-5",
    "GSTR-6": "GSTR-6",
    "ICEGATE": "ICEGATE",
}
FILING = {"S": "Not filed", "F": "Filed", "L": "Can no longer be filed"}
INVOICE_TYPES = {
    "R": "Regular",
    "SEWP": "SEZ supplies with payment",
    "SEWOP": "SEZ supplies without payment",
    "DE": "Deemed Exports",
    "CBW": "Intra-State/Inter-State supplies from customs bonded warehouse",
}

# section -> the word for its documents in the headings
_NOUNS = {"b2b": "Invoice", "b2bdn": "Debit note", "b2bcn": "Credit note", "ecom": "Document"}

_SUPPLIER = (
    Column("GSTIN of supplier", "gstin", width=18),
    Column("Trade/Legal name", "name", width=28, wrap=True),
)
_ECO = (Column("GSTIN of ECO", "gstin", width=18), Column("Trade/Legal name", "name", width=28, wrap=True))
_TAXES = (
    Column("Integrated tax (₹)", "igst", MONEY),
    Column("Central tax (₹)", "cgst", MONEY),
    Column("State/UT tax (₹)", "sgst", MONEY),
    Column("Cess (₹)", "cess", MONEY),
)
REQUIRED = ("Yes", "No")
_STATUS = Column("Status", "status", width=12, entry=True, choices=tuple(STATUS.values()))
# the statuses of customs documents, which the recipient cannot reject
_OF_IMPORTS = tuple(word for action, word in STATUS.items() if action is not Action.REJECTED)
_REDUCTION = (
    Column("ITC reduction required", "reduction_required", width=12, entry=True, choices=REQUIRED),
    Column("Declared integrated tax (₹)", "reduction_igst", MONEY, entry=True),
    Column("Declared central tax (₹)", "reduction_cgst", MONEY, entry=True),
    Column("Declared State/UT tax (₹)", "reduction_sgst", MONEY, entry=True),
    Column("Declared cess (₹)", "reduction_cess", MONEY, entry=True),
)
_SOURCE = (
    Column("Remarks", "remarks", width=32, entry=True, wrap=True, longest=REMARKS_LIMIT),
    Column("Source", "source", width=13),
    Column("Source Return Period", "source_period", width=10),
    Column("Source Filing Status", "source_filing", width=10),
)
_RULING = (
    Column("Pending blocked", "pending_blocked", width=10),
    Column("GSTR-2B period", "claim_period", width=10),
    # On paper, the rest would make every other column too small to read.
    Column("Code", "code", width=24, printed=False),
    Column("Why Pending is blocked", "why", width=48, printed=False),
    Column("Rule", "rule", width=8, printed=False),
    Column("Rules that decide it", "trail", width=28, printed=False),
    Column("Row key", "key", width=4, hidden=True),
)


def row_key(pk: int, revision: int, version: int, cells: Mapping[str, Any]) -> str:
    """Return the key in the hidden last cell of a row. The key has the record's id, revision and decision
    version, and a hash of the cells that people fill in."""
    return f"{pk}.{revision}.{version}.{_entries_hash(*map(cells.get, ENTRIES))}"


# cached, because most rows have equal entries: no remarks, no reduction, and one of four status words
@lru_cache(1000, typed=True)
def _entries_hash(*entries: Any) -> str:
    """Return twelve hexadecimal digits: a hash of the cells that people fill in."""
    said = "|".join(str(entry or "") for entry in entries)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


@cache
def columns(section: str) -> tuple[Column, ...]:
    """Return the columns of a section's sheet. The function caches the columns, because `read_back` calls it
    for every row."""
    amended = section.endswith("a")
    plain = section.removesuffix("a")
    if plain in ("impg", "impgsez"):
        return _import_columns(amended=amended, sez=plain == "impgsez")
    noun = _NOUNS[plain]
    original = (
        Column(f"Original {noun.lower()} number", "original_number", width=18),
        Column(f"Original {noun.lower()} date", "original_date", DATE),
    )
    document = (
        Column(f"{noun} number", "number", width=18),
        Column(f"{noun} type", "type", width=18),
        Column(f"{noun} date", "date", DATE),
        Column(f"{noun} value (₹)", "value", MONEY),
        _STATUS,
        Column("Place of supply", "place_of_supply", width=20),
        Column("Taxable value (₹)", "taxable", MONEY),
    )
    return (
        *(original if amended else ()),
        *(_ECO if plain == "ecom" else _SUPPLIER),
        *document,
        *_TAXES,
        *(_REDUCTION if amended or plain == "b2bcn" else ()),
        *_SOURCE,
        *_RULING,
    )


def _import_columns(*, amended: bool, sez: bool) -> tuple[Column, ...]:
    original = (
        Column("Original bill of entry number", "original_number", width=18),
        Column("Original bill of entry date", "original_date", DATE),
    )
    moved = (
        Column("Type of amendment", "amendment", width=16),
        Column("Other GSTIN of the amendment", "other_gstin", width=18),
    )
    return (
        *(original if amended else ()),
        *((Column("GSTIN of supplier", "sez_supplier", width=18),) if sez else ()),
        Column("Icegate Reference Date", "date", DATE),
        Column("Port Code", "port", width=10),
        Column("Bill of entry number", "number", width=18),
        Column("Bill of entry date", "date", DATE),
        Column("Status", "status", width=12, entry=True, choices=_OF_IMPORTS),
        Column("Taxable value (₹)", "taxable", MONEY),
        _TAXES[0],
        _TAXES[3],
        *(moved if amended else ()),
        *((_REDUCTION[0], _REDUCTION[1], _REDUCTION[4]) if amended else ()),
        *_SOURCE,
        *_RULING,
    )


# the cells that people fill in, in the order of the row key's hash
ENTRIES = (
    "status",
    "remarks",
    "reduction_required",
    *(f"reduction_{head}" for head in HEADS),
)
# the cells that identify a row's document; an uploaded workbook must still have these columns
IDENTITY = ("gstin", "number", "date", "port", "sez_supplier", "original_number", "original_date")
# other cells that describe a row's document, for people to read
DESCRIPTION = (
    *("name", "type", "value", "place_of_supply", "amendment", "other_gstin"),
    *("taxable", *HEADS),
)
# Locked cells whose values stay the same as long as the supplier does not edit the document. A trade name may
# change at any time.
LASTING = (*(name for name in DESCRIPTION if name != "name"), "source", "source_period")
COVER_COLUMNS = (
    Column("Sheet", "sheet", width=14),
    Column("Section", "section", width=42),
    Column("Rows", "rows", COUNT),
    Column("Taxable value (₹)", "taxable", MONEY, 18),
    *_TAXES,
)
