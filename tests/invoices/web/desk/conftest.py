"""The fixture for the tests of the IMS desk: a desk with invoices and credit notes."""

from __future__ import annotations

import pytest

from tests.desk_pages import credit_note, some


@pytest.fixture
def mixed(world):
    """Return the world, three invoices and two credit notes. One invoice is already pending. The credit notes
    cannot be pending."""
    invoices = some(world, 3)
    notes = [credit_note(world, number=f"CN-{n}") for n in range(2)]
    world.acts("pending", invoices[0])
    return world, invoices, notes
