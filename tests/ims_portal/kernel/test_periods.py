"""R-004, R-005: periods can be sorted and counted forwards and backwards, and belong to quarters and
financial years."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_portal.kernel.periods import BadPeriod, FinancialYear, Frequency, TaxPeriod

PERIODS = st.builds(TaxPeriod, st.integers(2018, 2097), st.integers(1, 12))


@given(PERIODS)
def test_every_textual_form_reads_back(period):
    assert (
        TaxPeriod.parse(period.iso)
        == TaxPeriod.from_wire(period.wire)
        == TaxPeriod.from_number(period.number)
        == period
    )


@given(PERIODS, st.integers(-11, 11))
def test_stepping_forward_and_back_gives_the_same_period(period, months):
    assert period.offset(months).offset(-months) == period
    assert (period.offset(months) > period) is (months > 0)


@pytest.mark.parametrize(
    "text", ["Oct 2024", "october 2024", " OCTOBER  2024 ", "2024-10", "10-2024", "102024", "202410"]
)
def test_a_period_is_read_as_pages_write_it_and_as_programs_do(text):
    assert TaxPeriod.typed(text) == TaxPeriod(2024, 10)


@pytest.mark.parametrize("text", ["Octo 2024", "Oct 24", "202413", "Oct 2016", "10/2024", ""])
def test_what_is_no_period_is_refused_with_an_example_in_words(text):
    with pytest.raises(BadPeriod):
        TaxPeriod.typed(text)


def test_a_quarter_is_named_by_its_last_month():
    december = TaxPeriod(2024, 12)
    for month in (10, 11, 12):
        assert Frequency.QUARTERLY.period_of(TaxPeriod(2024, month)) == december
    assert Frequency.QUARTERLY.next(december) == TaxPeriod(2025, 3)
    assert Frequency.QUARTERLY.first_month(december) == TaxPeriod(2024, 10)
    assert not Frequency.QUARTERLY.is_period(TaxPeriod(2024, 11))
    assert december.quarter_label == "Oct-Dec 2024"


def test_financial_year_turns_on_the_first_of_april():
    assert FinancialYear.of(date(2024, 3, 31)).label == "2023-24"
    assert FinancialYear.of(date(2024, 4, 1)).label == "2024-25"
    assert FinancialYear.parse("2097-98") == FinancialYear(2097)
    with pytest.raises(BadPeriod):
        FinancialYear.parse("2099-00")


@pytest.mark.parametrize("text", ["2024-13", "2024-1", "102024", "1999-10", "2024-10 ", "", "२०२४-१०"])
def test_a_malformed_period_is_refused(text):
    with pytest.raises(BadPeriod):
        TaxPeriod.parse(text)


@pytest.mark.parametrize("text", ["2024-26", "2024", "24-25", "2024-2025"])
def test_a_malformed_year_is_refused(text):
    with pytest.raises(BadPeriod):
        FinancialYear.parse(text)
