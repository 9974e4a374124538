"""The assignment: which pairs are taken, if bills and records have several candidates.

The choice is *rank-maximal*: as many pairs of the surest rank as can be, then of the next rank without giving up one of
a surer rank, and so on. Among those, the choice has the greatest sum of scores. Among those, the first bill in the
order of documents gets the first record that it can get. So the choice is unique and depends on no order of rows."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be taken. `bill` and `record` are places in the order of documents of their side."""

    bill: int
    record: int
    rank: int
    score: int


def assigned(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the pairs that are taken, in the order of their bills."""
    left, taken = forced(list(candidates))
    for component in components(left):
        taken += _solved(component)
    return sorted(taken, key=lambda one: one.bill)


def forced(candidates: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Return the candidates that are left, and the pairs that each solution must take: pairs of which neither end has
    another candidate of the same or of a surer rank."""
    taken: list[Candidate] = []
    found = True
    while candidates and found:
        best: dict[tuple[bool, int], list[int]] = {}
        for one in candidates:
            for end in ((True, one.bill), (False, one.record)):
                rank_and_count = best.setdefault(end, [one.rank, 0])
                if one.rank < rank_and_count[0]:
                    rank_and_count[:] = [one.rank, 1]
                elif one.rank == rank_and_count[0]:
                    rank_and_count[1] += 1
        sure = [
            one
            for one in candidates
            if best[True, one.bill] == [one.rank, 1] and best[False, one.record] == [one.rank, 1]
        ]
        bills, records = {one.bill for one in sure}, {one.record for one in sure}
        taken += sure
        candidates = [one for one in candidates if one.bill not in bills and one.record not in records]
        found = bool(sure)
    return candidates, taken


def components(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Return the candidates in groups that share no document with each other."""
    root: dict[tuple[bool, int], tuple[bool, int]] = {}

    def find(end: tuple[bool, int]) -> tuple[bool, int]:
        path = []
        while root.setdefault(end, end) != end:
            path.append(end)
            end = root[end]
        for one in path:
            root[one] = end
        return end

    for one in candidates:
        root[find((True, one.bill))] = find((False, one.record))
    groups: dict[tuple[bool, int], list[Candidate]] = defaultdict(list)
    for one in candidates:
        groups[find((True, one.bill))].append(one)
    return list(groups.values())


def _solved(component: list[Candidate]) -> list[Candidate]:
    """Return the best pairs of one component. The method finds, for one bill after the other, the cheapest way to pair
    it too (Jonker and Volgenant), with whole numbers of any size."""
    bills = sorted({one.bill for one in component})
    records = sorted({one.record for one in component})
    rows, columns = {ref: n for n, ref in enumerate(bills)}, {ref: n for n, ref in enumerate(records)}
    weights = _weights(component, rows, columns)
    edges: list[list[tuple[int, int]]] = [[] for _ in bills]
    by_place: dict[tuple[int, int], Candidate] = {}
    for one in component:
        place = rows[one.bill], columns[one.record]
        edges[place[0]].append((place[1], -weights[one]))
        by_place[place] = one
    # a column for each bill that says: this bill stays alone
    for row, ends in enumerate(edges):
        ends.append((len(records) + row, 0))
    taken = _cheapest(edges)
    return [by_place[row, column] for column, row in taken.items() if column < len(records)]


def _weights(
    component: list[Candidate], rows: dict[int, int], columns: dict[int, int]
) -> dict[Candidate, int]:
    """Return one weight for each candidate. A sum of weights orders choices by the ranks, then the scores, then the
    order of documents."""
    size = min(len(rows), len(columns)) + 1
    # the order of documents: the first bill counts more than all later ones together
    base = len(columns) + 1
    order = base ** len(rows)
    ranks = sorted({one.rank for one in component}, reverse=True)
    scores = (max(one.score for one in component) + 1) * size
    level = {rank: size**n * scores for n, rank in enumerate(ranks)}
    return {
        one: (level[one.rank] + one.score) * order
        + (len(columns) - columns[one.record]) * base ** (len(rows) - 1 - rows[one.bill])
        for one in component
    }


def _cheapest(edges: list[list[tuple[int, int]]]) -> dict[int, int]:
    """Return column -> row of the cheapest assignment of all rows. `edges` has (column, cost) for each row."""
    row_price = [min(cost for _column, cost in ends) for ends in edges]
    column_price: dict[int, int] = {}
    owner: dict[int, int] = {}
    owned: dict[int, int] = {}
    for start in range(len(edges)):
        reached: dict[int, int] = {}
        came_from: dict[int, int] = {}
        settled: dict[int, int] = {}
        heap: list[tuple[int, int]] = []
        row, base = start, 0
        while True:
            for column, cost in edges[row]:
                if column in settled:
                    continue
                way = base + cost - row_price[row] - column_price.get(column, 0)
                if column not in reached or way < reached[column]:
                    reached[column] = way
                    came_from[column] = row
                    heapq.heappush(heap, (way, column))
            way, column = heapq.heappop(heap)
            while column in settled or way > reached[column]:
                way, column = heapq.heappop(heap)
            if column not in owner:
                break
            settled[column] = way
            row, base = owner[column], way
        row_price[start] += way
        for settled_column, its_way in settled.items():
            row_price[owner[settled_column]] += way - its_way
            column_price[settled_column] = column_price.get(settled_column, 0) - (way - its_way)
        # turn the pairs along the way
        row = came_from[column]
        while True:
            before = owned.get(row)
            owner[column], owned[row] = row, column
            if before is None:
                break
            column, row = before, came_from[before]
    return owner
