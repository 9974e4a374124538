"""The periods and the rulebook that the journal and the record's page show."""

from __future__ import annotations

import pytest

from invoices.models import Role
from invoices.rules.situation import Kind
from tests.desk_pages import at, client_for

pytestmark = pytest.mark.once


def test_r008_a_record_under_the_new_rules_shows_its_own_month_and_book(world):
    """The open period of this recipient is October 2024, because no GSTR-3B is filed since."""
    world.goes_to("2025-10-28 10:00")
    note = world.saves(kind=Kind.CREDIT_NOTE, period="2025-10", document_date="2025-10-10")
    world.acts("reject", note)
    client = client_for(world, Role.AUDITOR, Role.PREPARER)
    rows = client.get(at(world, "audit/")).context["rows"]
    assert [row["periods"] for row in rows if row["what"] == "Rejected"] == [[202510]]
    page = client.get(at(world, f"ims/records/{note.pk}/")).content.decode()
    assert "Rules October 2025" in page
    assert "Rules October 2024" in client.get(at(world)).content.decode()


def test_r088_the_journal_counts_a_gstr2b_in_lines_and_does_not_call_them_documents(world):
    """A document whose reverse charge changed has two lines, so lines and documents can differ by one."""
    world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    page = client_for(world, Role.AUDITOR).get(at(world, "audit/"), {"event": "GSTR-2B drafted"})
    told = page.content.decode()
    assert "1 line<" in told
    assert "1 document<" not in told
