"""R-004, R-005 in detail: texts, limits and days of periods, quarters of either filing frequency, and
financial years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_portal.kernel.periods import BadPeriod, FinancialYear, Frequency, TaxPeriod

PERIODS = st.builds(TaxPeriod, st.integers(2018, 2097), st.integers(1, 12))
FREQUENCIES = st.sampled_from(Frequency)
OCTOBER = TaxPeriod(2024, 10)


def test_one_month_has_the_right_text_in_every_form():
    assert (OCTOBER.number, OCTOBER.wire, OCTOBER.iso, str(OCTOBER)) == (
        202410,
        "102024",
        "2024-10",
        "2024-10",
    )
    assert (OCTOBER.label, OCTOBER.short_label) == ("October 2024", "Oct 2024")
    assert (OCTOBER.first_day, OCTOBER.last_day) == (date(2024, 10, 1), date(2024, 10, 31))
    assert TaxPeriod(2024, 2).last_day == date(2024, 2, 29)
    assert TaxPeriod.of(date(2024, 10, 31)) == OCTOBER


@pytest.mark.parametrize(
    "text", ["2024-10", "132024", "002024", "12024", "1020241", "102024\n", "101999", "", "१०२०२४"]
)
def test_a_malformed_wire_period_is_refused(text):
    with pytest.raises(BadPeriod):
        TaxPeriod.from_wire(text)


@pytest.mark.parametrize("number", [0, -1, 202400, 202413, 20241, 201612, 210001])
def test_a_malformed_stored_period_is_refused(number):
    with pytest.raises(BadPeriod):
        TaxPeriod.from_number(number)


def test_a_period_outside_the_bounds_is_refused_however_it_comes_about():
    with pytest.raises(BadPeriod):
        TaxPeriod(2017, 1).offset(-1)
    with pytest.raises(BadPeriod):
        Frequency.QUARTERLY.next(TaxPeriod(2099, 12))


@given(PERIODS, st.integers(-12, 12), st.integers(-12, 12))
def test_numbers_sort_as_time_does(period, one, two):
    first, second = period.offset(one), period.offset(two)
    assert (
        (first < second)
        is (one < two)
        is (first.number < second.number)
        is (first.first_day < second.first_day)
    )


@given(PERIODS)
def test_months_follow_each_other_without_gap(period):
    assert period.last_day + timedelta(days=1) == period.offset(1).first_day


@pytest.mark.parametrize(
    ("month", "end", "label"),
    [(4, 6, "Apr-Jun 2024"), (8, 9, "Jul-Sep 2024"), (12, 12, "Oct-Dec 2024"), (1, 3, "Jan-Mar 2024")],
)
def test_r004_each_month_belongs_to_its_quarter(month, end, label):
    period = TaxPeriod(2024, month)
    assert period.quarter_end == TaxPeriod(2024, end)
    assert period.is_quarter_end is (month == end)
    assert period.quarter_label == label


@given(FREQUENCIES, PERIODS)
def test_r005_every_month_lies_in_exactly_one_period(frequency, month):
    period = frequency.period_of(month)
    assert frequency.is_period(period)
    assert frequency.first_month(period) <= month <= period
    assert frequency.next(frequency.previous(period)) == period
    assert frequency.first_month(frequency.next(period)) == period.offset(1)
    assert frequency.is_period(month) is (period == month)


def test_r005_monthly_is_the_month_and_quarterly_the_quarter():
    assert Frequency.MONTHLY.period_of(OCTOBER) == OCTOBER
    assert Frequency.MONTHLY.next(TaxPeriod(2024, 12)) == TaxPeriod(2025, 1)
    assert Frequency.QUARTERLY.period_of(OCTOBER) == TaxPeriod(2024, 12)
    assert Frequency.QUARTERLY.previous(TaxPeriod(2025, 3)) == TaxPeriod(2024, 12)
    assert (Frequency("M"), Frequency("Q")) == (Frequency.MONTHLY, Frequency.QUARTERLY)


@given(st.dates(date(2017, 7, 1), date(2098, 3, 31)))
def test_a_financial_year_holds_its_dates_and_reads_back(day):
    year = FinancialYear.of(day)
    assert year.first_day <= day <= year.last_day
    assert FinancialYear.parse(year.label) == year
    assert TaxPeriod.of(day).financial_year == year


def test_a_financial_year_begins_in_april_across_a_quarter():
    assert TaxPeriod(2025, 3).financial_year.label == "2024-25"
    assert TaxPeriod(2025, 4).financial_year.label == "2025-26"
    assert FinancialYear(2023) < FinancialYear(2024)


@pytest.mark.parametrize(
    "text", ["2024-24", "2016-17", "2000-01", "2100-01", "2024-25\n", "2024 -25", "", "२०२४-२५"]
)
def test_an_inconsistent_or_far_year_is_refused(text):
    with pytest.raises(BadPeriod):
        FinancialYear.parse(text)


def test_every_date_has_a_financial_year():
    assert FinancialYear.of(date(2016, 12, 31)) == FinancialYear(2016)
