"""The fast check (`RememberedChecks`) stores one answer for all documents of the same pattern (for example,
the same type, place of supply and tax heads). This answer equals the full check's answer for each of these
documents (R-140 to R-146)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from ims_portal.kernel.money import TaxAmounts
from invoices.rules import documents
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.remembered_checks import MOST_ORDINARY, Pattern, RememberedChecks
from invoices.rules.situation import Kind

SUPPLIER, RECIPIENT, SEZ_UNIT = "27AAACS1001A1ZD", "29AAACB2001A1ZO", "29AAACC0472N1ZH"
END, TODAY = date(2025, 9, 30), date(2025, 10, 10)
HOME = Pattern(Kind.INVOICE, "R", "27", False, False, True, True, True, False, 2025)
AWAY = HOME._replace(place_of_supply="29", igst=True, cgst=False, sgst=False)


def _checks(*, form: Form = Form.GSTR1, supplier_is_sez: bool = False) -> RememberedChecks:
    return RememberedChecks(
        supplier=SUPPLIER,
        supplier_is_sez=supplier_is_sez,
        form=form,
        period_end=END,
        today=TODAY,
        sez=frozenset({SEZ_UNIT}),
    )


def _draft(recipient: str = RECIPIENT, **changes) -> Draft:
    good = Draft(
        kind=Kind.INVOICE,
        recipient=recipient,
        number="A-1",
        document_date=date(2025, 9, 10),
        place_of_supply="29",
        taxable=100_000,
        tax=TaxAmounts(igst=18_000),
    )
    return replace(good, **changes)


# All combinations of the tax heads, each head without tax and with tax. SGST has two amounts of tax: one
# equals CGST, and one differs from CGST.
CHARGED = [
    (igst, cgst, sgst, cess)
    for igst, cgst, sgst, cess in product((0, 900), (0, 450), (0, 450, 700), (0, 100))
]


@pytest.mark.parametrize("supplier_is_sez", [False, True])
@pytest.mark.parametrize("to_sez", [False, True])
def test_r144_a_pattern_passes_exactly_where_its_document_would(supplier_is_sez, to_sez):
    """The fast check accepts a pattern if and only if the full check accepts a document of this pattern.

    A wrong acceptance could save a million documents with tax under the wrong head. After a wrong refusal,
    the full check would accept the document, so the portal would only be slower."""
    checks = _checks(supplier_is_sez=supplier_is_sez)
    types, places = (*documents.INVOICE_TYPES, "XX"), ("27", "29", "97", "39", "")
    for (igst, cgst, sgst, cess), kind, place in product(CHARGED, types, places):
        pattern = Pattern(
            Kind.INVOICE, kind, place, False, igst > 0, cgst > 0, sgst > 0, cgst == sgst, cess > 0, 2025
        )
        draft = _draft(
            tax=TaxAmounts(igst, cgst, sgst, cess), invoice_type=kind, place_of_supply=place, taxable=0
        )
        judged = documents.place_and_heads(draft, SUPPLIER, supplier_is_sez or to_sez) is None
        assert checks.passes(pattern, to_sez=to_sez) is judged, (pattern, to_sez)


def test_r144_the_answer_for_another_recipient_is_not_used_for_a_sez_unit():
    """CGST and SGST are right for a recipient in the supplier's State, but wrong for a SEZ unit in this
    State, because a supply to a SEZ unit is inter-State. The fast check must therefore remember two
    answers."""
    checks = _checks()
    for _again in range(2):
        assert checks.passes(HOME, to_sez=False)
        assert not checks.passes(HOME, to_sez=True)
        assert checks.passes(AWAY, to_sez=True)


def test_r144_the_smallest_tax_of_a_pattern_has_the_heads_of_the_pattern():
    assert HOME.heads() == TaxAmounts(cgst=1, sgst=1)
    assert AWAY._replace(cess=True).heads() == TaxAmounts(igst=1, cess=1)
    assert HOME._replace(halves=False).heads() == TaxAmounts(cgst=1, sgst=2)
    assert HOME._replace(sgst=False, halves=False).heads() == TaxAmounts(cgst=1)


def test_r145_the_fast_check_passes_only_documents_of_gstr1_iff_and_gstr1a():
    for form in Form:
        assert _checks(form=form).passes(HOME, to_sez=False) is (form in (Form.GSTR1, Form.IFF, Form.GSTR1A))


def test_r145_a_day_has_a_financial_year_and_the_rates_valid_on_it():
    checks = _checks()
    before, after = checks.day(date(2025, 9, 21)), checks.day(date(2025, 9, 22))
    assert (before.iso, before.year) == ("2025-09-21", 2025)
    assert before.rates is not None
    assert after.rates is not None
    assert 4000 not in before.rates
    assert after.rates - before.rates == {4000}
    # A financial year starts on 1 April. The year must be right, because the time limit and the uniqueness of
    # a number depend on it.
    assert checks.day(date(2025, 3, 31)).year == 2024
    assert checks.day(date(2025, 4, 1)).year == 2025


@pytest.mark.parametrize("day", [date(2017, 6, 30), date(2025, 10, 1), date(2025, 10, 11)])
def test_r145_a_day_that_no_document_can_have_has_no_rates(day):
    assert _checks().day(day).rates is None


@pytest.mark.parametrize("day", [date(2017, 7, 1), date(2025, 9, 30)])
def test_r145_documents_can_have_the_first_and_the_last_day(day):
    rates = _checks().day(day).rates
    assert rates is not None
    assert {0, 500, 1800, 2800} <= rates


def test_amounts_that_the_fast_check_skips_cannot_overflow_their_column():
    """The fast check accepts only amounts up to its limit `MOST_ORDINARY`. Even the sum of eight such amounts
    fits into the database column."""
    assert 8 * MOST_ORDINARY <= documents.MOST_PAISE
    # the limit is a thousand crore rupees
    assert MOST_ORDINARY == 1_000 * 10**7 * 100
