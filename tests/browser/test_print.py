"""A printed page is black on white, shows each sum once, and has no buttons or menus."""

from __future__ import annotations

import re
import zlib

import pytest
from playwright.sync_api import expect

from invoices.models import Role
from tests.browser.conftest import watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def seen(browser, live_server):
    with watching(browser, live_server.url, color_scheme="dark") as watched:
        yield watched


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


# the figures and sums of a page that a person can see
FIGURES = """() => [...document.querySelectorAll('main :is(.num, .fig, .blk, dd)')]
  .filter(e => e.checkVisibility({ visibilityProperty: true }) && /\\d/.test(e.textContent))
  .map(e => e.textContent.replace(/\\s+/g, ' ').trim())"""
# the width of A4 paper in CSS pixels
LANDSCAPE, PORTRAIT = 1123, 794


@pytest.mark.parametrize(
    ("path", "paper", "pages"),
    [
        ("gstr2b/102024/", LANDSCAPE, 2),
        ("gstr2b/102024/all-other-itc/b2b/", LANDSCAPE, 1),
        ("gstr3b/102024/", PORTRAIT, 2),
    ],
)
def test_a_return_prints_every_figure_on_a4_with_its_taxpayer_period_and_state(
    seen, world, path, paper, pages
):
    world.saves(number="PAPER-1")
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens(path)
    page = desk.page
    on_screen = page.evaluate(FIGURES)
    assert on_screen
    page.emulate_media(media="print")
    page.set_viewport_size({"width": paper, "height": 700})
    assert page.evaluate(FIGURES) == on_screen
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for said in (world.recipient.gstin, world.recipient.name, "October 2024"):
        expect(page.locator(".ident")).to_contain_text(said)
    expect(page.locator("main")).to_contain_text(
        "draft 1" if "gstr3b" in path or "itc" in path else "Draft 1"
    )
    for gone in (".menu", "main .btn:not(.st)", ".no-print", ".pager"):
        assert all(not one.is_visible() for one in page.locator(gone).all())
    assert style(page, "thead", "display") == "table-header-group"
    paper_file = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\\s*/Page\\b", paper_file)) <= pages


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


def texts_by_page(paper_file: bytes) -> list[int]:
    """Return how many pieces of text each page of a PDF file of Chromium has."""
    objects = dict(re.findall(rb"(?s)\n(\d+) 0 obj\s(.*?)endobj", paper_file))
    found = []
    for number in sorted(objects, key=int):
        if re.search(rb"/Type\s*/Page\b", objects[number]):
            drawn = objects[re.search(rb"/Contents (\d+) 0 R", objects[number])[1]]
            stream = re.search(rb"(?s)stream\r?\n(.*?)\r?\nendstream", drawn)[1]
            found.append(len(re.findall(rb"T[jJ]\b", zlib.decompress(stream))))
    return found


def test_no_page_holds_only_the_footer(seen, world):
    """GSTR-3B is made longer line by line. The footer must never stand alone on the second page."""
    world.goes_to("2024-11-14 10:00")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("gstr3b/102024/")
    page = desk.page
    hidden = "on => document.querySelectorAll('header, main').forEach(part => { part.hidden = on; })"
    page.evaluate(hidden, True)
    [footer] = texts_by_page(page.pdf(prefer_css_page_size=True))
    page.evaluate(hidden, False)
    pages: list[int] = []
    for _line in range(80):
        page.evaluate("document.querySelector('main').append(document.createElement('p'), 'line')")
        pages = texts_by_page(page.pdf(prefer_css_page_size=True))
        if len(pages) == 2:
            break
    assert len(pages) == 2
    assert pages[1] > footer
