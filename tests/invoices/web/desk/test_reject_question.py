"""The question before a rejection names the tax that GSTR-3B then adds to the supplier."""

from __future__ import annotations

import pytest

from ims_portal.kernel.money import format_inr
from invoices.rules.situation import Kind
from returns.models import AddBack
from tests.desk_pages import at, client_for, seen_version
from tests.pages import text

pytestmark = pytest.mark.once


def asked(client, world, record) -> str:
    """Return the row with its question after Reject, as text."""
    url = at(world, f"ims/records/{record.pk}/action/", seen=seen_version(world, record))
    return text(client.post(url, {"action": "R"}, headers={"HX-Request": "true"}))


@pytest.fixture
def raised(world):
    """Return a credit note of 1,800 that its amendment raises to 3,600, after GSTR-3B of the note was filed."""
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=10_000)
    world.files("2024-10")
    world.goes_to("2024-11-14 06:00")
    world.recomputes("2024-10")
    world.files_3b("2024-10")
    return world.saves(amends=note, taxable=20_000)


def test_r110_the_row_the_panel_and_triage_name_the_tax_that_gstr3b_adds(world, raised):
    client = client_for(world)
    assert "rejection adds ₹1,800.00 of tax to the supplier's next GSTR-3B" in asked(client, world, raised)
    assert "₹1,800.00 is added to the tax" in text(client.get(at(world, f"ims/records/{raised.pk}/")))
    world.files("2024-11")
    world.acts("reject", raised)
    world.goes_to("2024-12-14 06:00")
    world.recomputes("2024-11")
    world.files_3b("2024-11")
    added = AddBack.objects.get()
    assert format_inr(added.igst + added.cgst + added.sgst) == "1,800.00"


def test_r110_no_tax_is_named_for_a_record_whose_rejection_adds_none(world):
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1")
    invoice = world.saves(number="INV-1")
    client = client_for(world)
    assert "The rejection adds" in asked(client, world, note)
    question = asked(client, world, invoice)
    assert "Reject INV-1" in question
    assert "The rejection adds" not in question


def test_r110_triage_asks_before_it_rejects_a_credit_note(world):
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1")
    client = client_for(world)
    page = client.get(at(world, "ims/triage/all/"))
    sent = {"seen": page.context["row"].seen, "next": page.context["next_url"], "asks": page.context["here"]}
    url = at(world, f"ims/records/{note.pk}/action/")
    page = client.get(client.post(url, {**sent, "action": "R"})["Location"])
    assert (page.context["asking"], world.now(note).decision.action) == ("R", "N")
    # the remark is optional here, as in the list
    assert 'name="remarks" maxlength="250" value="" required' not in page.content.decode()
    client.post(url, {**sent, "action": "R", "answered": "1"})
    assert world.now(note).decision.action == "R"
