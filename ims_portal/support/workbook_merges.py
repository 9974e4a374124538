"""Which cells of a workbook are merged: found without reading the sheets, whatever reads them afterwards."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
AREA = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?)"')
CHUNK, OVERLAP = 1 << 20, 200
MOST = 1000


def merged(data: bytes) -> dict[str, list[str]]:
    """Merged areas (`C7:D7`) by sheet; nothing for a file that is no workbook, which its reader will say."""
    found: dict[str, list[str]] = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            for title, part in _sheets(book).items():
                found[title] = _areas(book, part)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, EOFError, OSError, RuntimeError):
        return found
    return found


def last_row(area: str) -> int:
    """The number of the last row of an area."""
    return int(re.sub("[A-Z]", "", area.rpartition(":")[2]))


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet by its title."""
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  expat bounds entities
    targets = {r.get("Id"): str(r.get("Target")) for r in relations.iter(RELATIONS)}
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml"))  # noqa: S314
    return {
        str(sheet.get("name")): (t[1:] if (t := targets[sheet.get(LINK)]).startswith("/") else f"xl/{t}")
        for sheet in sheets.iter(f"{MAIN}sheet")
    }


def _areas(book: zipfile.ZipFile, part: str) -> list[str]:
    found: list[str] = []
    with book.open(part) as stream:
        kept = b""
        while chunk := stream.read(CHUNK):
            text = kept + chunk
            found += [area.decode() for area in AREA.findall(text)]
            # an element cut in two is found with the next piece
            kept = text[text.rfind(b"<") :] if len(text) - text.rfind(b"<") < OVERLAP else b""
            if len(found) > MOST:
                break
    return found
