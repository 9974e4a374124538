"""R-055, R-063: Pending ends on the cut-off date of section 16(4).

A pending record that lowers ITC then reverts to No action. Every other pending record is purged. The cut-off
does not apply to records for which R-064 ends Pending after one period."""

from __future__ import annotations

import pytest

from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Book, Direction, Filing, Kind, Route, Standing
from tests.invoices.rules.domain import possible, situation


@pytest.mark.parametrize("book", list(Book))
def test_r055_pending_is_closed_past_the_cutoff_exactly_where_the_cutoff_would_end_it(book: Book):
    """Nobody can set a record to Pending if the next midnight would end Pending again."""
    for s in possible(book):
        ruling, waiting = rule(s), rule(s.with_action(Action.PENDING))
        assert not (waiting.purgeable and waiting.reverts), s
        if s.past_cutoff and (waiting.purgeable or waiting.reverts):
            assert Action.PENDING not in ruling.allowed, s
        if s.route is Route.IMS and not s.closed:
            ends = waiting.purgeable or waiting.reverts
            if s.filing is Filing.LAPSED:
                assert not ends, s
                assert not waiting.one_period, s
            else:
                assert waiting.one_period is not ends, s


CREDIT = (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ECO, Kind.BILL_OF_ENTRY)
ORIGINAL, BASELINE, NONE_BEFORE = Standing.ORIGINAL, Standing.BASELINE, Standing.NO_BASELINE
UP, DOWN, LEVEL = Direction.UP, Direction.DOWN, Direction.LEVEL


@pytest.mark.parametrize(
    ("kinds", "standing", "direction", "lowers"),
    [
        (CREDIT, ORIGINAL, Direction.NONE, False),
        (CREDIT, BASELINE, UP, False),
        (CREDIT, BASELINE, LEVEL, False),
        (CREDIT, BASELINE, DOWN, True),
        (CREDIT, NONE_BEFORE, DOWN, False),
        (CREDIT, Standing.PREVAILS, DOWN, False),
        ([Kind.CREDIT_NOTE], ORIGINAL, Direction.NONE, True),
        ([Kind.CREDIT_NOTE], BASELINE, UP, True),
        ([Kind.CREDIT_NOTE], BASELINE, LEVEL, False),
        ([Kind.CREDIT_NOTE], BASELINE, DOWN, False),
        ([Kind.CREDIT_NOTE], NONE_BEFORE, DOWN, True),
        ([Kind.CREDIT_NOTE], Standing.PREVAILS, DOWN, True),
        ([Kind.CREDIT_NOTE], Standing.PREVAILS_REJECTED, UP, True),
        ([Kind.BOE_REDUCTION], BASELINE, DOWN, True),
    ],
)
def test_r063_a_record_that_lowers_itc_reverts_and_is_never_purged(kinds, standing, direction, lowers):
    for book in Book:
        for kind in kinds:
            waiting = rule(
                situation(book=book, kind=kind, standing=standing, direction=direction, action=Action.PENDING)
            )
            assert waiting.reverts is (lowers and not waiting.one_period)
            assert waiting.purgeable is (not lowers and not waiting.one_period)


def test_r063_after_the_cutoff_a_bill_of_entry_can_only_be_accepted_and_the_refusal_says_so():
    for kind in (Kind.BILL_OF_ENTRY, Kind.BOE_REDUCTION):
        bill = rule(
            situation(book=Book.B2510, kind=kind, standing=BASELINE, direction=DOWN, past_cutoff=True)
        )
        assert bill.allowed == {Action.ACCEPTED}
        assert "reject" not in bill.refusals[Action.PENDING].instead


def test_r053_is_the_reason_where_r055_closes_pending_too():
    note = situation(kind=Kind.CREDIT_NOTE, past_cutoff=True)
    assert rule(note).refusals[Action.PENDING].clause.code == "R-053"


def test_r055_the_refusal_names_the_rule_and_what_to_do():
    refusal = rule(situation(past_cutoff=True)).refusals[Action.PENDING]
    assert (refusal.code, refusal.clause.code) == ("PENDING_NOT_ALLOWED", "R-055")
    assert "Accept or reject the record" in refusal.instead


def test_r064_a_specified_record_of_the_later_book_may_still_wait():
    note = situation(book=Book.B2510, kind=Kind.CREDIT_NOTE, past_cutoff=True)
    assert Action.PENDING in rule(note).allowed
    lowered = situation(
        book=Book.B2510, standing=Standing.BASELINE, direction=Direction.DOWN, past_cutoff=True
    )
    assert Action.PENDING in rule(lowered).allowed
