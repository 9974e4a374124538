"""The figures in the statements of the rules equal the figures that the rules compute."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules.attribution import import_month
from invoices.rules.calendar import Calendar, Form, bill_after_cutoff, cutoff, last_claim_period
from invoices.rules.changes_2025 import CHANGES
from invoices.rules.extensions import Seat
from invoices.rules.gates import gstr1a_opens
from invoices.rules.reduction import REMARKS_LIMIT, reduction_base
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Book, Direction, Kind, Standing
from invoices.rules.statements import STATEMENTS
from invoices.rules.statements.sources import SOURCES
from invoices.rules.statements.statement import Sure
from tests.invoices.rules.domain import situation

CALENDAR = Calendar()
MONTHLY, QUARTERLY = Frequency.MONTHLY, Frequency.QUARTERLY


def says(code: str, *texts: object) -> bool:
    whole = STATEMENTS[code].text + " " + STATEMENTS[code].example
    return all(str(text) in whole for text in texts)


def day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def test_r062_r032_the_dates_of_section_16_4():
    assert says(
        "R-062", day(cutoff(FinancialYear(2024))), day(cutoff(FinancialYear(2024), date(2025, 10, 10)))
    )
    assert last_claim_period(FinancialYear(2023), frequency=MONTHLY).label == "October 2024"
    early = last_claim_period(FinancialYear(2023), frequency=MONTHLY, annual_return_on=date(2024, 10, 31))
    assert early.label == "September 2024"
    assert says("R-032", day(cutoff(FinancialYear(2023))), "GSTR-2B of October 2024", "31 October 2024")


def test_r054_r064_the_last_day_of_the_one_period():
    monthly = CALENDAR.pending_deadline(TaxPeriod(2025, 10), frequency=MONTHLY, seat=Seat("27"))
    quarterly = CALENDAR.pending_deadline(TaxPeriod(2025, 12), frequency=QUARTERLY, seat=Seat("27"))
    assert says("R-054", day(monthly))
    assert says("R-064", day(monthly), day(quarterly))
    other = CALENDAR.pending_deadline(TaxPeriod(2025, 12), frequency=QUARTERLY, seat=Seat("07"))
    waits = CHANGES[0]
    assert f"file monthly, a record of October 2025 can wait until {day(monthly)}" in waits.after
    assert f"October to December 2025 can wait until {quarterly.day} or {day(other)}" in waits.after


def test_r053_the_card_of_october_2025_names_all_five_kinds():
    """A card about the five kinds must not leave out a kind for which Pending was not available."""
    for words in ("Credit notes", "raise a credit note", "lower a rejected credit note", "9(5) document"):
        assert words in CHANGES[0].before
    # R-110 holds since October 2024, so the card does not call it new
    card = next(change for change in CHANGES if "R-110" in change.rules)
    assert "added back" in card.before
    assert "added back" not in card.after


def test_r055_every_kind_that_may_wait_until_the_cutoff_is_in_the_list():
    """The rulebook decides which filed records R-055 stops. Each of these classes has its words in the text."""
    words = {
        (Standing.ORIGINAL, Direction.NONE): "original invoices",
        (Standing.BASELINE, Direction.UP): "amendments that raise them",
        (Standing.BASELINE, Direction.LEVEL): "leave their tax unchanged",
        (Standing.NO_BASELINE, Direction.DOWN): "lower a rejected one",
        (Standing.PREVAILS, Direction.DOWN): "in the GSTR-2B period of their original",
    }
    for (standing, direction), said in words.items():
        s = situation(
            book=Book.B2510, kind=Kind.INVOICE, standing=standing, direction=direction, past_cutoff=True
        )
        assert rule(s).refusals[Action.PENDING].clause.code == "R-055"
        assert says("R-055", said)
    note = {"kind": Kind.CREDIT_NOTE, "direction": Direction.DOWN, "past_cutoff": True}
    within = situation(book=Book.B2410, standing=Standing.PREVAILS, **note)
    assert rule(within).refusals[Action.PENDING].clause.code == "R-055"
    assert says("R-055", "before October 2025, amendments that lower a credit note in the GSTR-2B period")


def test_r063_r135_the_examples_of_bills_are_bills_in_ims():
    """Bills before October 2025 are not in IMS (R-130). A bill that is purged must not stand in for one that is
    never purged."""
    assert says("R-063", "A pending amendment that lowers a bill of entry goes back to No action")
    assert says("R-135", "do not leave: they go back to No action")
    bill = date(2025, 10, 10)
    year = FinancialYear.of(bill)
    assert says("R-135", f"A bill of {day(bill)} may be pending until {day(cutoff(year))}")
    assert bill_after_cutoff(TaxPeriod(2026, 11), year, credit=1)
    assert says("R-135", "GSTR-2B of November 2026 stays in Import of goods, with a warning")


def test_how_sure_a_rule_is_agrees_with_its_sources():
    """A page must not say that no official text was found, and name an official text."""
    for code in ("R-050", "R-054", "R-104", "R-105"):
        assert STATEMENTS[code].sure is Sure.PARTLY, code
    assert "21 July" not in STATEMENTS["R-106"].example  # the law names no day


def test_r106_the_limit_of_three_years_comes_from_the_act_and_not_from_an_advisory_on_locking():
    bar = STATEMENTS["R-106"]
    assert (bar.sources, bar.since) == (("LAW",), "")
    assert "section 39(11)" in bar.text
    assert "1 October 2023" in bar.text


def test_r045_r070_r073_r074_r103_the_days_of_forms():
    opened = gstr1a_opens(TaxPeriod(2024, 10), date(2024, 11, 8), MONTHLY, Seat("27"), CALENDAR)
    assert says("R-045", "8 November", f"opens on {opened.day} November")
    late = gstr1a_opens(TaxPeriod(2024, 10), date(2024, 11, 15), MONTHLY, Seat("27"), CALENDAR)
    assert says("R-045", f"GSTR-1A opens on {late.day} November")
    months = [CALENDAR.window_month(date(2024, 11, d), form=Form.GSTR1, frequency=MONTHLY) for d in (11, 12)]
    assert [m.label for m in months] == ["October 2024", "November 2024"]
    quarter = CALENDAR.window_month(date(2025, 1, 13), form=Form.GSTR1, frequency=QUARTERLY)
    assert says("R-070", f"GSTR-2B of {quarter.label}", "11 November", "12 November")
    assert import_month(date(2025, 10, 17), TaxPeriod(2025, 11)).label == "November 2025"
    due = [
        CALENDAR.gstr3b_due(TaxPeriod(2024, 12), frequency=QUARTERLY, seat=Seat(state))
        for state in ("27", "07")
    ]
    assert says("R-103", day(due[0]), f"{due[1].day} January")
    assert CALENDAR.draft_date(TaxPeriod(2024, 10)) == date(2024, 11, 14)


def test_r121_r141_r058_amounts_and_characters():
    assert reduction_base(TaxAmounts(igst=-300_000)).igst == 300_000
    assert says("R-121", "The base is 3,000")
    whole = "27AAPFU0939F1ZV"
    assert check_character(whole[:14]) == whole[14]
    assert says("R-141", whole)
    assert says("R-058", f"at most {REMARKS_LIMIT} characters")


def test_sources_are_the_sources_of_the_documents_page():
    page = (Path(__file__).parents[3] / "docs" / "sources.md").read_text()
    listed = {key for row in re.findall(r"^\| ([A-Z0-9, -]+) \|", page, re.M) for key in row.split(", ")}
    assert listed == set(SOURCES)
    assert {key for s in STATEMENTS.values() for key in s.sources} <= set(SOURCES)
