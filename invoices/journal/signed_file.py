"""Writes a GSTIN's journal as a signed file, row by row.

`ims_portal.kernel.journal_file` describes the format."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from ims_portal.kernel import clock, journal_file
from ims_portal.support.key_files import keep_once
from invoices.models import JournalEntry, JournalHead, JournalLine, Taxpayer

BLOCK = 500
# one query reads the lines of all entries in a block that have at most `FEW_LINES` lines each
FEW_LINES = 20
LINES_AT_ONCE = 5000
COLUMNS = ("record_id", "revision", "before", "after", "remarks", "detail")


def private_key() -> Ed25519PrivateKey:
    """Return the private key of this installation. The key is made once and stored in `JOURNAL_KEY_FILE`."""
    return _key(settings.JOURNAL_KEY_FILE)


@lru_cache(maxsize=4)
def _key(path: str) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(keep_once(Path(path), _new), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} contains no Ed25519 key")
    return key


def _new() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem() -> bytes:
    """Return the public key in PEM. Anybody can check a file with this key."""
    return (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def rows(taxpayer: Taxpayer) -> Iterator[bytes]:
    """Yield the file row by row.

    The file has the entries that exist when the first row is written. Later entries are not in the file. The
    use of memory does not depend on the length of the journal."""
    head = JournalHead.objects.filter(taxpayer=taxpayer).first()
    until = head.sequence if head else 0
    key, whole = private_key(), hashlib.sha256()
    entries = lines = 0
    last = ""

    def row(value: dict[str, Any]) -> bytes:
        raw = (json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_moment) + "\n").encode()
        whole.update(raw)
        return raw

    yield row(
        {
            "file": journal_file.NAME,
            "version": journal_file.VERSION,
            "gstin": taxpayer.gstin,
            "key": journal_file.fingerprint(key.public_key()),
            "until": until,
            "made_at": clock.real_now(),
        }
    )
    sealed = JournalEntry.objects.filter(taxpayer=taxpayer).select_related("seal", "actor")
    for start in range(1, until + 1, BLOCK):
        block = list(
            sealed.filter(
                seal__taxpayer=taxpayer,
                seal__sequence__gte=start,
                seal__sequence__lt=min(start + BLOCK, until + 1),
            ).order_by("seal__sequence")
        )
        few = _few(block)
        for entry in block:
            entries, last = entries + 1, entry.seal.hash
            yield row(_entry_as_json(entry))
            for line in few.get(entry.pk, ()) if entry.seal.line_count <= FEW_LINES else _many(entry):
                lines += 1
                yield row({"line": line})
    end = {
        "gstin": taxpayer.gstin,
        "entries": entries,
        "lines": lines,
        "hash": last,
        "sha256": whole.hexdigest(),
    }
    signature = base64.b64encode(key.sign(journal_file.signed_text(end))).decode()
    yield row({"end": end, "signature": signature})


def _few(block: list[JournalEntry]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    # Read the lines even of an entry whose seal counts no lines. If somebody added lines to the entry, the
    # lines do not match the seal, and a check of the file finds them.
    ids = [entry.pk for entry in block if entry.seal.line_count <= FEW_LINES]
    lines = JournalLine.objects.filter(entry_id__in=ids).order_by("entry_id", "pk")
    for entry_id, *line in lines.values_list("entry_id", *COLUMNS).iterator(chunk_size=LINES_AT_ONCE):
        found.setdefault(entry_id, []).append(tuple(line))
    return found


def _many(entry: JournalEntry) -> Iterator[tuple[Any, ...]]:
    lines = JournalLine.objects.filter(entry_id=entry.pk).order_by("pk")
    return lines.values_list(*COLUMNS).iterator(chunk_size=LINES_AT_ONCE)


def _entry_as_json(entry: JournalEntry) -> dict[str, Any]:
    seal = entry.seal
    return {
        "entry": entry.pk,
        "sequence": seal.sequence,
        # the user name is for people who read the file; `facts` has the user's id, which the seal covers
        "who": entry.actor.get_username() if entry.actor else "",
        "facts": entry.facts(),
        "line_count": seal.line_count,
        "lines_digest": seal.lines_digest,
        "previous": seal.previous,
        "hash": seal.hash,
    }


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value).__name__} has no place in a journal file")
