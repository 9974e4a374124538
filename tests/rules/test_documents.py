"""R-145: a rate is lawful from the day it begins."""

from __future__ import annotations

from datetime import date

import pytest

from ims_portal.kernel.money import TaxAmounts
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft, RateLine, check
from invoices.rules.situation import Kind


def _problem(day: date, *, lines: bool):
    draft = Draft(
        kind=Kind.INVOICE,
        recipient="29AAACB2001A1ZO",
        number="A-1",
        document_date=day,
        place_of_supply="29",
        taxable=100_000,
        tax=TaxAmounts(igst=40_000),
        rate_lines=(RateLine(4000, 100_000, igst=40_000),) if lines else (),
    )
    at = {"form": Form.GSTR1, "period_end": date(2025, 9, 30), "today": date(2025, 9, 30)}
    return check(draft, supplier="27AAACS1001A1ZD", supplier_is_sez=False, **at)


@pytest.mark.parametrize("lines", [True, False])
def test_forty_per_cent_begins_on_22_september_2025(lines):
    problem = _problem(date(2025, 9, 21), lines=lines)
    assert problem is not None
    assert (problem.code, problem.field) == ("BAD_DOC", "rate")
    assert _problem(date(2025, 9, 22), lines=lines) is None
