"""A person uploads a register in a browser, with scripts and without: answers a question, takes the bills over, and comes
from a bill to its record."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Role
from invoices.register.models import Bill
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser
SLOW = 20_000  # milliseconds, for a busy machine


def test_a_register_is_uploaded_reviewed_taken_over_and_matched(watched, world, tmp_path):
    record = world.saves(number="A/001", document_date="2024-10-05", taxable=1_000)
    world.person("asha", Role.PREPARER)
    file = tmp_path / "october.csv"
    file.write_text(
        "Supplier GSTIN,Supplier Name,Invoice Number,Invoice Date,Taxable Value,IGST Amount\n"
        f"{world.supplier.gstin},Supplier,A-1,05/10/2024,1000,180\n"
        f"{world.supplier.gstin},Supplier,A-2,07/10/2024,500,90\n"
    )
    desk = Person(watched, "asha", world.recipient.gstin)
    desk.opens("register/")
    page = desk.page
    page.get_by_label("Purchase register").set_input_files(file)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", name="One question")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Take over")).to_have_count(0)
    page.get_by_label("day first").check()
    page.get_by_role("button", name="Read again with these answers").click()
    assert not Bill.objects.exists()
    page.get_by_role("button", name="Take over 2 bills").click()
    expect(page.get_by_text("Taken over.")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="See the bills").click()
    expect(page.get_by_text("Not reported")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="A/001").click()
    page.wait_for_url(f"**/ims/records/{record.pk}/**")
