"""The rows of a checked or applied file that the screen shows page by page: the refused rows, and the rows that
change.

A file of JSON lines keeps the rows. The job's result keeps where each page begins, so a page of a file of a hundred
thousand rows is read without the other rows. The file is deleted together with the uploaded file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ims_portal.support import whole_file

PAGE = 25
REFUSED, CHANGES = "refused", "changes"


def write(folder: Path, rows: dict[str, Iterable[dict[str, Any]]]) -> dict[str, Any]:
    """Write the rows, by kind, into a new file in `folder`. Return the facts that `page` needs. `begins` has the
    positions at which the pages of each kind begin."""
    name = secrets.token_urlsafe(24)
    lines: list[bytes] = []
    at = 0
    begins: dict[str, list[int]] = {}
    for kind, some in rows.items():
        begins[kind] = starts = []
        for number, row in enumerate(some):
            if number % PAGE == 0:
                starts.append(at)
            lines.append(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            at += len(lines[-1])
    whole_file.write(folder / name, b"".join(lines))
    return {"file": name, "begins": begins, "end": at}


def page(folder: Path, kept: dict[str, Any], kind: str, number: int) -> list[dict[str, Any]] | None:
    """Return the rows of a page, or None if the file is deleted. Pages begin with 1. A page beyond the last one has
    no rows."""
    starts = kept["begins"].get(kind, [])
    if not 1 <= number <= len(starts):
        return []
    first = starts[number - 1]
    following = [start for some in kept["begins"].values() for start in some if start > first]
    try:
        with (folder / kept["file"]).open("rb") as file:
            file.seek(first)
            text = file.read(min(following, default=kept["end"]) - first)
    except FileNotFoundError:
        return None
    return [json.loads(line) for line in text.splitlines()]


def pages(kept: dict[str, Any], kind: str) -> int:
    return len(kept["begins"].get(kind, []))
