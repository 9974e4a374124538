"""The assignment is the best one, measured against all possible ones, and depends on no order of rows."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from invoices.matching.assignment import Candidate, assigned, components, forced

pytestmark = pytest.mark.once  # no database


def graph(seed: int) -> list[Candidate]:
    """Return a small random graph: few ranks and scores, so that many choices are equally good."""
    rng = random.Random(seed)
    bills, records = rng.randint(1, 5), rng.randint(1, 5)
    places = [(b, r) for b in range(bills) for r in range(records) if rng.random() < 0.6]
    return [
        Candidate(b, r, rng.choice((10, 30, 40, 60)), rng.choice((500, 600, 604))) for b, r in places[:11]
    ]


def merit(taken: tuple[Candidate, ...]) -> tuple:
    """Return a value that is greater for a better choice: counts by rank, the sum of scores, and then for each bill the
    earliest record."""
    ranks = tuple(sum(one.rank == rank for one in taken) for rank in (10, 30, 40, 60))
    first = {one.bill: -one.record for one in taken}
    return ranks, sum(one.score for one in taken), tuple(first.get(bill, -99) for bill in range(5))


def best(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    every = (
        part
        for size in range(len(candidates) + 1)
        for part in combinations(candidates, size)
        if len({one.bill for one in part}) == len({one.record for one in part}) == size
    )
    return max(every, key=merit)


def test_the_choice_equals_the_best_of_all_choices():
    for seed in range(600):
        candidates = graph(seed)
        assert set(assigned(candidates)) == set(best(candidates)), f"graph {seed}"


def test_no_order_of_the_candidates_changes_the_choice():
    rng = random.Random(7)
    for seed in range(50):
        candidates = graph(seed)
        expected = assigned(candidates)
        for _ in range(10):
            rng.shuffle(candidates)
            assert assigned(candidates) == expected


def test_two_close_pairs_are_better_than_one_closer_pair_and_a_far_one():
    # bills of the 5th and the 7th, records of the 3rd and the 6th
    days = {(0, 0): 2, (0, 1): 1, (1, 0): 4, (1, 1): 1}
    taken = assigned([Candidate(b, r, 120, 200 - 4 * apart) for (b, r), apart in days.items()])
    assert [(one.bill, one.record) for one in taken] == [(0, 0), (1, 1)]


def test_a_large_component_is_solved_exactly():
    # each bill fits its own record a little better than the next one's
    size = 300
    near = [
        Candidate(n, n + step, 120, 200 - 4 * step) for n in range(size) for step in (0, 1) if n + step < size
    ]
    left, sure = forced(near)
    assert (len(components(left)), sure) == (1, [])
    assert [(one.bill, one.record) for one in assigned(near)] == [(n, n) for n in range(size)]
