"""Candidates: which bills and records are compared at all.

Two documents are compared only if they share one of the keys here. Each key is an equality, so the work grows with the
number of documents and not with its square."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from invoices.matching.documents import Bill, Document, Group, Reported
from invoices.matching.numbers import NumberKeys
from invoices.matching.relations import is_right, pan
from invoices.matching.settings import Settings

# A key with more documents than this on both sides is not compared further, and the run says so.
LARGEST_BLOCK = 2_000
DAYS, NOTE_DAYS = 16, 64


def pairs(
    bills: Iterable[Bill], records: Iterable[Reported], settings: Settings
) -> Iterator[tuple[Bill, Reported]]:
    """Yield each pair of a bill and a record that share a key, once."""
    blocks: dict[Hashable, tuple[list[Bill], list[Reported]]] = defaultdict(lambda: ([], []))
    for bill in bills:
        for key in keys_of(bill, settings, ours=True):
            blocks[key][0].append(bill)
    for record in records:
        for key in keys_of(record, settings, ours=False):
            if key in blocks:
                blocks[key][1].append(record)
    seen: set[tuple[str, str]] = set()
    for ours, theirs in blocks.values():
        if len(ours) > LARGEST_BLOCK and len(theirs) > LARGEST_BLOCK:
            continue
        for bill in ours:
            for record in theirs:
                if (bill.ref, record.ref) not in seen:
                    seen.add((bill.ref, record.ref))
                    yield bill, record


def keys_of(document: Document, settings: Settings, *, ours: bool) -> Iterator[tuple[Hashable, ...]]:
    """Yield the keys of a document. Of the neighbouring keys of an amount and a day, only bills have all: then a bill
    and a record of neighbouring buckets meet once."""
    own, supplier = document.own, document.supplier
    if document.irn:
        yield "irn", own, document.irn
    for number in _numbers(document):
        if number.missing:
            yield from (("number", own, supplier, text) for text in number.alternatives)
            continue
        yield "number", own, supplier, number.format
        yield "year", own, supplier, number.year
        yield "serial", own, supplier, number.serial
        yield "fold", own, supplier, number.fold
        yield "join", own, supplier, number.join
        yield "branch", pan(own), supplier, number.format
        yield "pan", own, pan(supplier), number.year
        if document.group is Group.BILL_OF_ENTRY:
            yield "boe", own, number.format[-5:]
    group = document.group
    amount = document.heads.igst if group is Group.BILL_OF_ENTRY else document.heads.tax
    note = group in (Group.CREDIT_NOTE, Group.DEBIT_NOTE)
    bucket, span = (
        amount // (4 * settings.rounding),
        document.day.toordinal() // (NOTE_DAYS if note else DAYS),
    )
    around = (-1, 0, 1) if ours else (0,)
    for one in around:
        for other in around:
            place = (bucket + one, span + other, group)
            yield "amount", own, supplier, *place
            # a record may belong to a bill of which the supplier's GSTIN is empty or mistyped
            if not ours or not supplier or not is_right(supplier):
                yield "anyone", own, *place


def _numbers(document: Document) -> tuple[NumberKeys, ...]:
    earlier = document.earlier if isinstance(document, Reported) else ()
    return tuple({number.format: number for number in (document.keys, *earlier)}.values())
