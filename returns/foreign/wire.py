"""GSTR-2B and IMS JSON as portals give them: with and without the `data` wrapper, old and new names of fields.

Real files hold GSTINs with wrong check characters: they are told, not refused. What cannot be read is told with its
place; the rest is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ims_portal.kernel import strict_json
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import BadAmount, paise
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from ims_portal.support import screen_messages
from invoices.api.wire import STATUSES

DATE = re.compile(r"([0-9]{2})[-/]([0-9]{2})[-/]([0-9]{4})\Z")
HEADS = {
    "igst": ("igst", "iamt"),
    "cgst": ("cgst", "camt"),
    "sgst": ("sgst", "samt"),
    "cess": ("cess", "csamt"),
}
SECTIONS = ("b2b", "b2ba", "b2bdn", "b2bdna", "b2bcn", "b2bcna", "ecom", "ecoma")
IMPORTS = ("impg", "impga", "impgsez", "impgseza")
SHORT = {"dn": "b2bdn", "dna": "b2bdna", "cn": "b2bcn", "cna": "b2bcna"}
MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the file; amounts in paise. `port` is set for bills of entry only."""

    place: str
    section: str
    supplier: str
    number: str
    document_date: date
    taxable: int
    igst: int
    cgst: int
    sgst: int
    cess: int
    action: str = ""
    port: str = ""
    row: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(slots=True)
class Found:
    """A file: what it is, whose, of which period (GSTR-2B only), its documents, and what is odd about it."""

    kind: str
    gstin: str = ""
    period: TaxPeriod | None = None
    documents: list[Document] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unread: int = 0
    wrong_gstins: set[str] = field(default_factory=set)


def read(data: bytes) -> Found:
    """Raises `Invalid` IMP-FORMAT for a file that is neither GSTR-2B nor IMS."""
    root = strict_json.loads(data)
    while isinstance(root, dict) and isinstance(root.get("data"), dict):
        root = root["data"]
    if isinstance(root, dict) and ("docdata" in root or "docRejdata" in root):
        return _statement(root)
    if isinstance(root, dict):
        inner = root.get("imsDetails", root)
        if isinstance(inner, dict) and any(
            _section(name) and isinstance(inner[name], list) for name in inner
        ):
            return _ims(root, inner)
    raise Invalid(
        "IMP-FORMAT",
        screen_messages.in_english(
            "IMP-FORMAT",
            expected="GSTR-2B JSON (docdata) or IMS JSON (imsDetails, b2b, …)",
            found="neither",
        ),
    )


def _section(name: str) -> str:
    low = name.lower()
    low = SHORT.get(low, low)
    return low if low in SECTIONS or low in IMPORTS else ""


def _statement(root: Mapping[str, Any]) -> Found:
    found = Found("GSTR-2B", _gstin(root.get("gstin")))
    _look(found, found.gstin)
    try:
        found.period = TaxPeriod.from_wire(str(root.get("rtnprd", "")))
    except BadPeriod:
        raise Invalid("IMP-PERIOD", "The file does not say of which period it is (rtnprd).") from None
    for block, action in (("docdata", ""), ("docRejdata", "R")):
        sections = root.get(block)
        for given, rows in sections.items() if isinstance(sections, dict) else ():
            name = plain(given)
            for place, section, supplier, row in _of_statement(f"{block}.{name}", name, rows):
                _take(found, place, section, supplier, row, action)
    return found


def _of_statement(place: str, name: str, rows: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Each document with its place, IMS section and supplier. Rule 37A blocks list no documents of their own."""
    if name == "itcrev" or not isinstance(rows, list):
        return
    amended = name.endswith("a")
    for nth, party in enumerate(rows):
        if not isinstance(party, dict):
            continue
        here = f"{place}[{nth}]"
        if name.startswith("impg") and "boe" not in party:
            yield here, "impga" if party.get("isamd") == "Y" else "impg", "", party
            continue
        inner = next((key for key in ("inv", "nt", "doclist", "boe") if isinstance(party.get(key), list)), "")
        for mth, row in enumerate(party.get(inner, []) if inner else []):
            section = name
            if inner == "nt":
                credit = isinstance(row, dict) and row.get("typ") == "C"
                section = ("b2bcn" if credit else "b2bdn") + ("a" if amended else "")
            elif inner == "boe":
                section = "impgseza" if isinstance(row, dict) and row.get("isamd") == "Y" else "impgsez"
            yield f"{here}.{inner}[{mth}]", section, party.get("ctin"), row


def _ims(root: Mapping[str, Any], inner: Mapping[str, Any]) -> Found:
    found = Found("IMS", _gstin(root.get("gstin") or root.get("rtin")))
    if found.gstin:
        _look(found, found.gstin)
    for name, rows in inner.items():
        section = _section(name)
        for nth, row in enumerate(rows if section and isinstance(rows, list) else []):
            supplier = row.get("stin") if isinstance(row, dict) else ""
            action = plain(row.get("action")) if isinstance(row, dict) else ""
            action = STATUSES.get(action.upper(), action)
            _take(found, f"{name}[{nth}]", section, supplier, row, action)
    return found


def _take(found: Found, place: str, section: str, supplier: Any, row: Any, action: str) -> None:
    try:
        if not isinstance(row, dict):
            raise ValueError("is no object")
        gstin = _gstin(supplier)
        imports = section in IMPORTS
        if not imports:
            _look(found, gstin)
        found.documents.append(
            Document(
                place=place,
                section=section,
                supplier="" if imports else gstin,
                number=text(row, "inum", "ntnum", "nt_num", "docnum", "boenum"),
                document_date=day(text(row, "irefdt", "refdt", "idt", "nt_dt", "dt", "docdt", "boedt")),
                taxable=amount(row, "txval"),
                **{head: amount(row, *names) for head, names in HEADS.items()},
                action=action,
                port=plain(row.get("portcode") or row.get("portcd")).upper() if imports else "",
                row=row,
            )
        )
    except (ValueError, BadAmount) as bad:
        found.unread += 1
        if len(found.faults) < MOST_FAULTS:
            found.faults.append(f"{place}: {bad}")


def _gstin(value: Any) -> str:
    # one character more than a GSTIN has, so that a longer one is seen to be wrong
    return plain(value).strip().upper()[:16] if isinstance(value, str) else ""


def plain(value: Any) -> str:
    """What a field says, as text that can be shown and stored; nothing for a field that is not there."""
    return "".join(c for c in str(value) if c.isprintable()) if value is not None else ""


def _look(found: Found, gstin: str) -> None:
    if not Gstin.is_valid(gstin):
        found.wrong_gstins.add(gstin or "(empty)")


def text(row: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that is there, as text. Raises `ValueError`."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            if not value.isprintable():
                raise ValueError(f"{name} holds a character that cannot be printed")
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    raise ValueError(f"has no {names[0]}")


def day(written: str) -> date:
    """A day written DD-MM-YYYY. Raises `ValueError`."""
    parts = DATE.match(written)
    if parts is None:
        raise ValueError(f"{written[:20]!r} is no day written DD-MM-YYYY")
    return date(int(parts[3]), int(parts[2]), int(parts[1]))


def amount(row: Mapping[str, Any], *names: str) -> int:
    """The total in paise, or the sum of the rate lines older files have."""
    for name in names:
        if row.get(name) is not None:
            return paise(row[name] if isinstance(row[name], (int, Decimal)) else str(row[name]))
    lines = row.get("items") or row.get("itms") or []
    return sum(
        paise(line[name] if isinstance(line[name], (int, Decimal)) else str(line[name]))
        for line in (lines if isinstance(lines, list) else [])
        if isinstance(line, dict)
        for name in names
        if line.get(name) is not None
    )
