"""Escape is Cancel everywhere: it sends nothing that saves, discards what was typed, and returns the focus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from invoices.models import Decision, JournalEntry, Preference, Record, Role, SavedView, StagedChoice
from invoices.rules.situation import Kind
from tests.browser.conftest import SIZES, watching
from tests.browser.test_desk import focused
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


def stored() -> list[Any]:
    """Return all rows that a dialog of the desk could write."""
    tables = (Record, Decision, JournalEntry, Preference, SavedView, StagedChoice)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.fixture(params=["desktop", "phone"])
def desk(request, browser, live_server, world_2025) -> Iterator[Person]:
    """Yield the recipient at the list of five records. One of them is a credit note, whose Accept asks for the
    reduction of ITC. The test fails if one of its requests was a POST that saves."""
    world = world_2025
    for n in range(5):
        kind = Kind.CREDIT_NOTE if n == 2 else Kind.INVOICE
        world.saves(number=f"K-{n:03d}", kind=kind, document_date=date(2025, 10, 10))
    world.person("meera", Role.PREPARER)
    with watching(browser, live_server.url, viewport=SIZES[request.param]) as watched:
        person = Person(watched, "meera", world.recipient.gstin)
        person.opens("ims/inward/all/")
        yield person


def questions(page: Page) -> None:
    """Open each question of a row by key and by button, type an answer, and press Escape."""
    for letter, number in (("r", "K-000"), ("p", "K-001"), ("a", "K-002"), ("r", "K-002")):
        row = page.locator(f"tbody:has(.c-doc a:text-is('{number}'))")
        row.locator(".c-doc a").focus()
        page.keyboard.press(letter)
        asked = row.locator("[data-ask]")
        expect(asked).to_be_visible()
        page.wait_for_function("() => document.activeElement.closest('[data-ask]')")
        asked.locator("[name=remarks]").fill("typed and not meant")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")  # a late Enter sends nothing either
        expect(asked).to_have_count(0)
        page.wait_for_function("number => document.activeElement.textContent === number", arg=number)
        page.keyboard.press("Escape")

        button = row.locator(f"[name=act][value^='{letter.upper()}.']")
        button.click()
        expect(asked.locator("[name=remarks]")).to_have_value("")
        page.wait_for_function("() => document.activeElement.closest('[data-ask]')")
        page.keyboard.press("Escape")
        expect(asked).to_have_count(0)
        expect(row.locator(f"[name=act][value^='{letter.upper()}.']")).to_be_focused()


def test_escape_in_the_question_of_a_row_saves_nothing_and_returns_the_focus(desk):
    before = stored()
    questions(desk.page)
    assert stored() == before


def test_escape_in_the_panel_closes_the_panel_and_discards_what_was_typed(desk):
    before, page = stored(), desk.page
    for number in ("K-000", "K-002"):
        page.locator(f"tbody .c-doc a:text-is('{number}')").click()
        expect(page.locator("#panel h2").first).to_be_focused()
        page.locator("#panel [name=remarks]").fill("typed and not meant")
        page.keyboard.press("Escape")
        expect(page.locator("#panel")).to_be_hidden()
        assert focused(page) == number
        page.keyboard.press("o")
        expect(page.locator("#panel [name=remarks]")).to_have_value("")
        page.keyboard.press("Escape")
        expect(page.locator("#panel")).to_be_hidden()
    assert stored() == before


def test_escape_in_the_palette_and_in_the_sheet_of_keys_closes_only_these(desk):
    before, page = stored(), desk.page
    page.locator("tbody .c-doc a").first.focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("K-00")
    expect(page.locator("#found")).to_contain_text("K-001")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert focused(page) == "K-000"
    page.keyboard.press("Control+k")
    expect(page.locator(".palette input")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    assert focused(page) == "K-000"
    assert stored() == before


def test_escape_in_a_menu_takes_back_what_was_chosen_and_leaves_the_panel_open(desk):
    before, page = stored(), desk.page
    if page.viewport_size["width"] > 1000:
        page.locator("tbody .c-doc a").first.click()
        expect(page.locator("#panel h2").first).to_be_focused()
    box = page.locator(".tools-row details.filterbox")
    box.locator("summary").click()
    column = box.locator("[name=column]").first
    was = column.is_checked()
    column.set_checked(not was)
    page.keyboard.press("Escape")
    assert box.get_attribute("open") is None
    expect(box.locator("summary")).to_be_focused()
    assert column.is_checked() is was
    if page.viewport_size["width"] > 1000:
        expect(page.locator("#panel")).to_be_visible()
        address = page.url
        status = page.locator("#f-status")
        status.locator("summary").click()
        status.locator("[type=checkbox]").first.check()
        page.keyboard.press("Escape")
        assert status.get_attribute("open") is None
        expect(status.locator("summary")).to_be_focused()
        assert not status.locator("[type=checkbox]").first.is_checked()
        page.wait_for_timeout(300)  # a filter that applied would load the page again
        assert page.url == address
        expect(page.locator("#panel")).to_be_visible()
    assert stored() == before


def test_escape_in_triage_discards_the_remark_first_and_then_leaves(desk):
    before, page = stored(), desk.page
    desk.opens("ims/triage/all/")
    remarks = page.locator(".triage [name=remarks]")
    remarks.fill("typed and not meant")
    page.keyboard.press("Escape")
    expect(remarks).to_have_value("")
    expect(page.locator("#card")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator(".palette[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".palette[open]")).to_have_count(0)
    expect(page.locator("#card")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url("**/ims/inward/all/**")
    assert stored() == before


def test_escape_in_the_question_of_triage_returns_to_the_record_and_saves_nothing(desk):
    before, page = stored(), desk.page
    desk.opens("ims/triage/all/?q=K-002")
    page.keyboard.press("a")
    page.wait_for_url("**ask=A**")
    expect(page.locator("#asked")).to_be_focused()
    page.locator(".triage [name=reduce][value=no]").check()
    page.locator(".triage [name=remarks]").fill("typed and not meant")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('ask=')")
    expect(page.locator("#card")).to_be_focused()
    expect(page.locator(".triage [name=remarks]")).to_have_value("")
    assert stored() == before
