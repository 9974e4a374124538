"""Suggestions: the action of each class, and which never happens without a person."""

from __future__ import annotations

from datetime import date

import pytest

from ims_portal.kernel.periods import TaxPeriod
from invoices.matching.documents import Claim, Group, Heads
from invoices.matching.ladder import Class
from invoices.matching.run import Match, matched
from invoices.matching.suggestions import BY_RULE, Action, Desk, suggested
from invoices.rules.situation import Book, Filing, Kind
from tests.invoices.matching.documents import PACK, PACK_KARNATAKA, bill, record

pytestmark = pytest.mark.once  # no database

OCTOBER, NOVEMBER = TaxPeriod(2024, 10), TaxPeriod(2024, 11)
ALL = ("accept", "reject", "pending")
LOCAL = Heads(taxable=100_000, cgst=9_000, sgst=9_000)


def desk(**given) -> Desk:
    usual = {
        "group": Group.INVOICE,
        "book": Book.B2410,
        "filing": Filing.FILED,
        "open": ALL,
        "period": OCTOBER,
        "open_period": OCTOBER,
    }
    return Desk(**(usual | given))


def match(ours, theirs) -> Match:
    (found,) = matched([ours], [theirs]).matches
    return found


def of(found) -> tuple:
    return found.action.value, found.fallback and found.fallback.value, found.auto


# class and sub-class of an invoice -> action, fallback, whether a rule may take it
INVOICES = [
    (bill(), record(), ("accept", None, True)),
    (bill(), record(heads=Heads(taxable=100_060, igst=18_050)), ("accept", None, True)),
    (bill(), record(day="2024-10-21"), ("accept", None, False)),
    (bill("S/24-25/1"), record("S/1"), ("accept", None, False)),
    (bill("1234"), record("KA/1234"), ("look", "pending", False)),
    (bill("CR/O1/556"), record("CR/01/556"), ("look", "pending", False)),
    (bill(place="29"), record(place="27"), ("accept", None, False)),
    (bill(reverse_charge=True), record(), ("pending", None, False)),
    (bill(), record(tax=1_100), ("pending", None, False)),
    (bill(), record(tax=900), ("accept", None, False)),
    (bill(), record(tax=400), ("look", "pending", False)),
    (bill(day="2024-06-01"), record(tax=900), ("look", "pending", False)),
    (bill(heads=LOCAL), record(), ("pending", None, False)),
    (bill(), record(heads=Heads(taxable=130_000, igst=18_000)), ("accept", None, False)),
    (bill("S/100", "2024-03-30"), record("S/100", "2024-04-02"), ("look", "pending", False)),
    (bill(kind=Kind.DEBIT_NOTE), record(), ("look", "pending", False)),
    (bill(supplier=PACK_KARNATAKA), record(supplier=PACK), ("look", "pending", False)),
    (bill("40"), record("45"), ("look", "pending", False)),
]


@pytest.mark.parametrize(("ours", "theirs", "expected"), INVOICES)
def test_each_class_of_invoices_has_its_suggestion(ours, theirs, expected):
    assert of(suggested(desk(), match(ours, theirs))) == expected


@pytest.mark.parametrize(("ours", "theirs", "_expected"), INVOICES)
def test_without_pending_nothing_is_kept_and_nothing_falls_back_to_it(ours, theirs, _expected):
    found = suggested(desk(open=("accept", "reject")), match(ours, theirs))
    assert found.action is not Action.PENDING
    assert found.fallback is not Action.PENDING


def never(found) -> bool:
    return found.auto is False


def test_only_two_classes_may_ever_be_taken_by_a_rule():
    for class_ in Class:
        for sub in (
            "",
            "near",
            "far",
            "year",
            "prefix",
            "pos",
            "rcm",
            "higher",
            "lower",
            "taxable",
            "net",
            "several",
        ):
            whole = Match((bill(),), (record(),), class_, sub, match(bill(), record()).facts)
            assert class_ in BY_RULE or never(suggested(desk(), whole)), (class_, sub)


@pytest.mark.parametrize(
    ("ours", "situation"),
    [
        ({"kind": Kind.CREDIT_NOTE}, {"group": Group.CREDIT_NOTE}),
        ({}, {"lowers": True}),
        ({"itc": Claim.NONE}, {}),
        ({"claimed": TaxPeriod(2024, 9)}, {}),
        ({"date_unsure": True}, {}),
        ({"received": NOVEMBER}, {}),
        ({}, {"last_period": True}),
        ({}, {"new_supplier": True}),
    ],
)
def test_an_exact_pair_is_never_taken_by_a_rule_where_money_or_time_is_at_stake(ours, situation):
    kind = {"kind": ours["kind"]} if "kind" in ours else {}
    assert never(suggested(desk(**situation), match(bill(**ours), record(**kind))))


def test_no_suggestion_is_a_rejection():
    assert {one.value for one in Action} == {"accept", "pending", "look", "none"}


def test_goods_that_came_later_wait_for_the_month_of_receipt():
    found = suggested(desk(), match(bill(received=NOVEMBER), record()))
    assert (found.action, found.why) == (Action.PENDING, "PERIOD_LATER")
    last = suggested(desk(last_period=True), match(bill(received=NOVEMBER), record()))
    assert (last.action, last.why) == (Action.ACCEPT, "LAST_PERIOD")
    assert (
        suggested(desk(open_period=NOVEMBER), match(bill(received=NOVEMBER), record())).action
        is Action.ACCEPT
    )


@pytest.mark.parametrize(
    ("itc", "reduction"),
    [(Claim.FULL, Claim.FULL), (Claim.PART, Claim.PART), (Claim.NONE, Claim.NONE), (None, Claim.FULL)],
)
def test_r122_the_bill_says_how_much_credit_goes_back(itc, reduction):
    since = desk(group=Group.CREDIT_NOTE, book=Book.B2510)
    whole = match(bill(kind=Kind.CREDIT_NOTE, itc=itc), record(kind=Kind.CREDIT_NOTE))
    assert suggested(since, whole).reduction is reduction
    before = desk(group=Group.CREDIT_NOTE, open=("accept", "reject"))
    assert suggested(before, whole).reduction is None


def test_a_record_without_a_bill_waits_and_a_new_supplier_is_looked_at():
    assert of(suggested(desk(), None)) == ("pending", None, False)
    assert of(suggested(desk(new_supplier=True), None)) == ("look", "pending", False)
    assert of(suggested(desk(open=("accept", "reject")), None)) == ("look", "none", False)
    assert of(suggested(desk(), None, double=True)) == ("look", "pending", False)


def test_r064_a_credit_note_without_a_bill_says_until_when_it_may_wait():
    note = desk(group=Group.CREDIT_NOTE, book=Book.B2510, pending_until=date(2025, 12, 20))
    found = suggested(note, None)
    assert (found.action, found.until) == (Action.PENDING, date(2025, 12, 20))
    assert "PENDING_ONE_PERIOD" in found.reasons


def test_a_supplier_who_has_not_filed_can_still_edit():
    found = suggested(desk(filing=Filing.SAVED), match(bill(), record(tax=1_100)))
    assert "SUPPLIER_CAN_EDIT" in found.reasons


def test_in_the_last_period_a_question_never_becomes_pending_in_bulk():
    found = suggested(desk(last_period=True), match(bill("40"), record("45")))
    assert (found.action, found.fallback) == (Action.LOOK, Action.NONE)
    assert "LAST_PERIOD" in found.reasons
