"""Acceptance check 1 of the screens: without scripts, a recipient with many records files a period."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Decision, Role
from invoices.rules.situation import Kind
from returns.models import Gstr3b
from tests.browser.conftest import watching
from tests.browser.large import RECORDS
from tests.browser.test_whole_line import Person
from tests.enlarge import enlarge

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.postgres_only, pytest.mark.timeout(300)]


@pytest.fixture
def desk(browser, live_server, world_2025):
    """Yield the recipient's signatory at a browser without scripts. The supplier has filed 20 invoices and
    one credit note. SQL copies these documents until the recipient has `RECORDS` records."""
    world = world_2025
    for n in range(20):
        world.saves(number=f"INV-{n}", taxable=1000 * (n + 1))
    world.saves(number="CN-1", kind=Kind.CREDIT_NOTE, taxable=50_000)
    world.goes_to("2025-11-05 10:00")
    world.files("2025-10")
    enlarge(world.recipient, RECORDS)
    world.goes_to("2025-11-14 10:00")
    world.person("meera", Role.PREPARER, Role.SIGNATORY)
    with watching(browser, live_server.url, java_script_enabled=False) as seen:
        seen.page.context.set_default_timeout(60_000)
        desk = Person(seen, "meera", world.recipient.gstin)
        desk.world = world
        yield desk


def test_check_1_with_scripts_off_records_are_decided_and_gstr3b_is_filed(desk):
    page, world = desk.page, desk.world
    # filter by status and by number
    desk.opens("ims/inward/all/")
    page.locator("#f-status summary").click()
    page.get_by_label("No action").check()
    page.locator("#q").fill("INV-3")
    page.locator("#f-status input[type=submit]").click()
    expect(page.locator("tbody .c-doc a")).to_have_text(["INV-3"])
    # reject one record
    desk.presses("Reject INV-3")
    desk.reads("Rejected INV-3")
    # accept all records of one page
    desk.opens("ims/inward/b2b/?status=N&rows=25")
    page.locator("#scope").select_option("page")
    page.locator("#pick button[value=A]").click()
    expect(page.locator("h1")).to_have_text("Accept 25 records")
    desk.presses("Accept 25 records")
    desk.reads("25 records accepted.")
    # accept a credit note, and declare a reduction that is less than the tax of the note
    desk.opens("ims/inward/all/?q=CN-1")
    page.get_by_role("link", name="CN-1", exact=True).click()
    page.locator("[name=reduce][value=part]").check()
    page.locator("[name=igst]").fill("4,500.00")
    page.locator("main [name=remarks]").first.fill("Half was never claimed.")
    page.locator("#act-here button[value=A]").click()
    desk.reads("Accepted CN-1")
    note = Decision.objects.get(record__number="CN-1")
    assert (note.action, note.answer, note.reduction_igst) == ("A", "P", 4500_00)
    # recompute GSTR-2B and compare the two drafts
    desk.opens("gstr2b/102025/")
    desk.reads("draft is out of date")
    page.locator(".bar").get_by_role("button", name="Recompute").click()
    desk.reads("is ready")
    desk.opens("gstr2b/102025/compare/?from=1&to=2")
    desk.reads("Checked: the effects add up to the change")
    # file GSTR-3B in three steps
    desk.opens("gstr3b/102025/file/")
    desk.presses("Continue to step 2")
    desk.reads("What filing does")
    desk.presses("Continue to step 3")
    page.locator("#declared").check()
    page.locator("#last_four").fill(world.recipient.gstin[-4:])
    desk.presses("File GSTR-3B for October 2025 (practice)")
    desk.reads("PR29")
    assert Gstr3b.objects.filter(recipient=world.recipient, period=202510).exists()


def test_with_scripts_off_no_box_of_the_list_waits_for_a_script(browser, live_server, world_2025):
    """The strip and the folded parts are filled by scripts. Without scripts, links stand in their places."""
    world_2025.saves(number="INV-1")
    world_2025.person("meera", Role.PREPARER)
    with watching(browser, live_server.url, java_script_enabled=False) as seen:
        desk = Person(seen, "meera", world_2025.recipient.gstin)
        desk.opens("ims/inward/all/")
        expect(desk.page.locator("tbody .c-doc a")).to_have_text(["INV-1"])
        expect(desk.page.locator(".effect")).to_be_hidden()
        expect(desk.page.locator(".filterbox summary:visible")).to_have_count(0)
        desk.page.get_by_role("link", name="More filters").click()
        expect(desk.page.locator("#f-min")).to_be_visible()
