"""On PostgreSQL, no change is lost if suppliers, customs and the portal's midnight jobs write while a
recipient acts."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import connection, transaction

from gstr2b import generation, rule37a
from gstr2b.models import Reversal37A
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices import counters, locks
from invoices.desk import actions
from invoices.desk import midnight_events as nights
from invoices.desk.actions import Asked
from invoices.documents import saving
from invoices.documents.customs import bills_of_entry
from invoices.models import ArchivedRecord, DueDateExtension, JournalLine, Record, Taxpayer
from invoices.people import registrations
from invoices.queries import tallies
from invoices.rules.calendar import Form
from invoices.rules.situation import Action
from returns.gstr1_file import load
from returns.gstr3b import filing as gstr3b
from returns.outward import save_and_file as outward
from tests.concurrency.meanwhile import OCTOBER, Meanwhile, fresh
from tests.returns.gstr1_file.test_cost import file_of
from tests.world import BY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SKIPPED: SQLite excludes writers altogether"
    ),
]


def accepting(world, record):
    return lambda: actions.take_one(fresh(world.recipient), record.pk, Asked(Action.ACCEPTED), by=BY)


def test_an_action_does_not_wait_for_the_taxpayers_own_upload_nor_stop_it(world):
    record, customer = world.saves(), world.taxpayer("27", 1500)
    with transaction.atomic():
        own = locks.supplier(fresh(world.recipient))
        acting = Meanwhile(accepting(world, record))
        world.saves(by=own, recipient=customer.gstin, place_of_supply="27")
    acting.join()
    assert acting.error is None
    assert world.now(record).decision.action == "A"


def test_r070_a_form_filed_in_time_stays_in_its_month_though_it_commits_after_midnight(world):
    original = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-12-05 10:00")
    plain = world.saves(period="2024-11", document_date="2024-11-20")
    amendment = world.saves(amends=world.now(original), form=Form.GSTR1, period="2024-11", taxable=5000)
    world.goes_to("2024-12-11 23:59:58")
    with transaction.atomic():
        world.files("2024-11")
        midnight = Meanwhile(lambda: nights.move_provisional_periods(date(2024, 12, 12)))
    midnight.join()
    assert midnight.error is None
    assert [world.now(record).claim_period for record in (plain, amendment)] == [202411, 202411]


def test_i1_a_draft_waits_for_a_form_that_was_being_filed_before_it_fell_due(world):
    world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    late = world.taxpayer("27", 1600, frequency="Q")
    Taxpayer.objects.filter(pk=late.pk).update(open_period=202412)
    world.saves(by=fresh(late), number="LATE", form=Form.IFF, period="2024-10", document_date="2024-10-20")
    world.goes_to("2024-11-13 23:59:58")
    with transaction.atomic():
        outward.file(fresh(late), Form.IFF, OCTOBER, by=BY)
        drafting = Meanwhile(lambda: generation.draft_if_due(fresh(world.recipient), OCTOBER))
    drafting.join()
    assert drafting.error is None
    assert "LATE" in drafting.value.lines.values_list("number", flat=True)


def test_r067_a_late_form_waits_for_the_gstr3b_that_closes_its_period(world):
    document = world.saves()
    state = world.supplier.state
    DueDateExtension.objects.create(form="GSTR-1", period=202410, due_on=date(2024, 11, 18), state=state)
    world.goes_to("2024-11-16 10:00")
    with transaction.atomic():
        gstr3b.file(fresh(world.recipient), OCTOBER, by=BY)
        late = Meanwhile(lambda: outward.file(fresh(world.supplier), Form.GSTR1, OCTOBER, by=BY))
    late.join()
    assert late.error is None
    found = world.now(document)
    assert (found.claim_period, found.decision.moved_to) == (202410, 202411)


def test_r098_a_draft_contains_the_reversal_that_was_being_flagged_for_its_period(world):
    world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    month = OCTOBER
    while month.number <= 202508:
        month = month.offset(1)
        world.goes_to(f"{month.iso}-15 10:00")
        world.files_3b(month.offset(-1).iso)
    world.goes_to("2025-10-13 23:50")
    with transaction.atomic():
        rule37a.flag(fresh(world.supplier), OCTOBER, by=BY)
        drafting = Meanwhile(lambda: generation.draft_if_due(fresh(world.recipient), TaxPeriod(2025, 9)))
    drafting.join()
    assert drafting.error is None
    assert Reversal37A.objects.get().period == 202509
    assert list(drafting.value.lines.values_list("section", flat=True)) == ["REV_37A"]


def test_i7_an_acceptance_that_waited_for_a_deletion_is_refused(world):
    record = world.saves()
    with transaction.atomic():
        saving.delete(record.pk, world.supplier, by=BY)
        acting = Meanwhile(accepting(world, record))
    acting.join()
    assert isinstance(acting.error, Refused)
    assert acting.error.code == "NOT_IN_IMS"


def test_r040_an_edit_that_waited_for_an_acceptance_clears_the_acceptance_and_says_so(world):
    record = world.saves()
    with transaction.atomic():
        world.acts("accept", record)
        editing = Meanwhile(lambda: world.edits(world.now(record), taxable=90_000))
    editing.join()
    assert editing.error is None
    line = JournalLine.objects.filter(record_id=record.pk).latest("pk")
    assert (line.before, line.after) == ("A -", "N -")


@pytest.mark.parametrize("way", ["form", "upload"])
def test_r042_a_document_that_moves_while_it_is_accepted_leaves_with_the_acceptance(world, way):
    load.load(world.supplier, Form.GSTR1, file_of(world, "A", 1), by=BY)
    record, other = Record.objects.get(), world.taxpayer("29", 2600)
    elsewhere = file_of(world, "A", 1).replace(world.recipient.gstin.encode(), other.gstin.encode())

    def move() -> None:
        if way == "upload":
            load.load(fresh(world.supplier), Form.GSTR1, elsewhere, by=BY)
        else:
            world.edits(record, recipient=other.gstin, place_of_supply="29")

    with transaction.atomic():
        world.acts("accept", record)
        moving = Meanwhile(move)
    moving.join()
    assert moving.error is None
    assert ArchivedRecord.objects.get(pk=record.pk).action == "A"
    assert JournalLine.objects.filter(record_id=record.pk).latest("pk").before == "A -"


@pytest.mark.parametrize("way", ["form", "upload", "upload, judged in full"])
def test_r005_an_edit_that_waited_for_a_change_of_frequency_is_placed_by_the_new_frequency(world, way):
    """The edit itself must set the right 2B period. No later step would correct the period, because filing a
    form in time does not change the 2B period of its documents."""
    load.load(world.supplier, Form.GSTR1, file_of(world, "A", 2), by=BY)
    edited = json.loads(file_of(world, "A", 2, value=119.0))
    if way == "upload, judged in full":
        for document in edited["b2b"][0]["inv"]:
            document["diff_percent"] = 1

    def edit() -> None:
        if way == "form":
            for record in Record.objects.order_by("pk"):
                world.edits(record)
        else:
            load.load(fresh(world.supplier), Form.GSTR1, json.dumps(edited).encode(), by=BY)

    with transaction.atomic():
        registrations.change_frequency(fresh(world.recipient), Frequency.QUARTERLY, by=BY)
        editing = Meanwhile(edit)
    editing.join()
    assert editing.error is None
    assert list(Record.objects.values_list("revision", "claim_period")) == [(2, 202412)] * 2


@pytest.mark.parametrize("meanwhile", ["action", "GSTR-3B"])
def test_customs_and_a_desk_do_not_wait_for_each_other(world, meanwhile):
    record = world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")

    def at_the_desk() -> None:
        if meanwhile == "action":
            accepting(world, record)()
        else:
            gstr3b.file(fresh(world.recipient), OCTOBER, by=BY)

    bill = bills_of_entry.BillOfEntry(
        number="1234567",
        reference_date=date(2024, 11, 1),
        port="INNSA1",
        sez=False,
        taxable=100_000,
        igst=18_000,
    )
    with transaction.atomic():
        importer = locks.supplier(fresh(world.recipient))
        acting = Meanwhile(at_the_desk)
        bills_of_entry.receive(importer, bill, by=BY)
    acting.join()
    assert acting.error is None
    assert not counters.drifts()


def test_i7_a_document_that_arrives_between_locking_and_reading_is_locked_before_the_decision(
    world, monkeypatch
):
    """The action locks the late document too. Without the lock, the supplier could edit the document before
    the action is saved, and the recipient would accept an edit that the recipient has not seen."""
    world.saves()
    rows_among, looks, locked = tallies.rows_among, [], []
    records = locks.records

    def comes_late(selection, view):
        if not looks:
            Meanwhile(world.saves).join()
        looks.append(1)
        return rows_among(selection, view)

    def noted(selection):
        locked.append(records(selection))
        return locked[-1]

    monkeypatch.setattr(tallies, "rows_among", comes_late)
    monkeypatch.setattr(locks, "records", noted)
    taken = actions.take_all(world.recipient, Record.objects.all(), Asked(Action.ACCEPTED), by=BY)
    assert (taken.saved, locked) == (2, [1, 2])
    assert counters.drifts() == []
