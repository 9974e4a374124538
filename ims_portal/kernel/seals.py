"""Functions that seal the journal: the text of a line, the digest of an entry's lines, and the hash of a
link.

The functions are pure and do not depend on the database, so anyone who has this module can check an exported
chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

EMPTY = hashlib.sha256().hexdigest()


def canonical(value: Any) -> str:
    """Return a JSON value as text. Equal values have the same text, whatever the order of their keys. The
    text has the order and spacing of PostgreSQL's jsonb, so that PostgreSQL can make the same text without
    Python."""
    plain = json.loads(json.dumps(value))
    return json.dumps(_ordered(plain), separators=(", ", ": "), ensure_ascii=False)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def line_text(
    record_id: int, revision: int, before: str, after: str, remarks: str, detail: Any = None
) -> str:
    """Return one line of an entry as text. The length of each free text is written before the free text, so
    that two different lines never have the same text. `invoices.journal.writing.LINE_TEXT_SQL` makes the same
    text in SQL, and a test compares the two."""
    told = "" if detail is None else canonical(detail)
    return f"{record_id}|{revision}|{before}|{after}|{len(remarks)}:{remarks}|{len(told)}:{told}\n"


def link(previous: str, lines_digest: str, facts: Mapping[str, Any]) -> str:
    """Return the hash of one link, as 64 hexadecimal digits. `facts` are the columns of the journal entry, by
    name. Moments are converted to UTC and whole microseconds."""
    told = {
        name: value.astimezone(UTC).isoformat(timespec="microseconds")
        if isinstance(value, datetime)
        else value
        for name, value in facts.items()
    }
    return hashlib.sha256(f"{previous}\n{lines_digest}\n{canonical(told)}".encode()).hexdigest()
