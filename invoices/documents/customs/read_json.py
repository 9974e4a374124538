"""Reads the portal's JSON format for customs data: bills of entry and their amendments
(`docs/icegate-json.md`).

ICEGATE publishes no file format for importers, so the portal chose the names in this format. The reader is as
strict as the reader of GSTN's files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ims_portal.kernel import json_fields, strict_json
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.json_fields import BadField, Wrong
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.rules.documents import GST_BEGAN, PORT_CODE, DocumentFault, number_key

SENTENCES = {
    Wrong.SHAPE: "{key} {shown} must be written DD-MM-YYYY, as 03-10-2025.",
    Wrong.NO_DAY: "{key} {text} is not a valid date.",
    Wrong.DIGITS: "{key} {value} has more digits than an amount can have.",
    Wrong.KIND: "{key} must be a number without quotes.",
    Wrong.SIGN: "{key} must not have a minus sign.",
    Wrong.INEXACT: "{key}: {detail}",
}
NUMBER = re.compile(r"[0-9]{1,20}\Z")


@dataclass(frozen=True, slots=True)
class BillKey:
    """The number, port and date that identify a bill of entry. The number has no leading zeros (R-143)."""

    number: str
    port: str
    reference_date: date

    @classmethod
    def of(cls, number: str, port: str, reference_date: date) -> BillKey:
        return cls(number_key(number, bill=True), port, reference_date)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change that customs made to a bill of entry: a new value, or another GSTIN.

    Amounts are in paise. None leaves an amount unchanged."""

    of: BillKey
    on: date
    to: str = ""  # the new GSTIN; empty for a value amendment
    igst: int | None = None
    taxable: int | None = None
    cess: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the file: a bill of entry, an amendment, or the entry's fault."""

    place: str
    gstin: str = ""
    bill: BillOfEntry | None = None
    amendment: Amendment | None = None
    problem: DocumentFault | None = None


class _Bad(Exception):
    def __init__(self, field: str, message: str, code: str = "BAD_DOC"):
        super().__init__(message)
        self.problem = DocumentFault(code, field, message)


def read(data: bytes) -> list[Any]:
    """Return the entries of a file without checking them. Raises `Invalid` (IMP-FORMAT) if the file is not a
    JSON list."""
    root = strict_json.loads(data, half_characters=True)
    if not isinstance(root, list):
        raise Invalid("IMP-FORMAT", "The file must be a JSON list of bills of entry and amendments.")
    return root


def items(entries: list[Any]) -> Iterator[Item]:
    """Yield each entry as an `Item` with its place in the file. For a faulty entry, `problem` has the
    fault."""
    for nth, entry in enumerate(entries):
        place = f"[{nth}]"
        if not isinstance(entry, dict):
            yield Item(place, problem=DocumentFault("BAD_DOC", "file", f"{place} must be an object."))
            continue
        number = entry.get("amends", entry)
        number = number.get("boe_number") if isinstance(number, dict) else None
        if isinstance(number, str) and NUMBER.match(number):
            place = f"{place} {number}"
        try:
            yield _amendment(entry, place) if "amends" in entry else _bill(entry, place)
        except _Bad as bad:
            yield Item(place, problem=bad.problem)


def _bill(entry: Mapping[str, Any], place: str) -> Item:
    key = _key(entry)
    sez = entry.get("sez", False)
    if not isinstance(sez, bool):
        raise _Bad("sez", "sez must be true or false.")
    behind = entry.get("sez_supplier_gstin")
    if behind is not None and not sez:
        raise _Bad("sez", "sez_supplier_gstin is given, so sez must be true.")
    bill = BillOfEntry(
        number=_text(entry, "boe_number"),
        reference_date=key.reference_date,
        port=key.port,
        sez=sez,
        taxable=_amount(entry, "taxable_value"),
        igst=_amount(entry, "igst"),
        cess=_amount(entry, "cess") if "cess" in entry else 0,
        sez_supplier=_gstin(entry, "sez_supplier_gstin") if behind is not None else "",
    )
    return Item(place, gstin=_gstin(entry, "gstin"), bill=bill)


def _amendment(entry: Mapping[str, Any], place: str) -> Item:
    amends = entry.get("amends")
    if not isinstance(amends, dict):
        raise _Bad("amends", "amends must be an object with boe_number, port_code and reference_date.")
    kind = entry.get("type")
    if kind not in ("value", "gstin"):
        raise _Bad("type", 'type must be "value" or "gstin".')
    if kind == "value" and "igst" not in entry:
        raise _Bad("igst", "igst is needed for a value amendment.")
    if kind == "gstin" and "cess" in entry:
        raise _Bad("cess", "A GSTIN amendment does not change the cess. Leave cess out.")
    optional = {
        name: _amount(entry, key) if key in entry else None
        for name, key in (("igst", "igst"), ("taxable", "taxable_value"), ("cess", "cess"))
    }
    to = _gstin(entry, "to_gstin") if kind == "gstin" else ""
    return Item(place, amendment=Amendment(_key(amends), _date(entry, "date"), to, **optional))


def _key(entry: Mapping[str, Any]) -> BillKey:
    number = _text(entry, "boe_number", "BAD_DOC_NO")
    if not NUMBER.match(number):
        raise _Bad("boe_number", "boe_number must have 1 to 20 digits, as text in quotes.", "BAD_DOC_NO")
    port = _text(entry, "port_code").upper()
    if not PORT_CODE.match(port):
        raise _Bad("port_code", "port_code must be six letters and digits, as INNSA1.")
    on = _date(entry, "reference_date")
    if on < GST_BEGAN:
        raise _Bad(
            "reference_date", f"reference_date {on:%d-%m-%Y} is before GST began on {GST_BEGAN:%d-%m-%Y}."
        )
    return BillKey.of(number, port, on)


def _text(entry: Mapping[str, Any], key: str, code: str = "BAD_DOC") -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Bad(key, f"{key} is missing or is not text in quotes.", code)
    if not value.isprintable():
        raise _Bad(key, f"{key} {value[:20]!r} holds a character that cannot be printed.", code)
    return value.strip()


def _gstin(entry: Mapping[str, Any], key: str) -> str:
    try:
        return str(Gstin.parse(_text(entry, key, "BAD_GSTIN")))
    except BadGstin as bad:
        raise _Bad(key, f"{key}: {bad}", "BAD_GSTIN") from None


def _date(entry: Mapping[str, Any], key: str) -> date:
    text = _text(entry, key)
    try:
        return json_fields.day(text)
    except BadField as bad:
        raise _Bad(key, SENTENCES[bad.wrong].format(key=key, text=text, shown=repr(text[:20]))) from None


def _amount(entry: Mapping[str, Any], key: str) -> int:
    value = entry.get(key)
    try:
        return json_fields.amount(value)
    except BadField as bad:
        message = SENTENCES[bad.wrong].format(key=key, value=value, detail=bad.detail)
        raise _Bad(key, message) from None
