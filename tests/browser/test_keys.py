"""The keys in a real Chromium: typed faster than the server answers, on the lines of suppliers, and on pages without
a record list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from invoices.models import Preference, Record, Role
from tests.browser.test_desk import focused, seen  # noqa: F401 - a fixture
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


class Held:
    """The requests of actions, which reach the server only after `released`."""

    def __init__(self, page):
        self.page, self.routes, self.holding = page, [], True
        page.route("**/ims/act/", self._asked)

    def _asked(self, route) -> None:
        if self.holding:
            self.routes.append(route)
        else:
            route.continue_()

    def released(self) -> None:
        self.page.wait_for_timeout(300)
        assert len(self.routes) == 1, "a key acted while the reply to the last one was on its way"
        self.holding = False
        self.routes.pop().continue_()


@pytest.fixture
def desk(seen, world):  # noqa: F811 - the fixture
    for n in range(12):
        world.saves(number=f"K-{n:03d}")
    world.person("meera", Role.PREPARER)
    return Person(seen, "meera", world.recipient.gstin)


def actions() -> str:
    return "".join(Record.objects.order_by("number").values_list("decision__action", flat=True))


def test_keys_that_are_faster_than_the_replies_act_each_on_its_own_record(desk):
    desk.opens("ims/inward/all/")
    page = desk.page
    held = Held(page)
    page.keyboard.press("j")
    for key in "aaajaaaaaa":
        page.keyboard.press(key)
    held.released()
    page.wait_for_function("() => document.activeElement.textContent === 'K-010'")
    assert actions() == "AAANAAAAAANN"
    # the question takes the keys that follow: they do not act on other records, and Enter does not send half of them
    held.holding = True
    for key in "pbad":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    held.released()
    remark = page.locator("[data-ask] [name=remarks]")
    expect(remark).to_be_focused()
    expect(remark).to_have_value("bad")
    page.keyboard.type("checked")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.textContent === 'K-011'")
    # at the last record more presses do not take the action back
    held.holding = True
    page.keyboard.press("a")
    page.keyboard.press("a")
    held.released()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.wait_for_timeout(1000)
    assert actions() == "AAANAAAAAAPA"
    assert Record.objects.get(number="K-010").decision.remarks == "badchecked"


def test_keys_after_a_refused_action_do_nothing(desk, world):
    desk.opens("ims/inward/all/")
    page = desk.page
    held = Held(page)
    page.keyboard.press("j")
    world.acts("pending", Record.objects.get(number="K-000"))
    page.keyboard.press("a")
    page.keyboard.press("a")
    held.released()
    expect(page.locator("#toasts")).to_contain_text("ROW-CHANGED")
    page.wait_for_function("() => document.activeElement.textContent === 'K-000'")
    page.wait_for_timeout(1000)
    assert actions() == "P" + "N" * 11
    page.keyboard.press("j")
    assert focused(page) == "K-001"


def test_the_lines_of_suppliers_have_the_same_keys(desk, world):
    desk.opens("ims/inward/all/?group=supplier")
    page = desk.page
    name = world.supplier.name
    page.keyboard.press("j")
    expect(page.locator("[data-groups] tbody th > a").first).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Accept all records of the supplier")
    expect(page.locator("#keys")).not_to_contain_text("Select the record")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-groups] tbody th > a").first).to_have_text(name)
    page.keyboard.press("a")
    # the preview of the batch, as the button opens it; nothing is saved yet
    page.wait_for_url("**/ims/batches/**")
    assert actions() == "N" * 12
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**supplier=**")


def test_the_question_mark_shows_the_keys_of_a_page_without_a_list(desk, world):
    desk.opens("")
    page = desk.page
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_contain_text("Ctrl+k")
    expect(keys).to_contain_text("These keys work on this page.")
    expect(keys).not_to_contain_text("Accept")
    keys.get_by_role("button", name="Close").click()
    expect(keys).to_be_hidden()
    # in a field, the key writes
    desk.opens("find/")
    page.locator("main input").first.press("?")
    expect(page.locator("main input").first).to_have_value("?")
    # a person who switched the keys off gets none
    person = world.person("meera", Role.PREPARER)
    Preference.objects.update_or_create(user=person, defaults={"shortcuts": False})
    desk.opens("")
    page.keyboard.press("?")
    page.wait_for_timeout(500)
    expect(keys).to_have_count(0)


def test_escape_leaves_the_filters_before_their_reply_has_come(desk):
    desk.opens("ims/inward/all/")
    page = desk.page
    held = []
    page.route(re.compile("more=filters"), lambda route: held.append(route))
    page.keyboard.press("j")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    assert focused(page) == "K-000"
    page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_timeout(500)
    assert focused(page) == "K-000"
