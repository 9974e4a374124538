"""R-049, R-140 to R-146: the faults of a document, by error code and field, in the order in which the portal
reports them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ims_portal.kernel.money import TaxAmounts
from invoices.rules.calendar import Form
from invoices.rules.documents import (
    GROUPS,
    MOST_PAISE,
    Draft,
    RateLine,
    check,
    fits,
    is_gstr1,
    number_key,
    rates_on,
    tax_at,
    warnings,
)
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


SUPPLIER, RECIPIENT = "27AAACS1001A1ZD", "29AAACB2001A1ZO"
GOOD = Draft(
    kind=Kind.INVOICE,
    recipient=RECIPIENT,
    number="A-1",
    document_date=date(2024, 10, 10),
    place_of_supply="29",
    taxable=100_000,
    tax=TaxAmounts(igst=18_000),
)
HOME = {"place_of_supply": "27", "tax": TaxAmounts(cgst=9_000, sgst=9_000)}


def first_problem(
    *, form: Form = Form.GSTR1, supplier_is_sez: bool = False, recipient_is_sez: bool = False, **change
):
    """Return (code, field) of the first fault of the document `GOOD` with these changes, or None."""
    problem = check(
        replace(GOOD, **change),
        supplier=SUPPLIER,
        supplier_is_sez=supplier_is_sez,
        recipient_is_sez=recipient_is_sez,
        form=form,
        period_end=date(2024, 10, 31),
        today=date(2024, 11, 5),
    )
    return (problem.code, problem.field) if problem else None


def test_a_good_document_has_no_problem():
    assert first_problem() is None
    assert first_problem(**HOME) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"recipient": "29AAACB2001A1ZX"}, ("BAD_GSTIN", "recipient")),
        ({"recipient": SUPPLIER}, ("BAD_GSTIN", "recipient")),
        ({"number": ""}, ("BAD_DOC_NO", "number")),
        ({"number": "A" * 17}, ("BAD_DOC_NO", "number")),
        ({"number": "A 1"}, ("BAD_DOC_NO", "number")),
        ({"number": "A-1\n"}, ("BAD_DOC_NO", "number")),
        ({"document_date": date(2024, 11, 6)}, ("BAD_DOC", "date")),
        ({"document_date": date(2024, 11, 1)}, ("BAD_DOC", "date")),
        ({"document_date": date(2017, 6, 30)}, ("BAD_DOC", "date")),
        ({"value": -1}, ("BAD_DOC", "value")),
        ({"taxable": -1}, ("BAD_DOC", "taxable")),
        ({"tax": TaxAmounts(igst=-1)}, ("BAD_DOC", "igst")),
        ({"tax": TaxAmounts(cgst=-1)}, ("BAD_DOC", "cgst")),
        ({"tax": TaxAmounts(sgst=-1)}, ("BAD_DOC", "sgst")),
        ({"tax": TaxAmounts(igst=18_000, cess=-1)}, ("BAD_DOC", "cess")),
        ({"value": MOST_PAISE + 1}, ("BAD_DOC", "value")),
        ({"invoice_type": "X"}, ("BAD_DOC", "invoice_type")),
        ({"place_of_supply": "39"}, ("BAD_DOC", "place_of_supply")),
        ({"tax": TaxAmounts(cgst=9_000, sgst=9_000)}, ("BAD_DOC", "cgst")),
        ({"tax": TaxAmounts(cgst=9_000)}, ("BAD_DOC", "cgst")),
        ({"tax": TaxAmounts(sgst=9_000)}, ("BAD_DOC", "cgst")),
        (HOME | {"tax": TaxAmounts(igst=18_000)}, ("BAD_DOC", "igst")),
        (HOME | {"tax": TaxAmounts(cgst=9_000, sgst=9_001)}, ("BAD_DOC", "sgst")),
        ({"invoice_type": "SEWOP"}, ("BAD_DOC", "igst")),
        (HOME | {"tax": TaxAmounts(cgst=9_001, sgst=9_000)}, ("BAD_DOC", "sgst")),
        (HOME | {"invoice_type": "SEWP"}, ("BAD_DOC", "cgst")),
        (HOME | {"invoice_type": "CBW"}, ("BAD_DOC", "cgst")),  # IGST only, within a State too
        (HOME | {"invoice_type": "DE", "tax": TaxAmounts(igst=18_000)}, ("BAD_DOC", "igst")),
        (HOME | {"supplier_is_sez": True}, ("BAD_DOC", "cgst")),
        (HOME | {"recipient_is_sez": True}, ("BAD_DOC", "cgst")),
        ({"tax": TaxAmounts(igst=17_000)}, ("BAD_DOC", "rate")),
        (HOME | {"tax": TaxAmounts(cgst=8_500, sgst=8_500)}, ("BAD_DOC", "rate")),
    ],
)
def test_each_fault_of_a_document_is_named_by_code_and_field(change, problem):
    assert first_problem(**change) == problem


@pytest.mark.parametrize(
    "change",
    [
        {"number": "A" * 16},
        {"document_date": date(2024, 10, 31)},
        {"document_date": date(2017, 7, 1)},
        {"value": MOST_PAISE},
        {"value": 0, "taxable": 0, "tax": TaxAmounts()},
        {"tax": TaxAmounts(igst=18_100)},
        {"tax": TaxAmounts(igst=18_000, cess=5)},
        {"tax": TaxAmounts()},
        {"invoice_type": "SEWP"},
        {"invoice_type": "SEWOP", "tax": TaxAmounts()},
        {"invoice_type": "DE"},
        HOME | {"invoice_type": "DE"},
        {"invoice_type": "CBW"},
        {"invoice_type": "CBW", "place_of_supply": "27"},
        {"place_of_supply": "97"},
        {"place_of_supply": "27", "supplier_is_sez": True},
        {"concessional": True, "tax": TaxAmounts(igst=11_700)},
    ],
)
def test_a_document_at_each_limit_is_accepted(change):
    assert first_problem(**change) is None


def test_the_first_fault_in_the_order_of_section_19_is_reported():
    wrong = {
        "recipient": "29AAACB2001A1ZX",
        "number": "",
        "document_date": date(2030, 1, 1),
        "taxable": -1,
        "place_of_supply": "39",
    }
    order = [
        ("recipient", "recipient"),
        ("number", "number"),
        ("document_date", "date"),
        ("taxable", "taxable"),
    ]
    for name, said in order:
        assert first_problem(**wrong)[1] == said
        del wrong[name]
    assert first_problem(**wrong)[1] == "place_of_supply"
    # a date in the future is reported before a date after the end of the period
    problem = check(
        replace(GOOD, document_date=date(2024, 11, 6)),
        supplier=SUPPLIER,
        supplier_is_sez=False,
        form=Form.GSTR1,
        period_end=date(2024, 10, 31),
        today=date(2024, 11, 5),
    )
    assert "in the future" in problem.message


def test_r145_only_documents_of_gstr1_forms_are_checked_for_place_heads_and_rates():
    for form in (Form.GSTR1, Form.IFF, Form.GSTR1A):
        assert is_gstr1(form)
        assert first_problem(form=form, tax=TaxAmounts(igst=17_000)) == ("BAD_DOC", "rate")
        assert first_problem(form=form, kind=Kind.ECO) is None
    for form in (Form.GSTR5, Form.GSTR6, Form.ICEGATE):
        assert not is_gstr1(form)
        assert first_problem(form=form, tax=TaxAmounts(igst=17_000), place_of_supply="39") is None
        assert first_problem(form=form, kind=Kind.ECO) == ("BAD_DOC", "kind")


def lines(*given: RateLine, **change):
    return first_problem(rate_lines=given, **change)


def test_r145_rate_lines_are_checked_one_by_one_and_together():
    whole = RateLine(1800, 100_000, igst=18_000)
    half, other = RateLine(1800, 50_000, igst=9_000), RateLine(500, 50_000, igst=2_500)
    assert lines(whole) is None
    assert lines(half, other, tax=TaxAmounts(igst=11_500)) is None
    assert lines(half, other) == ("BAD_DOC", "rate")
    assert lines(half) == ("BAD_DOC", "rate")
    assert lines(replace(whole, rate=1700)) == ("BAD_DOC", "rate")
    assert lines(replace(whole, rate=1200)) == ("BAD_DOC", "rate")
    assert lines(replace(whole, cess=10)) == ("BAD_DOC", "rate")
    assert lines(replace(whole, cess=10), tax=TaxAmounts(igst=18_000, cess=10)) is None
    assert lines(replace(whole, igst=0, cgst=9_000, sgst=9_000)) == ("BAD_DOC", "rate")
    assert lines(RateLine(1800, 100_000, cgst=9_000, sgst=9_000), **HOME) is None
    free = RateLine(1800, 100_000)
    assert lines(free, tax=TaxAmounts(), invoice_type="SEWOP") is None
    assert lines(free, tax=TaxAmounts()) == ("BAD_DOC", "rate")


def test_a_rate_line_is_named_by_its_place_and_its_rate():
    def message_of(*given: RateLine, **change) -> str:
        problem = check(
            replace(GOOD, rate_lines=given, **change),
            supplier=SUPPLIER,
            supplier_is_sez=False,
            form=Form.GSTR1,
            period_end=date(2024, 10, 31),
            today=date(2024, 11, 5),
        )
        return problem.message

    half = RateLine(1800, 50_000, igst=9_000)
    assert message_of(half, RateLine(1700, 50_000, igst=8_500)) == "Line 2: 17 % is not a GST rate."
    assert message_of(RateLine(1800, 100_000, igst=5_000)) == (
        "Line 1: 18 % of 1,000.00 is 180.00, but the tax is 50.00. Correct the tax or the rate."
    )
    assert (
        message_of(RateLine(4000, 100_000, igst=40_000))
        == "Line 1: the rate 40 % applies only from 22-09-2025."
    )
    assert "do not add up" in message_of(half)


def test_r145_tax_fits_its_rate_within_a_rupee_either_way():
    for off, ok in ((0, True), (100, True), (-100, True), (101, False), (-101, False)):
        assert fits(1800, 100_000, 18_000 + off, False) is ok
        assert fits(1800, 100_000, 11_700 + off, True) is ok


def test_r145_a_rate_is_valid_only_on_its_days():
    old = (0, 10, 25, 100, 150, 300, 500, 600, 750, 1200, 1800, 2800)
    assert rates_on(date(2025, 9, 21)) == old
    assert rates_on(date(2025, 9, 22)) == (*old, 4000)


def test_the_tax_of_a_rate_is_split_by_the_place_of_supply():
    def tax(draft: Draft, rate: int = 1800, taxable: int = 100_000, *, sez: bool = False) -> TaxAmounts:
        return tax_at(draft, rate, taxable, supplier=SUPPLIER, supplier_is_sez=sez)

    home = replace(GOOD, place_of_supply="27")
    assert tax(GOOD) == TaxAmounts(igst=18_000)
    assert tax(home) == TaxAmounts(cgst=9_000, sgst=9_000)
    assert tax(home, sez=True) == TaxAmounts(igst=18_000)
    assert tax(replace(home, invoice_type="SEWP")) == TaxAmounts(igst=18_000)
    assert tax(replace(GOOD, invoice_type="SEWOP")) == TaxAmounts()
    assert tax(replace(GOOD, concessional=True)) == TaxAmounts(igst=11_700)
    # tax is rounded to the nearest paisa; half a paisa is rounded up
    assert tax(GOOD, 500, 10) == TaxAmounts(igst=1)
    assert tax(GOOD, 500, 9) == TaxAmounts()
    assert tax(home, 1000, 10) == TaxAmounts(cgst=1, sgst=1)
    assert tax(home, 1000, 9) == TaxAmounts()
    # the largest amounts are exact to the paisa
    assert tax(home, 1800, 10**14) == TaxAmounts(cgst=9 * 10**12, sgst=9 * 10**12)
    assert tax(GOOD, 1800, 10**14) == TaxAmounts(igst=18 * 10**12)


def test_a_refusal_of_the_wrong_head_says_whether_the_place_or_a_sez_decides():
    def message_of(*, sez: bool = False, **change) -> str:
        at = {"supplier": SUPPLIER, "recipient_is_sez": False, "form": Form.GSTR1}
        days = {"period_end": date(2024, 10, 31), "today": date(2024, 11, 5)}
        problem = check(replace(GOOD, **change), supplier_is_sez=sez, **at, **days)
        return problem.message if problem else ""

    heads = {"tax": TaxAmounts(cgst=9_000, sgst=9_000)}
    assert "(place of supply Karnataka)" in message_of(**heads)
    assert "(to or by a SEZ)" in message_of(sez=True, **heads)
    assert "(to or by a SEZ)" in message_of(invoice_type="SEWP", **heads)


def test_r143_a_number_too_long_to_be_one_is_quoted_by_its_first_forty_characters():
    problem = check(
        replace(GOOD, number="9" * 500),
        supplier=SUPPLIER,
        supplier_is_sez=False,
        recipient_is_sez=False,
        form=Form.GSTR1,
        period_end=date(2024, 10, 31),
        today=date(2024, 11, 5),
    )
    assert problem is not None
    assert f"'{'9' * 40}'" in problem.message


def test_r143_numbers_ignore_case_and_r049_are_unique_by_group():
    assert number_key("inv-1a") == "INV-1A"
    assert {kind: GROUPS[kind] for kind in GROUPS} == {
        Kind.INVOICE: "INV",
        Kind.DEBIT_NOTE: "DN",
        Kind.CREDIT_NOTE: "CN",
        Kind.ECO: "ECO",
    }


def test_a_recipient_counts_as_sez_only_if_the_caller_says_so():
    home = replace(GOOD, **HOME)
    at = {"form": Form.GSTR1, "period_end": date(2024, 10, 31), "today": date(2024, 11, 5)}
    assert check(home, supplier=SUPPLIER, supplier_is_sez=False, **at) is None


def test_only_a_credit_note_lowers_credit_when_it_is_accepted():
    assert {kind for kind in Kind if kind.sign == -1} == {Kind.CREDIT_NOTE}
    assert {kind.sign for kind in Kind} == {1, -1}


def _from_february(day: date, **change) -> tuple[str | None, list[str]]:
    """Return the field of the fault, and the fields of the warnings, of a document at 40 % of this day."""
    taxed = {"taxable": 100_000, "tax": TaxAmounts(igst=60_000)} | change
    draft = replace(GOOD, document_date=day, **taxed)
    problem = check(
        draft, supplier=SUPPLIER, supplier_is_sez=False, form=Form.GSTR1, period_end=day, today=day
    )
    return problem and problem.field, [w.field for w in warnings(draft, Form.GSTR1)] if not problem else []


@pytest.mark.parametrize("lines", [(), (RateLine(4000, 100_000, igst=60_000),)])
def test_r145_tax_on_the_retail_sale_price_is_taken_with_a_warning_from_february_2026(lines):
    assert _from_february(date(2026, 1, 31), rate_lines=lines) == ("rate", [])
    assert _from_february(date(2026, 2, 1), rate_lines=lines) == (None, ["rate"])
    exact = {"tax": TaxAmounts(igst=40_000), "rate_lines": tuple(replace(x, igst=40_000) for x in lines)}
    assert _from_february(date(2026, 2, 1), **exact) == (None, [])


def test_r145_only_the_rate_of_40_per_cent_may_be_exceeded():
    line = RateLine(2800, 100_000, igst=60_000)
    assert _from_february(date(2026, 2, 1), rate_lines=(line,)) == ("rate", [])
    low = {"tax": TaxAmounts(igst=30_000), "rate_lines": (RateLine(4000, 100_000, igst=30_000),)}
    assert _from_february(date(2026, 2, 1), **low) == ("rate", [])


def test_r145_compensation_cess_is_a_warning_from_february_2026():
    cess = {"tax": TaxAmounts(igst=18_000, cess=500)}
    assert _from_february(date(2026, 1, 31), **cess) == (None, [])
    assert _from_february(date(2026, 2, 1), **cess) == (None, ["cess"])
