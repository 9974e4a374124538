"""A working copy for the tests of other portals' files."""

from __future__ import annotations

import pytest

from invoices.models import Taxpayer
from tests.world import World


@pytest.fixture
def copy(db):
    """Return a world at 28 July 2026 with an empty working copy of Narmada Castings.

    A working copy gets its records from another portal's files. The suppliers of these records are not
    registered in this portal."""
    world = World("2026-07-28 10:00", filed_through="2026-06")
    world.recipient = Taxpayer.objects.create(
        gstin="27AAKCN4821M1Z1", legal_name="Narmada Castings", open_period=202607, working_copy=True
    )
    return world
