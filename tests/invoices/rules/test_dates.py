"""The dates of section 15, and the windows, limits and cut-offs that depend on these dates. Each boundary is
tested on both sides."""

from __future__ import annotations

from datetime import date

import pytest

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules.attribution import filed_month, provisional_month
from invoices.rules.calendar import Calendar, Expired, Form, cutoff, last_claim_period, years_past_cutoff
from invoices.rules.extensions import BadPlace, Extension, Seat, read_places
from invoices.rules.gates import add_back_period

LAW = Calendar()
M, Q = Frequency.MONTHLY, Frequency.QUARTERLY
OCT, NOV, DEC = TaxPeriod(2024, 10), TaxPeriod(2024, 11), TaxPeriod(2024, 12)


@pytest.mark.parametrize(
    ("form", "frequency", "day", "month"),
    [
        (Form.GSTR1, M, date(2024, 11, 11), OCT),
        (Form.GSTR1, M, date(2024, 11, 12), NOV),
        (Form.GSTR1, Q, date(2025, 1, 13), DEC),
        (Form.GSTR1, Q, date(2025, 1, 14), TaxPeriod(2025, 1)),
        (Form.IFF, Q, date(2024, 11, 13), OCT),
        (Form.IFF, Q, date(2024, 11, 14), NOV),
        (Form.GSTR5, M, date(2024, 11, 13), OCT),
        (Form.GSTR6, M, date(2024, 11, 14), NOV),
    ],
)
def test_r070_the_month_follows_from_form_frequency_and_filing_day(form, frequency, day, month):
    assert LAW.window_month(day, form=form, frequency=frequency) == month


def test_r072_gstr1a_is_never_earlier_than_the_next_statement():
    at = {"form_month": OCT, "frequency": M, "seat": Seat("27")}
    assert filed_month(LAW, Form.GSTR1A, date(2024, 11, 11), **at) == NOV
    assert filed_month(LAW, Form.GSTR1A, date(2024, 12, 12), **at) == DEC


def test_r073_provisional_month_moves_on_the_twelfth():
    at = {"form_month": OCT, "frequency": M, "seat": Seat("27")}
    assert provisional_month(LAW, Form.GSTR1, date(2024, 10, 28), **at) == OCT
    assert provisional_month(LAW, Form.GSTR1, date(2024, 11, 11), **at) == OCT
    assert provisional_month(LAW, Form.GSTR1, date(2024, 11, 12), **at) == NOV


def test_r067_an_extension_moves_the_window_the_draft_and_the_pending_limit():
    extended = Calendar.of(
        [
            Extension("GSTR-1", 202412, date(2025, 1, 13)),
            Extension("GSTR-1 quarterly", 202412, date(2025, 1, 15), source="01/2025-CT"),
            Extension("GSTR-3B", 202412, date(2025, 1, 22), "29"),
        ]
    )
    assert extended.draft(DEC).source == "01/2025-CT"
    assert extended.window_month(date(2025, 1, 13), form=Form.GSTR1, frequency=M) == DEC
    assert LAW.window_month(date(2025, 1, 13), form=Form.GSTR1, frequency=M) == TaxPeriod(2025, 1)
    assert extended.draft_date(DEC) == date(2025, 1, 16)
    assert LAW.draft_date(DEC) == date(2025, 1, 14)
    # the time limit of R-032 depends on the 14th, even if a due date was extended
    assert extended.nominal_draft_date(DEC) == date(2025, 1, 14)
    assert extended.gstr3b_due(DEC, frequency=M, seat=Seat("29")) == date(2025, 1, 22)
    assert extended.gstr3b_due(DEC, frequency=M, seat=Seat("27")) == date(2025, 1, 20)


THANE = Seat("27", "Thane", "400601", "27AAPFU0939F1ZV")


@pytest.mark.parametrize(
    ("where", "covered"),
    [
        ({}, True),
        ({"state": "27"}, True),
        ({"state": "A"}, True),  # the States of the 22nd
        ({"state": "B"}, False),
        ({"state": "27", "places": frozenset(["Raigad", "Thane"])}, True),
        ({"state": "27", "places": frozenset(["Raigad"])}, False),
        ({"state": "20", "places": frozenset(["Thane"])}, False),
        ({"places": frozenset(["400601"])}, True),
        ({"places": frozenset(["27AAPFU0939F1ZV"])}, True),
        ({"places": frozenset(["27AAXCS4821K1ZN"])}, False),
    ],
)
def test_r067_an_extension_can_be_narrower_than_a_state(where, covered):
    august = Calendar.of([Extension("GSTR-3B", 202507, date(2025, 8, 27), source="12/2025-CT", **where)])
    due = august.gstr3b(TaxPeriod(2025, 7), frequency=M, seat=THANE)
    assert (due.on.day, due.source) == ((27, "12/2025-CT") if covered else (20, ""))
    # the next limit for pending records follows from the same date
    until = august.pending_deadline(TaxPeriod(2025, 6), frequency=M, seat=THANE)
    assert until == due.on
    # taxpayers with equal reduced seats have equal dates
    assert august.gstr3b(TaxPeriod(2025, 7), frequency=M, seat=august.reduced(THANE)) == due


def test_r067_the_latest_of_several_extensions_holds_and_none_makes_a_date_earlier():
    days = {"": 22, "27": 25, "A": 19}
    both = Calendar.of(Extension("GSTR-3B", 202507, date(2025, 8, day), at) for at, day in days.items())
    assert both.gstr3b_due(TaxPeriod(2025, 7), frequency=M, seat=THANE).day == 25
    assert both.gstr3b_due(TaxPeriod(2025, 7), frequency=M, seat=Seat("07")).day == 22
    early = Calendar.of([Extension("GSTR-3B", 202507, date(2025, 8, 19))])
    assert early.gstr3b_due(TaxPeriod(2025, 7), frequency=M, seat=THANE).day == 20


def test_r067_places_are_read_in_one_way_of_writing():
    names = "mumbai  suburban, 400001;\n27aapfu0939f1zv, 400001"
    assert read_places(names, state="27") == ("27AAPFU0939F1ZV", "400001", "Mumbai Suburban")
    for wrong, state in (
        ("Thane", ""),
        ("Thane", "A"),
        ("27AAPFU0939F1ZX", ""),
        ("27AAPFU0939F1ZV", "20"),
        ("40001", "27"),
    ):
        with pytest.raises(BadPlace):
            read_places(wrong, state=state)


@pytest.mark.parametrize(
    ("state", "day"), [("27", 22), ("37", 22), ("97", 22), ("07", 24), ("38", 24), ("21", 24)]
)
def test_r103_the_quarterly_due_day_depends_on_the_state_group(state, day):
    assert LAW.gstr3b_due(DEC, frequency=Q, seat=Seat(state)) == date(2025, 1, day)


def test_r064_deadline_is_the_due_date_of_the_recipients_next_period():
    assert LAW.pending_deadline(TaxPeriod(2025, 10), frequency=M, seat=Seat("29")) == date(2025, 12, 20)
    assert LAW.pending_deadline(TaxPeriod(2025, 12), frequency=Q, seat=Seat("27")) == date(2026, 4, 22)
    assert LAW.pending_deadline(TaxPeriod(2025, 12), frequency=Q, seat=Seat("07")) == date(2026, 4, 24)
    at = {"frequency": M, "seat": Seat("29")}
    assert LAW.expired(date(2025, 12, 20), **at) == Expired(202509)
    assert LAW.expired(date(2025, 12, 21), **at) == Expired(202510)


def test_r064_each_period_has_its_own_deadline_however_long_another_is_extended():
    at = {"frequency": M, "seat": Seat("29")}
    long = Calendar.of([Extension("GSTR-3B", 202511, date(2026, 1, 31))])
    over = long.expired(date(2026, 1, 21), **at)
    assert over == Expired(202511, (202510,))
    assert [period in over for period in (202509, 202510, 202511, 202512)] == [True, False, True, False]
    assert long.expired(date(2026, 2, 1), **at) == Expired(202511)
    ends = long.pending_ends(date(2026, 1, 21), date(2026, 2, 20), **at)
    assert ends == (TaxPeriod(2025, 10), TaxPeriod(2025, 12))


def test_r067_r070_a_window_that_is_extended_beyond_the_next_window_stays_open():
    long = Calendar.of([Extension("GSTR-1", 202410, date(2024, 12, 15))])

    def filed(form_month: TaxPeriod, day: int) -> TaxPeriod:
        on = date(2024, 12, day)
        return filed_month(long, Form.GSTR1, on, form_month=form_month, frequency=M, seat=Seat("29"))

    assert [filed(OCT, day) for day in (5, 15, 16)] == [OCT, OCT, DEC]
    assert [filed(NOV, day) for day in (5, 11, 12)] == [NOV, NOV, DEC]


def test_r062_and_r032_the_cutoff_fixes_the_last_statement_that_offers_credit():
    year = FinancialYear(2023)
    assert cutoff(year) == date(2024, 11, 30)
    assert cutoff(year, date(2024, 11, 3)) == date(2024, 11, 3)
    assert last_claim_period(year, frequency=M) == OCT
    assert last_claim_period(year, frequency=Q) == TaxPeriod(2024, 9)
    assert last_claim_period(year, frequency=M, annual_return_on=date(2024, 11, 13)) == TaxPeriod(2024, 9)
    assert last_claim_period(year, frequency=M, annual_return_on=date(2024, 11, 14)) == OCT


def test_r063_years_past_cutoff_change_on_the_first_of_december():
    assert years_past_cutoff(date(2024, 11, 30)).start == 2022
    assert years_past_cutoff(date(2024, 12, 1)).start == 2023


def test_r111_add_back_goes_to_the_suppliers_following_or_next_open_period():
    assert add_back_period(OCT, supplier_frequency=M, supplier_open_period=OCT) == NOV
    assert add_back_period(OCT, supplier_frequency=M, supplier_open_period=DEC) == DEC
    assert add_back_period(OCT, supplier_frequency=Q, supplier_open_period=DEC) == TaxPeriod(2025, 3)
    assert add_back_period(DEC, supplier_frequency=M, supplier_open_period=NOV) == TaxPeriod(2025, 1)


def test_a_form_opens_when_its_period_begins():
    from invoices.rules.gates import FormState, form_open

    state = FormState(Form.GSTR1, DEC, M, Seat("27"), filed=False, gstr1_filed_on=None, open_3b_period=OCT)
    assert "opens on 01-12-2024" in (form_open(state, date(2024, 11, 30), LAW) or "")
    assert form_open(state, date(2024, 12, 1), LAW) is None
    quarter = FormState(Form.GSTR1, DEC, Q, "27", filed=False, gstr1_filed_on=None, open_3b_period=DEC)
    assert form_open(quarter, date(2024, 10, 1), LAW) is None
