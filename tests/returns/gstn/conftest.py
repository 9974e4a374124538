"""Fixtures for the tests of the GSTN interface: the world of GSTN's samples, and a client without
encryption."""

from __future__ import annotations

from copy import deepcopy

import pytest

from invoices.models import Decision, JournalEntry
from returns.gstn.models import Request
from tests.returns.gstn.gstr1_supplier import Supplier
from tests.returns.gstn.july_2026 import July2026
from tests.returns.gstn.plain import Plain
from tests.shared_rows import shared_rows


@pytest.fixture(scope="module")
def _july_told(django_db_setup, django_db_blocker):
    with shared_rows(django_db_blocker, July2026) as told:
        yield told


@pytest.fixture
def july(_july_told, db) -> July2026:
    """Return the world that the samples of GSTN's documentation describe, at 28 July 2026."""
    return deepcopy(_july_told)


@pytest.fixture
def plain(july, client):
    return Plain(client, "demo_buyer").signs_in()


@pytest.fixture
def seller(july, client) -> Supplier:
    return Supplier(client)


@pytest.fixture
def unchanged(july):
    """Fail if the test writes a journal entry, a decision or a request of GSTN's interface. The test can
    still change the row of a session."""
    before = (
        JournalEntry.objects.count(),
        list(Decision.objects.order_by("pk").values()),
        Request.objects.count(),
    )
    yield
    after = (
        JournalEntry.objects.count(),
        list(Decision.objects.order_by("pk").values()),
        Request.objects.count(),
    )
    assert after == before
