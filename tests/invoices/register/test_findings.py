"""The findings of a run stand for each document of IMS and each bill alone, with their time."""

from __future__ import annotations

import pytest

from invoices.matching import ladder, words
from invoices.register import by_hand, match
from invoices.register.models import Apart, Bill, Finding, Link, Unchased
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.django_db


def present() -> list[tuple[str, str]]:
    held = Finding.objects.filter(until__isnull=True)
    return sorted(held.values_list("match_class", "suggestion"))


def test_each_document_and_each_lone_bill_has_one_finding(world):
    world.saves(number="A-1")
    world.saves(number="B-1", taxable=50)
    taken(
        world.recipient, bill("A-1", supplier=world.supplier), bill("C-1", supplier=world.supplier, taxable=7)
    )
    match.run(world.recipient, by=BY)
    assert present() == [("ALONE", ""), ("ALONE", "pending"), ("EXACT", "accept")]
    exact = Finding.objects.get(match_class="EXACT")
    assert (exact.record.number, exact.difference, exact.auto) == ("A-1", 0, True)


def test_a_second_run_writes_no_finding_and_a_changed_bill_ends_one(world):
    world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    match.run(world.recipient, by=BY)
    assert Finding.objects.count() == 1
    taken(world.recipient, bill("A-1", supplier=world.supplier, taxable=9_000))
    match.run(world.recipient, by=BY)
    assert present() == [("VALUE", "pending")]
    assert Finding.objects.get(match_class="EXACT").until is not None
    assert Finding.objects.get(match_class="VALUE").difference == 1_000 * 18


def test_what_a_person_says_is_kept_over_runs_and_can_be_taken_back(world):
    record = world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    identity = Bill.objects.get().identity
    for _again in range(2):
        by_hand.keep_apart(world.recipient, identity, record.pk, by=BY)
    assert Apart.objects.count() == 1
    match.run(world.recipient, by=BY)
    assert present() == [("ALONE", ""), ("ALONE", "pending")]
    for _again in range(2):
        by_hand.join(world.recipient, identity, record.pk, by=BY)
    assert Apart.objects.get().until is not None
    match.run(world.recipient, by=BY)
    assert present() == [("MANUAL", "accept")]
    by_hand.end_join(world.recipient, identity, record.pk, by=BY)
    match.run(world.recipient, by=BY)
    assert present() == [("EXACT", "accept")]
    assert Link.objects.filter(until__isnull=True).count() == 1


def test_a_supplier_is_not_chased_until_a_person_takes_it_back(world):
    for _again in range(2):
        by_hand.never_chase(world.recipient, supplier=world.supplier.gstin, by=BY)
    assert Unchased.objects.get().until is None
    by_hand.chase_again(world.recipient, supplier=world.supplier.gstin, by=BY)
    assert Unchased.objects.get().until is not None


def test_every_class_and_condition_has_words():
    for rung in ladder.RUNGS:
        assert words.class_words(rung.class_.value, rung.sub)[1], rung
        assert all(one.code in words.CONDITIONS for one in rung.conditions), rung
