"""GSTN's error report of a saved return: the refused rows, in the sections and the shape of the request, with
a code and a sentence. Clients turn these rows back into documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from invoices.rules.documents import RATES
from returns.api.sent_return import Saved
from returns.gstr1_file.other_fields import MOST_SHOWN, PARTY
from returns.gstr1_file.other_sections import plain
from returns.gstr1_file.read_document import SHAPES
from returns.gstr1_file.report import Refusal

PLACE = re.compile(r"([a-z0-9.]+)(?:\[(\d+)\])?(?:\.(inv|nt)\[(\d+)\])?")
DOCUMENTS = {shape.name: shape.documents for shape in SHAPES}
# the portal's code and field -> GSTN's code. For notes, a second code if GSTN has one.
CODES: dict[tuple[str, str], tuple[str, ...]] = {
    ("BAD_GSTIN", "recipient"): ("RET191113",),
    ("BAD_GSTIN", "stin"): ("RET191113",),
    ("BAD_GSTIN", "etin"): ("RET191152",),
    ("BAD_DOC", "date"): ("RET191114", "RET191126"),
    ("BAD_DOC", "original"): ("RET191124", "RET191159"),
    ("BAD_DOC", "place_of_supply"): ("RET191112",),
    ("BAD_DOC", "igst"): ("RET191150",),
    ("BAD_DOC", "cgst"): ("RET191150",),
    ("BAD_DOC", "sgst"): ("RET191150",),
    ("BAD_DOC", "file"): ("RET191106",),
    ("DUPLICATE_DOC", "number"): ("RET191133",),
}
STRUCTURE, NO_LINES, NO_RATE, WRONG_TAX = "RET191106", "RET191107", "RET191175", "RET191205"
Code = Callable[[str], str]


def error_report(saved: Saved, body: Any, code: Code) -> dict[str, Any] | None:
    """Return the refused rows, or None if no row is refused. `body` is the request. `code` returns the
    client's code for a code of the portal that has no code of GSTN."""
    found: dict[str, Any] = {}
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for refusal in saved.report.refusals if saved.report else ():
        _add(found, groups, refusal, body, code)
    for bad in saved.bad.listed:
        error = {"error_cd": STRUCTURE, "error_msg": bad.message, "portal_cd": "BAD_DOC"}
        row = {**(bad.rows if isinstance(bad.rows, dict) else {}), **error}
        if bad.other.whole:
            # a client reads this list of a whole section without a check
            found[bad.other.place] = {bad.other.rows: []} | row
        else:
            _listed(found, bad.other.path).append(row)
    return plain(found) or None


def _add(
    found: dict[str, Any],
    groups: dict[tuple[Any, ...], dict[str, Any]],
    refusal: Refusal,
    body: Any,
    code: Code,
) -> None:
    place = PLACE.match(refusal.place)
    section = place[1] if place else "file"
    name = DOCUMENTS.get(section, "inv")
    party = _item(_section(body, section), place[2] if place else None)
    document = _item(party.get(name) if isinstance(party, dict) else None, place[4] if place else None)
    key = (section, place[2] if place else "", refusal.code, refusal.field, refusal.message)
    if key not in groups:
        beside = {k: v for k, v in party.items() if k != name} if isinstance(party, dict) else {}
        groups[key] = {
            **{
                k: v[:MOST_SHOWN] if isinstance(v, str) else v for k, v in plain(beside).items() if k in PARTY
            },
            name: [],
            "error_cd": _code(refusal, document, code),
            "error_msg": refusal.message,
            "portal_cd": refusal.code,
            # for the person who reads the report: where the first of these rows is in the request
            "place": refusal.place,
            "number": refusal.number,
        }
        _listed(found, tuple(section.split("."))).append(groups[key])
    if isinstance(document, dict):
        # a client reads the rate lines of every row, also of a row with flag D, which needs none
        groups[key][name].append({"itms": []} | plain(document))


def _section(body: Any, name: str) -> Any:
    for key in name.split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _item(rows: Any, position: str | None) -> Any:
    if position is None or not isinstance(rows, list) or int(position) >= len(rows):
        return None
    return rows[int(position)]


def _listed(found: dict[str, Any], path: tuple[str, ...]) -> list[Any]:
    for name in path[:-1]:
        found = found.setdefault(name, {})
    listed: list[Any] = found.setdefault(path[-1], [])
    return listed


def _code(refusal: Refusal, document: Any, code: Code) -> str:
    is_note = refusal.place.startswith("cdnr")
    if (refusal.code, refusal.field) == ("BAD_DOC", "rate"):
        items = document.get("itms") if isinstance(document, dict) else None
        if not isinstance(items, list) or not items:
            return NO_LINES
        return WRONG_TAX if all(_known_rate(item) for item in items) else NO_RATE
    known = CODES.get((refusal.code, refusal.field))
    return (known[-1] if is_note else known[0]) if known else code(refusal.code)


def _known_rate(item: Any) -> bool:
    line = item.get("itm_det") if isinstance(item, dict) else None
    rate = line.get("rt") if isinstance(line, dict) else None
    return isinstance(rate, (int, Decimal)) and rate * 100 in RATES
