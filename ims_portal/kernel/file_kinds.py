"""Names the kind of a file that is not the expected file, so that a refusal can say what the file is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

# the bytes with which files of these kinds begin
BEGINNINGS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"<", "an HTML or XML page"),
)
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# the first member of an Excel workbook; its name begins at byte 30 of the file
IN_WORKBOOKS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")
# GSTR-2A has the header of GSTR-1, and b2b with the same form. Its documents are those of other suppliers. These
# sections, and these keys of a supplier, are only in GSTR-2A.
SECTIONS_OF_GSTR2A = frozenset(("cdn", "cdna", "impg", "impgsez", "tds", "tcs"))
KEYS_OF_GSTR2A = frozenset(("cfs3b", "fldtr1", "flprdr1"))
# keys of the portal's JSON files, in any letter case; the first kind whose keys are in the file counts
KEYS = (
    ("GSTR-2B", ("docdata",)),
    ("GSTR-2B", ("docrejdata",)),
    ("GSTR-2B", ("itcsumm",)),
    ("IMS upload", ("invdata",)),
    ("IMS", ("imsdetails",)),
    ("GSTR-3B", ("sup_details",)),
    *(("GSTR-2A", ("fp", section)) for section in sorted(SECTIONS_OF_GSTR2A)),
    ("GSTR-1", ("gstin", "fp")),
)


def kind_of_bytes(data: bytes) -> str:
    """Return the kind of a file that is no text, for example "an Excel workbook". `data` is the beginning of
    the file. Return an empty text if the kind is not known."""
    if data.startswith(ZIP):
        return "an Excel workbook" if data[30:60].startswith(IN_WORKBOOKS) else "a zip file"
    text = data.lstrip()
    return next((kind for beginning, kind in BEGINNINGS if text.startswith(beginning)), "")


def kind_of_keys(keys: Collection[str]) -> str:
    """Return the kind of a JSON file with these keys: the return or the part of IMS that the file contains.
    Return an empty text if the kind is not known."""
    low = {key.lower() for key in keys}
    return next((kind for kind, wanted in KEYS if low.issuperset(wanted)), "")


def kind_of_json(root: Any) -> str:
    """Return the kind of a JSON file from its value. The return may be inside `data`. Return an empty text if the
    kind is not known."""
    if not isinstance(root, dict):
        return ""
    inner = root.get("data")
    inner = inner if isinstance(inner, dict) else {}
    kind = kind_of_keys({*root, *inner})
    if not kind and any(map(_groups_by_party, (*root.values(), *inner.values()))):
        kind = "GSTR-1"  # without its period (fp)
    if kind == "GSTR-1" and any(map(_of_gstr2a, (*root.values(), *inner.values()))):
        return "GSTR-2A"
    return kind


def _groups_by_party(section: Any) -> bool:
    """Return true if the first row of a section has a list of documents, as in GSTR-1 and GSTR-2A. In IMS, each
    row is a document."""
    first = section[0] if isinstance(section, list) and section else None
    return isinstance(first, dict) and any(isinstance(first.get(name), list) for name in ("inv", "nt"))


def _of_gstr2a(section: Any) -> bool:
    """Return true if the first supplier of a section has keys that are only in GSTR-2A."""
    first = section[0] if isinstance(section, list) and section else None
    return isinstance(first, dict) and not KEYS_OF_GSTR2A.isdisjoint(first)


def with_article(kind: str) -> str:
    """Return the kind with its article, for example "an IMS file"."""
    return f"{'an' if kind.startswith('IMS') else 'a'} {kind} file"
