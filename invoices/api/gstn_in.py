"""Reads GSTN's JSON of IMS: the sections that a client asks for, and the documents that a client sends (SAVE,
RESETIMS, the offline file).

A field with a known name must have a valid value. A field with an unknown name is ignored. A document may
have the field names of the API or of the offline tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ims_portal.kernel import json_fields
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.json_fields import BadField, Wrong
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.desk.actions import Asked
from invoices.desk.actions_by_number import Wanted
from invoices.rules.calendar import Form
from invoices.rules.documents import PORT_CODE
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action

# names of the offline tool's macro -> names of the API
OTHER_NAMES = {
    "itc_red_req": "itcRedReq",
    "decl_igst": "declIgst",
    "decl_cgst": "declCgst",
    "decl_sgst": "declSgst",
    "decl_cess": "declCess",
}
# flags, which the portal's own pages write as true or false
FLAGS = {True: "Y", False: "N"}
SENTENCES = {
    Wrong.DIGITS: "{name} must be a number without quotes",
    Wrong.KIND: "{name} must be a number without quotes",
    Wrong.SIGN: "{name} must not be negative",
    Wrong.INEXACT: "{name}: {detail}",
}

# The keys of sections. The sections of notes have two names. In GSTN's replies, the names are b2bdn and
# b2bcn. In requests to GSTN, the names are DN and CN.
NOTES = {"b2bdn", "b2bdna", "b2bcn", "b2bcna"}
SUPPLIED = ("b2b", "b2ba", "b2bdn", "b2bdna", "b2bcn", "b2bcna", "ecom", "ecoma")
IMPORTS = ("impg", "impga", "impgsez", "impgseza")
AMENDED = {"b2ba", "b2bdna", "b2bcna", "ecoma"}
DECLARED = {*AMENDED, "b2bcn"}
REQUESTED = {name.upper(): name for name in (*SUPPLIED, *IMPORTS, "isd", "isda")}
REQUESTED |= {name[3:].upper(): name for name in NOTES}
# section -> its name in the report on a request
REPORTED = {name: name.removeprefix("b2b") if name in NOTES else name for name in (*SUPPLIED, *IMPORTS)}
STATUSES = {"A": "A", "R": "R", "P": "P", "N": "N"} | {
    "ACCEPTED": "A",
    "REJECTED": "R",
    "PENDING": "P",
    "NO_ACTION_TAKEN": "N",
}
FORMS = {
    "R1": frozenset({Form.GSTR1.value, Form.IFF.value}),
    "R1A": frozenset({Form.GSTR1A.value}),
    "R5": frozenset({Form.GSTR5.value}),
    "R6": frozenset({Form.GSTR6.value}),
}
FORMS |= {f"GST{name}": forms for name, forms in FORMS.items()} | {"IFF": FORMS["R1"]}
FORM_ON_WIRE = {form: name for name, forms in reversed(FORMS.items()) for form in forms if name[0] == "R"}
AMOUNTS = {"txval": "taxable", "iamt": "igst", "camt": "cgst", "samt": "sgst", "cess": "cess"}
DECLARATION = ("declIgst", "declCgst", "declSgst", "declCess")
# the fields that say what the recipient asks for
ASKED = ("action", "remarks", "itcRedReq", *DECLARATION)


class Unreadable(Invalid):
    """The error for a request without the documented shape. The message names the place and the
    correction."""

    def __init__(self, place: str, message: str):
        super().__init__("SCHEMA", f"{place}: {message}", details={"place": place})


@dataclass(frozen=True, slots=True)
class Item:
    """One document of a request: the requested action, and the texts with which the report names the
    document."""

    wanted: Wanted
    supplier: str
    number: str
    period: str


@dataclass(frozen=True, slots=True)
class SaveBody:
    """A SAVE or RESET request: the recipient's GSTIN, and the documents by section in the order of the
    request."""

    recipient: str
    resets: bool
    sections: Mapping[str, Sequence[Any]]

    @property
    def count(self) -> int:
        return sum(len(rows) for rows in self.sections.values())

    def items(self) -> list[Item]:
        """Return every document. Raise `Unreadable` at the first document that does not have the documented
        shape."""
        return list(self._items())

    def _items(self) -> Iterator[Item]:
        for section, rows in self.sections.items():
            for nth, row in enumerate(rows):
                place = f"invdata.{section}[{nth}]"
                if not isinstance(row, dict):
                    raise Unreadable(place, "must be an object")
                yield _item(section, row, place, resets=self.resets)


def section_asked(text: str) -> str | None:
    """Return the key of a section for its name in a request, or None for an unknown name."""
    return REQUESTED.get(text.strip().upper())


def read_save(data: Any, *, resets: bool) -> SaveBody:
    """Return the content of a SAVE or RESETIMS body. Raise `Unreadable` if the body does not have the
    documented shape."""
    if not isinstance(data, dict):
        raise Unreadable("data", "must be an object with rtin, reqtyp and invdata")
    recipient = data.get("rtin")
    if not isinstance(recipient, str) or not recipient.strip() or not recipient.isprintable():
        raise Unreadable("rtin", "must be the recipient's GSTIN")
    expected = "RESET" if resets else "SAVE"
    if data.get("reqtyp") != expected:
        raise Unreadable("reqtyp", f"must be {expected}")
    sections = data.get("invdata")
    if not isinstance(sections, dict):
        raise Unreadable("invdata", "must be an object with a list for each section")
    found: dict[str, list[Any]] = {}
    for name, rows in sections.items():
        key = REQUESTED.get(name.upper())
        if key is None or key in ("isd", "isda"):
            raise Unreadable(
                "invdata", f"{name[:20]!r} is not a section; use {', '.join((*SUPPLIED, *IMPORTS))}"
            )
        if not isinstance(rows, list):
            raise Unreadable(f"invdata.{name}", "must be a list")
        found.setdefault(key, []).extend(rows)
    if not any(found.values()):
        raise Unreadable("invdata", "holds no documents")
    return SaveBody(recipient.strip().upper(), resets, found)


def of_the_tool(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the offline tool with the API's names and flags. A return period without a year is
    removed, because it cannot be compared with the record's period."""
    named = {
        OTHER_NAMES.get(name, name): FLAGS[value] if isinstance(value, bool) else value
        for name, value in row.items()
    }
    if len(str(named.get("rtnprd", "      "))) <= 2:
        named.pop("rtnprd")
    return named


def _item(section: str, row: Mapping[str, Any], place: str, *, resets: bool) -> Item:
    imports = section in IMPORTS
    if imports:
        supplier, port = "", _text(row, "portcd", place, most=10).upper()
        if not PORT_CODE.match(port):
            raise Unreadable(place, "portcd must be six letters and digits, as INNSA1")
        number, day = _text(row, "boenum", place, most=20), _date(row, "irefdt", place)
        facts, period = _customs_facts(row, place), str(row.get("itcprd") or "")
        forms: frozenset[str] = frozenset()
    else:
        number_name, date_name = ("nt_num", "nt_dt") if section in NOTES else ("inum", "idt")
        supplier, port = _text(row, "stin", place, most=15).upper(), ""
        number, day = _text(row, number_name, place, most=16), _date(row, date_name, place)
        facts, period = _facts(row, place), str(row.get("rtnprd", ""))
        forms = _forms(row, place)
    if not period.isprintable():
        raise Unreadable(place, "the period contains a character that cannot be printed")
    seen = _action(row, "prev_status", place, "ARPN", optional=imports)
    asked = Asked(Action.NONE) if resets else _action_asked(section, row, place)
    fingerprint = row.get("hash") if imports else ""
    wanted = Wanted(
        section=section,
        number=number,
        document_date=day,
        asked=asked,
        supplier=supplier,
        port=port,
        seen=seen,
        facts=facts,
        forms=forms,
        fingerprint=fingerprint if isinstance(fingerprint, str) else "",
    )
    return Item(wanted, supplier, number, period)


def _facts(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the values that the sender gave for a document. The keys are column names of `Record`. Amounts
    are in paise. The document value and the taxable value are required. A missing tax amount is 0. Other
    missing values are left out, so the portal does not compare them."""
    facts: dict[str, Any] = {
        "value": _required_paise(row, "val", place),
        "taxable": _required_paise(row, "txval", place),
    }
    facts |= {column: _amount(row, name, place) for name, column in AMOUNTS.items() if name != "txval"}
    if row.get("pos") not in (None, ""):
        facts["place_of_supply"] = _text(row, "pos", place, most=2)
    if row.get("inv_typ") not in (None, ""):
        facts["invoice_type"] = _text(row, "inv_typ", place, most=5)
    if row.get("rtnprd") not in (None, ""):
        facts["tax_period"] = _period(row, "rtnprd", place)
    return facts


def _customs_facts(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    return {
        "taxable": _required_paise(row, "txval", place),
        "igst": _required_paise(row, "igst", place),
        "cess": _amount(row, "cess", place),
    }


def _forms(row: Mapping[str, Any], place: str) -> frozenset[str]:
    if row.get("srcform") in (None, ""):
        return frozenset()
    name = _text(row, "srcform", place, most=6).upper()
    if name not in FORMS:
        raise Unreadable(place, f"srcform must be one of {', '.join(FORMS)}")
    return FORMS[name]


def _action_asked(section: str, row: Mapping[str, Any], place: str) -> Asked:
    action = _action(row, "action", place, "ARP")
    assert action is not None
    remarks = row.get("remarks") or ""
    if not isinstance(remarks, str) or "\x00" in remarks:
        raise Unreadable(place, "remarks must be text")
    return Asked(action, remarks, declaration(row, place))


def declaration(row: Mapping[str, Any], place: str) -> Declaration | None:
    """Return the answer to "Does ITC need to be reduced?", or None without an answer. An empty text counts as
    missing, because some programs send every field. Raise `Unreadable` for an answer that is not Y or N, and
    for amounts without an answer."""
    answer = _blank_or_text(row.get("itcRedReq")).upper()
    said = {name: row[name] for name in DECLARATION if _blank_or_text(row.get(name)) != ""}
    amounts = [_amount(said, name, place) for name in DECLARATION]
    if answer == "":
        if any(amounts):
            raise Unreadable(place, f"{next(iter(said))} needs itcRedReq")
        return None
    if answer not in ("Y", "N"):
        raise Unreadable(place, "itcRedReq must be Y or N")
    if answer == "N" and not any(amounts):
        said = {}  # with the answer N, zero amounts count as missing; other amounts are refused later
    return Declaration(answer == "Y", TaxAmounts(*amounts) if said else None)


def _blank_or_text(value: Any) -> str:
    """Return a value as text without spaces around it. None is an empty text."""
    return "" if value is None else str(value).strip()


def _action(
    row: Mapping[str, Any], name: str, place: str, allowed: str, *, optional: bool = False
) -> Action | None:
    value = row.get(name)
    if optional and value in (None, ""):
        return None
    if not isinstance(value, str) or len(value) != 1 or value not in allowed:
        raise Unreadable(place, f"{name} must be one of {', '.join(allowed)}")
    return Action(value)


def _text(row: Mapping[str, Any], name: str, place: str, *, most: int) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise Unreadable(place, f"{name} must be text in quotes")
    if len(value.strip()) > most:
        raise Unreadable(place, f"{name} has more than {most} characters")
    return value.strip()


def _date(row: Mapping[str, Any], name: str, place: str) -> date:
    value = row.get(name)
    try:
        return json_fields.day(value if isinstance(value, str) else "")
    except BadField:
        raise Unreadable(place, f"{name} must be a day written DD-MM-YYYY") from None


def _period(row: Mapping[str, Any], name: str, place: str) -> int:
    try:
        return TaxPeriod.from_wire(_text(row, name, place, most=6)).number
    except BadPeriod:
        raise Unreadable(place, f"{name} must be a tax period written MMYYYY") from None


def _required_paise(row: Mapping[str, Any], name: str, place: str) -> int:
    """Return a required amount in paise. Raise `Unreadable` if the amount is missing."""
    if row.get(name) is None:
        raise Unreadable(place, f"{name} is missing; send the amount the portal gave")
    return _amount(row, name, place)


def _amount(row: Mapping[str, Any], name: str, place: str) -> int:
    """Return an amount in paise. A missing amount is 0."""
    value = row.get(name)
    # some programs write zero as -0, which counts as 0
    if value is None or (isinstance(value, Decimal) and value.is_zero()):
        return 0
    try:
        return json_fields.amount(value)
    except BadField as bad:
        raise Unreadable(place, SENTENCES[bad.wrong].format(name=name, detail=bad.detail)) from None
