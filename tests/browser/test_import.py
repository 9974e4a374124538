"""A person loads a filled IMS workbook: the preview, the confirmation and the undo, in a real Chromium. Each test runs
at desktop width with scripts, and at phone width without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Record, Role
from invoices.rules.situation import Kind
from tests.browser.test_whole_line import Person
from tests.returns.files.ims_workbooks import edited, exported

pytestmark = pytest.mark.browser
SLOW = 20_000  # milliseconds, for a busy machine


def actions(world) -> list[str]:
    mine = Record.objects.filter(recipient=world.recipient).order_by("number")
    return list(mine.values_list("decision__action", flat=True))


def test_a_workbook_is_previewed_confirmed_and_undone(watched, world, tmp_path):
    for n in range(3):
        world.saves(number=f"X-{n}")
    world.saves(number="CN", kind=Kind.CREDIT_NOTE)
    (tmp_path / "fill.xlsx").write_bytes(
        edited(
            exported(world),
            ("B2B", "X-0", {"Status": "Rejected", "Remarks": "not received"}),
            ("B2B", "X-1", {"Status": "Accepted"}),
            ("B2B-CN", "CN", {"Status": "Pending"}),
        )
    )
    world.person("meera", Role.PREPARER)
    desk = Person(watched, "meera", world.recipient.gstin)
    desk.opens("ims/import/")
    page = desk.page
    page.locator("input[type=file]").set_input_files(tmp_path / "fill.xlsx")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="Refused rows")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("4 rows were read. Nothing is saved yet.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("−1,800.00").first).to_be_visible(timeout=SLOW)
    assert (
        page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if watched.scripts
        else True
    )
    assert actions(world) == ["N"] * 4
    # by keyboard: a wrong number changes nothing, the right number saves
    page.get_by_label("Type 2 to confirm").focus()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.locator(".errsum")).to_contain_text(
        "Type the number of records that will change: 2.", timeout=SLOW
    )
    assert actions(world) == ["N"] * 4
    page.get_by_label("Type 2 to confirm").focus()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="saved the valid rows")).to_be_visible(timeout=SLOW)
    assert actions(world) == ["N", "R", "A", "N"]
    page.get_by_role("button", name="Undo this file").click()
    expect(page.get_by_text("2 records were restored.")).to_be_visible(timeout=SLOW)
    assert actions(world) == ["N"] * 4
