"""The list names the version that an amendment amends, with the action on it and what became of it."""

from __future__ import annotations

import pytest

from invoices.documents import archive
from tests.pages import client_of

pytestmark = pytest.mark.once


def test_an_original_of_a_filed_gstr3b_is_marked_before_and_after_it_is_archived(world):
    """The portal archives closed records some time after GSTR-3B is filed. The note does not wait for this."""
    original = world.saves(number="AM-1", document_date="2024-10-10")
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("accept", original)
    world.goes_to("2024-11-16 10:00")
    amended = world.saves(amends=world.now(original), taxable=12_000)
    client = client_of(world)
    address = f"/t/{world.recipient.gstin}/ims/inward/b2ba/?columns=original_action"

    def note() -> str:
        (row,) = client.get(address).context["rows"]
        assert row.row.record.pk == amended.pk
        (cell,) = row.cells
        return cell.note

    assert note() == ""
    world.files_3b("2024-10")
    assert note() == "3B filed"
    assert archive.move_departed(world.recipient, limit=5)
    assert note() == "3B filed"
