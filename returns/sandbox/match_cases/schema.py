"""Reads a file of match cases, and says exactly what is wrong with a bad file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS
from returns.sandbox.scenarios.schema import check_keys, read_list

# our GSTIN in a case of a file that names none
DEFAULT_OWN = "27AAACT2001A1ZA"
CASE = {"id", "title", "era", "today", "open_period", "books", "ims", "expect"}
CASE_MAY = {"source", "links", "apart", "rules"}
DOCUMENT = {"id", "kind", "supplier", "number", "date"}
AMOUNTS = {"taxable", *HEADS}
BILL_MAY = AMOUNTS | {
    *(
        "own",
        "name",
        "pos",
        "rcm",
        "posted",
        "received",
        "voucher",
        "original",
        "itc",
        "claimed",
        "port",
        "irn",
    ),
}
RECORD = {"period", "filing", "may"}
RECORD_MAY = AMOUNTS | {"own", "name", "pos", "rcm", "original", "port", "last_period", "double_of", "irn"}
EXPECT = {"matches", "only_books", "only_ims", "duplicates", "suggest", "reasons", "why"}


@dataclass(frozen=True, slots=True)
class Companies:
    """The companies of a file of cases: our own GSTIN, and the names of suppliers by GSTIN."""

    own: str
    names: dict[str, str]


def read(path: Path) -> tuple[list[dict[str, Any]], Companies]:
    """Return the cases of a file, and its companies. Raises `Invalid`, which names the case and the key."""
    found = read_list(path, "cases")
    for case in found["cases"]:
        _check(case)
    companies = found.get("gstins") or {}
    own = (companies.get("own") or {}).get("A", DEFAULT_OWN)
    suppliers = (companies.get("suppliers") or {}).values()
    return found["cases"], Companies(str(own), {str(one["gstin"]): str(one["name"]) for one in suppliers})


def _check(case: Any) -> None:
    if not isinstance(case, dict) or "id" not in case:
        raise Invalid("BAD_SCENARIO", f"A case is a mapping with an id; found {str(case)[:60]!r}.")
    where = str(case["id"])
    check_keys(where, case, CASE, CASE_MAY)
    for side, required, optional in (("books", DOCUMENT, BILL_MAY), ("ims", DOCUMENT | RECORD, RECORD_MAY)):
        for row in case[side] or []:
            check_keys(f"{where} {side}", row, required, optional)
    check_keys(f"{where} expect", case["expect"], {"matches"}, EXPECT)
