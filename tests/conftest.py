"""Fixtures for all tests: a portal clock that stands still, and worlds with a supplier and a recipient."""

from __future__ import annotations

import gc
import os

import pytest

from tests.journal_guard import _flush_may_pass_the_journal_guard  # noqa: F401
from tests.sample_world import sample_world  # noqa: F401
from tests.world import World

# This setting allows database calls in a thread with an event loop, which Django otherwise refuses.
# Playwright runs an event loop in the test's thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


DATABASE_FIXTURES = frozenset({"db", "transactional_db", "live_server", "django_db_setup"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the mark `once` to tests that use no database. When `./run` tests on both SQLite and PostgreSQL,
    the marked tests run on PostgreSQL only."""
    for item in items:
        if uses_no_database(item):
            item.add_marker(pytest.mark.once)


def uses_no_database(item: pytest.Item) -> bool:
    """Return whether the test has no fixture and no mark that opens a database. pytest-django refuses all
    queries of such a test. A test that takes `request` can ask for a database later, so it counts as a user
    of one. A test that other marks place in one run stays there."""
    if any(
        item.get_closest_marker(name) for name in ("django_db", "sqlite_only", "postgres_only", "processes")
    ):
        return False
    asked = getattr(item, "_fixtureinfo").argnames
    return "request" not in asked and DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames"))


@pytest.fixture(autouse=True)
def _clock_is_reset(monkeypatch):
    from invoices import portal_clock
    from invoices.journal import outbox

    # In tests the cached portal clock never expires. Otherwise a slow test would read the clock again, and
    # would run more queries than the test expects.
    monkeypatch.setattr(portal_clock, "REMEMBER_SECONDS", float("inf"))
    # the outbox remembers that no webhook is active, until a test adds a webhook
    monkeypatch.setattr(outbox, "_known", (float("inf"), False))
    yield
    portal_clock.forget()


@pytest.fixture
def world(db) -> World:
    """A portal with a supplier, a recipient and no documents. The clock stands at 28 October 2024, 10:00."""
    return World("2024-10-28 10:00")


@pytest.fixture
def world_2025(db) -> World:
    """A portal with a supplier, a recipient and no documents. The clock stands at 28 October 2025, 10:00, and
    the October 2025 rules are in force."""
    return World("2025-10-28 10:00", filed_through="2025-09")


def pytest_collection_finish() -> None:
    """Exclude imported modules and collected tests from garbage collection, so that the tests run faster."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
