"""The page that compares the two rulebooks shows exactly the changes of October 2025."""

from __future__ import annotations

from invoices.rules.differences import differences, situations
from invoices.rules.situation import Action, Book, Kind, Standing

FOUND = differences(Book.B2410, Book.B2510)


def test_the_five_classes_and_prevailing_note_amendments_differ_and_nothing_else():
    kinds = {(d.situation.kind, d.situation.standing) for d in FOUND}
    takes = {(kind, Standing.BASELINE) for kind in (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ECO)}
    notes = {(Kind.CREDIT_NOTE, s) for s in Standing if s not in (Standing.BLOCKED, Standing.CHARGE_CHANGED)}
    bills = {(kind, Standing.ORIGINAL) for kind in (Kind.BILL_OF_ENTRY, Kind.BOE_REDUCTION)}
    assert kinds == takes | notes | bills


def test_r130_no_bill_of_entry_has_a_ruling_under_a_book_in_which_bills_are_not_in_ims():
    bills = [d for d in FOUND if d.situation.kind.is_import]
    assert [d.before for d in bills] == [None, None]
    assert {d.after.allowed for d in bills} == {frozenset({Action.ACCEPTED, Action.PENDING})}
    assert all(d.before is not None for d in FOUND if not d.situation.kind.is_import)


def test_pending_that_was_closed_is_open_for_one_period_since_october_2025():
    for d in FOUND:
        if d.before is not None and Action.PENDING not in d.before.allowed:
            assert Action.PENDING in d.after.allowed
            assert d.after.one_period
            assert Action.PENDING not in d.late.allowed


def test_a_book_does_not_differ_from_itself():
    assert differences(Book.B2410, Book.B2410) == []
    assert len(list(situations(Book.B2410))) == 6 * 16
