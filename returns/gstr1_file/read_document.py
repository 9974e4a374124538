"""The exact reader. It turns one document of GSTN's GSTR-1 JSON into an `Entry`, which has a document to
save, a document to remove, or a fault.

The exact reader checks the contents of each field strictly, and ignores unknown keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ims_portal.kernel import json_fields
from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.json_fields import BadField, Wrong
from ims_portal.kernel.money import TaxAmounts
from invoices.documents import changed_invoice
from invoices.documents.saving import Incoming
from invoices.rules.documents import DocumentFault, Draft, RateLine
from invoices.rules.situation import Kind

IRN = re.compile(r"[0-9A-Za-z]{1,64}\Z")
MOST_RATE_LINES = 50
MOST_CHARACTERS = 16
SENTENCES = {
    Wrong.SHAPE: "{key} {shown} must be written DD-MM-YYYY, as 03-10-2024.",
    Wrong.NO_DAY: "{key} {text} is not a valid date.",
    Wrong.DIGITS: "{key} {value} has more digits than an amount can have.",
    Wrong.KIND: "{key} must be a number without quotes, not {what}.",
    Wrong.SIGN: "{key} must not have a minus sign, even for a credit note.",
    Wrong.INEXACT: "{key}: {detail}",
}
SHOWN_NUMBER = re.compile(r"[A-Za-z0-9/_.-]{1,24}\Z")


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of the keys in one section. `kind` is None for notes, because each note names its own
    kind."""

    path: tuple[str, ...]
    recipient: str = "ctin"
    documents: str = "inv"
    number: str = "inum"
    date: str = "idt"
    original_number: str = ""
    original_date: str = ""
    kind: Kind | None = Kind.INVOICE
    beside: tuple[str, ...] = ()  # further keys of the party that are needed to read the documents

    @property
    def name(self) -> str:
        return ".".join(self.path)


_NOTES: dict[str, Any] = {"documents": "nt", "number": "nt_num", "date": "nt_dt", "kind": None}
_ECO: dict[str, Any] = {"recipient": "rtin", "kind": Kind.ECO}
_ORIGINAL: dict[str, Any] = {"original_number": "oinum", "original_date": "oidt"}
SHAPES = (
    Shape(("b2b",)),
    Shape(("b2ba",), **_ORIGINAL),
    Shape(("cdnr",), **_NOTES),
    Shape(("cdnra",), **_NOTES, original_number="ont_num", original_date="ont_dt"),
    Shape(("ecom", "b2b"), **_ECO, beside=("stin",)),
    Shape(("ecom", "urp2b"), **_ECO),
    Shape(("ecoma", "b2ba"), **_ECO, **_ORIGINAL, beside=("stin",)),
    Shape(("ecoma", "urp2ba"), **_ECO, **_ORIGINAL),
)
NOTE_KINDS = {"C": Kind.CREDIT_NOTE, "D": Kind.DEBIT_NOTE}
CONCESSIONAL = Decimal("0.65")


@dataclass(frozen=True, slots=True)
class Removal:
    """A document that the file asks to delete (flag D). If a note has no kind, `kinds` contains both kinds of
    notes."""

    kinds: tuple[Kind, ...]
    number: str
    document_date: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a file. Exactly one of the three last fields is set: `incoming` (a document to save),
    `removal` (a document to delete), or `problem`."""

    place: str
    number: str = ""
    incoming: Incoming | None = None
    removal: Removal | None = None
    problem: DocumentFault | None = None


class _Bad(Exception):
    """Raised for a faulty field. The fault becomes the entry's `problem`."""

    def __init__(self, field_name: str, message: str, code: str = "BAD_DOC"):
        super().__init__(message)
        self.problem = DocumentFault(code, field_name, message)


def what(value: Any) -> str:
    """Return words for the kind of a JSON value, for example "a list"."""
    if value is None:
        return "nothing"
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")


def wrong(place: str, message: str) -> Entry:
    """Return an `Entry` with a fault, for a value that is not a document."""
    return Entry(place, problem=DocumentFault("BAD_DOC", "file", f"{place} {message}."))


def entry(shape: Shape, party: Mapping[str, Any], document: Any, place: str) -> Entry:
    """Read one document of a party, and return it as an `Entry`. `place` is the document's place in the
    file."""
    if not isinstance(document, dict):
        return wrong(place, f"must be an object, not {what(document)}")
    shown = document.get(shape.number)
    shown = shown if isinstance(shown, str) and SHOWN_NUMBER.match(shown) else ""
    place = f"{place} {shown}".rstrip()
    try:
        if document.get("flag") == "D":
            return Entry(place, shown, removal=_removal(shape, document))
        return Entry(place, shown, incoming=_incoming(shape, party, document, place))
    except _Bad as bad:
        return Entry(place, shown, problem=bad.problem)


def _removal(shape: Shape, document: Mapping[str, Any]) -> Removal:
    kinds = (shape.kind,) if shape.kind else tuple(NOTE_KINDS.values())
    if shape.kind is None and document.get("ntty") is not None:
        kinds = (_note_kind(document),)
    number = _text(document, shape.number, "number", code="BAD_DOC_NO")
    return Removal(kinds, number, _date(document, shape.date, "date"))


def _incoming(shape: Shape, party: Mapping[str, Any], document: Mapping[str, Any], place: str) -> Incoming:
    recipient = _gstin(party, shape.recipient, "recipient")
    kind = shape.kind or _note_kind(document)
    number = _text(document, shape.number, "number", code="BAD_DOC_NO")
    day = _date(document, shape.date, "date")
    original_number, original_date = "", None
    if shape.original_number:
        original_number = _text(document, shape.original_number, "original", code="BAD_DOC_NO")
        original_date = _date(document, shape.original_date, "original")
    lines = _rate_lines(document)
    draft = Draft(
        kind=kind,
        recipient=recipient,
        number=number,
        document_date=day,
        place_of_supply=_text(document, "pos", "place_of_supply"),
        taxable=sum(x.taxable for x in lines),
        tax=sum((TaxAmounts(x.igst, x.cgst, x.sgst, x.cess) for x in lines), TaxAmounts()),
        value=_amount(document, "val", "value"),
        invoice_type=_text(document, "inv_typ", "invoice_type") if "inv_typ" in document else "R",
        reverse_charge=False if kind is Kind.ECO else _reverse_charge(document),
        rate_lines=lines,
        concessional=_concessional(document),
        irn=_irn(document),
        irn_date=_date(document, "irngendate", "irn") if document.get("irngendate") else None,
    )
    return Incoming(
        draft,
        original_number=original_number,
        original_date=original_date,
        place=place,
        details=_details(shape, party, document) or None,
    )


def _details(shape: Shape, party: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, str]:
    """Return the details that only some documents have: the e-commerce operator's GSTIN, the GSTIN of the
    supplier who sold through the operator, and the invoice that a note changes."""
    found = {}
    if document.get("etin"):
        found["sold_through"] = _gstin(document, "etin", "etin")
    if shape.kind is Kind.ECO and party.get("stin"):
        found["supplied_by"] = _gstin(party, "stin", "stin")
    if shape.kind is None and document.get("inum") and document.get("idt"):
        invoice = _text(document, "inum", "changed_number", code="BAD_DOC_NO")
        if len(invoice) > MOST_CHARACTERS:
            raise _Bad("changed_number", f"inum has more than {MOST_CHARACTERS} characters.", "BAD_DOC_NO")
        found |= changed_invoice.as_details(invoice, _date(document, "idt", "changed_date"))
    return found


def _note_kind(document: Mapping[str, Any]) -> Kind:
    kind = NOTE_KINDS.get(document["ntty"]) if isinstance(document.get("ntty"), str) else None
    if kind is None:
        raise _Bad("kind", "ntty must be C (credit note) or D (debit note).")
    return kind


def _text(holder: Mapping[str, Any], key: str, name: str, *, code: str = "BAD_DOC") -> str:
    value = holder.get(key)
    if value is None or value == "":
        raise _Bad(name, f"{key} is missing.", code)
    if not isinstance(value, str):
        raise _Bad(name, f"{key} must be text in quotes, not {what(value)}.", code)
    if not value.isprintable():
        raise _Bad(
            name, f"{key} {value[:20]!r} contains a character that cannot be printed. Type it again.", code
        )
    return value.strip()


def _gstin(holder: Mapping[str, Any], key: str, name: str) -> str:
    text = _text(holder, key, name, code="BAD_GSTIN")
    try:
        return str(Gstin.parse(text))
    except BadGstin as bad:
        raise _Bad(name, f"{key}: {bad}", "BAD_GSTIN") from None


def _date(holder: Mapping[str, Any], key: str, name: str) -> date:
    text = _text(holder, key, name)
    try:
        return json_fields.day(text)
    except BadField as bad:
        raise _Bad(name, SENTENCES[bad.wrong].format(key=key, text=text, shown=repr(text[:20]))) from None


def _reverse_charge(document: Mapping[str, Any]) -> bool:
    flag = document.get("rchrg")
    if flag not in ("Y", "N") or not isinstance(flag, str):
        raise _Bad("reverse_charge", "rchrg must be Y or N.")
    return flag == "Y"


def _concessional(document: Mapping[str, Any]) -> bool:
    given = document.get("diff_percent")
    if given is None:
        return False
    if isinstance(given, (int, Decimal)) and not isinstance(given, bool) and given in (1, CONCESSIONAL):
        return given == CONCESSIONAL
    raise _Bad("rate", "diff_percent must be 0.65, or be left out.")


def _irn(document: Mapping[str, Any]) -> str:
    if not document.get("irn"):
        return ""
    irn = _text(document, "irn", "irn")
    if not IRN.match(irn):
        raise _Bad("irn", "irn must be the 64 letters and digits of the e-invoice's reference number.")
    return irn.lower()


def _amount(holder: Mapping[str, Any], key: str, name: str) -> int:
    """Return an amount in paise. A missing amount is 0, as GSTN's format allows. A null is a fault."""
    if key not in holder:
        return 0
    value = holder[key]
    if value is None:
        raise _Bad(name, f"{key} is null. Give the amount, or leave {key} out if there is no amount.")
    try:
        return json_fields.amount(value)
    except BadField as bad:
        sentence = SENTENCES[bad.wrong]
        message = sentence.format(key=key, value=value, what=what(value), detail=bad.detail)
        raise _Bad(name, message) from None


def _rate_lines(document: Mapping[str, Any]) -> tuple[RateLine, ...]:
    items = document.get("itms")
    if not isinstance(items, list) or not items:
        raise _Bad("rate", 'itms must be a list with one object "itm_det" for each rate.')
    if len(items) > MOST_RATE_LINES:
        raise _Bad("rate", f"itms has more than {MOST_RATE_LINES} lines; give one for each rate.")
    lines = []
    for item in items:
        line = item.get("itm_det") if isinstance(item, dict) else None
        if not isinstance(line, dict):
            raise _Bad("rate", 'Each entry of itms must be an object with an object "itm_det".')
        if line.get("rt") is None or line.get("txval") is None:
            raise _Bad("rate", "Each line needs rt and txval.")
        lines.append(
            RateLine(
                # a rate in hundredths of a per cent, converted in the same way as rupees to paise
                rate=_amount(line, "rt", "rate"),
                taxable=_amount(line, "txval", "taxable"),
                igst=_amount(line, "iamt", "igst"),
                cgst=_amount(line, "camt", "cgst"),
                sgst=_amount(line, "samt", "sgst"),
                cess=_amount(line, "csamt", "cess"),
            )
        )
    return tuple(lines)
