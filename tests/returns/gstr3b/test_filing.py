"""GSTR-3B is filed once and completely. With the filing, the decided records of the period leave IMS (R-047,
R-101, R-102, R-110, R-111)."""

from __future__ import annotations

import pytest

from ims_portal.kernel.errors import Refused
from invoices.documents import archive
from invoices.models import ArchivedRecord, JournalEntry, Record, Taxpayer
from invoices.rules.situation import Kind
from returns.models import AddBack, Gstr3b


@pytest.fixture
def november(world):
    """Return a world on 18 November, with documents of October that the suppliers filed: one accepted record,
    one rejected note, one pending and one untouched record. The draft of October exists."""
    world.accepted, world.note = world.saves(), world.saves(kind=Kind.CREDIT_NOTE, taxable=2000)
    world.pending, world.untouched = world.saves(), world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", world.accepted)
    world.acts("reject", world.note, remarks="goods were kept")
    world.acts("pending", world.pending)
    world.goes_to("2024-11-18 10:00")
    return world


def test_decided_records_leave_at_once_and_pending_ones_stay(november):
    world = november
    world.files_3b("2024-10")
    assert world.allowed(world.accepted) == set()
    assert not world.ruling(world.accepted).in_ims
    assert not world.ruling(world.untouched).in_ims
    assert world.ruling(world.pending).in_ims
    assert world.statement("2024-10").is_final
    for record in (world.accepted, world.note, world.untouched):
        with pytest.raises(Refused) as refusal:
            world.acts("accept", record)
        assert refusal.value.code == "RECORD_CLOSED"


def test_r110_a_frozen_rejection_of_a_note_is_posted_to_the_supplier_once(november):
    world = november
    # before the recipient files GSTR-3B, the add-back to the supplier is only a forecast
    assert AddBack.objects.count() == 0
    world.files_3b("2024-10")
    posted = AddBack.objects.get()
    assert (posted.supplier, posted.period, posted.igst) == (world.supplier, 202411, 36_000)
    assert posted.record_id == world.note.pk


def test_i11_a_second_filing_changes_nothing(november):
    world = november
    world.files_3b("2024-10")
    before = (Gstr3b.objects.count(), AddBack.objects.count(), JournalEntry.objects.count())
    with pytest.raises(Refused) as refusal:
        world.files_3b("2024-10")
    assert refusal.value.code == "FINAL_2B"
    assert (Gstr3b.objects.count(), AddBack.objects.count(), JournalEntry.objects.count()) == before


def test_i11_a_filing_that_breaks_midway_leaves_everything_as_it_was(november, monkeypatch):
    world = november
    monkeypatch.setattr("returns.gstr3b.filing.journal.write", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.files_3b("2024-10")
    assert not Gstr3b.objects.exists()
    assert not AddBack.objects.exists()
    assert not world.statement("2024-10").is_final
    assert Taxpayer.objects.get(pk=world.recipient.pk).open_period == 202410


def test_i12_the_archive_takes_departed_records_keeps_their_ids_and_can_be_run_again(november):
    world = november
    world.files_3b("2024-10")
    total = Record.objects.count()
    while archive.move_departed(world.recipient, limit=2):
        pass
    assert archive.move_departed(world.recipient) == 0
    assert ArchivedRecord.objects.count() == 3
    assert Record.objects.count() + ArchivedRecord.objects.count() == total
    gone = ArchivedRecord.objects.get(pk=world.note.pk)
    assert (gone.action, gone.remarks, gone.why, gone.igst) == ("R", "goods were kept", "C", 36_000)
    with pytest.raises(Refused) as refusal:
        world.acts("accept", world.note)
    assert refusal.value.code == "RECORD_CLOSED"


def test_r084_an_amendment_finds_its_baseline_in_the_archive(november):
    world = november
    world.files_3b("2024-10")
    original = Record.objects.get(pk=world.accepted.pk)
    while archive.move_departed(world.recipient):
        pass
    world.goes_to("2024-11-25 10:00")
    amended = world.saves(amends=original, taxable=15_000, period="2024-11")
    assert (amended.standing, amended.direction, amended.baseline_igst) == ("A", "U", 180_000)
    world.goes_to("2024-12-10 10:00")
    world.files("2024-11")
    world.goes_to("2024-12-14 10:00")
    line = world.statement("2024-11").lines.get(record_id=amended.pk)
    assert line.effect_igst == 90_000


def test_r043_a_filed_document_in_the_archive_is_still_locked_and_its_number_taken(november):
    world = november
    world.files_3b("2024-10")
    number = world.accepted.number
    while archive.move_departed(world.recipient):
        pass
    world.goes_to("2024-11-25 10:00")
    with pytest.raises(Refused) as refusal:
        world.saves(number=number.lower(), period="2024-11")
    assert refusal.value.code == "DUPLICATE_DOC"
