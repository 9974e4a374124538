"""A whole run: groups, duplicates, documents reported twice, decisions of people, and that nothing is lost."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from invoices.matching import numbers
from invoices.matching.documents import Heads
from invoices.matching.ladder import Class
from invoices.matching.run import Result, matched
from invoices.rules.situation import Kind
from tests.invoices.matching.documents import PACK, bill, record

pytestmark = pytest.mark.once  # no database


def outcome(result: Result) -> set[tuple]:
    """Return the result as a set that can be compared."""
    return (
        {
            (
                one.class_.value,
                one.sub,
                frozenset(b.ref for b in one.bills),
                frozenset(r.ref for r in one.records),
            )
            for one in result.matches
        }
        | {("only books", one.ref) for one in result.only_books}
        | {("only IMS", one.ref) for one in result.only_ims}
        | {("repeated", ref, first.ref) for ref, (_bill, first) in result.duplicates.items()}
    )


def only(result: Result) -> tuple[str, str]:
    (match,) = result.matches
    return match.class_.value, match.sub


def test_equal_amounts_do_not_cross_where_the_numbers_tell_them_apart():
    ours = [bill("QKI 55190", "2024-10-26"), bill("QKI-53612", "2024-10-15")]
    theirs = [record("QKI/055190", "2024-10-14"), record("QKI/053612", "2024-10-13")]
    result = matched(ours, theirs)
    assert {(one.bills[0].keys.serial, one.records[0].keys.serial) for one in result.matches} == {
        ("55190", "55190"),
        ("53612", "53612"),
    }


def test_bills_that_add_up_in_one_way_are_one_record():
    parts = [bill("CH-101", tax=300), bill("CH-104", "2024-10-11", 450), bill("CH-109", "2024-10-15", 250)]
    assert only(matched(parts, [record("MC/855", "2024-10-15", 1_000)])) == ("GROUP", "many-to-one")
    twice = [*parts, bill("CH-110", "2024-10-12", 250)]
    assert matched(twice, [record("MC/855", "2024-10-15", 1_000)]).matches == ()


def test_records_that_add_up_in_one_way_are_one_bill():
    parts = [record("MC/900", tax=450), record("MC/901", tax=250), record("MC/902", tax=1_300)]
    assert only(matched([bill("MC/900-902", tax=2_000)], parts)) == ("GROUP", "one-to-many")


def test_a_return_explains_the_difference_of_its_bill():
    books = [bill("INV001", tax=1_000), bill("INV001-CN", "2024-10-19", 300, kind=Kind.CREDIT_NOTE)]
    result = matched(books, [record("INV001", tax=700)])
    assert only(result) == ("GROUP", "net")
    assert result.only_books == ()


def test_a_bill_entered_twice_is_not_missing_in_ims():
    first, second = bill("SS/163", ref="1"), bill("SS-163", ref="2")
    result = matched([second, first], [record("SS/163")])
    assert result.duplicates == {"2": (second, first)}
    assert result.only_books == ()
    assert result.matches[0].repeated


def test_a_document_reported_twice_is_told_apart_from_one_without_a_bill():
    first, again, other = record("INV/001"), record("INV-1"), record("INV/77", tax=5)
    result = matched([bill("INV/001")], [first, again, other])
    assert result.matches[0].records == (first,)
    assert result.doubles.keys() == {again.ref}
    assert result.matches[0].doubled


def test_a_mistyped_gstin_is_matched_only_if_nothing_else_fits():
    ours = bill(supplier="27AABCS4821K1Z8")
    assert only(matched([ours], [record()])) == ("GSTIN", "typo")
    assert matched([ours, bill(supplier="27AABCS4821K1Z7")], [record()]).matches == ()


def test_one_of_several_equal_bills_says_so():
    ours = [bill("", "2024-10-05"), bill("", "2024-10-07")]
    theirs = [record("RF/201", "2024-10-03"), record("RF/202", "2024-10-06")]
    assert {(one.class_, one.sub) for one in matched(ours, theirs).matches} == {(Class.RESIDUAL, "several")}


def test_what_a_person_joined_or_parted_outranks_the_matcher():
    ours, theirs = bill(ref="B"), record(ref="R")
    stranger = record("X/9", tax=7, ref="S")
    joined = matched([ours], [theirs, stranger], joined=[("B", "S")])
    assert [(one.class_, one.records) for one in joined.matches] == [(Class.MANUAL, (stranger,))]
    apart = matched([ours], [theirs], apart=[("B", "R")])
    assert (apart.matches, apart.only_books, apart.only_ims) == ((), (ours,), (theirs,))
    gone = matched([ours], [theirs], joined=[("B", "no longer here")])
    assert only(gone) == ("EXACT", "")


def world(seed: int) -> tuple[list, list]:
    """Return a small random register and desk, with the disturbances of real ones."""
    rng = random.Random(seed)
    bills, records = [], []
    for n in range(rng.randint(2, 14)):
        supplier = rng.choice((PACK, "27AABCS4821K1Z9", "29AACCL7764P1ZL"))
        kind = rng.choice((Kind.INVOICE, Kind.INVOICE, Kind.INVOICE, Kind.CREDIT_NOTE))
        number, tax = f"S/{rng.randint(1, 12)}", rng.choice((100, 100, 250, 350, 700))
        ours = bill(
            number, f"2024-10-{rng.randint(1, 28):02}", tax, supplier=supplier, kind=kind, ref=f"B{n:02}"
        )
        theirs = record(number, ours.day.isoformat(), tax, supplier=supplier, kind=kind, ref=f"R{n:02}")
        slip = rng.randrange(8)
        if slip == 1:
            theirs = replace(theirs, day=ours.day + timedelta(days=rng.randint(1, 9)))
        elif slip == 2:
            theirs = replace(theirs, heads=Heads(taxable=tax * 100 + 40, igst=tax * 18 + 10))
        elif slip == 3:
            theirs = replace(theirs, number="KA/9", keys=numbers.keys("KA/9", theirs.day))
        if slip != 4:
            bills.append(ours)
        if slip != 5:
            records.append(theirs)
    return bills, records


@pytest.mark.parametrize("first_seed", [0, 20, 40])
def test_every_document_stands_in_one_place_and_no_order_of_rows_matters(first_seed):
    for seed in range(first_seed, first_seed + 20):
        _nothing_is_lost(seed)


def _nothing_is_lost(seed: int) -> None:
    bills, records = world(seed)
    result = matched(bills, records)
    placed = [one.ref for match in result.matches for one in match.bills]
    placed += [one.ref for one in result.only_books] + list(result.duplicates)
    assert sorted(placed) == sorted(one.ref for one in bills)
    placed = [one.ref for match in result.matches for one in match.records]
    placed += [one.ref for one in result.only_ims]
    assert sorted(placed) == sorted(one.ref for one in records)
    rng = random.Random(seed)
    for _ in range(3):
        rng.shuffle(bills)
        rng.shuffle(records)
        assert outcome(matched(bills, records)) == outcome(result)
