"""Where the focus is, and what the keys do, for a person without a pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from invoices.models import Record, Role
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
        assert row
        assert snack
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


def test_triage_asks_before_it_rejects_and_goes_back(desk):  # noqa: F811 - the fixture
    desk.opens("ims/triage/all/")
    page = desk.page
    card = page.locator("#card")
    page.keyboard.press("r")
    page.wait_for_url("**ask=R**")
    page.locator("[name=remarks]").fill("not ours")
    page.keyboard.press("Enter")
    expect(card).to_have_attribute("aria-label", "K-001")
    record = Record.objects.get(number="K-000")
    assert (record.decision.action, record.decision.remarks) == ("R", "not ours")
    page.keyboard.press("a")
    expect(card).to_have_attribute("aria-label", "K-002")
    page.wait_for_load_state()
    for number in ("K-001", "K-000"):
        page.keyboard.press("k")
        expect(card).to_have_attribute("aria-label", number)
        page.wait_for_load_state()  # the keys work after the page's modules have run
    # after the first record there is none before
    page.keyboard.press("k")
    expect(page.locator("#live")).to_contain_text("first record of this triage")
    page.keyboard.press("j")
    expect(card).to_have_attribute("aria-label", "K-002")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Previous record of this triage")


def test_escape_leaves_triage_to_the_record_that_was_shown(desk):  # noqa: F811 - the fixture
    desk.opens("ims/triage/all/")
    page = desk.page
    for number in ("K-001", "K-002"):
        page.keyboard.press("j")
        expect(page.locator("#card")).to_have_attribute("aria-label", number)
    page.keyboard.press("Escape")
    page.wait_for_url("**/ims/inward/all/**")
    lands_on(page, "K-002")


def test_triage_says_that_it_begins_at_another_record(desk, world):  # noqa: F811 - the fixture
    world.acts("accept", Record.objects.get(number="K-001"))
    desk.opens("ims/inward/all/")
    page = desk.page
    for key in "jjt":
        page.keyboard.press(key)
    page.wait_for_url("**/ims/triage/**")
    desk.reads("Triage does not begin at K-001. It begins at K-000")


def test_a_record_without_action_has_nothing_to_undo(desk):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/")
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("There is nothing to undo")
    assert focused(page) == "K-000"


def test_a_list_that_was_drawn_again_begins_at_its_first_row(desk, world):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/")
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("1")
    page.wait_for_url("**status=N**")
    lands_on(page, "K-000")
    page.keyboard.press("/")
    page.keyboard.type("K-005")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=K-005**")
    lands_on(page, "K-005")
    desk.opens("ims/inward/all/")
    page.get_by_role("link", name="Group by supplier").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**group=supplier**")
    lands_on(page, world.supplier.name)
    # no row: the title
    page.keyboard.press("4")
    page.wait_for_url("**status=P**")
    expect(page.locator("main h1")).to_be_focused()


def test_the_keys_of_the_page_of_one_record(desk):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/?q=K-00")
    page = desk.page
    record = Record.objects.get(number="K-003")
    # the row's link opens the panel; the page of the record is at the same address
    page.evaluate("address => { location.href = address; }", f"/t/{desk.gstin}/ims/records/{record.pk}/")
    page.wait_for_url("**/ims/records/**")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("There is nothing to undo")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Back to the list")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.locator("#remarks")).to_be_focused()
    page.keyboard.type("a par")
    page.keyboard.press("Escape")
    expect(page.locator("#remarks")).to_have_value("")
    page.keyboard.press("Escape")
    page.wait_for_url("**q=K-00**")
    lands_on(page, "K-003")
    desk.opens(f"ims/records/{record.pk}/")
    for key in "aprua":
        before = Record.objects.get(pk=record.pk).decision.action
        with page.expect_navigation():
            page.keyboard.press(key)
        after = Record.objects.get(pk=record.pk).decision.action
        assert (before, after) in {("N", "A"), ("A", "P"), ("P", "R"), ("R", "N")}
    page.keyboard.press("Escape")
    page.wait_for_url("**/ims/inward/**")
    lands_on(page, "K-003")


def test_the_preview_of_many_is_confirmed_or_cancelled_without_the_long_list(desk):  # noqa: F811 - the fixture
    desk.opens("ims/inward/all/?group=supplier")
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url("**/ims/batches/**")
    before = page.evaluate(
        "() => [...document.querySelectorAll('main a, main button')].findIndex(e => e.textContent === 'K-000')"
        " > [...document.querySelectorAll('main a, main button')].findIndex(e => e.matches('.btn-primary'))"
    )
    assert before
    page.keyboard.press("Escape")
    page.wait_for_url("**/ims/inward/**")
    assert actions() == "N" * 12


def test_errors_take_the_focus_after_a_skip_link(desk, world):  # noqa: F811 - the fixture
    world.person("meera", Role.SIGNATORY)
    world.files("2024-10")
    world.goes_to("2024-11-14 06:00")
    world.recomputes("2024-10")
    desk.opens("gstr3b/102024/file/#main")
    page = desk.page
    figure = page.locator("#figures input[inputmode=decimal]").first
    figure.fill("abc")
    figure.press("Enter")
    expect(page.locator(".errsum")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator(".errsum")).to_be_focused()
