"""Small files of other portals, made of single documents."""

from __future__ import annotations

import json
from typing import Any

from tests.returns.gstn.shapes import sample

CTIN = "27AAACT1001A1ZP"
AMOUNTS = {"txval": 10_000, "igst": 1_800, "cgst": 0, "sgst": 0, "cess": 0}
INVOICE = {"inum": "IT/1", "dt": "10-10-2024", "val": 11_800, "pos": "29", **AMOUNTS}
NOTE = {"ntnum": "CN/1", "typ": "C", "dt": "10-10-2024", "val": 11_800, "pos": "29", **AMOUNTS}
BILL = {
    "refdt": "08-10-2024",
    "portcode": "INNSA1",
    "boenum": "6104417",
    "boedt": "07-10-2024",
    "isamd": "N",
    **{"txval": 10_000, "igst": 1_800, "cess": 0},
}
SHARE = {
    "doctyp": "ISDI",
    "docnum": "7",
    "docdt": "31-10-2024",
    **{"igst": 1_800, "cgst": 0, "sgst": 0, "cess": 0},
}


def party(inner: str, *rows: Any) -> dict[str, Any]:
    return {"ctin": CTIN, "trdnm": "Konkan", inner: list(rows)}


def statement(**sections: Any) -> bytes:
    file = {"data": {"gstin": "29AAACT2001A1ZX", "rtnprd": "102024", "docdata": sections}}
    return json.dumps(file).encode()


def statement_with(row: dict[str, Any]) -> bytes:
    """Return a GSTR-2B file that contains only the document `row`, in the section for its type."""
    if "ntnum" in row:
        return statement(cdnr=[party("nt", row)])
    if "boenum" in row:
        return statement(impg=[row])
    return statement(isd=[party("doclist", row)]) if "docnum" in row else statement(b2b=[party("inv", row)])


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def ims(**changes: Any) -> dict[str, Any]:
    """Return an IMS file that contains only the sample's first invoice, with these changes. A change to None
    removes the field."""
    data = sample("ims_offline_download")
    row = data["imsDetails"]["b2b"][0] | changes
    return {"imsDetails": {"b2b": [without(row, *(name for name in changes if changes[name] is None))]}}
