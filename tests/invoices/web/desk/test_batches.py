"""Actions on many records. The preview is correct, refusals show their error code, and an action changes only
the versions that the preview showed."""

from __future__ import annotations

import re

import pytest

from invoices.desk import batches
from invoices.models import JournalEntry, Record
from tests.desk_pages import at, client_for, credit_note, notices_after, pick, seen_version, some
from tests.invoices.web.desk.batch_steps import confirm, preview_batch
from tests.pages import text

pytestmark = pytest.mark.once


def test_the_preview_counts_and_saves_nothing(mixed):
    world, invoices, notes = mixed
    entries = JournalEntry.objects.count()
    preview, _ = preview_batch(client_for(world), world, "P")
    page = preview.content.decode()
    assert preview.context["foreseen"].allowed == 2
    assert preview.context["foreseen"].unchanged == 1
    assert preview.context["cannot"] == 2
    assert "PENDING_NOT_ALLOWED" in page
    assert "R-053" in page
    # the preview says that GSTR-2B loses two invoices with a tax of 1,800.00 each
    assert preview.context["change"].difference.igst == -2 * 1_800_00
    assert JournalEntry.objects.count() == entries


def test_the_preview_names_the_first_ten_documents_and_leads_to_all(world):
    """Guards the documents of the preview: a person sees which records the batch would change."""
    some(world, 11)
    credit_note(world, number="CN-FIRST", taxable=1_000, document_date="2024-10-01")
    preview, _ = preview_batch(client_for(world), world, "A")
    rows = preview.context["named"]
    assert [rows[0]["record"].number, rows[0]["tax"], len(rows)] == ["CN-FIRST", -18_000, 10]
    told = text(preview)
    assert "The first 10 of 12, oldest first" in told
    assert "Show all 12 records in the list" in told
    assert world.supplier.gstin in told
    assert "−180.00" in told
    two = list(Record.objects.filter(number__startswith="B-").select_related("decision")[:2])
    named = text(preview_batch(client_for(world), world, "A", scope="ticked", records=two)[0])
    assert "Back to the list" in named
    assert "The first 10" not in named


def test_a_batch_changes_the_allowed_records_and_reports_the_others_by_code(mixed):
    world, invoices, notes = mixed
    client = client_for(world)
    preview, sent = preview_batch(client, world, "P")
    response = confirm(client, world, preview, sent, remarks="Under discussion")
    told = text(response)
    assert (
        "2 records kept pending. 3 left as they were. 1 record already had this status. Details Message code BATCH-DONE"
        in told
    )
    assert "Rule R-053 · Message code PENDING_NOT_ALLOWED · PEND-OLD" in told
    reasons = client.get(f"{sent}reasons/").content.decode("utf-8-sig")
    assert [line.split(",")[0] for line in reasons.splitlines()] == ["Document number", "CN-0", "CN-1"]
    assert "Accept or reject the record" in reasons
    now = dict(Record.objects.values_list("number", "decision__action"))
    assert now == {"B-0000": "P", "B-0001": "P", "B-0002": "P", "CN-0": "N", "CN-1": "N"}
    assert world.now(invoices[1]).decision.remarks == "Under discussion"
    # the remarks of the record that was already pending do not change
    assert world.now(invoices[0]).decision.remarks == ""


def test_a_batch_changes_only_ticked_records(world):
    records = some(world, 4)
    client = client_for(world)
    preview, sent = preview_batch(client, world, "A", scope="ticked", records=records[:2])
    assert preview.context["foreseen"].allowed == 2
    confirm(client, world, preview, sent)
    assert Record.objects.filter(decision__action="A").count() == 2


def test_a_batch_changes_only_records_that_match_the_filter(world):
    some(world, 3, taxable=10_000)
    big = world.saves(number="BIG", taxable=90_000)
    client = client_for(world)
    preview, sent = preview_batch(client, world, "R", query={"min": "50000"})
    confirm(client, world, preview, sent)
    assert list(Record.objects.filter(decision__action="R").values_list("pk", flat=True)) == [big.pk]


def test_a_batch_of_a_page_changes_only_records_of_that_page(world):
    some(world, 30)
    client = client_for(world)
    preview, sent = preview_batch(client, world, "A", scope="page", query={"rows": "25"})
    confirm(client, world, preview, sent)
    assert Record.objects.filter(decision__action="A").count() == 25


def test_a_record_edited_before_the_preview_is_left_unchanged(world):
    records = some(world, 3)
    client = client_for(world)
    was = pick(world, *records)
    world.edits(records[1], taxable=99_000)
    preview, page = preview_batch(client, world, "A", scope="ticked", pick=was)
    told = text(confirm(client, world, preview, page))
    assert "2 records accepted." in told
    assert "ROW_CHANGED" in told
    assert world.now(records[1]).decision.action == "N"


def test_a_record_that_arrived_after_the_list_is_left_unchanged(world):
    some(world, 2)
    client = client_for(world)
    preview, sent = preview_batch(client, world, "A")
    world.goes_to("2024-10-28 10:05")
    late = world.saves(number="LATE")
    confirm(client, world, preview, sent)
    assert Record.objects.filter(decision__action="A").count() == 2
    assert world.now(late).decision.action == "N"


def test_a_changed_count_is_shown_again_before_anything_is_saved(world):
    records = some(world, 3)
    client = client_for(world)
    preview, sent = preview_batch(client, world, "A")
    world.acts("accept", records[0])
    again = confirm(client, world, preview, sent)
    assert again.status_code == 409
    assert "BATCH-DRIFT" in again.content.decode()
    assert Record.objects.filter(decision__action="A").count() == 1
    confirm(client, world, again, sent)
    assert Record.objects.filter(decision__action="A").count() == 3


@pytest.mark.parametrize("strict", ["0", "1"])
def test_a_batch_is_refused_if_a_record_changed_between_preview_and_run(world, monkeypatch, strict):
    records = some(world, 3)
    client = client_for(world)
    preview, page = preview_batch(client, world, "A")
    locked = batches._locked

    def after_another(*given):
        world.edits(records[0], taxable=99_000)
        return locked(*given)

    monkeypatch.setattr(batches, "_locked", after_another)
    again = confirm(client, world, preview, page, strict=strict)
    assert again.status_code == 409
    assert "BATCH-DRIFT" in again.content.decode()
    assert not Record.objects.filter(decision__action="A").exists()


def test_a_declared_reduction_survives_a_bulk_accept(world_2025):
    from invoices.rules.reduction import Declaration
    from invoices.rules.situation import Answer

    world = world_2025
    note = credit_note(world)
    other = world.saves()
    world.acts("accept", note, remarks="never taken", declaration=Declaration(False))
    client = client_for(world)
    preview, sent = preview_batch(client, world, "A")
    confirm(client, world, preview, sent)
    assert world.now(note).decision.answer == Answer.NO.value
    assert world.now(other).decision.action == "A"


def test_reset_clears_the_actions_of_many_records(world):
    records = some(world, 3)
    world.acts("reject", *records)
    client = client_for(world)
    preview, sent = preview_batch(client, world, "N")
    confirm(client, world, preview, sent)
    assert Record.objects.filter(decision__action="N").count() == 3


@pytest.mark.parametrize(
    "damage",
    [
        {"pick": ["1"], "scope": "ticked"},
        {"pick": ["x.1.1"], "scope": "ticked"},
        {"as_of": "soon"},
        {"scope": "everything"},
        {"action": "Z"},
        {"next": "/t/"},
    ],
)
def test_a_damaged_selection_is_refused(world, damage):
    some(world, 2)
    client = client_for(world)
    listing = at(world, "ims/inward/all/")
    as_of = client.get(listing).context["as_of"]
    sent = {"step": "preview", "action": "A", "scope": "match", "next": listing, "as_of": as_of}
    response = client.post(at(world, "ims/batches/"), {**sent, **damage})
    assert response.status_code == 400
    assert not Record.objects.filter(decision__action="A").exists()


def test_a_batch_without_ticked_records_asks_for_a_tick(world):
    some(world, 2)
    client = client_for(world)
    preview, _ = preview_batch(client, world, "A", scope="ticked")
    assert "Tick at least one record" in text(preview)


# tests of the Save button, which works as on the GST portal


def test_save_stores_the_rows_that_were_changed(world):
    records = some(world, 3)
    world.acts("accept", records[0])
    client = client_for(world)
    page = client.get(at(world, "ims/inward/all/", mode="save")).content.decode()
    hidden = dict(re.findall(r"name=(seen[0-9]+) value=([0-9.A-Z]+)", page))
    assert len(hidden) == 3
    chosen = {f"row{records[0].pk}": "A", f"row{records[1].pk}": "R", f"row{records[2].pk}": "P"}
    versions = world.now(records[0]).decision.version
    response = client.post(
        at(world, "ims/batches/"), {"step": "save", "next": at(world, "ims/inward/all/"), **hidden, **chosen}
    )
    told = " | ".join(str(m) for m in client.get(response["Location"]).context["messages"])
    assert "Rejected 1 record." in told
    assert "Kept pending 1 record." in told
    assert [world.now(r).decision.action for r in records] == ["A", "R", "P"]
    assert world.now(records[0]).decision.version == versions


def test_save_skips_a_row_that_changed_meanwhile(world):
    record = some(world, 1)[0]
    was = f"{seen_version(world, record)}.N"
    world.edits(record, taxable=77_000)
    client = client_for(world)
    response = client.post(
        at(world, "ims/batches/"),
        {
            "step": "save",
            "next": at(world, "ims/inward/all/"),
            f"row{record.pk}": "A",
            f"seen{record.pk}": was,
        },
    )
    assert "ROW_CHANGED" in notices_after(client, response)
    assert world.now(record).decision.action == "N"


def test_r053_records_of_one_code_are_counted_and_explained_by_their_own_sentence(world):
    original = world.saves(number="INV-1")
    world.files("2024-10")
    world.acts("accept", world.now(original))
    world.goes_to("2024-11-20 10:00")
    world.files_3b("2024-10")
    lowered = world.saves(amends=world.now(original), taxable=4_000)
    notes = [credit_note(world, number=f"CN-{n}") for n in range(2)]
    client = client_for(world)
    preview, sent = preview_batch(client, world, "P", scope="ticked", records=[*notes, lowered])
    expected = {
        ("Credit notes cannot be kept pending before October 2025.", 2),
        ("Amendments that lower an accepted invoice cannot be kept pending before October 2025.", 1),
    }
    assert {(r["reason"].short, r["count"]) for r in preview.context["refusals"]} == expected
    done = confirm(client, world, preview, sent)
    assert {(r["reason"].short, r["count"]) for r in done.context["refusals"]} == expected
    reasons = client.get(f"{sent}reasons/").content.decode("utf-8-sig").splitlines()
    assert all(("Amendments" in line) == ("INV-1," in line) for line in reasons[1:])


def test_the_result_names_the_changed_documents_with_supplier_status_and_remarks(world):
    kept, other = world.saves(number="INV-KEPT"), world.saves(number="INV-OTHER")
    client = client_for(world)
    preview, page = preview_batch(client, world, "P", scope="ticked", records=[kept])
    done = confirm(client, world, preview, page, remarks="goods are late")
    row = re.search(r"<tr><th[^>]*><a [^>]*>INV-KEPT<.*?</tr>", done.content.decode(), re.DOTALL)[0]
    assert world.supplier.gstin in row
    assert 'data-s="P"' in row
    assert "goods are late" in row
    assert other.number not in done.content.decode()
