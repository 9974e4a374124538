"""I21: money is never a floating-point number, and a text that is not an amount is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_portal.kernel.money import (
    BadAmount,
    TaxAmounts,
    format_inr,
    format_inr_short,
    paise,
    parse_inr,
    rupees,
)

PAISE = st.integers(-(10**16), 10**16)


@given(PAISE)
def test_paise_to_rupees_and_back_is_exact(amount):
    assert paise(rupees(amount)) == amount if abs(amount) < 10**17 else True


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1.005", "", "ten", "1e400", 1.5, True, "1" * 5000]
)
def test_a_text_that_is_no_amount_is_refused(value):
    with pytest.raises(BadAmount):
        paise(value)


@pytest.mark.parametrize(
    ("value", "expected"), [("1800", 180000), ("0.10", 10), (Decimal("99.9"), 9990), (7, 700), ("1.500", 150)]
)
def test_rupees_are_read_exactly(value, expected):
    assert paise(value) == expected


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (9999999, "99,999.99"),
        (10000000, "1,00,000.00"),
        (1234567890, "1,23,45,678.90"),
        (1000000000, "1,00,00,000.00"),
        (-180000, "\u22121,800.00"),
        (99900, "999.00"),
        (100000, "1,000.00"),
    ],
)
def test_amounts_have_indian_grouping(amount, text):
    assert format_inr(amount) == text


@given(st.integers(0, 10**15))
def test_a_printed_amount_reads_back(amount):
    assert parse_inr(format_inr(amount)) == amount


def test_short_forms_of_amounts_are_written_and_read():
    assert format_inr_short(1_23_00_000_00) == "₹1.23 Cr"
    assert format_inr_short(-4_50_000_00) == "\u2212₹4.50 L"
    assert parse_inr("1.5L") == 1_50_000_00
    assert parse_inr("₹ 2 Cr") == 2_00_00_000_00


def test_tax_amounts_keep_heads_apart():
    one, two = TaxAmounts(igst=5, cess=1), TaxAmounts(cgst=3, sgst=3)
    assert one + two - one == two
    assert (one - two).positive_part() == one
    assert (-two).total == -6
    assert TaxAmounts.from_mapping(one.as_dict()) == one
