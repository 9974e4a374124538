"""R-055, R-063: Pending ends with the section 16(4) cut-off, but for what R-064 ends."""

from __future__ import annotations

import pytest

from invoices.rules.books import rule
from invoices.rules.situation import Action, Book, Direction, Kind, Standing
from tests.rules.domain import possible, situation


@pytest.mark.parametrize("book", list(Book))
def test_r055_pending_is_closed_past_the_cutoff_exactly_where_it_would_be_purged(book: Book):
    """Nobody may set what the next midnight takes away, with the credit."""
    for s in possible(book):
        ruling = rule(s)
        if s.past_cutoff and rule(s.with_action(Action.PENDING)).purgeable:
            assert Action.PENDING not in ruling.allowed, s


def test_r055_the_refusal_names_the_rule_and_what_to_do():
    refusal = rule(situation(past_cutoff=True)).refusals[Action.PENDING]
    assert (refusal.code, refusal.clause.code) == ("PENDING_NOT_ALLOWED", "R-055")
    assert "Accept it or reject it" in refusal.instead


def test_r064_a_specified_record_of_the_later_book_may_still_wait():
    note = situation(book=Book.B2510, kind=Kind.CREDIT_NOTE, past_cutoff=True)
    assert Action.PENDING in rule(note).allowed
    lowered = situation(
        book=Book.B2510, standing=Standing.BASELINE, direction=Direction.DOWN, past_cutoff=True
    )
    assert Action.PENDING in rule(lowered).allowed
