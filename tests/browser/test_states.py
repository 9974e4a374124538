"""States that only a browser shows: no connection, a form that is being sent, a panel that fails to load."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import Role
from tests.browser.conftest import SIZES, watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser
AWAY = "You are offline. Nothing will be saved until the connection is back."


@pytest.fixture
def seen(browser, live_server):
    with watching(browser, live_server.url) as watched:
        yield watched


@pytest.fixture
def desk(seen, world):
    world.saves(number="S-1")
    world.person("meera", Role.PREPARER)
    person = Person(seen, "meera", world.recipient.gstin)
    person.opens("ims/inward/all/")
    return person


def _wait_until(page, condition):
    while not condition():
        page.wait_for_timeout(20)


def test_an_offline_page_sends_nothing_and_shows_a_warning_until_the_connection_is_back(desk, world):
    page = desk.page
    accept = page.locator("[name=act][value^='A.']").first
    expect(page.locator("#away")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.get_by_role("alert").filter(has_text=AWAY)).to_be_visible()
    expect(accept).to_have_attribute("aria-disabled", "true")
    expect(accept).to_have_attribute("aria-describedby", "away")
    accept.click(force=True)
    expect(accept).to_have_attribute("aria-pressed", "false")
    page.context.set_offline(False)
    expect(page.locator("#away")).to_be_hidden()
    expect(accept).not_to_have_attribute("aria-disabled", "true")
    accept.click()
    expect(page.locator("#toasts")).to_contain_text("S-1")


def test_a_form_that_is_submitted_twice_has_a_busy_button_and_is_sent_once(desk):
    page = desk.page
    desk.opens("../../me/preferences/")
    sent = []
    # the test answers the request only after both clicks
    page.route("**/me/preferences/", lambda route: sent.append(route))
    busy = page.evaluate(
        "() => { const save = document.querySelector('form button.btn-primary');"
        "save.click(); save.click(); return save.getAttribute('aria-busy'); }"
    )
    assert busy == "true"
    _wait_until(page, lambda: sent)
    page.wait_for_timeout(300)
    assert len(sent) == 1
    sent[0].continue_()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()


def test_a_panel_that_fails_to_load_shows_an_error_and_returns_the_focus_to_the_list(desk):
    page = desk.page
    held = []
    page.route("**/ims/records/*/", lambda route: held.append(route))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_have_attribute("aria-busy", "true")
    # the panel is busy before the browser sends the request, so the test waits for the request
    _wait_until(page, lambda: held)
    held[0].abort()
    expect(page.locator("#toasts")).to_contain_text("The record could not be loaded.")
    expect(page.locator("#alarm")).to_have_text("The record could not be loaded.")
    expect(page.locator("#panel")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("tbody .c-doc a").first).to_be_focused()
    page.unroute("**/ims/records/*/")
    page.keyboard.press("Enter")
    expect(page.locator("#panel [data-panel-title]")).to_contain_text("S-1")


def test_the_bar_shows_the_itc_of_the_ticked_records_of_all_pages(seen, world):
    for n in range(26):
        world.saves(number=f"T-{n:02d}")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/?rows=25")
    page = desk.page
    told = page.locator("[data-picked-tax]")
    with page.expect_response("**/ims/batches/"):
        page.get_by_label("Select T-00").check()
    expect(told).to_have_text("Tax ₹1,800.00")
    page.get_by_role("link", name="Next").first.click()
    expect(told).to_have_text("Tax ₹1,800.00")
    with page.expect_response("**/ims/batches/"):
        page.get_by_label("Select T-25").check()
    expect(told).to_have_text("Tax ₹3,600.00")
    with page.expect_response("**/ims/batches/"):
        page.get_by_label("Select T-25").uncheck()
    expect(told).to_have_text("Tax ₹1,800.00")


def test_a_chart_is_drawn_again_when_the_window_becomes_narrow_or_wide(desk):
    page = desk.page
    desk.opens("analytics/")
    chart = "Chart.getChart(document.querySelector('canvas[data-table=by-status]'))"

    def ticks():
        return page.evaluate(f"{chart}?.options.scales.x.ticks.maxTicksLimit")

    _wait_until(page, ticks)
    wide = ticks()
    page.set_viewport_size(SIZES["phone"])
    _wait_until(page, lambda: ticks() < wide)
    page.set_viewport_size(SIZES["desktop"])
    _wait_until(page, lambda: ticks() == wide)
