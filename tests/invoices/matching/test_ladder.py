"""The ladder: each class has a pair that belongs to it, and the page *Why not?* tells the first condition that fails."""

from __future__ import annotations

import pytest

from invoices.matching.documents import Heads
from invoices.matching.ladder import RUNGS, Class, classified, why_not
from invoices.matching.settings import Settings
from invoices.rules.situation import Kind
from tests.invoices.matching.documents import BRANCH, PACK, PACK_KARNATAKA, bill, record

pytestmark = pytest.mark.once  # no database

SETTINGS = Settings()
LOCAL = Heads(taxable=100_000, cgst=9_000, sgst=9_000)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (bill(), record(), ("EXACT", "")),
        (bill("S-001"), record("S/1"), ("EXACT", "")),
        (bill(), record(heads=Heads(taxable=100_060, igst=18_050)), ("ROUNDING", "")),
        (bill(), record(day="2024-10-21"), ("DATE", "")),
        (bill(day="2024-04-10"), record(day="2024-10-04"), ("DATE", "swapped")),
        (bill(day="2024-04-03"), record(day="2024-03-04"), ("DATE", "swapped")),
        (bill("12", "2024-05-02"), record("12", "2024-10-20"), ("DATE", "far")),
        (bill("S/24-25/1"), record("S/1"), ("NUMBER", "year")),
        (bill("1234"), record("KA/1234"), ("NUMBER", "prefix")),
        (bill("CR/O1/556"), record("CR/01/556"), ("NUMBER", "look-alike")),
        (
            bill("DN-9", kind=Kind.CREDIT_NOTE, original="LP/118"),
            record("CN-51", "2024-10-20", kind=Kind.CREDIT_NOTE, original="LP/118"),
            ("NUMBER", "note"),
        ),
        (bill(place="29"), record(place="27"), ("PLACE", "pos")),
        (bill(reverse_charge=True), record(), ("PLACE", "rcm")),
        (bill(), record(tax=1_100), ("VALUE", "higher")),
        (bill(), record(tax=900), ("VALUE", "lower")),
        (bill(heads=LOCAL), record(), ("VALUE", "heads")),
        (bill(), record(heads=Heads(taxable=130_000, igst=18_000)), ("VALUE", "taxable")),
        (bill("12", "2024-05-02"), record("12", "2024-10-20", tax=50_000), ("VALUE", "far")),
        (bill("S/100", "2024-03-30"), record("S/100", "2024-04-02"), ("YEAR", "near")),
        (bill("S/100", "2024-02-01"), record("S/100", "2024-05-02"), ("YEAR", "far")),
        (bill(kind=Kind.DEBIT_NOTE), record(), ("KIND", "")),
        (bill(supplier=PACK_KARNATAKA), record(supplier=PACK), ("SUPPLIER", "")),
        (bill(own=BRANCH), record(), ("BRANCH", "")),
        (bill(supplier="27AABCS4821K1Z8"), record(), ("GSTIN", "typo")),
        (
            bill(supplier="", name="Sahyadri Steels"),
            record(name="Sahyadri Steels Pvt. Ltd."),
            ("GSTIN", "blank"),
        ),
        (bill("40"), record("45"), ("RESIDUAL", "")),
        (bill(kind=Kind.CREDIT_NOTE), record("9", "2024-11-20", kind=Kind.CREDIT_NOTE), ("RESIDUAL", "note")),
        (bill("40"), record("45", tax=1_100), None),
        (bill("40"), record("45", "2024-10-30"), None),
        (bill(kind=Kind.CREDIT_NOTE), record(), None),
    ],
)
def test_each_class_has_its_pair(ours, theirs, expected):
    edge = classified(ours, theirs, SETTINGS)
    assert (edge and (edge.class_.value, edge.sub)) == expected


def test_bills_of_entry_are_known_by_port_number_day_and_tax_but_not_by_their_value():
    def imported(side, number, **given):
        heads = Heads(taxable=given.pop("value", 250_000_00), igst=45_000_00)
        return side(number, supplier="", kind=Kind.BILL_OF_ENTRY, heads=heads, **given)

    assert (
        classified(
            imported(bill, "4545123", port="INNSA1"), imported(record, "45123", port="INNSA1"), SETTINGS
        ).sub
        == "boe"
    )
    exact = classified(imported(bill, "45123", value=1), imported(record, "45123", port="INNSA1"), SETTINGS)
    assert exact.class_ is Class.EXACT
    other = imported(record, "45123", port="INBOM4")
    assert classified(imported(bill, "45123", port="INNSA1"), other, SETTINGS) is None


def test_two_different_hashes_of_e_invoices_are_two_documents():
    edge = classified(bill(irn="a" * 64), record(irn="b" * 64), SETTINGS)
    assert edge is not None
    assert edge.class_ is Class.RESIDUAL


def test_an_equal_hash_makes_the_number_the_same():
    assert classified(bill("?", irn="a" * 64), record("S/1", irn="a" * 64), SETTINGS).class_ is Class.EXACT


def test_an_earlier_number_of_an_amended_record_still_finds_its_bill():
    amended = record("S/900", earlier=(bill("S/1").keys,))
    assert classified(bill("S/1"), amended, SETTINGS).class_ is Class.EXACT


def test_why_not_names_the_first_condition_that_fails_on_each_rung_above():
    told = list(why_not(bill(), record(day="2024-10-21"), SETTINGS))
    assert [(rung.class_, failing and failing.code) for rung, failing in told] == [
        (Class.EXACT, "day"),
        (Class.ROUNDING, "day"),
        (Class.DATE, "day"),
        (Class.DATE, None),
    ]
    assert len(list(why_not(bill("40"), record("45", tax=1), SETTINGS))) == len(RUNGS)
