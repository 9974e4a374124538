"""A printed page is black on white, shows each sum once, and has no buttons or menus."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Role
from tests.browser.conftest import SIZES, Watched
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def seen(browser, live_server):
    context = browser.new_context(viewport=SIZES["desktop"], color_scheme="dark", locale="en-IN")
    context.set_default_timeout(15_000)
    watched = Watched(context.new_page(), live_server.url)
    yield watched
    context.close()
    assert watched.troubles == []


def style(page, selector: str, name: str) -> str:
    return page.eval_on_selector(selector, "(e, name) => getComputedStyle(e)[name]", name)


def test_a_dark_page_prints_black_on_white_with_its_gstin_and_its_time(seen, world):
    record = world.saves(number="PAPER-1")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens(f"ims/records/{record.pk}/")
    page = desk.page
    assert style(page, "html", "colorScheme") == "dark"
    page.emulate_media(media="print")
    assert style(page, "body", "backgroundColor") == "rgb(255, 255, 255)"
    assert style(page, "h1", "color") == "rgb(0, 0, 0)"
    expect(page.locator(".only-print")).to_contain_text(world.recipient.gstin)
    expect(page.locator(".only-print")).to_contain_text("page opened at")
    for gone in (".menu", ".mast .tools", "#act-here", ".crumb"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_role("heading", name="What each action does")).to_be_visible()
    # a record's page is printed in portrait format
    assert style(page, "body", "page") == "upright"


def test_a_list_prints_without_buttons_and_a_summary_prints_its_sums_once(seen, world):
    world.saves(number="PAPER-1")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    desk.page.emulate_media(media="print")
    expect(desk.page.get_by_role("link", name="PAPER-1", exact=True)).to_be_visible()
    for gone in (".filters", "#pick", ".arp button", ".c-sel"):
        expect(desk.page.locator(gone).first).to_be_hidden()
    desk.opens("ims/inward/")
    assert style(desk.page, "tfoot", "display") == "table-row-group"
