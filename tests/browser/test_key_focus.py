"""Where the focus is, and what the keys do, for a person without a pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from invoices.models import Record
from tests.browser.test_desk import focused, seen  # noqa: F401 - a fixture
from tests.browser.test_keys import actions, desk  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser


def lands_on(page, number: str) -> None:
    page.wait_for_function("number => document.activeElement.textContent === number", arg=number)


def outlined(page, selector: str) -> bool:
    return page.locator(selector).evaluate("e => getComputedStyle(e).outlineStyle !== 'none'")


def test_the_keys_of_actions_take_all_ticked_records(desk):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/")
    page = desk.page
    for key in "jxjx":
        page.keyboard.press(key)
    # a row without a tick is alone
    for key in "ja":
        page.keyboard.press(key)
    lands_on(page, "K-003")
    assert actions() == "NNA" + "N" * 9
    for key in "kka":
        page.keyboard.press(key)
    page.wait_for_url("**/ims/batches/**")
    expect(page.locator("main")).to_contain_text("K-000")
    expect(page.locator("main")).not_to_contain_text("K-003")
    assert actions() == "NNA" + "N" * 9


def test_undo_pressed_three_times_undoes_three_actions(desk):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/")
    page = desk.page
    for key in "jaaa":
        page.keyboard.press(key)
    lands_on(page, "K-003")
    for key in "zzz":
        page.keyboard.press(key)
    expect(page.locator("tbody [name=act][aria-pressed=true]")).to_have_count(0)
    page.wait_for_timeout(500)
    assert actions() == "N" * 12


def test_the_panel_knows_its_place_after_its_row_was_drawn_again(desk):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/")
    page = desk.page
    page.keyboard.press("j")
    held = []
    page.route(re.compile(r"/ims/records/\d+/$"), lambda route: held.append(route))
    page.keyboard.press("o")
    page.wait_for_timeout(300)
    # the reply to an action draws the row again before the record has come
    page.evaluate(
        "() => { const r = document.querySelector('#records tbody[id]'); r.replaceWith(r.cloneNode(true)); }"
    )
    held[0].continue_()
    expect(page.locator("[data-panel-place]")).to_have_text("1 / 12")


def test_an_opened_record_stays_in_view(desk):  # noqa: F811 - the fixture
    page = desk.page
    page.set_viewport_size({"width": 1280, "height": 600})
    desk.opens("ims/inward/all/")
    for key in "jjjjjjjjo":
        page.keyboard.press(key)
    expect(page.locator("[data-panel-title]")).to_be_focused()
    expect(page.locator("tbody:has(.c-doc a:text-is('K-007')) .c-doc")).to_be_in_viewport()


def test_a_message_does_not_cover_the_row_with_the_focus(desk):  # noqa: F811 - the fixture
    page = desk.page
    page.set_viewport_size({"width": 1280, "height": 600})
    desk.opens("ims/inward/all/")
    page.keyboard.press("j")
    for n in range(1, 12):
        page.keyboard.press("a")
        lands_on(page, f"K-{n:03d}")
        expect(page.locator("#toasts .snack")).to_be_visible()
        page.wait_for_timeout(100)
        row = page.locator(f"tbody:has(.c-doc a:text-is('K-{n:03d}'))").bounding_box()
        snack = page.locator("#toasts .snack").bounding_box()
        assert row and snack
        assert row["y"] + row["height"] <= snack["y"] or row["y"] >= snack["y"] + snack["height"], n


def test_arrow_keys_wait_for_the_answers_of_the_search(desk):  # noqa: F811 - the fixture
    desk.opens("")
    page = desk.page
    page.keyboard.press("Control+k")
    box = page.locator("dialog.palette input")
    expect(page.locator("#found a").first).to_be_visible()
    page.keyboard.type("inv")
    page.keyboard.press("ArrowDown")
    expect(box).to_be_focused()
    page.wait_for_timeout(600)
    expect(box).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found a").first).to_be_focused()


def test_the_card_of_triage_and_the_main_part_show_the_focus(desk):  # noqa: F811 - the fixture
    desk.opens("ims/triage/all/")
    page = desk.page
    expect(page.locator("#card")).to_be_focused()
    assert outlined(page, "#card")
    page.keyboard.press("Shift+Tab")
    page.locator(".skip").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert outlined(page, "#main")
