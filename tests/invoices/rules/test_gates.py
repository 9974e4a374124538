"""Section 19: the conditions for making a statement, filing GSTR-3B and using a form, in the order in which
the portal checks the conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules import gates, lapsing
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Calendar, Form
from invoices.rules.extensions import Seat
from invoices.rules.gates import FormState, form_open
from invoices.rules.situation import Action, Direction, Kind, Route, Standing
from tests.invoices.rules.domain import situation

LAW = Calendar()
M, Q = Frequency.MONTHLY, Frequency.QUARTERLY
SEP, OCT, NOV, DEC = (TaxPeriod(2024, month) for month in (9, 10, 11, 12))
THE_14TH = date(2024, 11, 14)


@pytest.mark.parametrize(
    ("period", "frequency", "ok"),
    [(SEP, M, False), (OCT, M, True), (OCT, Q, False), (NOV, Q, False), (DEC, Q, True), (DEC, M, True)],
)
def test_r092_r093_a_statement_covers_a_month_or_a_quarter_by_frequency(period, frequency, ok):
    assert gates.is_statement_period(period, frequency) is ok


def generate(period: TaxPeriod = OCT, opens: TaxPeriod = OCT, today: date = THE_14TH, **more):
    given = {"frequency": M, "open_period": opens, "today": today, "calendar": LAW} | more
    return gates.generate(period, **given)


def test_r090_a_statement_is_generated_only_if_every_condition_is_met():
    assert generate() is None
    assert generate(today=date(2024, 11, 13)) == "TOO_EARLY"
    assert generate(today=date(2024, 12, 1)) is None
    assert generate(opens=NOV) == "FINAL_2B"
    assert generate(NOV) == "PREV_3B_PENDING"
    assert generate(SEP, opens=SEP) == "BAD_PERIOD"
    # The checks come in this order: the period, the registration, the filed returns, the day.
    composition = {"registration": RegistrationType.COMPOSITION}
    assert generate(SEP, **composition) == "BAD_PERIOD"
    assert generate(opens=NOV, **composition) == "NO_ACCESS"
    assert generate(NOV, today=date(2024, 10, 1)) == "PREV_3B_PENDING"


def test_r094_only_an_existing_draft_of_the_open_period_is_recomputed():
    def recompute(period: TaxPeriod = OCT, opens: TaxPeriod = OCT, *, exists: bool = True):
        return gates.recompute(period, frequency=M, open_period=opens, exists=exists)

    assert recompute() is None
    assert recompute(exists=False) == "NO_2B"
    assert recompute(opens=NOV) == "FINAL_2B"
    assert recompute(SEP) == "BAD_PERIOD"
    assert recompute(NOV, exists=False) == "NO_2B"


def test_r101_gstr3b_is_filed_only_with_a_current_draft_of_the_open_period():
    def file_gstr3b(
        period: TaxPeriod = OCT,
        opens: TaxPeriod = OCT,
        *,
        exists: bool = True,
        stale: bool = False,
        gstr1: bool = False,
    ):
        return gates.file_gstr3b(
            period, frequency=M, open_period=opens, exists=exists, stale=stale, waits_for_gstr1=gstr1
        )

    assert file_gstr3b() is None
    assert file_gstr3b(stale=True) == "STALE_2B"
    assert file_gstr3b(exists=False, stale=True) == "NO_2B"
    assert file_gstr3b(gstr1=True) == "GSTR1_PENDING"
    assert file_gstr3b(gstr1=True, stale=True) == "STALE_2B"
    assert file_gstr3b(opens=NOV) == "FINAL_2B"
    assert file_gstr3b(NOV) == "PREV_3B_PENDING"
    assert file_gstr3b(SEP) == "BAD_PERIOD"


def test_r098_a_period_that_the_supplier_paid_is_not_flagged():
    assert "October 2024" in gates.flag_non_payment(OCT, open_period=NOV)
    assert gates.flag_non_payment(OCT, open_period=OCT) == ""
    assert gates.flag_non_payment(NOV, open_period=OCT) == ""


def test_r005_the_frequency_changes_only_with_an_untouched_quarter():
    def change_frequency(
        opens: TaxPeriod, frequency: Frequency = M, *, drafted: bool = False, reported: bool = False
    ):
        return gates.change_frequency(opens, frequency=frequency, drafted=drafted, reported=reported)

    assert change_frequency(OCT) == ""
    assert "October 2024" in change_frequency(NOV)
    assert "November 2024" in change_frequency(DEC)
    assert change_frequency(DEC, Q) == ""
    assert "already drafted" in change_frequency(OCT, drafted=True)
    assert "October 2024" in change_frequency(OCT, drafted=True)
    assert "reported" in change_frequency(OCT, reported=True)
    assert "drafted" in change_frequency(OCT, drafted=True, reported=True)


@pytest.mark.parametrize(
    ("registration", "forms"),
    [
        (RegistrationType.NORMAL, (Form.GSTR1, Form.IFF, Form.GSTR1A)),
        (RegistrationType.SEZ_UNIT, (Form.GSTR1, Form.IFF, Form.GSTR1A)),
        (RegistrationType.ISD, (Form.GSTR6,)),
        (RegistrationType.NON_RESIDENT, (Form.GSTR5,)),
        (RegistrationType.COMPOSITION, ()),
        (RegistrationType.UIN, ()),
    ],
)
def test_a_registration_has_only_its_own_forms(registration, forms):
    assert gates.forms_of(registration) == forms


def test_a_form_has_only_its_own_periods():
    assert gates.is_form_period(Form.GSTR1, OCT, M)
    assert not gates.is_form_period(Form.GSTR1, OCT, Q)
    assert not gates.is_form_period(Form.GSTR1A, NOV, Q)
    assert gates.is_form_period(Form.GSTR1A, DEC, Q)
    for form in (Form.IFF, Form.GSTR5, Form.GSTR6):
        assert gates.is_form_period(form, OCT, Q)


FORM = FormState(Form.GSTR1, OCT, M, Seat("27"), filed=False, gstr1_filed_on=None, open_3b_period=OCT)


def refusal_of_form(today: date, **change) -> str | None:
    return form_open(replace(FORM, **change), today, LAW)


def test_a_form_that_is_filed_is_closed():
    assert refusal_of_form(date(2024, 11, 1), filed=True) == "GSTR-1 of October 2024 is already filed."


def test_r075_iff_is_for_the_first_two_months_of_quarterly_filers_until_the_13th():
    at = {"form": Form.IFF}
    for wrong in ({"frequency": M}, {"frequency": Q, "period": DEC}):
        assert "first two months" in (refusal_of_form(date(2024, 12, 1), **at, **wrong) or "")
    at["frequency"] = Q
    assert "opens on 01-10-2024" in (refusal_of_form(date(2024, 9, 30), **at) or "")
    assert refusal_of_form(date(2024, 10, 1), **at) is None
    assert refusal_of_form(date(2024, 11, 13), **at) is None
    assert "closed on 13-11-2024" in (refusal_of_form(date(2024, 11, 14), **at) or "")
    # the IFF of a quarter's second month opens on the first day of that month, not with the quarter
    assert "opens on 01-11-2024" in (refusal_of_form(date(2024, 10, 31), **at, period=NOV) or "")


def test_r045_gstr1a_is_open_from_the_later_of_due_date_and_filing_until_gstr3b():
    at = {"form": Form.GSTR1A}
    filed = at | {"gstr1_filed_on": date(2024, 11, 5)}
    assert "after GSTR-1" in (refusal_of_form(date(2024, 11, 12), **at) or "")
    assert "opens on 11-11-2024" in (refusal_of_form(date(2024, 11, 10), **filed) or "")
    assert refusal_of_form(date(2024, 11, 11), **filed) is None
    late = at | {"gstr1_filed_on": date(2024, 11, 20)}
    assert "opens on 20-11-2024" in (refusal_of_form(date(2024, 11, 19), **late) or "")
    assert refusal_of_form(date(2024, 11, 20), **late) is None
    assert "GSTR-3B of October 2024 is filed" in (
        refusal_of_form(date(2024, 11, 20), **late, open_3b_period=NOV) or ""
    )
    # a supplier whose earlier GSTR-3B are overdue can still amend
    assert refusal_of_form(date(2024, 11, 20), **late, open_3b_period=TaxPeriod(2024, 8)) is None
    assert "opens on 01-10-2024" in (refusal_of_form(date(2024, 9, 30), **filed) or "")
    # a quarterly filer's GSTR-1A opens on the 13th
    quarter = {"frequency": Q, "period": DEC, "open_3b_period": DEC, "gstr1_filed_on": date(2025, 1, 2)}
    assert "opens on 13-01-2025" in (refusal_of_form(date(2025, 1, 12), **at, **quarter) or "")


def test_other_forms_open_with_their_month_whatever_the_frequency():
    at = {"form": Form.GSTR5, "frequency": Q, "period": NOV}
    assert "opens on 01-11-2024" in (refusal_of_form(date(2024, 10, 31), **at) or "")
    assert refusal_of_form(date(2024, 11, 1), **at) is None
    assert refusal_of_form(date(2025, 3, 1), **at) is None


def test_r046_an_amendment_after_30_november_of_the_following_year_gets_a_warning():
    year = FinancialYear(2023)
    assert gates.late_amendment(year, date(2024, 6, 1)) is None
    assert gates.late_amendment(year, date(2024, 11, 30)) is None
    late = gates.late_amendment(year, date(2024, 12, 1))
    assert late is not None
    assert "ended on 30-11-2024" in late.message


def test_r046_the_time_for_amendments_ends_with_an_earlier_annual_return():
    at = {"year": FinancialYear(2023), "annual_return_on": date(2024, 10, 10)}
    assert gates.late_amendment(day=date(2024, 10, 10), **at) is None
    late = gates.late_amendment(day=date(2024, 10, 11), **at)
    assert late is not None
    assert "ended on 10-10-2024" in late.message


def test_r075_documents_of_an_unfiled_iff_go_to_the_next_form_of_the_quarter():
    assert gates.next_forms_of_quarter(OCT) == [(Form.IFF, NOV), (Form.GSTR1, DEC)]
    assert gates.next_forms_of_quarter(NOV) == [(Form.GSTR1, DEC)]


@pytest.mark.parametrize(
    ("filed", "period", "ended"),
    [
        (Form.GSTR3B, DEC, (Form.GSTR1A, None, DEC)),
        (Form.GSTR1, DEC, (Form.IFF, OCT, DEC)),
        (Form.GSTR1, NOV, None),
        (Form.IFF, DEC, None),
        (Form.GSTR1A, DEC, None),
        (Form.GSTR6, DEC, None),
    ],
)
def test_r045_r075_which_form_ends_when_a_return_is_filed(filed, period, ended):
    found = lapsing.ended_by(filed, period)
    assert (found and (found.form, found.first, found.last)) == ended


def test_r075_an_iff_closes_when_gstr1_of_the_quarter_is_filed():
    at = {"form": Form.IFF, "frequency": Q, "period": NOV}
    closed = refusal_of_form(date(2024, 12, 5), quarter_filed=True, **at)
    assert closed == "IFF of November 2024 is closed, because GSTR-1 of the quarter is filed."
    assert refusal_of_form(date(2024, 12, 5), **at) is None


LATE = {"kind": Kind.INVOICE, "past_cutoff": True}


@pytest.mark.parametrize(
    ("facets", "late"),
    [
        ({}, True),
        ({"action": Action.ACCEPTED}, True),
        ({"standing": Standing.BASELINE, "direction": Direction.UP}, True),
        ({"standing": Standing.BASELINE, "direction": Direction.DOWN}, False),
        ({"standing": Standing.BLOCKED, "direction": Direction.UP}, False),
        ({"past_cutoff": False}, False),
        ({"time_barred": True}, False),
        ({"action": Action.REJECTED}, False),
        ({"action": Action.PENDING}, False),
        ({"kind": Kind.CREDIT_NOTE}, False),
        ({"superseded": True}, False),
        ({"route": Route.REVERSE_CHARGE}, True),
        ({"route": Route.REVERSE_CHARGE, "kind": Kind.CREDIT_NOTE}, False),
        ({"route": Route.TIME_BAR}, False),
        ({"route": Route.ISD}, False),
    ],
)
def test_r101_only_records_that_take_credit_are_claimed_late(facets, late):
    assert gates.is_claimed_late(situation(**LATE | facets)) is late
