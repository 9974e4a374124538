"""Checks whether a GSTIN's journal is unchanged.

One pass reads the entries in blocks, computes each link again, and compares the link with its stored seal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ims_portal.kernel import seals
from invoices.models import JournalEntry, JournalHead, JournalLine

BLOCK = 500


@dataclass(frozen=True, slots=True)
class Break:
    """A place at which the chain is broken: the entry (None for the end of the chain) and the fault."""

    entry_id: int | None
    what: str


def breaks(taxpayer_id: int) -> Iterator[Break]:
    """Yield every place at which this GSTIN's chain is broken. An unbroken chain yields nothing."""
    entries = JournalEntry.objects.filter(taxpayer_id=taxpayer_id)
    for pk in entries.filter(seal=None).values_list("pk", flat=True):
        yield Break(pk, "has no seal")
    sequence, previous = 0, ""
    sealed = entries.filter(seal__isnull=False).select_related("seal").order_by("seal__sequence")
    block: list[JournalEntry] = []
    for entry in sealed.iterator(chunk_size=BLOCK):
        block.append(entry)
        if len(block) == BLOCK:
            sequence, previous = yield from _block(block, sequence, previous)
            block = []
    sequence, previous = yield from _block(block, sequence, previous)
    head = JournalHead.objects.filter(taxpayer_id=taxpayer_id).first()
    if (head.sequence, head.hash) != (sequence, previous) if head else sequence:
        yield Break(
            None,
            "the last entry is not the entry that the chain's head names: entries are missing or were added",
        )


def _block(block: list[JournalEntry], sequence: int, previous: str) -> Any:
    digests = _digests([entry.pk for entry in block])
    for entry in block:
        seal = entry.seal
        count, digest = digests.get(entry.pk, (0, seals.EMPTY))
        if seal.sequence != sequence + 1:
            yield Break(entry.pk, f"has sequence number {seal.sequence} instead of {sequence + 1}")
        if seal.previous != previous:
            yield Break(entry.pk, "does not contain the hash of the entry before")
        if (seal.line_count, seal.lines_digest) != (count, digest):
            yield Break(entry.pk, "the lines were changed after sealing")
        if seal.hash != seals.link(seal.previous, seal.lines_digest, entry.facts()):
            yield Break(entry.pk, "was changed after sealing")
        sequence, previous = seal.sequence, seal.hash
    return sequence, previous


def _digests(entry_ids: list[int]) -> dict[int, tuple[int, str]]:
    found: dict[int, Any] = {}
    lines = JournalLine.objects.filter(entry_id__in=entry_ids).order_by("entry_id", "pk")
    columns = ("entry_id", "record_id", "revision", "before", "after", "remarks", "detail")
    rows: Iterator[tuple[Any, ...]] = lines.values_list(*columns).iterator(chunk_size=5000)
    for entry_id, *told in rows:
        counted = found.setdefault(entry_id, [0, hashlib.sha256()])
        counted[0] += 1
        counted[1].update(seals.line_text(*told).encode())
    return {entry_id: (count, digest.hexdigest()) for entry_id, (count, digest) in found.items()}
