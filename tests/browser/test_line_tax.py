"""In the form of a document the tax of a line follows its taxable value, unless the person typed the tax."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Record, Role
from invoices.rules.documents import RateLine
from tests.browser.conftest import watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


def test_the_tax_follows_the_taxable_value_until_the_person_types_the_tax(browser, live_server, world):
    saved = world.saves(number="K-1", rate_lines=(RateLine(1800, 10_000_00, igst=1_800_00),))
    world.person("arjun", Role.SUPPLIER_CLERK, at=world.supplier)
    with watching(browser, live_server.url) as watched:
        clerk = Person(watched, "arjun", world.supplier.gstin)
        clerk.opens(f"gstr1/102024/b2b/{saved.pk}/")
        page = clerk.page
        taxable, tax = page.locator("[name=taxable_0]"), page.locator("[name=igst_0]")
        taxable.fill("12,345.67")
        taxable.blur()
        expect(tax).to_have_value("2222.22")
        expect(page.locator("[name=cgst_0]")).to_have_value("0.00")
        expect(page.locator("[data-line-notes]")).to_have_text(
            "Line 1: the tax was computed again from the taxable value and the rate."
        )
        tax.fill("2222.50")
        taxable.fill("20000")
        taxable.blur()
        expect(tax).to_have_value("2222.50")
        expect(page.locator("[data-line-notes]")).to_contain_text("the tax that you typed stays")
        page.locator("[name=rate_0]").focus()
        taxable.fill("12345.67")
        page.locator("button[value=save]:not(.visually-hidden)").click()
        clerk.reads("K-1")
        assert (Record.objects.get().taxable, Record.objects.get().igst) == (12_345_67, 2_222_50)
