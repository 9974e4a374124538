"""Layouts of programs. A layout is recognised by headings that must all be there. It brings the fields of its columns,
the order of its dates, and what a debit note means in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ims_portal.kernel.money import HEADS
from invoices.register.reading.aliases import WORDS_OF_HEADS
from invoices.register.reading.headings import Table
from invoices.rules.situation import Kind

TALLY_PURCHASES = re.compile(r"\bpurchases?\b|\bamount ?\d+ ?%")


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout. `signature` has headings, and `a|b` is one of two. `fields` names the columns of a field; the first that
    is there counts, and "" is none. `sums` are the fields that are the sum of all columns with the pattern.
    `debit_note` is CN if a debit note is the buyer's own. `letters` is True if C and D are credit and debit notes."""

    name: str
    signature: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)
    sums: dict[str, re.Pattern[str]] = field(default_factory=dict)
    debit_note: Kind | None = None
    kind: Kind | None = None
    letters: bool = False
    carries_down: bool = False
    asks: tuple[str, ...] = ()
    refused: str = ""


_TALLY = {
    "posted_on": "date", "supplier_name": "particulars", "kind": "voucher type|vch type",
    "own_number": "voucher no|vch no", "supplier_gstin": "gstin/uin|party gstin/uin|gstin/uin no",
    "number": "supplier invoice no|voucher ref no|supplier invoice number",
    "document_date": "supplier invoice date|voucher ref date", "value": "gross total", "rate": "", "status": "status",
}  # fmt: skip
_ITC = {"rate": "rate", "itc": "eligibility for itc", "cess": "cess paid"}
_CANONICAL = (
    "own_gstin", "supplier_gstin", "supplier_name", "kind", "number", "own_number", "document_date", "posted_on",
    "received_on", "taxable", *HEADS, "value", "rate", "place_of_supply", "reverse_charge", "itc", "claimed_period",
    "original_number", "original_date", "port_code", "irn", "source_ref", "po", "branch",
)  # fmt: skip

LAYOUTS = (
    Layout(
        "Purchase register of this portal",
        ("supplier gstin", "number", "document date", "taxable", *HEADS[:3]),
        {name: name.replace("_", " ") for name in _CANONICAL},
    ),
    Layout(
        "GSTN purchase register template v2.4",
        ("gstin of supplier/eco", "type of inward supplies", "document type", "document number", "document date",
         "taxable value"),
        {"kind": "document type"},
        debit_note=Kind.DEBIT_NOTE,
    ),
    Layout(
        "GSTN GSTR-2 section b2b",
        ("gstin of supplier", "invoice number", "invoice date", "integrated tax paid", "eligibility for itc"),
        {**_ITC, "kind": ""},
        kind=Kind.INVOICE,
    ),
    Layout(
        "GSTN GSTR-2 section cdnr",
        ("gstin of supplier", "note/refund voucher number", "note/refund voucher date", "document type"),
        {**_ITC, "number": "note/refund voucher number", "document_date": "note/refund voucher date",
         "kind": "document type", "value": "note/refund voucher value"},
        debit_note=Kind.DEBIT_NOTE, letters=True,
    ),
    Layout(
        "GSTN GSTR-2 section impg",
        ("port code", "bill of entry number", "bill of entry date"),
        {**_ITC, "number": "bill of entry number", "document_date": "bill of entry date", "kind": "",
         "value": "bill of entry value", "supplier_gstin": "gstin of sez supplier"},
        kind=Kind.BILL_OF_ENTRY,
    ),
    Layout(
        "Tally, register that is not columnar",
        ("date", "particulars", "vch type|voucher type", "vch no|voucher no", "debit", "credit"),
        refused="The register is not columnar, so it has no tax. In Tally choose F5 (columnar), switch GSTIN and "
        "supplier invoice on, and export again.",
    ),
    Layout(
        "Tally, GSTR-2 report",
        ("date", "particulars", "party gstin/uin", "doc no", "doc date", "taxable amount"),
        {**_TALLY, "number": "doc no", "document_date": "doc date", "value": "invoice amount",
         "sgst": "state tax|state tax amount", "status": ""},
        debit_note=Kind.CREDIT_NOTE,
    ),
    Layout(
        "Tally, columnar",
        ("date", "particulars", "voucher type|vch type", "voucher no|vch no", "gstin/uin"),
        _TALLY, {"taxable": TALLY_PURCHASES, **WORDS_OF_HEADS}, debit_note=Kind.CREDIT_NOTE,
    ),
    Layout(
        "ERPNext, itemised GST purchase register",
        ("invoice", "posting date", "supplier invoice no", "supplier invoice date", "hsn code", "amount"),
        {"own_number": "invoice", "source_ref": "invoice", "taxable": "taxable value|net amount|amount", "value": "",
         "rate": "", "kind": ""},
        {name: re.compile(rf"{words.pattern}.* amount$") for name, words in WORDS_OF_HEADS.items()},
        debit_note=Kind.CREDIT_NOTE,
    ),
    Layout(
        "ERPNext, GST purchase register",
        ("invoice", "posting date", "bill no", "bill date", "supplier gstin", "net total"),
        {"own_number": "invoice", "source_ref": "invoice", "number": "bill no", "document_date": "bill date",
         "taxable": "net total", "value": "grand total", "kind": ""},
        WORDS_OF_HEADS, debit_note=Kind.CREDIT_NOTE,
    ),
    Layout(
        "Zoho Books, bills",
        ("bill id", "bill number", "bill date", "gst treatment"),
        {"number": "bill number", "source_ref": "bill id", "status": "bill status", "taxable": "item total", "kind": "",
         "place_of_supply": "destination of supply", "value": "", "rate": "tax percentage", "own_number": ""},
        kind=Kind.INVOICE,
    ),
    Layout(
        "Marg, purchase list",
        ("bill no", "bill date", "account name", "party gstin", "taxable amount"),
        {"number": "bill no", "supplier_name": "account name", "value": "net amount"},
        debit_note=Kind.CREDIT_NOTE,
    ),
    Layout(
        "Busy, purchase register",
        ("date", "vch/bill no", "particulars|account|party name", "taxable amt|taxable amount"),
        {"posted_on": "date", "supplier_name": "particulars|account|party name", "number": "bill no",
         "own_number": "vch/bill no", "supplier_gstin": "tin/gstin no|gstin/uin|gstin no|gstin", "document_date": "bill date",
         "value": "bill amount"},
        debit_note=Kind.CREDIT_NOTE, carries_down=True, asks=("number",),
    ),
    Layout(
        "SAP, Z-report of purchases",
        ("doc no", "document date", "posting date", "ref no", "vendor gstn", "taxable"),
        {"own_number": "doc no", "number": "ref no", "value": "tot amount", "rate": "tax rate", "po": "purchase doc",
         "status": "reverse", "kind": "", "source_ref": "", "place_of_supply": ""},
        {"sgst": re.compile(r"^(?:sgst|ugst|utgst)$")}, debit_note=Kind.CREDIT_NOTE,
    ),
    Layout(
        "Odoo, list of bills",
        ("bill reference", "untaxed amount", "partner|vendor|invoice partner display name"),
        {"number": "bill reference", "own_number": "number", "supplier_name": "partner|vendor|invoice partner display name",
         "document_date": "invoice/bill date|bill date|invoice date", "supplier_gstin": "tax id|vat", "tax": "tax", "value": "total",
         "source_ref": ""},
        debit_note=Kind.CREDIT_NOTE,
    ),
)  # fmt: skip
OF_GSTR2B = frozenset(
    {
        "gstr-1/iff/gstr-5 period",
        "gstr-1/iff/gstr-5 filing date",
        "gstr-1/5 period",
        "applicable % of tax rate",
        "gstr-1/1a/iff/gstr-5 filing date",
    }
)


def recognised(table: Table) -> Layout | None:
    """Return the layout of a table, None if no layout has all its headings in the table."""
    keys = {column.key for column in table.columns} | {column.own for column in table.columns}
    return next(
        (
            layout
            for layout in LAYOUTS
            if all(any(one in keys for one in part.split("|")) for part in layout.signature)
        ),
        None,
    )


def is_gstr2b(table: Table) -> bool:
    """True if the table is one of a GSTR-2B: the supplier's statement, not the buyer's books."""
    keys = {column.own for column in table.columns}
    titles = " ".join(cell for row in table.titles for cell in row).lower()
    return bool(keys & OF_GSTR2B) or "gstr-2b" in titles and "itc availability" in keys
