"""Every screen of the sample world is accessible, causes no browser error and needs no other host. From 360
to 1920 px, nothing on a screen runs over its place.

Each screen is checked at 1280 px and at 390 px: in light colours at one width, and in dark colours at the
other. With PORTAL_SHOTS=folder (`./run shots`) the test saves pictures of the screens in that folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gstr2b import midnight
from invoices import portal_clock
from returns.sandbox.world.cast import PASSWORD
from tests.browser.conftest import Watched
from tests.browser.screens import Screen, found
from tests.codes_in_the_open import codes_in_the_open

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

SHOTS = os.environ.get("PORTAL_SHOTS", "")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
OVERFLOW = Path(__file__).with_name("overflow.js").read_text()
# a phone, a tablet, and screens of desks; 390 and 1280 px are also checked for accessibility
WIDTHS = (360, 390, 768, 1024, 1280, 1440, 1920)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
RECIPIENT = "27AAXCS4821K1ZN"
SUPPLIER = "27AAKFK3310M1Z8"
EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
GRAVE = ("serious", "critical")
# This script turns transitions and animations off. During a change of theme, a colour between light and dark
# would fail the contrast check. The script constructs a style sheet, because the page's security policy
# forbids inline styles.
STILL = """
addEventListener('DOMContentLoaded', () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }');
  document.adoptedStyleSheets = [sheet];
});
"""
# axe, the accessibility checker, loads no files itself and reports only the rules that found a fault
QUICKLY = "o => axe.run(document, {...o, resultTypes: ['violations'], preload: false})"
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Inspector:
    """Opens screens one after the other and collects their faults in `faults`."""

    def __init__(self, browser: Browser, host: str):
        self.context = browser.new_context(
            viewport=WIDE, locale="en-IN", color_scheme="light", reduced_motion="reduce"
        )
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e =>"
            " console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI));" + STILL
        )
        self.context.route(
            lambda url: not url.startswith((host, "data:", "blob:")), lambda route: route.abort()
        )
        self.page: Page = self.context.new_page()
        self.watched = Watched(self.page, host)
        self.host, self.person, self.seen, self.faults = host, "", set(), []

    def enters(self, person: str) -> None:
        if person == self.person:
            return
        self.context.clear_cookies()
        self.person = person
        if person:
            self.page.goto(f"{self.host}/accounts/login/")
            self.page.get_by_label("Username").fill(person)
            self.page.get_by_label("Password").fill(PASSWORD)
            self.page.get_by_label("Password").press("Enter")
            self.page.wait_for_url("**/t/")

    def visits(self, screens: Iterable[Screen], stage: str = "", *, again: tuple[str, ...] = ()) -> None:
        """Open and check each screen that was not checked before. Screens whose names are in `again` are
        checked once more, with `stage` before their names."""
        for screen in screens:
            name = f"{stage}-{screen.name}" if screen.name in again else screen.name
            if name in self.seen:
                continue
            self.enters(screen.person)
            self.page.goto(self.host + screen.path)
            if not self.page.locator("h1").first.is_visible():
                self.faults.append(f"{name}: no heading is visible")
            # without the style sheets, the body would have a margin
            if self.page.evaluate("getComputedStyle(document.body).margin") != "0px":
                self.faults.append(f"{name}: the style sheets are missing")
            self.looks(name)

    def looks(self, name: str) -> None:
        """Check the open page at one width with light colours and at the other with dark colours. The next
        page is checked the other way round. So a part that several screens have is checked in both colours at
        both widths. The text of each fault begins with `name`."""
        self.seen.add(name)
        # the pages of the rulebook quote codes, because codes are their subject
        if "/help/rules/" not in self.page.url and (codes := codes_in_the_open(self.page.content())):
            self.faults.append(f"{name}: codes outside Details: {sorted(codes)}")
        self.page.evaluate(AXE)
        light_first = len(self.seen) % 2 == 0
        for width, view in ((1280, WIDE), (390, NARROW)):
            self.page.set_viewport_size(view)
            checked = "light" if (width == 1280) == light_first else "dark"
            for theme in ("light", "dark") if SHOTS else (checked,):
                self.page.evaluate(
                    "t => { document.documentElement.dataset.bsTheme = t;"
                    " document.dispatchEvent(new Event('ims:theme')) }",
                    theme,
                )
                self.page.evaluate(SETTLED)
                if theme == checked:
                    self._ask(name, f"{width} {theme}", EVERYTHING)
                if SHOTS:
                    Path(SHOTS).mkdir(parents=True, exist_ok=True)
                    self.page.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png", full_page=True)
        self.page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
        self.fits(name)

    def fits(self, name: str) -> None:
        """Check that nothing runs over its place at any of `WIDTHS`, and with open menus."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            # the menus are opened on a phone and at the width of the desk's pictures
            found = self.page.evaluate(OVERFLOW, width in (NARROW["width"], WIDE["width"]))
            self.faults += [f"{name} at {width}: {fault}" for fault in found]
        self.page.set_viewport_size(WIDE)

    def _ask(self, name: str, where: str, asked: dict) -> None:
        answer = self.page.evaluate(QUICKLY, asked)
        for fault in answer["violations"]:
            if fault["impact"] in GRAVE:
                nodes = "; ".join(node["html"][:160] for node in fault["nodes"][:2])
                self.faults.append(f"{name} {where}: {fault['id']} ({len(fault['nodes'])}) {nodes}")


@pytest.fixture
def inspector(browser, live_server, transactional_db, sample_world) -> Iterator[Inspector]:
    sample_world(records=60)
    inspector = Inspector(browser, live_server.url)
    yield inspector
    inspector.context.close()


def moves_to(moment: str) -> None:
    target = portal_clock.in_ist(datetime.fromisoformat(moment))
    list(midnight.move_clock(target))
    portal_clock.set_to(target, frozen=True, run_nights=True)


def test_every_screen_is_accessible_quiet_and_of_this_host(inspector):
    look, page = inspector, inspector.page
    home = f"/t/{RECIPIENT}/"

    look.visits(
        [Screen("landing", "", "/"), Screen("login", "", "/accounts/login/"), Screen("not-found", "", "/no/")]
    )
    screens = found("meera", home)
    look.visits(screens)
    look.visits(
        found("arjun", f"/t/{SUPPLIER}/"),
        "supplier",
        again=("home", "outward"),
    )
    look.visits(found("devendra", "/t/"))

    # the 14th: the draft exists, and an action makes the draft stale
    moves_to("2024-11-14T10:00")
    look.enters("meera")
    page.goto(f"{look.host}{home}ims/inward/b2b/?status=A&lands=this")
    page.get_by_role("button", name="Reject DB/24-25/1610").click()
    look.looks("reject-asks")
    with page.expect_response(lambda answer: "/action/" in answer.url):
        page.locator(".ask button").first.click()
    look.looks("stale-records")
    look.visits(screens, "stale", again=("home", "gstr2b", "gstr3b", "gstr3b_file"))
    page.goto(f"{look.host}{home}gstr2b/102024/")
    page.get_by_role("button", name="Recompute").first.click()
    expect(page.get_by_text("is ready")).to_be_visible()
    page.goto(f"{look.host}{home}gstr2b/102024/compare/?from=1&to=2")
    look.looks("compare-drafts")

    # filing of GSTR-3B, step by step
    page.goto(f"{look.host}{home}gstr3b/102024/file/")
    look.looks("file-1")
    page.get_by_role("button", name="Continue to step 2").click()
    look.looks("file-2")
    page.get_by_role("button", name="Continue to step 3").click()
    page.get_by_role("button", name="File GSTR-3B").click()
    look.looks("file-3-refused")
    page.locator("#declared").check()
    page.locator("#last_four").fill(RECIPIENT[-4:])
    page.get_by_role("button", name="File GSTR-3B").click()
    look.looks("filed")
    look.visits(screens, "filed", again=("home", "gstr2b", "inward"))

    wrong = look.faults + look.watched.troubles
    assert not wrong, "\n".join(wrong)
