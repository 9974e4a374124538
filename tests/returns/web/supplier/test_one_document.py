"""The page of one document on the supplier's side: read only, with the recipient's action, the history and the ways
to amend."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.documents import archive
from invoices.models import Record, Role
from invoices.rules.situation import Kind
from tests.pages import client_of, text

pytestmark = pytest.mark.once


@pytest.fixture
def rejected(world):
    """Return a world with a note of October that was edited, filed and rejected, an accepted invoice, and an
    untouched one. GSTR-3B of October is filed on both sides."""
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=1_500)
    world.acts("reject", note, remarks="first we look at it")
    world.note = world.edits(note, taxable=2_000)
    world.invoice = world.saves(number="INV-1")
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", world.invoice)
    world.acts("reject", world.note, remarks="we ask the store")
    world.acts("accept", world.note)
    world.acts("reject", world.note, remarks="goods were kept")
    return world


def address(world, record: Record, table: str = "notes", form: str = "gstr1", period: str = "102024") -> str:
    return f"/t/{world.supplier.gstin}/{form}/{period}/{table}/{record.pk}/view/"


def clerk(world, role: Role = Role.SUPPLIER_CLERK):
    return client_of(world, role, "clerk", at=world.supplier)


def test_a_filed_document_is_shown_with_the_action_its_history_and_its_ways(rejected):
    """Guards the page of one filed document. Before the recipient files GSTR-3B, it can only be amended."""
    page = clerk(rejected).get(address(rejected, rejected.note))
    said = text(page)
    for words in (
        "CN-1",
        "Rejected",
        "goods were kept",
        "Filed in GSTR-1 of October 2024",
        "forecast",
        "360.00",
    ):
        assert words in said
    assert "Taxable value: 1,500.00 → 2,000.00" in said, "the supplier's own edit is in the history"
    assert f"/new/?amends={rejected.note.pk}" in page.content.decode()
    assert "again=1" not in page.content.decode()
    assert "can still accept" in said
    assert 'name="taxable' not in page.content.decode(), "nothing can be typed"
    rejected.goes_to("2024-11-18 10:00")
    rejected.files_3b("2024-10")
    page = clerk(rejected).get(address(rejected, rejected.note))
    assert f"/new/?amends={rejected.note.pk}&amp;again=1" in page.content.decode()
    assert "The recipient filed GSTR-3B on 18-11-2024" in text(page)
    while archive.move_departed(rejected.recipient):
        pass
    archived = text(clerk(rejected).get(address(rejected, rejected.note)))
    assert "goods were kept" in archived
    assert "Taxable value: 1,500.00 → 2,000.00" in archived


def test_r107_the_history_has_only_the_present_action_of_the_recipient(rejected):
    said = text(clerk(rejected).get(address(rejected, rejected.note)))
    assert "we ask the store" not in said
    assert "first we look at it" not in said


def test_an_accepted_document_is_amended_and_not_reported_again(rejected):
    rejected.goes_to("2024-11-18 10:00")
    rejected.files_3b("2024-10")
    page = clerk(rejected).get(address(rejected, rejected.invoice, "b2b"))
    assert "Accepted" in text(page)
    assert f"/new/?amends={rejected.invoice.pk}" in page.content.decode()
    assert "again=1" not in page.content.decode()
    new = rejected.saves(amends=rejected.invoice, period="2024-11", taxable=20_000)
    page = clerk(rejected).get(address(rejected, rejected.invoice, "b2b"))
    assert f"Open amendment {new.number}" in text(page)
    assert "/new/?amends" not in page.content.decode()
    amended = text(clerk(rejected).get(address(rejected, new, "b2ba", period="112024")))
    assert "Amends INV-1 · GSTR-1 Oct 2024" in amended


def test_the_lists_lead_to_the_page_and_a_viewer_has_no_buttons(rejected):
    client = client_of(rejected, Role.VIEWER, "looker", at=rejected.supplier)
    place = f"/t/{rejected.supplier.gstin}"
    here = address(rejected, rejected.note)
    for page in ("gstr1/102024/notes/", "ims/outward/notes/?period=102024", "ims/outward/rejected/"):
        assert here in client.get(f"{place}/{page}").content.decode(), page
    page = client.get(here)
    assert "goods were kept" in text(page)
    assert "/new/" not in page.content.decode()


def test_only_a_document_of_exactly_this_place_is_shown(rejected):
    client = clerk(rejected)
    other = rejected.taxpayer("33", 3001, "Other Supplier")
    foreign = rejected.saves(by=other, number="SECRET-1", document_date="2024-10-20", period="2024-10")
    for path in (
        address(rejected, rejected.note, "b2b"),
        address(rejected, rejected.note, "notesa"),
        address(rejected, rejected.note, period="112024"),
        address(rejected, rejected.note, form="gstr1a"),
        address(rejected, foreign, "b2b"),
    ):
        assert client.get(path).status_code == 404, path


def test_the_queries_do_not_grow_with_the_form(rejected):
    client = clerk(rejected)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address(rejected, rejected.note)).status_code == 200
        return len(found)

    queries()
    few = queries()
    for _n in range(5):
        rejected.saves(period="2024-11", kind=Kind.CREDIT_NOTE, document_date="2024-11-05")
    assert queries() == few
