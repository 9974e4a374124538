"""The rulebooks allow the same actions as Table T1, row by row."""

from __future__ import annotations

import pytest

from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Book, Direction, Kind, Standing
from tests.invoices.rules.domain import situation

TAKES = (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ECO)
UP, DOWN, LEVEL, NONE = Direction.UP, Direction.DOWN, Direction.LEVEL, Direction.NONE
O, A, R, S, Q, B = (  # noqa: E741  the letters T1's columns use
    Standing.ORIGINAL,
    Standing.BASELINE,
    Standing.NO_BASELINE,
    Standing.PREVAILS,
    Standing.PREVAILS_REJECTED,
    Standing.BLOCKED,
)
# The rows of Table T1. The first five columns are: kinds, standings, directions, actions allowed in the
# October 2024 rulebook, actions allowed in the October 2025 rulebook. In the actions, A is Accept, R is
# Reject and P is Pending. The last three columns answer these questions: Does Pending end after one period?
# Does Accept ask for a reduction? Does a rejection add the tax back to the supplier's liability?
T1 = [
    (TAKES, (O,), (NONE,), "ARP", "ARP", False, False, False),
    ((Kind.CREDIT_NOTE,), (O,), (NONE,), "AR", "ARP", True, True, True),
    (TAKES, (A, R), (UP, LEVEL), "ARP", "ARP", False, False, False),
    (TAKES, (A,), (DOWN,), "AR", "ARP", True, True, True),
    (TAKES, (R,), (DOWN,), "ARP", "ARP", False, False, False),
    ((Kind.CREDIT_NOTE,), (A,), (UP, LEVEL), "AR", "ARP", True, True, True),
    ((Kind.CREDIT_NOTE,), (R,), (UP, LEVEL), "AR", "ARP", True, True, True),
    ((Kind.CREDIT_NOTE,), (A,), (DOWN,), "ARP", "ARP", False, False, False),
    ((Kind.CREDIT_NOTE,), (R,), (DOWN,), "AR", "ARP", True, True, True),
    (tuple(Kind), (B,), (UP, DOWN, LEVEL), "", "", None, None, None),
    (TAKES, (S, Q), (UP, DOWN, LEVEL), "ARP", "ARP", False, False, False),
    ((Kind.CREDIT_NOTE,), (S, Q), (UP, LEVEL), "AR", "ARP", True, True, True),
    ((Kind.CREDIT_NOTE,), (Q,), (DOWN,), "AR", "ARP", True, True, True),
    ((Kind.CREDIT_NOTE,), (S,), (DOWN,), "ARP", "ARP", True, True, True),
    ((Kind.BILL_OF_ENTRY,), (O, A, R, S), (UP,), "AP", "AP", False, False, False),
    ((Kind.BOE_REDUCTION,), (A,), (DOWN,), "AP", "AP", False, True, False),
]
CASES = [
    pytest.param(kind, standing, direction, *row[3:], id=f"{kind.value}-{standing.value}{direction.value}")
    for row in T1
    for kind in row[0]
    for standing in row[1]
    for direction in row[2]
]


@pytest.mark.parametrize(("kind", "standing", "direction", "launch", "later", "one", "asks", "adds"), CASES)
def test_the_actions_of_each_situation_are_those_of_table_t1(
    kind, standing, direction, launch, later, one, asks, adds
):
    at = {"kind": kind, "standing": standing, "direction": direction}
    old, new = rule(situation(**at)), rule(situation(book=Book.B2510, **at))
    assert {a.value for a in old.allowed} == set(launch)
    assert {a.value for a in new.allowed} == set(later)
    assert not old.asks_reduction
    if asks is None:
        return
    assert new.asks_reduction is asks
    assert new.one_period is one
    late = rule(situation(book=Book.B2510, pending_limit_reached=True, **at))
    assert (Action.PENDING in late.allowed) is (not one and "P" in later)
    for book in Book:
        assert rule(situation(book=book, action=Action.REJECTED, **at)).adds_back is adds


def test_r102_closed_is_the_first_reason_of_a_refusal():
    for action in Action:
        refusal = rule(situation(closed=True, kind=Kind.CREDIT_NOTE, action=action)).refusals[Action.PENDING]
        assert refusal.code == "RECORD_CLOSED"


def test_the_advice_for_a_closed_record_fits_its_action():
    """Only a rejected document can be reported again unchanged (R-087). The others can be amended."""
    for action in (Action.NONE, Action.ACCEPTED, Action.REJECTED):
        refusal = rule(situation(closed=True, action=action)).refusals[Action.PENDING]
        assert ("rejected by mistake" in refusal.instead) is (action is Action.REJECTED)
        assert ("ask the supplier to amend it" in refusal.instead) is (action is not Action.REJECTED)


def test_every_clause_has_a_sentence_a_user_can_read():
    from invoices.rules.ruling import CLAUSES

    assert len(CLAUSES) >= 20
    for clause in CLAUSES.values():
        assert clause.sentence.endswith(".")
        assert clause.code.startswith("R-")
        assert clause.source
