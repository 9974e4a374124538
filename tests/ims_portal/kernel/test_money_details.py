"""Details of money: no hidden rounding, Indian grouping of digits, short forms, and tax by head."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_portal.kernel.money import (
    HEADS,
    BadAmount,
    TaxAmounts,
    format_inr,
    format_inr_short,
    paise,
    parse_inr,
    rupee_number,
    rupee_text,
    rupees,
)

AMOUNTS = st.integers(-(10**17) + 1, 10**17 - 1)
TAXES = st.builds(TaxAmounts, *(st.integers(-(10**14), 10**14) for _ in HEADS))


@given(AMOUNTS)
def test_rupees_as_text_and_as_decimal_read_back(amount):
    assert paise(rupees(amount)) == paise(rupee_text(amount)) == amount
    assert rupee_text(amount) == str(rupees(amount))


@pytest.mark.parametrize(
    ("amount", "written"), [(0, "0"), (118000, "1180"), (118005, "1180.05"), (-5, "-0.05"), (-100, "-1")]
)
def test_a_json_number_in_rupees_has_decimals_only_where_there_are_paise(amount, written):
    assert json.dumps(rupee_number(amount)) == written


@pytest.mark.parametrize(
    ("value", "why"),
    [
        # Decimal rounds results to 28 digits, so a multiplication would lose the last decimals of this value
        ("123456789012345.000000000000000000001", "two decimals"),
        (Decimal("123456789012345.000000000000000000001"), "two decimals"),
        (Decimal("1E-9999999"), "two decimals"),
        ("0.001", "two decimals"),
        ("1000000000000000", "15 digits"),
        (10**15, "15 digits"),
        (-(10**15), "15 digits"),
        (Decimal("1E+999999"), "15 digits"),
        (Decimal("NaN"), "not a valid amount"),
        (Decimal("sNaN"), "not a valid amount"),
        (Decimal("-Infinity"), "not a valid amount"),
        ("1e3", "not a valid amount"),
        ("1_000", "not a valid amount"),
        ("1,000", "not a valid amount"),
        ("\u0967\u0968\u0969", "not a valid amount"),  # these are Devanagari digits
        (".5", "not a valid amount"),
        ("5.", "not a valid amount"),
        (1.0, "exact"),
        (float("nan"), "exact"),
        (True, "exact"),
        (None, "exact"),
    ],
)
def test_a_refused_amount_says_why(value, why):
    with pytest.raises(BadAmount, match=why):
        paise(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("999999999999999.99", 99999999999999999),
        (999999999999999, 99999999999999900),
        (Decimal("1E+3"), 100000),
        (Decimal("-0.00"), 0),
        (" -5.25 ", -525),
        (Decimal("2.5000"), 250),
    ],
)
def test_exact_amounts_are_taken(value, expected):
    found = paise(value)
    assert found == expected
    assert type(found) is int


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1, "0.01"),
        (-1, "\u22120.01"),
        (12_34, "12.34"),
        (99_99_999_99, "99,99,999.99"),
        (-1_23_45_678_90, "\u22121,23,45,678.90"),
        (12_34_56_78_901_23, "12,34,56,78,901.23"),
    ],
)
def test_indian_grouping_at_every_width(amount, text):
    assert format_inr(amount) == text


@given(AMOUNTS)
def test_grouping_adds_commas_only(amount):
    text = format_inr(amount)
    assert re.fullmatch(r"\u2212?\d{1,3}\.\d\d|\u2212?\d{1,2}(,\d\d)*,\d{3}\.\d\d", text)
    assert paise(text.replace(",", "").replace("\u2212", "-")) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "₹0.00"),
        (12_345_00, "₹12,345.00"),
        (99_999_99, "₹99,999.99"),
        (1_00_000_00, "₹1.00 L"),
        (1_00_499_99, "₹1.00 L"),
        (1_00_500_00, "₹1.01 L"),  # half is rounded up; with floating point the text would be ₹1.00 L
        (99_99_499_99, "₹99.99 L"),
        (99_99_500_00, "₹1.00 Cr"),  # the text must not be ₹100.00 L
        (1_00_00_000_00, "₹1.00 Cr"),
        (12_34_567_89_01_200, "₹12,345.68 Cr"),
        (-99_99_999_99, "\u2212₹1.00 Cr"),
        (-5, "\u2212₹0.05"),
    ],
)
def test_short_forms_round_once_and_pick_the_right_unit(amount, text):
    assert format_inr_short(amount) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,23,456", 1_23_456_00),
        ("1,234,567.5", 12_34_567_50),
        ("123456.50", 1_23_456_50),
        (" ₹1,00,000 ", 1_00_000_00),
        ("1.5 lakh", 1_50_000_00),
        ("1.23456L", 1_23_456_00),
        ("2 CR", 2_00_00_000_00),
        ("0.0000001cr", 1_00),
        ("2 crore", 2_00_00_000_00),
        ("1.234567891Cr", 1_23_45_678_91),
    ],
)
def test_typed_amounts_are_read(text, expected):
    assert parse_inr(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "1,,2",
        "1,5",
        "1,5L",
        "12,34",
        ",100",
        "-5",
        "\u22125",
        "1.005",
        "5 M",
        "1.23456789L",
        "1.2345678901Cr",
        "१,२३४",
        "1e5",
    ],
)
def test_mistyped_amounts_are_refused_and_not_guessed(text):
    with pytest.raises(BadAmount):
        parse_inr(text)


@given(TAXES, TAXES)
def test_tax_amounts_add_head_by_head(one, two):
    assert (one + two).as_dict() == {head: getattr(one, head) + getattr(two, head) for head in HEADS}
    assert one - two == -(two - one)
    assert (one + two).total == one.total + two.total
    assert one.positive_part() - (-one).positive_part() == one
    assert [one.scaled(sign) for sign in (-1, 0, 1)] == [-one, TaxAmounts(), one]


def test_heads_that_cancel_out_are_not_zero():
    assert TaxAmounts().is_zero
    cancelling = TaxAmounts(igst=5, cess=-5)
    assert cancelling.total == 0
    assert not cancelling.is_zero


def test_tax_amounts_can_be_made_from_a_mapping():
    assert tuple(TaxAmounts().as_dict()) == HEADS
    assert TaxAmounts.from_mapping({"cgst": 3, "sgst": None, "taxable": 9}) == TaxAmounts(cgst=3)
    with pytest.raises(BadAmount, match="whole paise"):
        TaxAmounts.from_mapping({"igst": Decimal("12.70")})


def test_tax_amounts_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        TaxAmounts().igst = 1


def test_counts_are_grouped_as_amounts_are():
    from ims_portal.kernel.money import format_count

    assert [format_count(n) for n in (0, 999, 1_000, 100_000, 12_345_678)] == [
        "0",
        "999",
        "1,000",
        "1,00,000",
        "1,23,45,678",
    ]
