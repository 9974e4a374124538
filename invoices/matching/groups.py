"""Groups of documents that are not one pair. Notes explain a difference, a bill is booked twice, bills add up to one
record, or records add up to one bill. The matcher looks for groups after it has chosen the pairs.

A group is taken only if it is the only one. Otherwise the documents stay alone, and a person looks at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from invoices.matching import numbers
from invoices.matching.documents import Bill, Document, Group, Heads, Reported
from invoices.matching.ladder import Class, Edge
from invoices.matching.relations import NEAR, amounts, pan
from invoices.matching.settings import Settings

Side = TypeVar("Side", bound=Document)


@dataclass(frozen=True, slots=True)
class Together:
    """A group of bills and records that are decided together. `edge` is the pair that the group explains, or None."""

    bills: tuple[Bill, ...]
    records: tuple[Reported, ...]
    sub: str
    edge: Edge | None = None


def explained(
    edges: Iterable[Edge], bills: Sequence[Bill], records: Sequence[Reported], settings: Settings
) -> Iterator[Together]:
    """Yield groups that explain the difference of a VALUE pair. A record with less tax may be the bill less one to three
    returns. A record with more tax may be explained by credit notes of the supplier, or by further bills of the same
    number. `bills` and `records` are those without a partner. Each document is used once."""
    returns = _by_party(bill for bill in bills if bill.group is Group.CREDIT_NOTE)
    notes = _by_party(record for record in records if record.group is Group.CREDIT_NOTE)
    others = _by_party(bills)
    used: set[str] = set()
    for edge in edges:
        if edge.class_ is not Class.VALUE or edge.sub not in ("lower", "higher") or edge.facts.credit_note:
            continue
        bill, record = edge.bill, edge.record
        if edge.sub == "lower":
            ways = _ways(
                bill, -1, _within(returns, bill, settings.note_days, used), record.heads, 3, settings
            )
            if len(ways) == 1:
                used |= {one.ref for one in ways[0]}
                yield Together((bill, *ways[0]), (record,), "net", edge)
            continue
        ways_of_notes = _ways(
            record, -1, _within(notes, record, settings.note_days, used), bill.heads, 3, settings
        )
        same = [
            one
            for one in _within(others, bill, settings.group_days, used)
            if one.group is bill.group and _one_number(one, bill)
        ]
        ways = _ways(bill, 1, same, record.heads, 3, settings)
        if len(ways_of_notes) + len(ways) != 1:
            continue
        if ways:
            used |= {one.ref for one in ways[0]}
            yield Together((bill, *ways[0]), (record,), "many-to-one", edge)
        else:
            used |= {one.ref for one in ways_of_notes[0]}
            yield Together((bill,), (record, *ways_of_notes[0]), "net", edge)


def duplicates(
    left: Sequence[Bill], bills: Iterable[Bill], settings: Settings
) -> dict[str, tuple[Bill, Bill]]:
    """Return, for the ref of each bill of `left` that repeats another bill, the bill and that other bill. Two bills are the same document if
    number, year and amounts agree and both are bills of our PAN. A bill with a partner is never the repetition; of two
    bills without a partner, the later in the order of documents is."""
    alone = {bill.ref for bill in left}
    same: dict[Hashable, list[Bill]] = defaultdict(list)
    for bill in bills:
        if not bill.keys.missing:
            same[pan(bill.own), bill.supplier, bill.group, bill.year, bill.keys.year].append(bill)
    found: dict[str, tuple[Bill, Bill]] = {}
    for alike in same.values():
        if len(alike) < 2:
            continue
        first_ones: list[Bill] = []
        for bill in sorted(alike, key=lambda one: (one.ref in alone, one.order)):
            first = next((one for one in first_ones if _one_document(one, bill, settings)), None)
            if first is None or bill.ref not in alone:
                first_ones.append(bill)
            else:
                found[bill.ref] = (bill, first)
    return found


def _one_document(one: Bill, other: Bill, settings: Settings) -> bool:
    return (
        numbers.relation(one.keys, other.keys) in numbers.AGREES
        and amounts(one.heads, other.heads, one.group, settings) in NEAR
        and not (one.irn and other.irn and one.irn != other.irn)
    )


def sums(bills: Sequence[Bill], records: Sequence[Reported], settings: Settings) -> list[Together]:
    """Return groups of bills that add up to one record, and of records that add up to one bill. Both sequences hold the
    documents without a partner."""
    ours, theirs = _by_party(bills), _by_party(records)
    found: list[Together] = []
    for key, their in theirs.items():
        our = ours.get(key, [])
        if not our or max(len(our), len(their)) > settings.group_pool:
            continue
        found += _sums_of_a_party(our, their, settings)
    return found


def _sums_of_a_party(bills: list[Bill], records: list[Reported], settings: Settings) -> list[Together]:
    ways: list[Together] = []
    for record in records:
        parts = _parts_of(record, bills, settings)
        ways += [Together(part, (record,), "net" if _mixed(part) else "many-to-one") for part in parts]
    for bill in bills:
        for part in _parts_of(bill, records, settings):
            ways.append(Together((bill,), part, "net" if _mixed(part) else "one-to-many"))
    # a document that stands in two ways has no only way
    count: dict[tuple[bool, str], int] = defaultdict(int)
    for way in ways:
        for end in _ends(way):
            count[end] += 1
    return [way for way in ways if all(count[end] == 1 for end in _ends(way))]


def _ends(way: Together) -> Iterator[tuple[bool, str]]:
    yield from ((True, bill.ref) for bill in way.bills)
    yield from ((False, record.ref) for record in way.records)


def _parts_of(target: Document, pool: Sequence[Side], settings: Settings) -> list[tuple[Side, ...]]:
    """Return the ways in which two to four documents of the pool add up to the target. Ways with parts of the target's
    own number are tried first, and alone if there is one."""
    near = [one for one in pool if abs((one.day - target.day).days) <= settings.group_days]
    own_number = [one for one in near if _one_number(one, target)]
    for candidates in (own_number, near):
        found = [
            part
            for size in range(2, settings.group_parts + 1)
            for part in combinations(candidates, size)
            if _adds_up(target, part, settings)
        ]
        if found:
            return found
    return []


def _adds_up(target: Document, parts: Sequence[Document], settings: Settings) -> bool:
    if target.group is Group.BILL_OF_ENTRY or any(part.group is Group.BILL_OF_ENTRY for part in parts):
        return False
    lowers = target.group is Group.CREDIT_NOTE
    if not any((part.group is Group.CREDIT_NOTE) == lowers for part in parts):
        return False
    total = Heads()
    for part in parts:
        total = total.plus(part.heads, 1 if (part.group is Group.CREDIT_NOTE) == lowers else -1)
    return _agrees(total, target.heads, len(parts), settings)


def _agrees(one: Heads, other: Heads, parts: int, settings: Settings) -> bool:
    off = one.plus(other, -1)
    slack = settings.rounding * parts
    return all(abs(head) <= slack for head in (off.taxable, off.igst, off.cgst, off.sgst, off.cess))


def _mixed(parts: Sequence[Document]) -> bool:
    return len({part.group is Group.CREDIT_NOTE for part in parts}) == 2


def _ways(
    start: Document, sign: int, pool: Sequence[Side], wanted: Heads, most: int, settings: Settings
) -> list[tuple[Side, ...]]:
    """Return the ways in which the start, with one to `most` documents of the pool added or taken off, gives the wanted
    amounts."""
    if len(pool) > settings.group_pool:
        return []
    found = []
    for size in range(1, most + 1):
        for part in combinations(pool, size):
            total = start.heads
            for one in part:
                total = total.plus(one.heads, sign)
            if _agrees(total, wanted, size + 1, settings):
                found.append(part)
    return found


def _by_party(documents: Iterable[Side]) -> dict[tuple[str, str], list[Side]]:
    found: dict[tuple[str, str], list[Side]] = defaultdict(list)
    for one in documents:
        found[one.own, one.supplier].append(one)
    return {key: sorted(several, key=lambda one: one.order) for key, several in found.items()}


def _within(
    pools: dict[tuple[str, str], list[Side]], start: Document, days: int, used: set[str]
) -> list[Side]:
    pool = pools.get((start.own, start.supplier), [])
    return [
        one
        for one in pool
        if one.ref not in used and one.ref != start.ref and abs((one.day - start.day).days) <= days
    ]


def _one_number(part: Document, whole: Document) -> bool:
    """True if the part has the whole's number, with or without a counter of the parts after it."""
    ours, theirs = part.keys.year, whole.keys.year
    return bool(ours and theirs) and (
        ours == theirs or ours.startswith(theirs + "|") or theirs.startswith(ours + "|")
    )
