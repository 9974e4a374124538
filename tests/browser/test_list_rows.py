"""The rows of the record list fit: ten compact rows on a small laptop, the first record on a phone's first screen,
and no text over its neighbour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page

from invoices.models import Preference, Role
from invoices.rules.situation import Kind
from tests.browser.conftest import watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser

LONG = "Sri Venkateswara Engineering & Construction Materials"
# the texts that leave their cell to the right
OVERFLOWING = """() => [...document.querySelectorAll('#records :is(td, th)')].filter(cell => cell.checkVisibility() &&
  [...cell.querySelectorAll('*')].some(part => getComputedStyle(part).position !== 'absolute' &&
    part.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1)).map(cell => cell.innerText)"""
# the number of records that stand wholly above the strip at the lower edge
WHOLE = """() => { const edge = document.querySelector('.effect').getBoundingClientRect().top;
  return [...document.querySelectorAll('tbody[id]')].filter(r => r.getBoundingClientRect().bottom <= edge).length; }"""


def fits(page: Page, world) -> None:
    """Check that no text leaves its cell, also if the supplier's name is long."""
    assert page.evaluate(OVERFLOWING) == []
    world.supplier.trade_name = LONG
    world.supplier.save()
    page.reload()
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@contextmanager
def opened(browser, host: str, world, width: int, height: int) -> Iterator[Page]:
    with watching(browser, host, viewport={"width": width, "height": height}) as watched:
        desk = Person(watched, "meera", world.recipient.gstin)
        desk.opens("ims/inward/all/")
        # the strip at the lower edge is fetched after the page, and its height then changes
        desk.page.wait_for_load_state("networkidle")
        yield desk.page


@pytest.fixture
def desk(world):
    original = world.saves(number="SVECM/2024-25/01")
    world.saves(number="SVECM/2024-25/CN", kind=Kind.CREDIT_NOTE)
    for n in range(12):
        world.saves(number=f"SVECM/2024-25/{n + 10}")
    world.acts("pending", original, remarks="goods not received")
    world.person("meera", Role.PREPARER)
    return world


def test_ten_compact_rows_stand_on_a_small_laptop(browser, live_server, desk):
    person = desk.person("meera", Role.PREPARER)
    Preference.objects.update_or_create(user=person, defaults={"density": "compact"})
    with opened(browser, live_server.url, desk, 1280, 800) as page:
        assert page.evaluate(WHOLE) >= 10
        # the bar for ticked records comes to the lower edge and moves no row
        before = page.locator("tbody[id]").first.bounding_box()
        page.locator("[name=pick]").first.check()
        assert page.locator("#pick").is_visible()
        assert page.locator("tbody[id]").first.bounding_box() == before
        fits(page, desk)


@pytest.mark.parametrize("width", [390, 360])
def test_the_first_record_stands_on_the_first_screen_of_a_phone(browser, live_server, desk, width):
    with opened(browser, live_server.url, desk, width, 844) as page:
        strip = page.locator(".effect").bounding_box()
        buttons = page.locator("tbody[id] .arp").first.bounding_box()
        assert buttons["y"] + buttons["height"] <= strip["y"]
        fits(page, desk)
        # the remark has its line for itself
        page.locator('button[value^="P."][aria-pressed=false]').first.click()
        remark, form = page.locator("[data-ask] [name=remarks]"), page.locator("[data-ask] .actrow")
        remark.wait_for()
        assert remark.bounding_box()["width"] >= form.bounding_box()["width"] - 1
