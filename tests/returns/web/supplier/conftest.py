"""Fixtures for the tests of supplier pages: a clerk, a signatory, and a function that returns addresses."""

from __future__ import annotations

import pytest

from invoices.models import Role


@pytest.fixture
def clerk(world, client):
    client.force_login(world.person("clerk", Role.SUPPLIER_CLERK, at=world.supplier))
    return client


@pytest.fixture
def signatory(world, client):
    client.force_login(world.person("sign", Role.SIGNATORY, at=world.supplier))
    return client


@pytest.fixture
def url(world):
    def of(rest="", slug="gstr1", period="102024", at=None):
        return f"/t/{(at or world.supplier).gstin}/{slug}/{period}/{rest}"

    return of
