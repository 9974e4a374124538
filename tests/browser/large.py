"""The sample world with many records at one recipient, on a live server for a whole module of tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from invoices import jobs
from invoices.models import Job, Taxpayer
from returns.sandbox.world import build
from returns.sandbox.world.cast import PASSWORD, PLAYERS
from tests.browser.conftest import SIZES, Watched
from tests.browser.test_every_screen import STILL
from tests.enlarge import enlarge

# With this number of records, every job on the records works in several chunks. `./run bench` and
# `./run load` measure desks with more records.
RECORDS = 25_000


@dataclass
class Large:
    """The sample world on a live server. `gstin` is the GSTIN of the recipient with `RECORDS` records."""

    host: str
    gstin: str

    @property
    def recipient(self) -> Taxpayer:
        return Taxpayer.objects.get(gstin=self.gstin)

    def goes_to(self, moment: str) -> None:
        """Move the portal clock forward and run the jobs of every midnight on the way. The clock never moves
        back."""
        build.load().stage.goes_to(moment)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Run the queued jobs in a second thread while the block runs. A failed job fails the test."""
        waiting = list(Job.objects.filter(state=Job.State.QUEUED).values_list("pk", flat=True))
        failures: list[BaseException] = []

        def run() -> None:
            try:
                for pk in waiting:
                    jobs.run(pk)
            except BaseException as failure:  # noqa: BLE001  the test reports every failure
                failures.append(failure)
            finally:
                connection.close()

        worker = threading.Thread(target=run)
        worker.start()
        try:
            yield
        finally:
            worker.join(timeout=240)
        assert not worker.is_alive()
        assert not failures, failures


def serve_world(sample_world: Callable[..., None]) -> Iterator[Large]:
    """Build and serve the sample world, and empty the database at the end. The caller must allow access to
    the database first."""
    sample_world(records=60)
    gstin = PLAYERS["vindhya"].gstin
    enlarge(Taxpayer.objects.get(gstin=gstin), RECORDS)
    server = LiveServer("localhost")
    try:
        yield Large(server.url, gstin)
    finally:
        server.stop()
        call_command("flush", interactive=False, verbosity=0)


class Sitting:
    """A person who is signed in at a browser. `watched` records the faults of the page."""

    def __init__(self, browser: Browser, large: Large, person: str, gstin: str = ""):
        self.context = browser.new_context(viewport=SIZES["desktop"], locale="en-IN", reduced_motion="reduce")
        self.context.set_default_timeout(30_000)
        self.context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e =>"
            " console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI));" + STILL
        )
        self.page: Page = self.context.new_page()
        self.watched = Watched(self.page, large.host)
        self.home = f"{large.host}/t/{gstin or large.gstin}/"
        self.page.goto(f"{large.host}/accounts/login/?next={self.home.removeprefix(large.host)}")
        self.page.get_by_label("Username").fill(person)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_label("Password").press("Enter")
        self.page.wait_for_url(f"**/t/{gstin or large.gstin}/")

    def opens(self, path: str) -> None:
        self.page.goto(self.home + path)

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def reads(self, text: str, timeout: int = 30_000) -> None:
        expect(self.page.locator("body")).to_contain_text(text, timeout=timeout)
