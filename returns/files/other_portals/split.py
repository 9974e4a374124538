"""The files of one GSTR-2B. A portal gives a large GSTR-2B as a first answer with the summary and the number of
files (`fc`), and then file by file. Here the files are joined to one statement.

The lists of documents join. The summary is taken once, wherever it first stands, and never added up, because it may
stand in every file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ims_portal.kernel.errors import Invalid

DOCUMENTS = ("docdata", "docrejdata")
BY_SUPPLIER = ("cpsumm", "cpsummrej")


def unwrapped(root: Any) -> Any:
    """Return the object that holds the data. A file may have the object below one or more keys `data`."""
    while isinstance(root, dict) and isinstance(root.get("data"), dict):
        # the fields beside `data`, for example gstin, hold for the object in `data` too
        beside = {name: value for name, value in root.items() if not isinstance(value, (dict, list))}
        root = beside | root["data"]
    return root


def joined(files: Sequence[Any]) -> dict[str, Any]:
    """Return one statement from the decoded files of a GSTR-2B, in any order. Raises `Invalid` if a file is no part
    of a GSTR-2B, belongs to another GSTIN or period, is given twice, or is missing."""
    parts = [unwrapped(file) for file in files]
    for part in parts:
        if not isinstance(part, dict) or not {name.lower() for name in part} & {*DOCUMENTS, "itcsumm"}:
            raise Invalid("IMP-FORMAT", "Only the files of one GSTR-2B can be read together.")
    for name, code in (("gstin", "IMP-GSTIN"), ("rtnprd", "IMP-PERIOD")):
        named = sorted({str(part[name]) for part in parts if part.get(name)})
        if len(named) > 1:
            raise Invalid(code, f"The files are of more than one GSTR-2B: {name} is {' and '.join(named)}.")
    _all_there(parts)
    statement: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if name not in statement:
                statement[name] = value
            elif name.lower() in DOCUMENTS or (name.lower() in BY_SUPPLIER and value != statement[name]):
                statement[name] = _with(statement[name], value)
    return statement


def _all_there(parts: Sequence[Mapping[str, Any]]) -> None:
    """Raise `Invalid` if a file is given twice, or if there are fewer files than the first answer names."""
    documents = [{name: part[name] for name in part if name.lower() in DOCUMENTS} for part in parts]
    given = [found for found in documents if found]
    if any(found in given[:nth] for nth, found in enumerate(given)):
        raise Invalid("IMP-FORMAT", "One of the files was given twice. Give each file once.")
    counted = max((part["fc"] for part in parts if isinstance(part.get("fc"), int)), default=len(given))
    if counted != len(given):
        raise Invalid(
            "IMP-FORMAT",
            f"The GSTR-2B has {counted} files with documents, and {len(given)} were given. Give all of them.",
        )


def _with(first: Any, second: Any) -> Any:
    """Return the sections of both objects. The lists of a section join."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise Invalid("IMP-FORMAT", "A part of the files is not an object, so the files cannot be joined.")
    found = dict(first)
    for section, rows in second.items():
        found[section] = [*_listed(found.get(section, [])), *_listed(rows)]
    return found


def _listed(rows: Any) -> list[Any]:
    return rows if isinstance(rows, list) else [rows]
