"""Fixtures everyone may use: a clock that stands, and a world told in portal verbs."""

from __future__ import annotations

import gc
import os

import pytest

from ims_portal.kernel import clock
from tests.journal_guard import _flush_may_pass_the_journal_guard  # noqa: F401
from tests.sample_world import sample_world  # noqa: F401
from tests.world import World

# Playwright's own loop runs in the test's thread; the tests' ORM calls there are synchronous all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


PURE = ("tests/invoices/rules/", "tests/ims_portal/kernel/", "tests/architecture/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks no database need not be asked beside two of them."""
    for item in items:
        if item.nodeid.startswith(PURE):
            item.add_marker(pytest.mark.once)


@pytest.fixture(autouse=True)
def _clock_is_given_back(monkeypatch):
    from invoices import portal_clock
    from invoices.journal import outbox

    # One process writes the clock here and forgets it then; read again by the second, it would cost a slow
    # machine a query more than a quick one, and query counts are compared.
    monkeypatch.setattr(portal_clock, "REMEMBER_SECONDS", float("inf"))
    # that there is no webhook is remembered too; a test that adds one says so itself
    monkeypatch.setattr(outbox, "_known", (float("inf"), False))
    yield
    portal_clock.forget()


@pytest.fixture
def world(db) -> World:
    """An empty portal whose clock stands at 28 October 2024, 10:00."""
    return World("2024-10-28 10:00")


@pytest.fixture
def world_2025(db) -> World:
    """The same at 28 October 2025, under the October 2025 rules."""
    return World("2025-10-28 10:00", filed_through="2025-09")


@pytest.fixture
def at_midnight():
    """Fix the clock for pure tests."""
    with clock.at(clock.real_now()) as moment:
        yield moment


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end; the collector need not walk it after every few objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
