"""Bills and records for tests of the matcher, with usual values where a test gives none."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from invoices.matching import numbers
from invoices.matching.documents import Bill, Heads, Reported
from invoices.rules.situation import Kind

OWN, BRANCH = "27AAACT2001A1ZA", "29AAACT2001A1Z6"
STEELS, PACK, PACK_KARNATAKA = "27AABCS4821K1Z9", "27AACCL7764P1ZP", "29AACCL7764P1ZL"
_refs = count(1)


def _common(number: str, day: str, tax: int, given: dict[str, Any]) -> dict[str, Any]:
    when = date.fromisoformat(day)
    original = given.pop("original", "")
    return {
        "ref": given.pop("ref", f"{next(_refs):06}"),
        "own": OWN,
        "supplier": STEELS,
        "kind": Kind.INVOICE,
        "number": number,
        "keys": numbers.keys(number, when),
        "day": when,
        "heads": given.pop("heads", Heads(taxable=tax * 100, igst=tax * 18)),
        "original": numbers.keys(original, when),
        **given,
    }


def bill(number: str = "S/1", day: str = "2024-10-07", tax: int = 1_000, **given: Any) -> Bill:
    """Return a bill with `tax` rupees of taxable value and 18 % of IGST."""
    return Bill(**_common(number, day, tax, given))


def record(number: str = "S/1", day: str = "2024-10-07", tax: int = 1_000, **given: Any) -> Reported:
    """Return a record of IMS with `tax` rupees of taxable value and 18 % of IGST."""
    return Reported(**_common(number, day, tax, given))
