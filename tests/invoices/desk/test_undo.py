"""An undo (screens 9.7) restores the earlier decision, if the law still allows that decision. The journal
keeps the undone and the restored decision."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.errors import Conflict, NotFound
from ims_portal.kernel.money import TaxAmounts
from invoices.desk import actions, undo
from invoices.desk.actions import Asked
from invoices.journal.writing import By
from invoices.models import JournalEntry, JournalLine, RecipientDesk
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action, Kind
from tests.world import BY


def undo_entries(world, *entries):
    return undo.undo(world.recipient, list(entries), by=BY)


def status(world, *records) -> str:
    return "".join(world.now(r).decision.action for r in records)


def test_an_action_and_its_undo_both_stay_in_the_journal(world):
    record = world.saves()
    told = world.acts("reject", record, remarks="Not ours")
    undone = undo_entries(world, told.entry_id)
    assert (undone.restored, status(world, record)) == (1, "N")
    assert world.now(record).decision.remarks == ""
    lines = JournalLine.objects.filter(record_id=record.pk).order_by("pk")
    assert [(line.before, line.after) for line in lines][1:] == [("N -", "R -"), ("R -", "N -")]
    assert JournalEntry.objects.get(pk=undone.entry_id).after["undoes"] == [told.entry_id]


def test_remarks_and_a_declared_reduction_come_back_whole(world_2025):
    world = world_2025
    note = world.saves(kind=Kind.CREDIT_NOTE, taxable=50_000)
    part = Declaration(True, TaxAmounts(igst=4000_00))
    world.acts("accept", note, remarks="Half was reversed", declaration=part)
    told = world.acts("reject", note, remarks="Wrong amount")
    undo_entries(world, told.entry_id)
    decision = world.now(note).decision
    assert (decision.label, decision.remarks) == ("A P", "Half was reversed")
    assert (decision.reduction_igst, decision.reduction_cgst) == (4000_00, 0)


def test_redo_is_the_undo_of_an_undo(world):
    record = world.saves()
    told = world.acts("reject", record, remarks="Not ours")
    again = undo_entries(world, undo_entries(world, told.entry_id).entry_id)
    assert JournalEntry.objects.get(pk=again.entry_id).event == "redone"
    assert world.now(record).decision.label == "R -"
    assert world.now(record).decision.remarks == "Not ours"


def test_an_undo_of_a_batch_restores_only_records_that_nobody_changed_since(world):
    records = [world.saves() for _ in range(6)]
    world.acts("pending", records[0], remarks="Being checked")
    told = world.acts("accept", *records)
    world.acts("reject", records[1])
    world.edits(records[2], taxable=77_000)
    undone = undo_entries(world, told.entry_id)
    assert undone.restored == 4
    assert undone.touched == [records[1].pk, records[2].pk]
    assert (undone.touched_count, undone.left_alone) == (2, 2)
    assert status(world, *records) == "PRNNNN"
    assert world.now(records[0]).decision.remarks == "Being checked"
    # The supplier's edit cleared the acceptance of this record. The undo leaves this record unchanged, so the
    # record still names Accept as its cleared action.
    assert world.now(records[2]).decision.cleared_action == "A"
    assert JournalEntry.objects.filter(event="undone").count() == 1


def test_a_batch_of_several_entries_is_one_undo(world):
    records = [world.saves() for _ in range(4)]
    first, second = world.acts("accept", *records[:2]), world.acts("accept", *records[2:])
    assert undo_entries(world, first.entry_id, second.entry_id).restored == 4
    assert JournalEntry.objects.filter(event="undone").count() == 1


def test_after_gstr3b_an_undo_is_refused_with_its_rule_and_changes_nothing(world):
    record = world.saves()
    told = world.acts("reject", record)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    world.files_3b("2024-10")
    with pytest.raises(Conflict, match="Cannot undo") as late:
        undo_entries(world, told.entry_id)
    assert (late.value.code, late.value.rule) == ("UNDO_LATE", "R-102")
    assert not JournalEntry.objects.filter(event="undone").exists()


def test_a_decision_that_is_no_longer_available_is_not_restored(world_2025):
    """R-054: a credit note can be pending for one period only. After this period, the undo of an acceptance
    must not make the note pending again."""
    world = world_2025
    note = world.saves(kind=Kind.CREDIT_NOTE)
    world.acts("pending", note)
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    world.goes_to("2025-11-15 10:00")
    world.files_3b("2025-10")
    told = world.acts("accept", note)
    world.goes_to("2025-12-21 10:00")
    with pytest.raises(Conflict) as late:
        undo_entries(world, told.entry_id)
    assert late.value.rule == "R-054"
    assert world.now(note).decision.action == "A"


def test_an_undo_makes_the_draft_stale_like_any_action(world):
    record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    told = world.acts("reject", record)
    world.goes_to("2024-11-14 10:00")
    assert undo_entries(world, told.entry_id).made_stale
    assert RecipientDesk.objects.get(recipient=world.recipient).changes == 1


def test_a_second_undo_of_the_same_action_finds_nothing(world):
    told = world.acts("accept", world.saves())
    undo_entries(world, told.entry_id)
    with pytest.raises(Conflict, match="changed again after"):
        undo_entries(world, told.entry_id)


def test_another_taxpayers_journal_entry_cannot_be_undone(world):
    told = world.acts("accept", world.saves())
    with pytest.raises(NotFound):
        undo.undo(world.supplier, [told.entry_id], by=BY)


def test_the_cost_of_an_undo_does_not_grow_with_the_batch(world):
    counted = []
    for size in (2, 40):
        told = world.acts("accept", *[world.saves() for _ in range(size)])
        with CaptureQueriesContext(connection) as queries:
            undo_entries(world, told.entry_id)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_the_stack_follows_undo_and_redo(world):
    user = world.person("asha")
    by = By(user, "page")
    record, other = world.saves(), world.saves()
    first = actions.take_one(world.recipient, record.pk, Asked(Action.ACCEPTED), by=by).entry_id
    second = actions.take_one(world.recipient, other.pk, Asked(Action.REJECTED), by=by).entry_id
    assert undo.stack(world.recipient, user.pk) == undo.Stack((first, second), ())
    undone = undo.undo(world.recipient, [second], by=by).entry_id
    assert undo.stack(world.recipient, user.pk) == undo.Stack((first,), (undone,))
    redone = undo.undo(world.recipient, [undone], by=by).entry_id
    assert undo.stack(world.recipient, user.pk) == undo.Stack((first, redone), ())
