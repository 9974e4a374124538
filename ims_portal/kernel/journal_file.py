"""The file to which a GSTIN's journal is exported, and the check of such a file. Each row of the file is a
JSON object. Hashes link the entries, and the last row has a signature for the whole file. These are the rows,
without some of their keys:

    {"file": "ims-journal", "gstin": …, "key": fingerprint of the public key, "until": place of the last link}
    {"entry": …, "facts": {…}, "line_count": …, "lines_digest": …, "previous": …, "hash": …}
    {"line": [record, revision, before, after, remarks, detail]}           a line of the entry above
    …
    {"end": {"entries": …, "lines": …, "hash": hash of the last link, "sha256": of all bytes above}, "signature": …}

The module needs no Django and no database: `python -m ims_portal.kernel.journal_file FILE KEY.pem` checks a
file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ims_portal.kernel import seals

NAME = "ims-journal"
VERSION = 1
MOST_FAULTS = 20
# The limit for the length of a row. A row contains one entry, or one line of an entry. The export never
# writes a longer row.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Checked:
    """The contents of a file, and its faults in words. If `faults` is empty, nobody changed the file after it
    was signed."""

    gstin: str = ""
    entries: int = 0
    lines: int = 0
    head: str = ""
    faults: list[str] = field(default_factory=list)

    def fault(self, said: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(said)


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of the public key's 32 bytes, in hexadecimal. People compare this text to check that
    they have the right key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def signed_text(end: dict[str, Any]) -> bytes:
    """Return the bytes that are signed: the kind and version of the file, and the contents of its "end"
    row."""
    return f"{NAME} {VERSION}\n{seals.canonical(end)}".encode()


def check(rows: Iterable[bytes], key: Ed25519PublicKey) -> Checked:
    """Check a file of any length row by row: the signature, every link, and every line of every entry. Return
    the contents of the file and its faults."""
    told, whole, before = Checked(), hashlib.sha256(), ""
    seal: dict[str, Any] | None = None
    counted, digest = 0, hashlib.sha256()
    ended = False
    for number, raw in enumerate(rows, start=1):
        row = _row(raw)
        if row is None:
            told.fault(f"row {number} is not a row of a journal file")
            whole.update(raw)
            continue
        if ended:
            told.fault(f"row {number} comes after the signature")
            break
        if "line" in row:
            counted += 1
            told.lines += 1
            try:
                digest.update(seals.line_text(*row["line"]).encode())
            except (TypeError, ValueError):
                told.fault(f"row {number} is not a line of a journal entry")
        elif number == 1:
            if row.get("file") != NAME or row.get("version") != VERSION:
                told.fault("this file is not an exported journal, or its format has another version")
                return told
            told.gstin = str(row.get("gstin", ""))
            if row.get("key") != fingerprint(key):
                told.fault("the file names a different public key from the key used for this check")
        else:
            if seal is not None:
                _lines_hold(told, seal, counted, digest.hexdigest())
            counted, digest, seal = 0, hashlib.sha256(), None
            if "end" in row:
                ended = True
                _end_holds(told, row, whole.hexdigest(), before, key)
            else:
                seal = row
                before = _link_holds(told, row, before)
        whole.update(raw)
    if not ended:
        told.fault("the file ends before its signature: the end of the file is missing")
    return told


def _row(raw: bytes) -> dict[str, Any] | None:
    if len(raw) > MOST_BYTES:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _link_holds(told: Checked, row: dict[str, Any], before: str) -> str:
    told.entries += 1
    place = f"entry {told.entries}"
    if row.get("sequence") != told.entries:
        told.fault(f"{place} has the wrong sequence number: {row.get('sequence')}")
    if row.get("previous") != before:
        told.fault(f"{place} does not contain the hash of the entry before")
    facts = row.get("facts")
    if not isinstance(facts, dict) or row.get("hash") != seals.link(
        str(row.get("previous")), str(row.get("lines_digest")), facts
    ):
        told.fault(f"{place} was changed after sealing")
    return str(row.get("hash"))


def _lines_hold(told: Checked, seal: dict[str, Any], count: int, digest: str) -> None:
    if (seal.get("line_count"), seal.get("lines_digest")) != (count, digest):
        told.fault(f"entry {told.entries}: the lines were changed after sealing")


def _end_holds(told: Checked, row: dict[str, Any], sha256: str, head: str, key: Ed25519PublicKey) -> None:
    end = row["end"]
    told.head = head
    counted = {"gstin": told.gstin, "entries": told.entries, "lines": told.lines, "hash": head}
    if not isinstance(end, dict) or {name: end.get(name) for name in counted} != counted:
        told.fault("the totals in the last row do not match the rows before")
    elif end.get("sha256") != sha256:
        told.fault("a row before the signature was changed")
    try:
        key.verify(base64.b64decode(str(row.get("signature")), validate=True), signed_text(end))
    except (InvalidSignature, binascii.Error, ValueError):
        told.fault("the signature was not made with this key")


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Return the public key of a PEM text. Raises `ValueError`."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("The key is not an Ed25519 public key.")
    return key


def in_words(told: Checked) -> str:
    """Return the result as one sentence, or as one line for each fault."""
    if told.faults:
        return "\n".join(["ALTERED", *(f"  {fault}" for fault in told.faults)])
    return (
        f"ok: the journal of {told.gstin}, {told.entries} entries, {told.lines} lines, ends with {told.head}"
    )


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as file:
        found = check(file, public_key(Path(sys.argv[2]).read_bytes()))
    sys.stdout.write(in_words(found) + "\n")
    sys.exit(bool(found.faults))
