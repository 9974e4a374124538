"""A world told once and seen by many tests, each of which finds it as it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction

Told = TypeVar("Told")


@contextmanager
def told_once(django_db_blocker, tell: Callable[[], Told]) -> Iterator[Told]:
    """For a fixture of wider scope than a test: what `tell` writes stands until the fixture ends and is then rolled
    back. Tests with `db` run in savepoints inside, so what they write is gone after each; tests with `transactional_db`
    cannot share its scope. Rows are shared that way and objects are not: give each test a deep copy."""
    outer = transaction.atomic()
    # durable blocks are let in as they are by the framework's own transaction around a test
    outer._from_testcase = True
    with django_db_blocker.unblock():
        outer.__enter__()
        try:
            told = tell()
        except BaseException:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            raise
    try:
        yield told
    finally:
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
