"""R-008: each record is governed by the rulebook of its period. A rulebook refuses a situation of another
rulebook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ims_portal.kernel.periods import TaxPeriod
from invoices.rules import legality
from invoices.rules.rulebooks import (
    BOOK_2024_10,
    BOOK_2025_10,
    ONE_PERIOD_BOOKS,
    book_for,
    imports_in_ims,
    rule,
)
from invoices.rules.situation import Action, Book, Kind, Route
from tests.invoices.rules.domain import situation

SEPTEMBER, OCTOBER = TaxPeriod(2025, 9), TaxPeriod(2025, 10)


@pytest.mark.parametrize(
    ("month", "book"),
    [
        (TaxPeriod(2024, 10), Book.B2410),
        # FAQ25: a note of 15 September, in the GSTR-1 filed on 11 October, is in GSTR-2B of September
        (SEPTEMBER, Book.B2410),
        # FAQ25: a note of 15 March, in the GSTR-1 filed on 11 November, is in GSTR-2B of October
        (OCTOBER, Book.B2510),
        (TaxPeriod(2026, 11), Book.B2510),
        (TaxPeriod(2024, 9), Book.B2410),  # before IMS existed, the first rulebook applies
    ],
)
def test_r008_the_book_follows_the_natural_2b_month(month, book):
    assert book_for(month) is book


@pytest.mark.parametrize("pinned", list(Book))
def test_r008_a_pinned_book_governs_every_month(pinned):
    assert book_for(SEPTEMBER, pinned) is pinned
    assert book_for(OCTOBER, pinned) is pinned


def test_r130_bills_of_entry_enter_ims_from_the_later_book():
    assert not imports_in_ims(Book.B2410)
    assert imports_in_ims(Book.B2510)


def test_r064_only_the_later_book_ends_pending_after_one_period():
    assert ONE_PERIOD_BOOKS == ("2510",)


def test_october_2025_changed_one_clause_and_two_permissions():
    before, after = BOOK_2024_10, BOOK_2025_10
    changed = [pair for pair in zip(before.legality, after.legality, strict=True) if pair[0] != pair[1]]
    assert changed == [(legality.pending_barred, legality.pending_for_one_period)]
    assert before.disposition == after.disposition
    assert (before.reduction_may_be_declared, after.reduction_may_be_declared) == (False, True)
    assert (before.since, after.since) == (TaxPeriod(2024, 10), OCTOBER)


def test_a_book_refuses_to_rule_on_a_record_of_another_book():
    """The October 2024 rulebook closes Pending on a credit note, and the October 2025 rulebook does not.

    The wrong rulebook would therefore give a wrong answer."""
    note = situation(book=Book.B2510, kind=Kind.CREDIT_NOTE)
    with pytest.raises(ValueError, match="2510 asked of 2410"):
        BOOK_2024_10.rule(note)
    assert Action.PENDING in BOOK_2025_10.rule(note).allowed
    assert rule(note) == BOOK_2025_10.rule(note)


def test_a_record_that_no_clause_places_is_an_error():
    silent = replace(BOOK_2024_10, disposition=())
    with pytest.raises(ValueError, match="no clause places"):
        silent.rule(situation())


def test_the_first_clause_that_closes_an_action_gives_the_reason():
    """Two clauses close Pending on a credit note of a closed period.

    The refusal gives the reason R-102, because this clause comes first. `trail` lists every clause that
    applied."""
    ruling = rule(situation(kind=Kind.CREDIT_NOTE, closed=True))
    assert ruling.refusals[Action.PENDING].code == "RECORD_CLOSED"
    assert not ruling.can_reset
    assert [clause.code for clause in ruling.trail].index("R-102") == 0
    assert rule(situation()).can_reset


def test_r120_a_reduction_is_asked_only_where_accepting_is_open_in_the_later_book():
    note = situation(book=Book.B2510, kind=Kind.CREDIT_NOTE)
    assert rule(note).asks_reduction
    assert rule(situation(book=Book.B2510, kind=Kind.BOE_REDUCTION)).asks_reduction
    assert not rule(situation(kind=Kind.CREDIT_NOTE)).asks_reduction
    assert not rule(situation(book=Book.B2510)).asks_reduction
    assert not rule(replace(note, closed=True)).asks_reduction
    assert not rule(replace(note, route=Route.REVERSE_CHARGE)).asks_reduction


def test_r110_only_a_standing_rejection_of_a_specified_record_adds_back_to_the_supplier():
    rejected = situation(kind=Kind.CREDIT_NOTE, action=Action.REJECTED)
    assert rule(rejected).adds_back
    assert not rule(replace(rejected, superseded=True)).adds_back
    assert not rule(replace(rejected, kind=Kind.INVOICE)).adds_back
    assert not rule(replace(rejected, action=Action.ACCEPTED)).adds_back


def test_r063_only_records_pending_in_ims_are_purged_and_r064_excepts_specified_records():
    waiting = situation(action=Action.PENDING)
    assert rule(waiting).purgeable
    assert not rule(replace(waiting, action=Action.NONE)).purgeable
    note = situation(book=Book.B2510, kind=Kind.CREDIT_NOTE, action=Action.PENDING)
    assert not rule(note).purgeable
    assert rule(note).one_period
    assert not rule(replace(note, book=Book.B2410)).one_period
    assert all(not rule(replace(waiting, route=route)).purgeable for route in Route if route is not Route.IMS)
    # in the October 2024 rulebook the cut-off ends Pending; the note lowers ITC, so the note reverts to No
    # action and is not purged
    assert rule(replace(note, book=Book.B2410)).reverts
    assert not rule(note).reverts


def test_r047_only_a_record_of_the_ims_route_is_in_ims_until_its_period_closes():
    for route in Route:
        assert rule(situation(route=route)).in_ims is (route is Route.IMS)
        assert not rule(situation(route=route, closed=True)).in_ims


def test_a_record_is_in_the_statement_if_and_only_if_its_ruling_has_lines():
    assert rule(situation()).in_statement
    assert not rule(situation(action=Action.PENDING)).in_statement
