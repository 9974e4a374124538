"""Fixtures for the tests of sign-in: a signatory, and settings that require the second factor."""

from __future__ import annotations

import pytest

from invoices.models import Role


@pytest.fixture
def asha(world):
    return world.person("asha", Role.SIGNATORY)


@pytest.fixture
def strict(settings):
    settings.PORTAL_MFA, settings.PORTAL_CONFIRM_MINUTES = True, 15
