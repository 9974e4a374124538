"""A supplier files each form once, for the right period and registration."""

from __future__ import annotations

import pytest

from invoices.models import Record, Role
from invoices.rules.situation import Kind
from returns.models import OutwardReturn
from returns.web.supplier.context import SLUGS
from tests.returns.web.supplier.supplier_pages import form_values, text

pytestmark = pytest.mark.once

# tests of filing


def test_a_clerk_cannot_file_and_the_page_names_who_can(world, clerk, url):
    world.saves(number="A-1")
    page = clerk.get(url("")).content.decode()
    # the page of the form offers the checks, not a filing that ends in a refusal
    assert ">File</a>" not in page
    assert f'href="{url("file/")}">Checks before filing</a>' in page
    assert "Ask Signatory." in text(clerk.get(url("file/")))
    assert clerk.post(url("file/"), {"declare": "yes"}).status_code == 403
    assert not OutwardReturn.objects.exists()


def test_a_signatory_declares_files_once_and_gets_a_receipt(world, signatory, url):
    record = world.saves(number="A-1")
    assert signatory.post(url("file/"), {}).status_code == 422
    assert not OutwardReturn.objects.exists()
    reply = signatory.post(url("file/"), {"declare": "yes"}, follow=True)
    assert reply.redirect_chain[-1][0] == url("filed/")
    filed = OutwardReturn.objects.get()
    assert filed.reference in text(reply)
    assert "1 record at recipients changed from Saved to Filed" in text(reply)
    assert world.now(record).filing == "F"
    again = signatory.post(url("file/"), {"declare": "yes"}, follow=True)
    assert again.redirect_chain[-1][0] == url("filed/")
    assert OutwardReturn.objects.count() == 1
    assert signatory.get(url("b2b/new/")).status_code == 200
    assert "already filed" in text(signatory.get(url("b2b/new/")))


def test_the_filing_page_names_rejected_documents(world, signatory, url):
    record = world.saves(number="A-1")
    world.acts("reject", record)
    assert "1 document rejected by its recipient" in text(signatory.get(url("file/")))
    assert "rejected 1 of these" in text(signatory.get(url()))


def test_the_filing_summary_shows_what_amendments_change(world, signatory, url):
    """Guards the difference in tables 9A and 9C and in the total: an amendment adds only what it changes."""
    invoice = world.saves(number="A-1", taxable=10_000)
    note = world.saves(number="C-1", kind=Kind.CREDIT_NOTE, taxable=2_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.saves(number="A-2", period="2024-11", taxable=1_000, document_date="2024-11-05")
    world.saves(amends=invoice, period="2024-11", taxable=12_000)
    world.saves(amends=note, period="2024-11", taxable=500)
    world.goes_to("2024-12-05 10:00")
    page = signatory.get(url("file/", period="112024"))
    shown = {t.table.slug: (t.taxable, change and change.taxable) for t, change in page.context["sums"]}
    assert (shown["b2b"], shown["b2ba"], shown["notesa"]) == (
        (1_000_00, None),
        (12_000_00, 2_000_00),
        (-500_00, 1_500_00),
    )
    assert page.context["total_taxable"] == 4_500_00
    assert page.context["total_tax"].igst == 810_00
    said = text(page)
    assert "9A – Amended B2B: difference (amended minus original)" in said
    assert "+2,000.00" in said


def test_there_is_no_receipt_before_filing(signatory, url):
    assert signatory.get(url("filed/")).status_code == 404


# tests of forms and periods


def test_iff_is_for_quarterly_filers_and_their_first_two_months(world, client, url):
    quarterly = world.taxpayer("27", 1500, "Nilgiri Foods", frequency="Q")
    client.force_login(world.person("q", Role.SIGNATORY, at=quarterly))
    assert client.post(url("b2b/new/", slug="iff", at=quarterly), form_values(world)).status_code == 302
    assert Record.objects.get().form == "IFF"
    third = client.get(url(slug="iff", period="122024", at=quarterly))
    assert "first two months of a quarter" in text(third)
    assert (
        client.post(
            url("b2b/new/", slug="iff", period="122024", at=quarterly), form_values(world, number="P-2")
        ).status_code
        == 422
    )
    assert client.get(url(at=quarterly)).url == url(period="122024", at=quarterly), (
        "a month leads to its quarter"
    )
    assert client.post(url("b2b/new/", at=quarterly), form_values(world)).status_code == 404
    page = text(client.get(f"/t/{quarterly.gstin}/returns/", {"period": "102024"}))
    assert "/iff/102024/" in page
    assert "/gstr1/122024/" in page


def test_iff_of_a_monthly_filer_says_why_it_is_closed(clerk, url):
    assert "Only quarterly filers use IFF" in text(clerk.get(url(slug="iff")))


@pytest.mark.parametrize(
    ("registration", "own", "others"),
    [
        ("isd", "gstr6", ["gstr1", "iff", "gstr1a", "gstr5"]),
        ("nonresident", "gstr5", ["gstr1", "gstr6"]),
        ("composition", "", ["gstr1", "gstr6"]),
    ],
)
def test_a_registration_has_its_own_forms_only(world, client, url, registration, own, others):
    taxpayer = world.taxpayer("27", 1700, "Special", registration=registration)
    client.force_login(world.person("special", Role.SIGNATORY, at=taxpayer))
    assert client.get(f"/t/{taxpayer.gstin}/returns/").status_code == 200
    for slug in others:
        assert client.get(url(slug=slug, at=taxpayer)).status_code == 404
    if own:
        assert client.get(url(slug=own, at=taxpayer)).status_code == 200
        assert client.get(url("eco/", slug=own, at=taxpayer)).status_code == 404
        assert client.post(url("b2b/new/", slug=own, at=taxpayer), form_values(world)).status_code == 302
        assert client.post(url("file/", slug=own, at=taxpayer), {"declare": "yes"}).status_code == 302
        assert OutwardReturn.objects.get().document_count == 1


@pytest.mark.parametrize(
    "period", ["132024", "2024-10", "102016", "062017", "122099", "122025", "99", "1020240", "abc"]
)
def test_a_malformed_period_is_not_found(clerk, url, period):
    assert clerk.get(url(period=period)).status_code == 404


def test_an_unknown_table_is_not_found(clerk, url):
    assert clerk.get(url("b2c/")).status_code == 404


def test_the_form_without_a_period_leads_to_last_month(world, clerk):
    for slug in ("gstr1", "gstr1a", "iff"):
        assert (
            clerk.get(f"/t/{world.supplier.gstin}/{slug}/").url == f"/t/{world.supplier.gstin}/{slug}/092024/"
        )
    assert set(SLUGS.values()) == {"gstr1", "iff", "gstr1a", "gstr5", "gstr6"}


def test_the_dashboard_accepts_any_query_string(world, clerk):
    base = f"/t/{world.supplier.gstin}/returns/"
    for query in (
        {},
        {"period": "x"},
        {"fy": "2024-25"},
        {"fy": "2024-26"},
        {"period": "032025", "fy": "2023-24"},
        {"fy": "2099-00"},
    ):
        reply = clerk.get(base, query)
        assert reply.status_code == 200, query
    assert 'value="032024" selected' in text(clerk.get(base, {"period": "032025", "fy": "2023-24"}))
