"""An action saves its decision, leaves every other field unchanged, and reports the right number of changed
records."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.errors import Conflict, Refused
from ims_portal.kernel.money import TaxAmounts
from invoices.desk import actions
from invoices.desk.actions import Asked, Seen
from invoices.models import Decision, JournalEntry, JournalLine, RecipientDesk, Record
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action, Kind
from tests.world import BY


def test_r057_a_bulk_action_saves_the_allowed_records_and_reports_the_others_by_code(world):
    invoice, note = world.saves(), world.saves(kind=Kind.CREDIT_NOTE)
    taken = actions.take(world.recipient, [invoice.pk, note.pk, 999_999], Asked(Action.PENDING), by=BY)
    assert taken.saved == 1
    assert dict(taken.refused) == {"PENDING_NOT_ALLOWED": [note.pk], "NOT_IN_IMS": [999_999]}
    assert world.now(invoice).decision.action == "P"
    assert world.now(note).decision.action == "N"


def test_a_refused_action_changes_nothing(world):
    note = world.saves(kind=Kind.CREDIT_NOTE)
    before = (Decision.objects.values().get(pk=note.pk), JournalEntry.objects.count())
    with pytest.raises(Refused) as refusal:
        world.acts("pending", note)
    assert (refusal.value.code, refusal.value.rule) == ("PENDING_NOT_ALLOWED", "R-053")
    assert (Decision.objects.values().get(pk=note.pk), JournalEntry.objects.count()) == before


def test_i8_an_edit_by_the_supplier_can_never_be_accepted_unseen(world):
    record = world.saves()
    seen = Seen(revision=record.revision, version=1)
    world.edits(record, taxable=90_000)
    with pytest.raises(Conflict) as conflict:
        actions.take_one(world.recipient, record.pk, Asked(Action.ACCEPTED), by=BY, seen=seen)
    assert conflict.value.code == "ROW_CHANGED"
    assert world.now(record).decision.action == "N"


def test_r040_an_edit_clears_the_action_and_remembers_the_cleared_action(world):
    record = world.saves()
    world.acts("reject", record, remarks="wrong amount")
    world.edits(record)  # any edit clears the action, even an edit that leaves the tax unchanged
    decision = world.now(record).decision
    assert (decision.action, decision.remarks, decision.cleared_action) == ("N", "", "R")


def test_i13_another_recipients_record_is_answered_like_an_unknown_record(world):
    record = world.saves()
    stranger = world.taxpayer("33", 3001)
    with pytest.raises(Refused) as refusal:
        world.acts("accept", record, by=stranger)
    assert refusal.value.code == "NOT_IN_IMS"
    assert world.now(record).decision.action == "N"


def test_r013_nobody_acts_before_14_october_2024(db):
    from tests.world import World

    world = World("2024-10-13 23:59")
    record = world.saves(document_date="2024-10-01")
    with pytest.raises(Refused) as refusal:
        world.acts("accept", record)
    assert refusal.value.code == "TOO_EARLY"
    world.goes_to("2024-10-14 00:00")
    assert world.acts("accept", record).saved == 1


def test_r058_remarks_go_with_reject_and_pending_not_with_an_ordinary_accept(world):
    one, two = world.saves(), world.saves()
    world.acts("accept", one, remarks="fine")
    world.acts("reject", two, remarks="not ours")
    assert world.now(one).decision.remarks == ""
    assert world.now(two).decision.remarks == "not ours"
    with pytest.raises(Refused) as refusal:
        world.acts("reject", one, remarks="x" * 251)
    assert refusal.value.code == "REMARKS_TOO_LONG"


def test_r122_a_declared_reduction_is_stored_and_falls_back_to_full_when_accepted_again(world_2025):
    note = world_2025.saves(kind=Kind.CREDIT_NOTE)
    half = Declaration(True, TaxAmounts(igst=90_000))
    world_2025.acts("accept", note, remarks="half was availed", declaration=half)
    assert world_2025.now(note).decision.reduction_igst == 90_000
    world_2025.acts("accept", note)
    decision = world_2025.now(note).decision
    assert (decision.answer, decision.reduction_igst, decision.remarks) == ("-", None, "")


def test_i15_every_action_is_one_entry_with_a_line_per_record(world):
    records = [world.saves() for _ in range(3)]
    before = JournalEntry.objects.count()
    taken = world.acts("accept", *records)
    entry = JournalEntry.objects.get(pk=taken.entry_id)
    assert JournalEntry.objects.count() == before + 1
    assert (entry.event, entry.record_count, entry.source) == ("accepted", 3, "test")
    assert entry.portal_time.year == 2024
    assert entry.real_time.year >= 2026
    assert set(entry.lines.values_list("before", "after")) == {("N -", "A -")}


def test_r086_an_action_after_the_draft_is_counted_on_the_desk(world):
    record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    world.acts("reject", record)
    desk = RecipientDesk.objects.get(recipient=world.recipient, period=202410)
    assert desk.is_stale
    assert desk.changes == 1


def test_a_bulk_action_costs_the_same_statements_whatever_its_size(world):
    spent = []
    # The action on one record also creates rows that later actions only update. The test therefore compares
    # only the actions on 3 and on 40 records.
    for size in (1, 3, 40):
        for _ in range(size):
            world.saves()
        untouched = Record.objects.filter(recipient=world.recipient, decision__action="N")
        with CaptureQueriesContext(connection) as queries:
            taken = actions.take_all(world.recipient, untouched, Asked(Action.ACCEPTED), by=BY)
        assert taken.saved == size
        spent.append(len(queries))
    assert spent[1] == spent[2]
    assert JournalLine.objects.filter(after="A -").count() == 44


def test_an_action_on_no_records_does_nothing(world):
    assert actions.take(world.recipient, [], Asked(Action.ACCEPTED), by=BY).saved == 0
    assert actions.take_all(world.recipient, Record.objects.none(), Asked(Action.ACCEPTED), by=BY).saved == 0
