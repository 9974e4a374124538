"""Rows that are written once and shared by many tests. Every test finds the rows unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction

Result = TypeVar("Result")


@contextmanager
def shared_rows(django_db_blocker, write: Callable[[], Result]) -> Iterator[Result]:
    """Yield the result of `write`. When the block ends, roll back the rows that `write` wrote.

    Use this function in a fixture that serves several tests. A test with `db` runs in a savepoint, so its own
    changes are rolled back after the test. A test with `transactional_db` cannot use the fixture. Tests share
    the rows but must not share Python objects: give each test a deep copy of the result."""
    outer = transaction.atomic()
    # with this mark, Django allows durable blocks inside the transaction, as in its own TestCase
    outer._from_testcase = True
    with django_db_blocker.unblock():
        outer.__enter__()
        try:
            result = write()
        except BaseException:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            raise
    try:
        yield result
    finally:
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
