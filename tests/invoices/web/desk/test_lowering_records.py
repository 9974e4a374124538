"""R-063: a pending record that lowers ITC reverts to No action on the section 16(4) date.

No screen says that the credit of this record is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.money import TaxAmounts
from invoices.desk import midnight_events, undo
from invoices.documents.customs import bills_of_entry
from invoices.models import JournalEntry, Role
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Kind
from returns.gstr3b import annual_return
from tests.api_client import api_for
from tests.desk_pages import at, client_for, moved_bill
from tests.invoices.web.desk.batch_steps import confirm, preview_batch
from tests.pages import client_of, text, url
from tests.world import BY

pytestmark = pytest.mark.once

CUTOFF_OVER = "2025-12-01 10:00"
LOST = ("credit is lost", "loses its credit", "lose their credit", "leave IMS and")


@pytest.fixture
def lowering(world_2025):
    world_2025.kept = moved_bill(world_2025)
    world_2025.told = world_2025.acts("pending", world_2025.kept)
    return world_2025


@pytest.mark.parametrize(
    "address", ["home", "analytics", "record", "list", "clock"], ids=lambda address: f"on {address}"
)
def test_r063_no_screen_says_that_a_record_that_lowers_itc_loses_its_credit(lowering, address):
    client = client_of(lowering)
    where = {
        "home": url(lowering, "home"),
        "analytics": url(lowering, "analytics"),
        "record": at(lowering, f"ims/records/{lowering.kept.pk}/"),
        "list": at(lowering, "ims/inward/all/", ends="60"),
        "clock": "/clock/?to=2025-12-01T00:30",
    }[address]
    page = client.get(where)
    assert page.status_code == 200
    assert not [words for words in LOST if words in text(page)]
    if address == "home":
        assert "Decide pending records of FY 2024-25 that lower ITC" in text(page)
        assert "After 30 Nov 2025 these records return to No action and count as accepted" in text(page)
    if address == "clock":
        assert page.context["lost"] == 0
        assert [row["event"].count for row in page.context["events"] if row["event"].kind == "back"] == [1]


def test_r063_a_preview_counts_only_what_the_nights_will_do(lowering):
    """R-064 ends Pending on the note CN-OLD after one period, so the section 16(4) date has no effect on the
    note. The preview of a clock move must not count the note's credit as lost."""
    old = {"document_date": "2025-03-10", "period": "2025-10"}
    note = lowering.saves(kind=Kind.CREDIT_NOTE, number="CN-OLD", **old)
    lowering.acts("pending", note)
    page = client_of(lowering).get("/clock/?to=2025-12-01T00:30")
    assert page.context["lost"] == 0


def test_r062_a_preview_knows_of_an_annual_return_furnished_today(lowering):
    annual_return.furnish(lowering.recipient, type(lowering.recipient.opens.financial_year)(2024), by=BY)
    page = client_of(lowering).get("/clock/?to=2025-11-16T00:30")
    found = [row["event"] for row in page.context["events"] if row["event"].kind == "back"]
    assert [event.count for event in found] == [1]
    lowering.goes_to("2025-11-16 00:30")
    assert lowering.now(lowering.kept).decision.action == "N"


def test_r063_reversion_is_in_the_journal_and_on_the_record(lowering):
    lowering.goes_to(CUTOFF_OVER)
    entry = JournalEntry.objects.get(taxpayer=lowering.recipient, event="pending ended at the 16(4) date")
    assert entry.record_count == 1
    page = text(client_for(lowering).get(at(lowering, f"ims/records/{lowering.kept.pk}/")))
    assert "ending ended at the 16(4) date" in page
    assert "Accept the record. Without an action, the record counts as accepted" in page
    assert midnight_events.revert(entry.portal_time.date()) == 0
    call_command("verify")


def test_r063_the_pending_that_reverted_cannot_be_undone_nor_the_acceptance_after_it(lowering):
    lowering.goes_to(CUTOFF_OVER)
    with pytest.raises(Conflict, match="changed again after"):
        undo.undo(lowering.recipient, [lowering.told.entry_id], by=BY)
    accepted = lowering.acts("accept", lowering.kept)
    back = undo.undo(lowering.recipient, [accepted.entry_id], by=BY)
    assert (back.restored, lowering.now(lowering.kept).decision.action) == (1, "N")


def test_r063_an_undo_after_the_cutoff_brings_no_pending_back(lowering):
    accepted = lowering.acts("accept", lowering.kept)
    lowering.goes_to(CUTOFF_OVER)
    with pytest.raises(Conflict, match=r"section 16\(4\) date has passed"):
        undo.undo(lowering.recipient, [accepted.entry_id], by=BY)


def test_r055_bulk_pending_and_the_api_are_refused_after_the_cutoff(lowering):
    lowering.goes_to(CUTOFF_OVER)
    client = client_for(lowering)
    preview, page = preview_batch(client, lowering, "P")
    assert (preview.context["foreseen"].allowed, preview.context["cannot"]) == (0, 1)
    assert "R-055" in preview.content.decode()
    now = lowering.now(lowering.kept)
    asked = {"action": "pending", "revision": now.revision, "version": now.decision.version}
    refused = api_for(lowering, Role.PREPARER).post(f"records/{now.pk}/action/", asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "PENDING_NOT_ALLOWED")
    preview, page = preview_batch(client, lowering, "A")
    confirm(client, lowering, preview, page)
    assert lowering.now(lowering.kept).decision.action == "A"


@pytest.mark.parametrize("words", ["lowers ITC", "returns to No action"])
def test_r063_the_explanation_names_the_effect_of_the_16_4_date(lowering, words):
    told = StringIO()
    call_command("explain", lowering.recipient.gstin, lowering.kept.number, stdout=told)
    assert words in told.getvalue()


def test_r084_the_record_page_names_the_credit_that_is_not_given_back(world_2025):
    world = world_2025
    note = world.saves(kind=Kind.CREDIT_NOTE, taxable=10_000)
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    part = Declaration(True, TaxAmounts(igst=600_00))
    world.acts("accept", note, remarks="Part was reversed", declaration=part)
    world.goes_to("2025-11-15 10:00")
    world.files_3b("2025-10")
    lowered = world.saves(period="2025-11", amends=note, taxable=2_000)
    page = text(client_for(world).get(at(world, f"ims/records/{lowered.pk}/")))
    assert "₹1,200.00 of its tax did not reduce your ITC" in page
    assert world.now(lowered).effect == 240_00
    untouched = world.saves(kind=Kind.CREDIT_NOTE, period="2025-11")
    assert "did not reduce your ITC" not in text(
        client_for(world).get(at(world, f"ims/records/{untouched.pk}/"))
    )


def test_r135_a_line_of_a_bill_after_the_cutoff_carries_a_warning_with_both_views(world_2025):
    """A line that takes credit after the section 16(4) date has a warning with both views of the law. A line
    that lowers ITC has no warning, because section 16(4) limits only the taking of credit."""
    world = world_2025
    bill = bills_of_entry.BillOfEntry("7654321", date(2025, 3, 10), "INNSA1", False, 10_000_00, 1_800_00)
    first = bills_of_entry.receive(world.recipient, bill, by=BY)
    world.goes_to("2025-11-15 10:00")
    client = client_of(world)
    in_time = text(client.get(url(world, "gstr2b_row", "102025", "4a1")))
    assert first.number in in_time
    assert "Adi Enterprises" not in in_time
    world.files_3b("2025-10")
    raised = bills_of_entry.amend_value(first.pk, on=date(2025, 11, 14), igst=2_000_00, by=BY)
    other = bills_of_entry.receive(world.recipient, replace(bill, number="7654322"), by=BY)
    lowered = bills_of_entry.amend_value(other.pk, on=date(2025, 11, 15), igst=1_000_00, by=BY)
    world.goes_to("2025-12-15 10:00")
    listed = text(client.get(url(world, "gstr2b_row", "112025", "4a1")))
    # Both lines take credit, so both have the warning. The line of the raised bill takes the difference. The
    # lowered bill replaces its original in the same period, so its line takes the full new amount.
    assert listed.count("Adi Enterprises") == 2
    assert "only invoices and debit notes" in listed
    world.files_3b("2025-11")
    fallen = bills_of_entry.amend_value(lowered.pk, on=date(2025, 12, 15), igst=600_00, by=BY)
    for record, warned in ((raised, True), (fallen, False)):
        page = text(client.get(at(world, f"ims/records/{record.pk}/")))
        assert ("Adi Enterprises" in page) is warned
