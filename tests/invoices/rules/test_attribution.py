"""R-010, R-030 to R-034, R-070 to R-074: the GSTR-2B month of a reported document, and its route (into IMS,
or directly into GSTR-2B)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules import attribution
from invoices.rules.attribution import NO_LIMIT, RegistrationType, Reported, provisional_month, route
from invoices.rules.calendar import Calendar, Form
from invoices.rules.extensions import Seat
from invoices.rules.situation import Book, Kind, Route

OCT, NOV = TaxPeriod(2024, 10), TaxPeriod(2024, 11)
PLAIN = Reported(
    form=Form.GSTR1,
    kind=Kind.INVOICE,
    book=Book.B2410,
    natural_month=OCT,
    claim_period=OCT,
    root_year=FinancialYear(2024),
    supplier_state="27",
    recipient_state="29",
    place_of_supply="29",
    tax=TaxAmounts(igst=1800),
    reverse_charge=False,
    recipient_type=RegistrationType.NORMAL,
    recipient_frequency=Frequency.MONTHLY,
)
# A supply whose credit the recipient cannot take: the place of supply is the supplier's State, so the tax is
# CGST and SGST, but the recipient is in another State.
ELSEWHERE = {"place_of_supply": "27", "tax": TaxAmounts(cgst=900, sgst=900)}
# A document of 2022-23 comes too late. GSTR-2B of October 2023 was the last GSTR-2B that could give its
# credit.
TOO_LATE = {"root_year": FinancialYear(2022)}
WITH_IMS = {"normal", "sez_unit", "sez_developer", "casual"}


@pytest.mark.parametrize("kind", list(RegistrationType))
def test_r010_only_some_registrations_have_ims(kind):
    assert kind.has_ims is (kind.value in WITH_IMS)
    assert kind.is_sez is kind.value.startswith("sez")
    assert (route(replace(PLAIN, recipient_type=kind)) is Route.NO_ACCESS) is (not kind.has_ims)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, Route.IMS),
        ({"natural_month": NOV, "claim_period": NOV}, Route.IMS),
        ({"reverse_charge": True}, Route.REVERSE_CHARGE),
        ({"form": Form.GSTR5}, Route.NON_RESIDENT),
        ({"form": Form.GSTR6}, Route.ISD),
        ({"form": Form.ICEGATE, "kind": Kind.BILL_OF_ENTRY}, Route.ICEGATE),
        ({"form": Form.ICEGATE, "kind": Kind.BILL_OF_ENTRY, "book": Book.B2510}, Route.IMS),
        (ELSEWHERE, Route.PLACE_OF_SUPPLY),
        (ELSEWHERE | {"reverse_charge": True}, Route.PLACE_OF_SUPPLY),
        (ELSEWHERE | {"recipient_state": "27"}, Route.IMS),
        (ELSEWHERE | {"tax": TaxAmounts(cgst=900)}, Route.PLACE_OF_SUPPLY),
        (ELSEWHERE | {"tax": TaxAmounts(sgst=900)}, Route.PLACE_OF_SUPPLY),
        (ELSEWHERE | {"tax": TaxAmounts(igst=1800)}, Route.IMS),
        (ELSEWHERE | {"form": Form.GSTR6}, Route.ISD),
        (ELSEWHERE | {"form": Form.GSTR5}, Route.NON_RESIDENT),
        (TOO_LATE, Route.TIME_BAR),
        (TOO_LATE | {"reverse_charge": True}, Route.TIME_BAR),
        (TOO_LATE | ELSEWHERE, Route.PLACE_OF_SUPPLY),
        (TOO_LATE | {"kind": Kind.CREDIT_NOTE}, Route.IMS),
        (TOO_LATE | {"kind": Kind.DEBIT_NOTE}, Route.TIME_BAR),
        (TOO_LATE | {"kind": Kind.ECO}, Route.TIME_BAR),
        (TOO_LATE | {"lowers_baseline": True}, Route.IMS),
        (TOO_LATE | {"form": Form.GSTR5}, Route.NON_RESIDENT),
        ({"natural_month": TaxPeriod(2024, 9)}, Route.BEFORE_IMS),
        ({"natural_month": TaxPeriod(2024, 9), "form": Form.GSTR6}, Route.BEFORE_IMS),
        ({"natural_month": TaxPeriod(2024, 9)} | ELSEWHERE, Route.PLACE_OF_SUPPLY),
        ({"natural_month": TaxPeriod(2024, 9)} | TOO_LATE, Route.TIME_BAR),
        ({"recipient_type": RegistrationType.ISD} | ELSEWHERE, Route.NO_ACCESS),
    ],
)
def test_r030_the_first_matching_route_decides(change, where):
    assert route(replace(PLAIN, **change)) is where


FORMS = (Form.GSTR1, Form.IFF, Form.GSTR1A, Form.GSTR5, Form.GSTR6)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("charged", [False, True], ids=["forward charge", "reverse charge"])
def test_r033_a_document_that_moves_to_another_month_goes_where_it_would_have_gone_if_reported_there(
    form, charged
):
    """`route_in_month` computes the new route from the stored route, without the States and the recipient's
    registration. The new route must still equal the route of the same document reported in the new month."""
    months = [TaxPeriod(2024, 9), OCT, TaxPeriod(2025, 9), TaxPeriod(2025, 10), TaxPeriod(2025, 11)]
    documents = [
        replace(PLAIN, form=form, kind=kind, reverse_charge=charged, recipient_type=owner, **place)
        for kind in (Kind.INVOICE, Kind.CREDIT_NOTE)
        for owner in (RegistrationType.NORMAL, RegistrationType.ISD)
        for place in ({}, ELSEWHERE)
    ]
    for document, before, after in product(documents, months, months):
        book = Book.B2510 if after >= TaxPeriod(2025, 10) else Book.B2410
        there = replace(document, natural_month=after, claim_period=after, book=book)
        moved = attribution.route_in_month(
            after,
            book,
            stored=route(replace(document, natural_month=before, claim_period=before)),
            form=form,
            reverse_charge=charged,
            too_late=attribution.claim_limit(document) < after,
        )
        assert moved is route(there), (document, before, after)


def test_r033_a_record_that_left_ims_stays_out_in_every_month():
    for gone, late in product((Route.WITHDRAWN, Route.PURGED), (False, True)):
        stays = attribution.route_in_month(
            NOV, Book.B2410, stored=gone, form=Form.GSTR1, reverse_charge=False, too_late=late
        )
        assert stays is gone


def test_r031_states_are_compared_by_their_code_as_a_database_gives_them():
    """In this test, two equal State codes are different Python objects, as a database returns them. The rule
    must compare the codes, not the objects."""
    far = replace(PLAIN, **ELSEWHERE | {"place_of_supply": "".join(["2", "7"])})
    assert route(far) is Route.PLACE_OF_SUPPLY
    near = replace(far, recipient_state="".join(["2", "7"]))
    assert route(near) is Route.IMS


def test_r032_the_16_4_date_fixes_the_last_statement_that_offers_a_credit():
    def limit(**change):
        return attribution.claim_limit(replace(PLAIN, **change))

    assert limit() == TaxPeriod(2025, 10)
    assert limit(recipient_frequency=Frequency.QUARTERLY) == TaxPeriod(2025, 9)
    assert limit(annual_return_on=date(2025, 8, 20)) == TaxPeriod(2025, 7)
    for none in (
        {"kind": Kind.CREDIT_NOTE},
        {"lowers_baseline": True},
        {"form": Form.GSTR5},
        {"form": Form.GSTR6},
        {"form": Form.ICEGATE},
    ):
        assert limit(**none) == NO_LIMIT
    at_the_limit = replace(PLAIN, claim_period=TaxPeriod(2025, 10))
    assert not attribution.is_barred(at_the_limit)
    assert attribution.is_barred(replace(at_the_limit, claim_period=TaxPeriod(2025, 11)))


def test_r073_a_saved_form_is_never_shown_in_a_statement_before_its_own():
    at = {"frequency": Frequency.MONTHLY, "seat": Seat("27")}
    early = provisional_month(Calendar(), Form.GSTR1, date(2024, 10, 5), form_month=NOV, **at)
    assert early == NOV
    # Documents of IFF, GSTR-5 and GSTR-6 are shown in GSTR-2B of the form's month. Documents of GSTR-1A are
    # shown in GSTR-2B of the month after.
    for form in (Form.IFF, Form.GSTR5, Form.GSTR6):
        assert provisional_month(Calendar(), form, date(2024, 10, 5), form_month=NOV, **at) == NOV
    amended = provisional_month(Calendar(), Form.GSTR1A, date(2024, 11, 11), form_month=OCT, **at)
    assert amended == NOV


def test_r074_a_bill_of_entry_goes_to_its_month_or_the_first_open_one():
    assert attribution.import_month(date(2024, 11, 30), OCT) == NOV
    assert attribution.import_month(date(2024, 9, 30), OCT) == OCT


def test_r098_reversal_is_due_after_30_september_of_the_following_year():
    assert attribution.rule_37a_due(TaxPeriod(2025, 3), date(2025, 9, 30)) is False
    assert attribution.rule_37a_due(TaxPeriod(2025, 3), date(2025, 10, 1)) is True
    assert attribution.rule_37a_due(TaxPeriod(2025, 4), date(2025, 10, 1)) is False
