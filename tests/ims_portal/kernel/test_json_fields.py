"""Dates and amounts in JSON from outside: valid values are read, and every other value is refused with a
reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ims_portal.kernel import json_fields
from ims_portal.kernel.json_fields import BadField, Wrong
from ims_portal.kernel.strict_json import BadNumber


def test_a_day_is_written_day_month_year():
    assert json_fields.day("03-10-2024") == date(2024, 10, 3)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", Wrong.SHAPE),
        ("2024-10-03", Wrong.SHAPE),
        ("3-10-2024", Wrong.SHAPE),
        ("03-10-2024 ", Wrong.SHAPE),
        ("03-10-2024\n", Wrong.SHAPE),
        ("\u0660\u0663-10-2024", Wrong.SHAPE),
        ("31-02-2024", Wrong.NO_DAY),
        ("00-10-2024", Wrong.NO_DAY),
    ],
)
def test_any_other_day_is_refused_with_its_reason(text, wrong):
    with pytest.raises(BadField) as bad:
        json_fields.day(text)
    assert bad.value.wrong is wrong


@pytest.mark.parametrize(("value", "paise"), [(0, 0), (18, 1800), (Decimal("18.05"), 1805)])
def test_an_amount_is_an_exact_number_of_rupees(value, paise):
    assert json_fields.amount(value) == paise


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (BadNumber("1" * 40), Wrong.DIGITS),
        (None, Wrong.KIND),
        (True, Wrong.KIND),
        ("18", Wrong.KIND),
        ([], Wrong.KIND),
        (-1, Wrong.SIGN),
        (Decimal("-0.00"), Wrong.SIGN),
        (Decimal("1.005"), Wrong.INEXACT),
        (10**15, Wrong.INEXACT),
    ],
)
def test_any_other_amount_is_refused_with_its_reason(value, wrong):
    with pytest.raises(BadField) as bad:
        json_fields.amount(value)
    assert bad.value.wrong is wrong
    assert bool(bad.value.detail) is (wrong is Wrong.INEXACT)
