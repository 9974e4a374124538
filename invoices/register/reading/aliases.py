"""Headings and the fields they name. The exact ones are used without asking. The guesses are only proposed. Headings are
compared as wholes, in their plain form: `date` is not found in `due date`."""

from __future__ import annotations

import re

_EXACT = {
    "supplier_gstin": "gstin of supplier|gstin of supplier/eco|supplier gstin|vendor gstin|vendor gstn|party gstin|"
    "party gstin/uin|gst identification number gstin|supplier gstin/uin|supplier gstin no|gstin of vendor|"
    "gstin/uin of supplier|supplier gst no|vendor gst no|supplier gst number|vendor gst number",
    "own_gstin": "own gstin|company gstin|recipient gstin|gstin of recipient|my gstin",
    "supplier_name": "trade/legal name|supplier name|vendor name|party name|name of supplier|name of the supplier",
    "number": "note number|note no|credit note no|credit note number|debit note no|debit note number|"
    "supplier invoice no|supplier invoice number|supplier inv no|supplier bill no|supplier bill number|invoice number|"
    "invoice no|document number|document no",
    "own_number": "voucher no|vch no|vno|own number|voucher number|internal voucher no",
    "document_date": "note date|credit note date|debit note date|supplier invoice date|supplier bill date|"
    "supplier inv date|invoice date|bill date|document date",
    "posted_on": "posting date|voucher date|accounting date|posted on",
    "received_on": "grn date|inv grn date|receipt date|received on",
    "taxable": "taxable value|taxable amount|taxable|untaxed amount|assessable value|taxable amt|assessable amount",
    "value": "invoice value|gross total|grand total|bill amount|tot amount|invoice amount|total invoice value",
    "place_of_supply": "place of supply|place of supply pos",
    "reverse_charge": "reverse charge|supply attract reverse charge|is reverse charge|reverse charge y/n",
    "kind": "note type|document type|voucher type|gst category|kind|vch type",
    "itc": "eligibility for itc|itc availability|itc|itc eligibility",
    "original_number": "invoice/advance payment voucher number|original invoice number|original number|"
    "original invoice no",
    "original_date": "invoice/advance payment voucher date|original invoice date|original date",
    "port_code": "port code",
    "irn": "irn|irn number|invoice reference number",
    "rate": "rate of tax|gst rate|gst rate %|tax rate|rate%|rate %|gst %",
    "source_ref": "source ref|document id",
    "po": "po|po no|po number|purchase order|purchase order no|reference/purchase order",
    "branch": "branch|branch name|branch code|bus place",
    "claimed_period": "claimed period|itc period|itc claimed in",
    "status": "bill status|document status",
}
_GUESSES = {
    "supplier_gstin": "gstin|gst no|tin/gstin no|tax id|uin|ctin|gstin/uin|gst number|gstin no|gstn|gst in|gst|"
    "party gst|party gst no|gstin number",
    "supplier_name": "name|party|ledger|supplier|account|vendor|particulars|account name|name of party|seller",
    "number": "reference|doc no|inv no|bill #|bill no|bill number|inv #|invoice #|invoice|ref no|bill reference|"
    "voucher ref no|vch/bill no|tax invoice no|inv number|reference no|bill num",
    "document_date": "date|inv dt|inv date|invoice dt|bill dt|dt|doc date|voucher ref date|date of invoice|"
    "tax invoice date",
    "posted_on": "entry date|booking date",
    "taxable": "value|net amount|base amount|amount|basic amount|basic value|taxable val|subtotal|net value|basic|"
    "net amt|purchase value|assessable val|item total|net total|txbl value|taxable amt before tax",
    "value": "amount|total|net payable|total amount|total value|bill value|invoice total|bill amt|inv value|"
    "total amt|inv amt|gross amount",
    "place_of_supply": "state|pos|destination of supply|state code|place",
    "reverse_charge": "rcm|rc|rcm y/n|rcm applicable|rev charge|rchrg",
    "kind": "type|doc type|note type|type of inward supplies|transaction type",
    "original_number": "against invoice|against invoice no|ref invoice",
    "tax": "tax amount|tax|total tax|gst amount|tax amt|total gst|total tax amount|gst amt",
    "own_number": "number|voucher|entry no|sr voucher",
}
_HEADS = {
    "igst": r"integrated tax|igst",
    "cgst": r"central tax|cgst",
    "sgst": r"state/ut tax|state tax|state ut tax|sgst/utgst|sgst|utgst|ugst|sgst/ugst|state/ut gst",
    "cess": r"gst cess|compensation cess|cess",
}
_AROUND = r"(?:input |in )?(?:{}){}(?: (?:paid|amount|amt|tax|value|credit|tax amount|tax paid))?"
WHOLE_HEADS = {field: re.compile(_AROUND.format(names, "")) for field, names in _HEADS.items()}
# one column for each rate, like CGST 9%
RATE_HEADS = {
    field: re.compile(_AROUND.format(names, r" ?@? ?\d{1,2}(?:\.\d{1,3})? ?%"))
    for field, names in _HEADS.items()
}
WORDS_OF_HEADS = {
    "igst": re.compile(r"\bigst\b"),
    "cgst": re.compile(r"\bcgst\b"),
    "sgst": re.compile(r"\b(?:sgst|utgst|ugst)\b"),
    "cess": re.compile(r"\bcess\b"),
}

EXACT: dict[str, tuple[str, ...]] = {field: tuple(names.split("|")) for field, names in _EXACT.items()}
GUESSES: dict[str, tuple[str, ...]] = {field: tuple(names.split("|")) for field, names in _GUESSES.items()}
HEADS = tuple(_HEADS)
FIELDS = (
    "own_gstin", "supplier_gstin", "supplier_name", "kind", "number", "own_number", "document_date", "posted_on",
    "received_on", "taxable", *HEADS, "value", "rate", "place_of_supply", "reverse_charge", "itc", "claimed_period",
    "original_number", "original_date", "port_code", "irn", "source_ref", "po", "branch", "status", "tax",
)  # fmt: skip
MONEY = ("taxable", *HEADS, "value", "tax")
DATES = ("document_date", "posted_on", "received_on", "original_date")
GSTINS = ("supplier_gstin", "own_gstin")
KNOWN = frozenset(
    {name for names in (*EXACT.values(), *GUESSES.values()) for name in names}
    | {name for names in _HEADS.values() for name in names.split("|")}
    | {
        f"{name} {word}"
        for names in _HEADS.values()
        for name in names.split("|")
        for word in ("paid", "amount", "amt")
    }
    | {"bill of entry number", "bill of entry date", "hsn code", "quantity", "qty", "narration", "remarks", "sr no", "s no",
       "type of inward supplies", "rate", "no", "debit", "credit", "net total", "total tax", "status", "bill id",
       "gst treatment", "note/refund voucher number", "note/refund voucher date", "doc no", "vendor gstn"}
)  # fmt: skip
