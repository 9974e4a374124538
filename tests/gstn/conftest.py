"""Fixtures of the GSTN interface."""

from __future__ import annotations

import pytest

from tests.gstn.july_2026 import July2026


@pytest.fixture
def july(db) -> July2026:
    """28 July 2026, the world of GSTN's samples."""
    return July2026()
