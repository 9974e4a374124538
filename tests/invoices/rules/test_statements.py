"""The figures in the statements of the rules equal the figures that the rules compute."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules.attribution import import_month
from invoices.rules.calendar import Calendar, Form, cutoff, last_claim_period
from invoices.rules.extensions import Seat
from invoices.rules.gates import gstr1a_opens
from invoices.rules.reduction import REMARKS_LIMIT, reduction_base
from invoices.rules.statements import STATEMENTS
from invoices.rules.statements.sources import SOURCES

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
