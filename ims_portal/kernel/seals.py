"""How the journal is sealed: the text of a line, the digest of an entry's lines, the hash of a link.

Pure and engine-independent, so that an exported chain can be checked by anyone who has this page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

EMPTY = hashlib.sha256().hexdigest()


def canonical(value: Any) -> str:
    """A JSON value as one text, whatever the order of its keys and wherever it has been stored since. The order
    and the spacing are those in which PostgreSQL writes jsonb, so that it can tell the same text by itself."""
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
    """One line of an entry. Free text stands behind its length, so that no two lines read alike. The bulk form
    of the same text is `invoices.journal.writing.LINE_TEXT_SQL`; a test holds them together."""
    told = "" if detail is None else canonical(detail)
    return f"{record_id}|{revision}|{before}|{after}|{len(remarks)}:{remarks}|{len(told)}:{told}\n"


def link(previous: str, lines_digest: str, facts: Mapping[str, Any]) -> str:
    """The hash of one link, as 64 hexadecimal digits. `facts` are the entry's own columns by name; moments are
    taken to UTC and whole microseconds."""
    told = {
        name: value.astimezone(UTC).isoformat(timespec="microseconds")
        if isinstance(value, datetime)
        else value
        for name, value in facts.items()
    }
    return hashlib.sha256(f"{previous}\n{lines_digest}\n{canonical(told)}".encode()).hexdigest()
