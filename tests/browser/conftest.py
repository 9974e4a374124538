"""Fixtures that open the pages of a live server in a real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FOUND = os.environ.get("PORTAL_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if FOUND is None:
        if os.environ.get("PORTAL_REQUIRE_SERVICES"):
            pytest.fail("Chromium is required here and was not found.")
        pytest.skip("SKIPPED: no Chromium or Chrome found")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=FOUND, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Watched:
    """A browser page that records faults which a user does not see: console errors, script errors, requests
    to other hosts, and answers of status 500 or more."""

    def __init__(self, page: Page, host: str, scripts: bool = True):
        self.page, self.host, self.scripts = page, host, scripts
        self.troubles: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message) -> None:
        # ignore "Failed to load resource": Chromium logs this text for each refused page, which is no fault
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.host, "data:", "blob:")):
            self.troubles.append(f"request to another host: {request.url}")

    def _response(self, response) -> None:
        if response.status >= 500:
            self.troubles.append(f"{response.status} {response.url}")


@contextmanager
def watching(browser: Browser, host: str, **context_options: Any) -> Iterator[Watched]:
    """Yield a browser page of a new context. The page has desktop width unless `context_options` has another
    viewport. The test fails if the page recorded a fault."""
    options = {"viewport": SIZES["desktop"], "locale": "en-IN"} | context_options
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    seen = Watched(context.new_page(), host, scripts=options.get("java_script_enabled", True))
    try:
        yield seen
    finally:
        context.close()
    assert seen.troubles == []


@pytest.fixture(
    params=[("desktop", True), ("phone", False)],
    ids=lambda p: f"{p[0]}-{'scripts' if p[1] else 'noscript'}",
)
def watched(request, browser, live_server) -> Iterator[Watched]:
    """Yield a browser page. Each test runs twice: at desktop width with scripts, and at phone width without
    scripts.

    test_phone.py and test_scripts_off.py test the other two combinations of width and scripts."""
    size, scripts = request.param
    with watching(
        browser,
        live_server.url,
        viewport=SIZES[size],
        java_script_enabled=scripts,
        has_touch=size == "phone",
        accept_downloads=True,
    ) as seen:
        yield seen
