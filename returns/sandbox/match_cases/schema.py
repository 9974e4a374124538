"""Reads a file of match cases, and says exactly what is wrong with a bad file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS
from returns.sandbox.scenarios.schema import Unique

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


def read(path: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the cases of a file, and the names of companies by GSTIN. Raises `Invalid`."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=Unique)  # noqa: S506  a safe loader
    except (OSError, UnicodeDecodeError) as failure:
        raise Invalid("BAD_CASE", f"{path}: {failure}") from None
    except yaml.YAMLError as failure:
        raise Invalid("BAD_CASE", f"{path} is not valid YAML: {failure}") from None
    if not isinstance(found, dict) or not isinstance(found.get("cases"), list):
        raise Invalid("BAD_CASE", f"{path}: expected a list under the key 'cases'.")
    for case in found["cases"]:
        _check(case)
    suppliers = (found.get("gstins") or {}).get("suppliers") or {}
    return found["cases"], {str(one["gstin"]): str(one["name"]) for one in suppliers.values()}


def _check(case: Any) -> None:
    if not isinstance(case, dict) or "id" not in case:
        raise Invalid("BAD_CASE", f"A case is a mapping with an id; found {str(case)[:60]!r}.")
    where = str(case["id"])
    _keys(where, case, CASE, CASE_MAY)
    for side, required, optional in (("books", DOCUMENT, BILL_MAY), ("ims", DOCUMENT | RECORD, RECORD_MAY)):
        for row in case[side] or []:
            _keys(f"{where} {side}", row, required, optional)
    _keys(f"{where} expect", case["expect"], {"matches"}, EXPECT)


def _keys(where: str, given: Any, required: set[str], optional: set[str]) -> None:
    if not isinstance(given, dict):
        raise Invalid("BAD_CASE", f"{where}: expected a mapping, found {str(given)[:60]!r}.")
    missing, unknown = required - given.keys(), given.keys() - required - optional
    if missing or unknown:
        told = [f"misses {', '.join(sorted(missing))}"] if missing else []
        told += [f"has the unknown keys {', '.join(sorted(map(str, unknown)))}"] if unknown else []
        raise Invalid("BAD_CASE", f"{where}: {' and '.join(told)}.")
