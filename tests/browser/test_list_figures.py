"""The record list in a real Chromium: figures that follow each action, views in the menu, groups by supplier."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Decision, Role
from tests.browser.conftest import SIZES, watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


@pytest.fixture(params=["desktop", "phone"])
def seen(browser, live_server, request):
    """Yield a page at one width. The test fails if the page recorded a fault."""
    with watching(browser, live_server.url, viewport=SIZES[request.param]) as watched:
        yield watched


def test_counts_follow_an_action_and_its_undo_and_views_and_groups_are_in_reach(seen, world):
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    for n in range(3):
        world.saves(number=f"K-{n}")
    world.saves(by=other, number="N-0")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/?status=N")
    page = desk.page
    page.evaluate("window.kept = true")
    needs = page.locator("#list-tabs a", has_text="Needs action")
    expect(needs).to_contain_text("4")
    page.get_by_role("button", name="Accept K-1").click()
    expect(needs).to_contain_text("3")
    expect(page.locator("#list-sum")).to_contain_text("3 records")
    expect(page.locator("#list-match")).to_have_text("all 3 records that match")
    toast = page.locator("#toasts .snack")
    expect(toast.get_by_text("SAVED-ONE")).to_be_hidden()
    toast.get_by_text("Details").click()
    expect(toast.get_by_text("SAVED-ONE")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(needs).to_contain_text("4")
    expect(page.locator("#list-sum")).to_contain_text("4 records")
    assert page.evaluate("window.kept"), "the page was loaded again"

    page.locator(".more-tabs > summary").focus()
    page.keyboard.press("Enter")
    page.locator(".more-tabs").get_by_role("link", name="Possible duplicate").click()
    expect(page.get_by_text("No record matches these filters")).to_be_visible()
    expect(page.locator("#list-tabs [aria-current]")).to_contain_text("Possible duplicate")

    desk.opens("ims/inward/all/?status=N")
    page.get_by_role("link", name="Group by supplier").click()
    line = page.locator(".groups tbody tr", has_text="Konkan Steel Traders")
    expect(line).to_contain_text("3")
    page.get_by_role("button", name="Accept 3 records of Konkan Steel Traders").click()
    expect(page.get_by_role("heading", name="Accept 3 records")).to_be_visible()
    page.get_by_role("button", name="Accept 3 records").click()
    expect(page.get_by_text("3 records accepted")).to_be_visible()
    assert Decision.objects.filter(action="A").count() == 3
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".groups tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Narmada Fasteners LLP").click()
    expect(page.locator("#records").get_by_role("link", name="N-0", exact=True)).to_be_visible()
