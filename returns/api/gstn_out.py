"""GSTN's JSON of the supplier's view (SUPVIEW) and of GSTR-3B Table 4 (RETSUM, RETSAVE)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from gstr2b.statement.table4 import net_credit
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import BadAmount, TaxAmounts, paise, rupee_number
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.gstn_out import day, fingerprint, flag, originals
from invoices.models import Taxpayer
from invoices.rules.situation import Kind
from returns.outward import recipients_answers

SECTIONS: dict[str, tuple[tuple[Kind, ...], bool]] = {
    "b2b": ((Kind.INVOICE,), False),
    "b2ba": ((Kind.INVOICE,), True),
    "cdnr": ((Kind.CREDIT_NOTE, Kind.DEBIT_NOTE), False),
    "cdnra": ((Kind.CREDIT_NOTE, Kind.DEBIT_NOTE), True),
    "ecom": ((Kind.ECO,), False),
    "ecoma": ((Kind.ECO,), True),
}
FORM_KEYS = {"GSTR-1": "gstr1", "GSTR-1A": "gstr1a"}
RATES_IN_HUNDREDTHS = 100


# The supplier's view (SUPVIEW)


def supplier_documents(supplier: Taxpayer, period: TaxPeriod, form: str, section: str) -> list[Any]:
    """Return the documents of one section of a supplier's form, with the recipients' actions. The result is
    two querysets: live documents and archived documents."""
    kinds, amended = SECTIONS[section]
    forms = ["GSTR-1", "IFF"] if form == "GSTR-1" else [form]
    return [
        source.filter(form__in=forms, kind__in=[k.value for k in kinds], amends_id__isnull=not amended)
        for source in recipients_answers.documents(supplier, period, None, "")
    ]


def supplier_view(
    supplier: Taxpayer, period: TaxPeriod, form: str, section: str, rows: Sequence[Any]
) -> dict[str, Any]:
    """Return the documents in `rows`, with their recipients' actions, in GSTN's JSON. The function needs four
    queries."""
    seen = recipients_answers.seen(rows)
    known = originals(rows)
    parties: dict[tuple[str, str], dict[str, Any]] = {}
    eco = section in ("ecom", "ecoma")
    documents = "nt" if section in ("cdnr", "cdnra") else "inv"
    for row in seen:
        behind = (row.record.details or {}).get("supplied_by", "") if eco else ""
        party = parties.setdefault(
            (row.recipient.gstin, behind),
            {**({"stin": behind} if behind else {}), "rtin": row.recipient.gstin, documents: []}
            if eco
            else {"ctin": row.recipient.gstin, "cfs": flag(row.filed_3b_on is not None), documents: []},
        )
        party[documents].append(_document(section, row, known))
    listed: Any = list(parties.values())
    if eco:
        named = ("b2b", "urp2b") if section == "ecom" else ("b2ba", "urp2ba")
        listed = {
            named[0]: [p for p in listed if "stin" in p],
            named[1]: [p for p in listed if "stin" not in p],
        }
    content = {section: listed} if rows else {}
    return {"gstin": supplier.gstin, "rtnprd": period.wire, FORM_KEYS[form]: content}


def _document(
    section: str, row: recipients_answers.AnsweredDocument, known: Mapping[int, tuple[str, date]]
) -> dict[str, Any]:
    record, details = row.record, row.record.details or {}
    shown: dict[str, Any] = {
        "chksum": fingerprint(record),
        "updby": "S",
        "cflag": "N",
        "val": rupee_number(record.value),
        "pos": record.place_of_supply,
        "rchrg": flag(record.reverse_charge),
        "inv_typ": record.invoice_type,
        "itms": [_item(place, line) for place, line in enumerate(lines_of(record), start=1)],
    }
    if record.did != recipients_answers.NOT_ACTIONABLE:
        shown["imsactn"] = record.did
    number, on = ("nt_num", "nt_dt") if section in ("cdnr", "cdnra") else ("inum", "idt")
    if number == "nt_num":
        shown["ntty"] = "C" if record.kind == Kind.CREDIT_NOTE.value else "D"
    shown |= {number: record.number, on: day(record.document_date)}
    if record.amends_id in known:
        was, was_on = known[record.amends_id]
        shown |= {f"o{number}": was, f"o{on}": day(was_on)}
    if section in ("ecom", "ecoma"):
        shown["sply_ty"] = "INTER" if record.igst else "INTRA"
    if details.get("sold_through"):
        shown["etin"] = details["sold_through"]
    if details.get("irn"):
        shown |= {"srctyp": "e-Invoice", "irn": details["irn"]}
    if details.get("diff_percent") == 65:
        shown["diff_percent"] = 0.65
    if record.remarks:
        shown["remarks"] = record.remarks
    return shown


def lines_of(record: Any) -> list[list[int]]:
    """Return the rate lines of a document: [rate x 100, taxable value, IGST, CGST, SGST, cess] in paise."""
    return record.rate_lines or [_whole(record)]


def _whole(record: Any) -> list[int]:
    """Return one rate line for a document that was saved without rate lines. The line has the document's
    totals, and a rate that is calculated from the totals."""
    charged = record.igst + record.cgst + record.sgst
    rate = round(charged * 100 * RATES_IN_HUNDREDTHS / record.taxable) if record.taxable else 0
    return [rate, record.taxable, record.igst, record.cgst, record.sgst, record.cess]


def _item(place: int, line: Sequence[int]) -> dict[str, Any]:
    rate, taxable, igst, cgst, sgst, cess = line
    amounts: dict[str, Any] = {"rt": rupee_number(rate), "txval": rupee_number(taxable)}
    if igst or not (cgst or sgst):
        amounts["iamt"] = rupee_number(igst)
    if cgst or sgst:
        amounts |= {"camt": rupee_number(cgst), "samt": rupee_number(sgst)}
    return {"num": place, "itm_det": {**amounts, "csamt": rupee_number(cess)}}


# GSTR-3B


def table4_to_wire(recipient: Taxpayer, period: TaxPeriod, table: Mapping[str, TaxAmounts]) -> dict[str, Any]:
    """Return Table 4 with the field names of a client's save request. Rows that the portal does not fill are
    zero."""
    nothing = TaxAmounts()
    available = (("IMPG", "4A1"), ("IMPS", "4A2"), ("ISRC", "4A3"), ("ISD", "4A4"), ("OTH", "4A5"))
    return {
        "gstin": recipient.gstin,
        "ret_period": period.wire,
        "itc_elg": {
            "itc_avl": [{"ty": name, **amounts(table.get(row, nothing))} for name, row in available],
            "itc_rev": [
                {"ty": "RUL", **amounts(table["4B1"])},
                {"ty": "OTH", **amounts(table["4B2"])},
            ],
            "itc_net": amounts(net_credit(dict(table))),
            "itc_inelg": [
                {"ty": "RUL", **amounts(table.get("4D1", nothing))},
                {"ty": "OTH", **amounts(table["4D2"])},
            ],
        },
    }


ROWS = {
    ("itc_avl", "IMPG"): "4A1",
    ("itc_avl", "IMPS"): "4A2",
    ("itc_avl", "ISRC"): "4A3",
    ("itc_avl", "ISD"): "4A4",
    ("itc_avl", "OTH"): "4A5",
    ("itc_rev", "RUL"): "4B1",
    ("itc_rev", "OTH"): "4B2",
    ("itc_inelg", "RUL"): "4D1",
    ("itc_inelg", "OTH"): "4D2",
}


def read_table4(data: Mapping[str, Any]) -> dict[str, TaxAmounts]:
    """Return the rows of Table 4 from a client's save request. Rows that the portal does not have are
    ignored. Raises `Invalid`."""
    found: dict[str, TaxAmounts] = {}
    eligible = data.get("itc_elg", {})
    if not isinstance(eligible, dict):
        raise Invalid("SCHEMA", "itc_elg must be an object.")
    for part in ("itc_avl", "itc_rev", "itc_inelg"):
        rows = eligible.get(part, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Invalid("SCHEMA", f"itc_elg.{part} must be a list of objects.")
        for row in rows:
            name = ROWS.get((part, str(row.get("ty"))))
            if name:
                place = f"itc_elg.{part} {row['ty']}"
                found[name] = TaxAmounts(
                    *(read_amount(row, key, place) for key in ("iamt", "camt", "samt", "csamt"))
                )
    return found


def read_amount(row: Mapping[str, Any], key: str, place: str) -> int:
    """Return an amount of a request, in paise. A missing amount is 0. Raises `Invalid` (SCHEMA)."""
    value = row.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Invalid("SCHEMA", f"{place}: {key} must be a number without quotes.")
    try:
        return paise(value)
    except BadAmount as bad:
        raise Invalid("SCHEMA", f"{place}: {key}: {bad}") from None


def amounts(tax: TaxAmounts) -> dict[str, Any]:
    """Return the four tax heads with the names of GSTR-1 and GSTR-3B, in rupees."""
    return {
        name: rupee_number(value)
        for name, value in zip(("iamt", "camt", "samt", "csamt"), _four(tax), strict=True)
    }


def _four(tax: TaxAmounts) -> Iterable[int]:
    return (tax.igst, tax.cgst, tax.sgst, tax.cess)
