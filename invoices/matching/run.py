"""A whole run: bills and records in, matches and what is left out.

The result depends on the documents, on the decisions of people, on the settings and on the version of the matcher. It
depends on no order of rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from invoices.matching import groups, numbers
from invoices.matching.assignment import Candidate, assigned
from invoices.matching.candidates import pairs
from invoices.matching.documents import Bill, Document, Reported
from invoices.matching.ladder import LAST_SURE, OTHER_GSTIN, Class, Edge, classified
from invoices.matching.relations import NEAR, Facts, amounts, facts
from invoices.matching.settings import Settings


@dataclass(frozen=True)
class Match:
    """Bills and records that belong together. `facts` are those of the pair, None for a group without one. `several`
    is True if another document would fit as well. `repeated` is True if another bill repeats one of the bills, and
    `doubled` if another record reports one of the bills again."""

    bills: tuple[Bill, ...]
    records: tuple[Reported, ...]
    class_: Class
    sub: str = ""
    facts: Facts | None = None
    several: bool = False
    repeated: bool = False
    doubled: bool = False


@dataclass(frozen=True)
class Result:
    """The outcome of a run. `duplicates` names for the ref of a repeated bill the bill that it repeats. `doubles` names
    for the ref of a record without a bill the record that reported the same document first. Each bill stands in one match, in
    `only_books` or in `duplicates`; each record stands in one match or in `only_ims`."""

    matches: tuple[Match, ...]
    only_books: tuple[Bill, ...]
    only_ims: tuple[Reported, ...]
    duplicates: dict[str, tuple[Bill, Bill]] = field(default_factory=dict)
    doubles: dict[str, Reported] = field(default_factory=dict)


def matched(
    bills: Iterable[Bill],
    records: Iterable[Reported],
    *,
    joined: Iterable[tuple[str, str]] = (),
    apart: Iterable[tuple[str, str]] = (),
    settings: Settings | None = None,
) -> Result:
    """Return the matches of a register with a desk. `joined` and `apart` are pairs of refs that a person joined or said
    not to be the same."""
    settings = settings or Settings()
    every_bill = sorted(bills, key=lambda one: one.order)
    every_record = sorted(records, key=lambda one: one.order)
    manual = _joined_by_hand(every_bill, every_record, joined, settings)
    held = {one.ref for match in manual for one in match.bills}
    held_records = {one.ref for match in manual for one in match.records}
    free_bills = [one for one in every_bill if one.ref not in held]
    free_records = [one for one in every_record if one.ref not in held_records]
    forbidden = frozenset(apart)
    edges = [
        edge
        for bill, record in pairs(free_bills, free_records, settings)
        if (bill.ref, record.ref) not in forbidden and (edge := classified(bill, record, settings))
    ]
    taken = _chosen([edge for edge in edges if edge.rank <= LAST_SURE], every_bill, every_record)
    left = _without(edges, taken)
    taken += _with_one_candidate(left)
    left = _without(left, taken)
    rest = [edge for edge in left if edge.rank > OTHER_GSTIN]
    several = _in_several(edges, rest)
    taken += _chosen(rest, every_bill, every_record)

    alone_bills = _not_in(free_bills, {edge.bill.ref for edge in taken})
    alone_records = _not_in(free_records, {edge.record.ref for edge in taken})
    together = list(groups.explained(taken, alone_bills, alone_records, settings))
    explained = {one.edge for one in together}
    matches = [*manual, *(_pair(edge, edge in several) for edge in taken if edge not in explained)]
    alone_bills = _not_in(alone_bills, {bill.ref for one in together for bill in one.bills})
    alone_records = _not_in(alone_records, {record.ref for one in together for record in one.records})
    repeated = groups.duplicates(alone_bills, every_bill, settings)
    alone_bills = _not_in(alone_bills, repeated.keys())
    together += groups.sums(alone_bills, alone_records, settings)
    alone_bills = _not_in(alone_bills, {bill.ref for one in together for bill in one.bills})
    alone_records = _not_in(alone_records, {record.ref for one in together for record in one.records})
    matches += [
        Match(one.bills, one.records, Class.GROUP, one.sub, one.edge.facts if one.edge else None)
        for one in together
    ]
    return _told(matches, alone_bills, alone_records, repeated, settings)


def _joined_by_hand(
    bills: Sequence[Bill], records: Sequence[Reported], joined: Iterable[tuple[str, str]], settings: Settings
) -> list[Match]:
    """Return a match for each set of documents that a person joined. A join to a document that is gone is left out
    here; the link itself stays and is flagged where links are kept."""
    by_bill, by_record = {one.ref: one for one in bills}, {one.ref: one for one in records}
    ends: dict[tuple[bool, str], set[tuple[bool, str]]] = defaultdict(set)
    for bill, record in joined:
        if bill in by_bill and record in by_record:
            ends[True, bill].add((False, record))
            ends[False, record].add((True, bill))
    matches: list[Match] = []
    seen: set[tuple[bool, str]] = set()
    for start in ends:
        if start in seen:
            continue
        found, walk = {start}, [start]
        while walk:
            new = ends[walk.pop()] - found
            found |= new
            walk += new
        seen |= found
        ours = tuple(sorted((by_bill[ref] for mine, ref in found if mine), key=lambda one: one.order))
        theirs = tuple(sorted((by_record[ref] for mine, ref in found if not mine), key=lambda one: one.order))
        alone = len(ours) == len(theirs) == 1
        matches.append(
            Match(ours, theirs, Class.MANUAL, facts=facts(ours[0], theirs[0], settings) if alone else None)
        )
    return matches


def _chosen(edges: Sequence[Edge], bills: Sequence[Bill], records: Sequence[Reported]) -> list[Edge]:
    bill_place = {one.ref: n for n, one in enumerate(bills)}
    record_place = {one.ref: n for n, one in enumerate(records)}
    by_place = {(bill_place[edge.bill.ref], record_place[edge.record.ref]): edge for edge in edges}
    candidates = [Candidate(*place, edge.rank, edge.score) for place, edge in by_place.items()]
    return [by_place[one.bill, one.record] for one in assigned(candidates)]


def _without(edges: Iterable[Edge], taken: Iterable[Edge]) -> list[Edge]:
    """Return the edges of which neither end is taken."""
    bills, records = set(), set()
    for edge in taken:
        bills.add(edge.bill.ref)
        records.add(edge.record.ref)
    return [edge for edge in edges if edge.bill.ref not in bills and edge.record.ref not in records]


def _with_one_candidate(edges: Sequence[Edge]) -> list[Edge]:
    """Return the pairs of rank `OTHER_GSTIN` of which neither document has another candidate."""
    ends = Counter(ref for edge in edges for ref in ((True, edge.bill.ref), (False, edge.record.ref)))
    return [
        edge
        for edge in edges
        if edge.rank == OTHER_GSTIN and ends[True, edge.bill.ref] == ends[False, edge.record.ref] == 1
    ]


def _in_several(edges: Iterable[Edge], left: Iterable[Edge]) -> set[Edge]:
    """Return the pairs beside which another pair of the same kind would fit: RESIDUAL pairs among those that are left,
    and pairs of NUMBER that only look alike among all."""
    alike = [edge for edge in edges if edge.class_ is Class.NUMBER and edge.sub != "year"]
    found: set[Edge] = set()
    for several in (alike, [edge for edge in left if edge.class_ is Class.RESIDUAL]):
        bills = Counter(edge.bill.ref for edge in several)
        records = Counter(edge.record.ref for edge in several)
        found |= {edge for edge in several if bills[edge.bill.ref] > 1 or records[edge.record.ref] > 1}
    return found


def _pair(edge: Edge, several: bool) -> Match:
    sub = "several" if several and edge.class_ is Class.RESIDUAL else edge.sub
    return Match((edge.bill,), (edge.record,), edge.class_, sub, edge.facts, several)


def _told(
    matches: Sequence[Match],
    bills: Sequence[Bill],
    records: Sequence[Reported],
    repeated: dict[str, tuple[Bill, Bill]],
    settings: Settings,
) -> Result:
    """Return the result. Matches say whether one of their bills is repeated or reported again."""
    doubles = _doubles(matches, records, settings)
    again = {first.ref for _bill, first in repeated.values()}
    twice = {record.ref for record in doubles.values()}
    told = (
        replace(
            one,
            repeated=any(bill.ref in again for bill in one.bills),
            doubled=any(record.ref in twice for record in one.records),
        )
        for one in matches
    )
    in_order = sorted(told, key=lambda one: one.bills[0].order)
    return Result(tuple(in_order), tuple(bills), tuple(records), repeated, doubles)


def _doubles(matches: Sequence[Match], alone: Sequence[Reported], settings: Settings) -> dict[str, Reported]:
    """Return, for each record without a bill that reports a document again, the record that reported the document
    first: the record of the bill, or of two records without a bill the one that came first."""
    first: dict[tuple[object, ...], list[tuple[Document, Reported]]] = defaultdict(list)
    for match in matches:
        record = match.records[0]
        for document in (*match.bills, *match.records):
            first[_number_in_year(document)].append((document, record))
    found: dict[str, Reported] = {}
    for record in sorted(alone, key=lambda one: (one.arrival, one.order)):
        alike = first[_number_in_year(record)]
        double = next((theirs for document, theirs in alike if _is_double(document, record, settings)), None)
        if double is None:
            alike.append((record, record))
        else:
            found[record.ref] = double
    return found


def _number_in_year(document: Document) -> tuple[object, ...]:
    return document.own, document.supplier, document.group, document.year, document.keys.year


def _is_double(first: Document, record: Reported, settings: Settings) -> bool:
    """True if the record reports a document again: number and amounts agree."""
    return (
        numbers.relation(first.keys, record.keys) in numbers.AGREES
        and amounts(first.heads, record.heads, record.group, settings) in NEAR
    )


def _not_in(documents: Iterable, refs: Iterable[str]) -> list:  # type: ignore[type-arg]  # both sides
    known = set(refs)
    return [one for one in documents if one.ref not in known]
