"""The recipient's desk in a real Chromium: keyboard, side panel, and a record that somebody else changed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from invoices.models import JournalEntry, Record, Role
from invoices.rules.situation import Kind
from tests.browser.conftest import watching
from tests.browser.test_whole_line import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def seen(browser, live_server):
    """Yield a desktop page with scripts. The test fails if the page recorded a fault."""
    with watching(browser, live_server.url) as watched:
        yield watched


def focused(page) -> str:
    """Return the number of the record that has the focus. If another element has the focus, return the name
    of its tag. If no element has the focus, return an empty text."""
    return page.evaluate(
        "() => { const e = document.activeElement; if (e === document.body) return '';"
        "return e.closest('tbody')?.querySelector('.c-doc a')?.textContent || e.tagName; }"
    )


def test_check_2_fifty_records_are_decided_undone_and_explained_by_keyboard_alone(seen, world):
    for n in range(50):
        kind = Kind.CREDIT_NOTE if n == 20 else Kind.INVOICE
        world.saves(number=f"K-{n:03d}", kind=kind)
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    page = desk.page
    page.keyboard.press("j")
    assert focused(page) == "K-000"
    for n in range(50):
        assert focused(page) == f"K-{n:03d}"
        body = page.locator(f"tbody:has(.c-doc a:text-is('K-{n:03d}'))")
        if n == 20:
            # Pending is not available for a credit note: the row shows the reason, with a link to the rule
            page.keyboard.press("w")
            expect(page.locator(".because").get_by_role("link", name="Rule R-053")).to_be_visible()
            assert focused(page) == "K-020"
            assert body.locator(".why").inner_text().strip().startswith("Credit notes cannot be kept pending")
        key = "r" if n % 10 == 9 else "p" if n % 10 == 4 else "a"
        page.keyboard.press(key)
        if key != "a":
            expect(body.locator("[data-ask] [name=remarks]")).to_be_focused()
            page.keyboard.type("checked")
            page.keyboard.press("Enter")
        letter = key.upper()
        expect(body.locator(f"[name=act][value^='{letter}.']")).to_have_attribute("aria-pressed", "true")
        following = f"K-{min(n + 1, 49):03d}"
        page.wait_for_function("number => document.activeElement.textContent === number", arg=following)
        if n == 10:
            page.keyboard.press("z")
            expect(page.locator("#toasts")).to_contain_text("Undone: K-010 is No action again.")
            assert focused(page) == "K-011"
            # after the undo, the record's Accept button is not pressed
            expect(body.locator("[name=act][value^='A.']")).to_have_attribute("aria-pressed", "false")
            page.keyboard.press("k")
            page.keyboard.press("a")
            page.wait_for_function("() => document.activeElement.textContent === 'K-011'")
    told = dict(Record.objects.values_list("number", "decision__action"))
    assert [sum(1 for a in told.values() if a == letter) for letter in "ARPN"] == [40, 5, 5, 0]
    assert set(Record.objects.filter(decision__action="R").values_list("decision__remarks", flat=True)) == {
        "checked"
    }
    assert JournalEntry.objects.filter(event="undone").count() == 1
    assert focused(page) != ""


def test_the_panel_opens_beside_the_list_and_returns_the_focus_to_the_list(seen, world):
    for n in range(3):
        world.saves(number=f"K-{n:03d}")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#panel h2").first).to_have_text("K-000")
    expect(page.locator("#panel h2").first).to_be_focused()
    expect(page.locator("#panel")).to_contain_text("4(A)(5)")
    page.keyboard.press("a")
    # the action on the first record is saved, and the panel shows the next record
    expect(page.locator("#panel h2").first).to_have_text("K-001")
    expect(page.locator("tbody[id] [aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator("#panel h2").first).to_have_text("K-002")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert focused(page) == "K-002"
    page.keyboard.press("Control+k")
    page.keyboard.type("K-001")
    expect(page.locator("#found")).to_contain_text("K-001")
    page.keyboard.press("Escape")


def test_check_4_an_action_on_a_record_changed_meanwhile_is_refused_and_all_ticks_stay(seen, world):
    record, other = world.saves(number="K-000"), world.saves(number="K-001")
    world.person("meera", Role.PREPARER)
    desk = Person(seen, "meera", world.recipient.gstin)
    desk.opens("ims/inward/all/")
    desk.page.locator(f"#r{other.pk} [name=pick]").check()
    world.acts("pending", record)
    desk.presses("Accept K-000")
    expect(desk.page.locator("#toasts")).to_contain_text("ROW-CHANGED")
    expect(desk.page.locator(f"#r{record.pk} .c-st")).to_contain_text("Pending")
    expect(desk.page.locator(f"#r{other.pk} [name=pick]")).to_be_checked()
    assert world.now(record).decision.action == "P"
