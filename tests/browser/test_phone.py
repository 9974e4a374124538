"""The desk on a phone of 390 px. A record and the filters open in a sheet that covers the page. Actions are
at the lower edge, and buttons are large."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from invoices.models import Record, Role
from invoices.rules.situation import Kind
from tests.browser.conftest import SIZES, watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser

# This script returns the buttons, fields and tabs that are lower than 44 px. Links inside text are exempt
# (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll('main :is(button, .btn, select, textarea, input:not([type=hidden]), .tabs a)')]
  .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.matches('.visually-hidden, [type=checkbox], [type=radio], .lk, .reset, .btn-link'))
  .map(e => [e.textContent.trim() || e.name || e.id, Math.round(e.getBoundingClientRect().height)])
  .filter(([, height]) => height < 44)"""


@pytest.fixture
def seen(browser, live_server):
    with watching(
        browser, live_server.url, viewport=SIZES["phone"], has_touch=True, is_mobile=True
    ) as watched:
        yield watched


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL) == []


def test_a_record_is_decided_in_a_sheet_over_the_page(seen, world):
    record = world.saves(number="PHONE-1")
    world.saves(number="PHONE-CN", kind=Kind.CREDIT_NOTE)
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    page = desk.page
    assert_fits(page)
    # no record is ticked, so the bar for batches is hidden
    expect(page.locator("#pick")).to_be_hidden()
    page.get_by_role("checkbox", name="PHONE-1").first.check()
    expect(page.locator("#pick")).to_be_visible()
    page.get_by_role("checkbox", name="PHONE-1").first.uncheck()

    page.get_by_role("link", name="PHONE-1", exact=True).tap()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("What each action does")
    assert page.evaluate("document.querySelector('body > header').inert")
    bar = sheet.get_by_role("group", name="Action for PHONE-1").bounding_box()
    assert bar
    assert bar["y"] + bar["height"] > SIZES["phone"]["height"] - 20
    assert_fits(page)

    # Reject closes the sheet, because the field for remarks is in the record's row under the sheet
    sheet.get_by_role("button", name="Reject PHONE-1").tap()
    remarks = page.locator("[data-ask] [name=remarks]")
    expect(remarks).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not page.evaluate("document.querySelector('body > header').inert")
    remarks.fill("not ours")
    page.get_by_role("button", name="Reject and save").tap()
    expect(page.locator("#toasts")).to_contain_text("Rejected PHONE-1")
    record.decision.refresh_from_db()
    assert (record.decision.action, record.decision.remarks) == ("R", "not ours")


def test_the_filters_open_in_a_sheet_and_their_bar_closes_the_sheet(seen, world):
    world.saves(number="PHONE-1", taxable=1_000_00)
    world.saves(number="PHONE-2", taxable=900_000_00)
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    page = desk.page
    bar = page.locator(".filters > .filterbox > summary")
    bar.tap()
    expect(page.get_by_label("Taxable from ₹")).to_be_in_viewport()
    assert_fits(page)
    bar.tap()
    expect(page.get_by_label("Taxable from ₹")).to_be_hidden()
    bar.tap()
    page.get_by_label("Taxable from ₹").fill("5L")
    page.get_by_role("button", name="Apply filters").tap()
    expect(page.get_by_role("link", name="PHONE-2", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="PHONE-1", exact=True)).to_have_count(0)
    assert Record.objects.count() == 2


@pytest.mark.parametrize(
    "path",
    [
        "",
        "ims/",
        "ims/inward/",
        "ims/triage/all/",
        "returns/",
        "gstr2b/102024/",
        "gstr3b/102024/",
        "analytics/",
    ],
)
def test_every_button_field_and_tab_is_at_least_44_px_high(seen, world, path):
    world.saves(number="PHONE-1")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens(path)
    assert_fits(desk.page)


def test_triage_begins_at_the_message_of_the_last_action(seen, world):
    """The message, its counter and the card's head are on the first screen of a phone after an action."""
    for n in range(3):
        world.saves(number=f"PHONE-{n}")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/triage/all/")
    page = desk.page
    expect(page.get_by_text("1 of 3", exact=True)).to_be_in_viewport()
    expect(page.locator("#exit kbd")).to_be_hidden()
    page.locator("#do-A").tap()
    expect(page.get_by_text("2 of 3", exact=True)).to_be_in_viewport()
    expect(page.locator("main > .bar:not([hidden])")).to_be_in_viewport()
    expect(page.locator("#card h2")).to_be_in_viewport()
    page.set_viewport_size({"width": 360, "height": 740})
    for row in (("A", "R", "P"), ("undo", "open", "skip")):
        boxes = [page.locator(f"#do-{name}").bounding_box() for name in row]
        assert len({round(box["y"]) for box in boxes if box}) == 1
    assert_fits(page)


def test_a_message_covers_the_strip_and_no_button_of_the_next_record(seen, world):
    """The message is one line at the lower edge, as high as the strip of GSTR-2B."""
    for n in range(3):
        world.saves(number=f"PHONE-{n}")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    page = desk.page
    page.get_by_role("button", name="Accept PHONE-0").first.tap()
    expect(page.locator("#toasts")).to_contain_text("Accepted PHONE-0")
    message, strip = page.locator("#toasts").bounding_box(), page.locator(".effect").bounding_box()
    assert message
    assert strip
    assert message["y"] >= SIZES["phone"]["height"] - 60
    assert message["y"] >= strip["y"] - 20


def test_the_bar_for_ticked_records_is_one_row_at_the_lower_edge(seen, world):
    world.saves(number="PHONE-1")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    page = desk.page
    page.get_by_role("checkbox", name="PHONE-1").first.check()
    bar = page.locator("#pick").bounding_box()
    assert bar
    assert bar["height"] <= 80
    assert bar["y"] + bar["height"] == SIZES["phone"]["height"]
    expect(page.locator("#pick").get_by_role("button", name="Accept", exact=True)).to_be_in_viewport(ratio=1)
    assert_fits(page)
