"""The ticks of the record list and the bar for many records, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import ActionBatch, Record, Role
from tests.browser.conftest import watching
from tests.browser.test_desk import focused
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(browser, live_server, world):
    """Yield the recipient at a list of six records without an action."""
    for n in range(6):
        world.saves(number=f"K-{n:03d}")
    world.person("meera", Role.PREPARER)
    with watching(browser, live_server.url) as watched:
        person = Person(watched, "meera", world.recipient.gstin)
        person.opens("ims/inward/all/?status=N")
        yield person


def test_clear_takes_all_ticks_away_by_keyboard_after_they_were_kept(desk):
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#live")).to_have_text("1 ticked record")
    page.get_by_role("button", name="Keep ticks for other pages").press("Enter")
    desk.reads("1 record is ticked.")
    page.get_by_role("button", name="Clear", exact=True).press("Enter")
    page.wait_for_url("**/ims/inward/all/**")
    expect(page.locator("#scope option").first).to_have_text("ticked records")
    expect(page.locator("[name=pick]:checked")).to_have_count(0)
    desk.opens("ims/inward/all/?status=N")
    expect(page.locator("[name=pick]:checked")).to_have_count(0)


def test_a_record_that_has_left_the_list_leaves_the_ticks(desk, world):
    """A batch must not take a record that the person cannot see or untick."""
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("Control+a")
    with page.expect_response("**/ims/batches/"):
        expect(page.locator("#live")).to_have_text("6 ticked records")
    page.keyboard.press("Control+a")
    expect(page.locator("#scope")).to_have_value("match")
    expect(page.locator("[data-picked-tax]")).to_have_text("")
    desk.presses("Accept K-000")
    expect(page.locator("#list-match")).to_have_text("all 5 records that match")
    # the ticks are kept, so that they stay when the list is opened anew
    page.get_by_role("button", name="Keep ticks for other pages").press("Enter")
    desk.reads("5 records are ticked.")
    # a colleague accepts another record
    world.acts("accept", Record.objects.get(number="K-001"))
    desk.opens("ims/inward/all/?status=N")
    expect(page.locator("#scope option").first).to_have_text("4 ticked records")
    expect(page.locator("[name=pick]:checked")).to_have_count(4)
    page.locator(".selbar").get_by_role("button", name="Accept", exact=True).click()
    page.wait_for_url("**/ims/batches/*/")
    assert ActionBatch.objects.get().seen["n"] == 4


def test_enter_on_a_tick_box_sends_nothing(desk):
    page = desk.page
    page.locator("[name=pick]").first.focus()
    page.evaluate("() => { document.body.dataset.same = '1'; }")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(page.locator("#live")).to_have_text("1 ticked record")
    assert page.evaluate("() => document.body.dataset.same") == "1"


def test_escape_in_the_search_and_in_the_filters_returns_to_the_record(desk):
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("K")
    page.keyboard.press("Escape")
    assert focused(page) == "K-001"
    expect(page.locator("#q")).to_have_value("")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    assert focused(page) == "K-001"


def test_a_page_that_a_form_led_to_takes_the_focus_and_typing_goes_to_the_box_of_ctrl_k(desk):
    page = desk.page
    with page.expect_navigation(url="**/ims/inward/all/?status=N"):
        page.keyboard.press("1")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator(".selbar").get_by_role("button", name="Accept", exact=True).press("Enter")
    page.wait_for_url("**/ims/batches/*/")
    expect(page.locator("main h1")).to_be_focused()
    desk.opens("ims/inward/all/?status=N")
    assert focused(page) == ""
    page.keyboard.press("Control+k")
    page.keyboard.type("K-00")
    expect(page.locator("#found")).to_contain_text("K-001")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("1")
    expect(page.locator(".palette input")).to_have_value("K-001")
