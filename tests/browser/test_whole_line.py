"""The tax period October 2024 in the browser, from the first saved invoice to the recipient's GSTR-3B.

The test runs at desktop width with scripts, and at phone width without scripts.
"""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from invoices.models import JournalEntry, Role
from returns.models import AddBack, Gstr3b
from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser


class Person:
    """A person at a browser, who signs in, opens pages, presses buttons and reads texts."""

    def __init__(self, seen: Watched, name: str, gstin: str):
        self.page: Page = seen.page
        self.base, self.gstin = seen.host, gstin
        self.page.context.clear_cookies()
        self.page.goto(f"{self.base}/accounts/login/?next=/t/{gstin}/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill("practice")
        self.page.get_by_label("Password").press("Enter")
        self.page.wait_for_url(f"**/t/{gstin}/")

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.base}/t/{self.gstin}/{path}")

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def reads(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)


def add_invoice(clerk: Person, recipient: str, number: str, taxable: str) -> None:
    clerk.opens("gstr1/102024/b2b/new/")
    page = clerk.page
    page.locator("[name=recipient]").fill(recipient)
    page.locator("[name=number]").fill(number)
    page.locator("[name=document_date]").fill("2024-10-10")
    page.locator("[name=place_of_supply]").select_option("29")
    page.locator("table.lines select").first.select_option(label="18 %")
    page.locator("table.lines tbody tr").first.locator("input").first.fill(taxable)
    page.locator("button[value=save]:not(.visually-hidden)").click()
    clerk.reads(number)


def move_clock(person: Person, moment: str) -> None:
    person.page.goto(f"{person.base}/clock/?to={moment}")
    person.page.get_by_role("button", name=re.compile("^Move clock to")).click()
    person.reads("It is")


def test_a_tax_period_works_in_the_browser_from_a_saved_invoice_to_a_filed_gstr3b(watched, world):
    world.person("arjun", Role.SUPPLIER_CLERK, Role.SIGNATORY, at=world.supplier)
    world.person("meera", Role.SIGNATORY, Role.PREPARER, at=world.recipient)
    supplier, recipient = world.supplier.gstin, world.recipient.gstin

    # the supplier saves four invoices, which reach the recipient's desk before GSTR-1 is filed
    clerk = Person(watched, "arjun", supplier)
    for number, taxable in (("A-1", "10000"), ("R-1", "20000"), ("P-1", "5000"), ("N-1", "1000")):
        add_invoice(clerk, recipient, number, taxable)

    # the recipient decides three records and leaves the fourth without an action
    desk = Person(watched, "meera", recipient)
    desk.opens("ims/inward/all/")
    for action, number in (("Accept", "A-1"), ("Reject", "R-1"), ("Pending", "P-1")):
        desk.presses(f"{action} {number}")
        # with scripts, the row asks for remarks before the action is saved
        ask = desk.page.locator("[data-ask] .btn-primary")
        if action != "Accept" and watched.scripts:
            ask.click()
        pressed = desk.page.get_by_role("button", name=f"{action} {number}", exact=True)
        expect(pressed).to_have_attribute("aria-pressed", "true")
    desk.opens("ims/inward/")
    desk.reads("No action")

    # the supplier files GSTR-1 before the due date
    move_clock(desk, "2024-11-10T10:00")
    clerk = Person(watched, "arjun", supplier)
    clerk.opens("gstr1/102024/file/")
    clerk.page.get_by_role("checkbox").check()
    clerk.presses("File GSTR-1")
    clerk.reads("PR27")

    # at midnight of the 14th, the portal drafts GSTR-2B
    desk = Person(watched, "meera", recipient)
    move_clock(desk, "2024-11-14T00:30")
    desk.opens("gstr2b/102024/")
    desk.reads("1,980.00")  # ITC: 1,800.00 on the accepted invoice, 180.00 on the invoice without an action

    # a late action makes the draft stale, and GSTR-3B is blocked until GSTR-2B is recomputed
    desk.opens("ims/inward/all/")
    desk.presses("Reject N-1")
    if watched.scripts:
        desk.page.locator("[data-ask] .btn-primary").click()
        desk.reads("Rejected N-1")
    desk.opens("gstr3b/102024/")
    desk.reads("Recompute")
    desk.opens("gstr3b/102024/file/")
    assert not Gstr3b.objects.exists()
    desk.opens("gstr2b/102024/")
    desk.presses("Recompute")
    desk.opens("gstr2b/102024/")
    desk.reads("1,800.00")

    # filing GSTR-3B closes the period: the pending record stays on the desk, the accepted record leaves
    desk.opens("gstr3b/102024/file/")
    file_gstr3b(desk, recipient)
    desk.reads("PR29")
    assert Gstr3b.objects.count() == 1
    desk.opens("ims/inward/all/")
    desk.reads("P-1")
    expect(desk.page.locator("main")).not_to_contain_text("A-1")

    # the supplier sees the decisions; a rejected invoice adds nothing to the supplier's liability
    clerk = Person(watched, "arjun", supplier)
    clerk.opens("ims/outward/?fy=2024-25&period=102024")
    clerk.reads("Rejected")
    assert AddBack.objects.count() == 0

    # the workbooks of GSTR-2B and of IMS can be downloaded
    clerk = Person(watched, "meera", recipient)
    book = openpyxl.load_workbook(io.BytesIO(_download(clerk, f"/t/{recipient}/gstr2b/102024/download/")))
    assert "B2B(Rejected)" in book.sheetnames
    assert "P-1" in _text(
        openpyxl.load_workbook(io.BytesIO(_download(clerk, f"/t/{recipient}/ims/download/")))
    )

    told = set(JournalEntry.objects.values_list("event", flat=True))
    assert {
        "document saved",
        "accepted",
        "form filed",
        "GSTR-2B drafted",
        "GSTR-2B recomputed",
        "GSTR-3B filed",
    } <= told


def file_gstr3b(desk: Person, gstin: str) -> None:
    """File GSTR-3B of October 2024 in three steps: figures, effects of filing, confirmation."""
    desk.presses("Continue to step 2")
    desk.reads("What filing does")
    desk.presses("Continue to step 3")
    desk.page.locator("#declared").check()
    desk.page.locator("#last_four").fill(gstin[-4:])
    desk.presses("File GSTR-3B for October 2024 (practice)")


def _download(person: Person, path: str) -> bytes:
    answer = person.page.request.get(person.base + path)
    assert answer.status == 200
    assert "spreadsheet" in answer.headers["content-type"]
    return answer.body()


def _text(book: openpyxl.Workbook) -> str:
    return " ".join(
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell
    )
