"""The fixture for the tests of the record list's filters: a desk with six different records."""

from __future__ import annotations

import pytest

from invoices.rules.situation import Kind
from tests.desk_pages import credit_note


@pytest.fixture
def desk(world):
    """Return a world with six records that differ in every field that the filters under test use."""
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    world.saves(number="INV-1", taxable=10_000, document_date="2024-10-05")
    rejected = world.saves(number="INV-2", taxable=60_000, document_date="2024-10-03")
    world.saves(number="DN-1", kind=Kind.DEBIT_NOTE, taxable=20_000, document_date="2024-10-04")
    credit_note(world, number="CN-1", taxable=70_000, document_date="2024-10-01")
    pending = world.saves(by=other, number="INV-3", taxable=30_000, document_date="2024-10-02")
    world.saves(by=other, number="INV-4", taxable=5_000, document_date="2024-10-06", irn="a" * 64)
    world.acts("reject", rejected, remarks="Short by two boxes")
    world.acts("pending", pending)
    world.other = other
    return world
