"""Two simultaneous writers on PostgreSQL: the second writer waits for the first and then decides by the
current data."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices import jobs
from invoices.desk import actions, batches
from invoices.desk.actions import Asked, Seen
from invoices.models import Job, JournalLine, Record, Taxpayer
from invoices.queries.record_list.filters import Filters
from invoices.rules.calendar import Form
from invoices.rules.situation import Action
from returns.gstr1_file import load
from tests.concurrency.meanwhile import Meanwhile
from tests.returns.gstr1_file.test_cost import file_of
from tests.world import BY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SKIPPED: SQLite excludes writers altogether"
    ),
]
OCTOBER = TaxPeriod(2024, 10)


@pytest.fixture
def filed(world):
    world.record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-13 10:00")
    return world


def test_i6_a_draft_that_waited_for_an_action_contains_it(filed):
    recipient = Taxpayer.objects.get(pk=filed.recipient.pk)
    with transaction.atomic():
        filed.acts("reject", filed.record)
        drafting = Meanwhile(lambda: generation.draft_if_due(recipient, OCTOBER))
    drafting.join()
    assert drafting.error is None
    assert list(filed.statement("2024-10").lines.values_list("section", flat=True)) == ["REJ"]


def test_i8_an_acceptance_that_waited_for_an_edit_is_a_conflict(world):
    record = world.saves()
    recipient = Taxpayer.objects.get(pk=world.recipient.pk)
    seen = Seen(record.revision, 1)
    with transaction.atomic():
        world.edits(record, taxable=90_000)
        accepting = Meanwhile(
            lambda: actions.take_one(recipient, record.pk, Asked(Action.ACCEPTED), by=BY, seen=seen)
        )
    accepting.join()
    assert isinstance(accepting.error, Conflict)
    assert world.now(record).decision.action == "N"


def test_r043_an_edit_that_waited_for_the_filing_is_refused(world):
    record = world.saves()
    with transaction.atomic():
        world.files("2024-10")
        editing = Meanwhile(lambda: world.edits(record, taxable=90_000))
    editing.join()
    assert isinstance(editing.error, Refused)
    assert editing.error.code == "DOC_LOCKED"
    assert world.now(record).taxable == 1_000_000


def test_a_document_saved_while_its_form_is_filed_is_refused(world):
    world.saves()
    with transaction.atomic():
        world.files("2024-10")
        saving = Meanwhile(lambda: world.saves(number="LATE-1"))
    saving.join()
    assert isinstance(saving.error, Refused)
    assert saving.error.code == "FORM_CLOSED"


def looked_at(world) -> batches.ActionBatch:
    """Return a batch that accepts every record of the list. The batch is previewed and has not run yet."""
    batch, _foreseen = batches.prepare(
        Taxpayer.objects.get(pk=world.recipient.pk),
        Action.ACCEPTED,
        Filters(),
        user=world.person("asha"),
        address="/",
        as_of=clock.now(),
    )
    return batch


@pytest.mark.parametrize("at_once", [1000, 0], ids=["while the person waits", "as a job"])
def test_r040_an_edit_under_way_when_a_batch_is_confirmed_is_not_accepted_unseen(world, monkeypatch, at_once):
    monkeypatch.setattr(batches, "AT_ONCE", at_once)
    edited, plain = world.saves(), world.saves()
    batch = looked_at(world)

    def confirm():
        batches.run(batch.pk, Taxpayer.objects.get(pk=world.recipient.pk), by=BY)
        for job in Job.objects.filter(kind=batches.JOB):
            jobs.run(job.pk)

    with transaction.atomic():
        world.edits(edited, taxable=90_000)
        running = Meanwhile(confirm)
    running.join()
    assert running.error is None
    assert [world.now(record).decision.action for record in (edited, plain)] == ["N", "A"]
    batch.refresh_from_db()
    assert batch.result["refused"]["ROW_CHANGED"]["ids"] == [edited.pk]


def test_r040_a_preview_waits_for_an_edit_that_is_under_way(world):
    record, made = world.saves(), []
    with transaction.atomic():
        world.edits(record, taxable=90_000)
        looking = Meanwhile(lambda: made.append(looked_at(world)))
    looking.join()
    assert looking.error is None
    assert made[0].seen["revisions"] == 2


def test_r040_an_acceptance_that_an_edit_cleared_meanwhile_is_in_the_journal(world):
    load.load(world.supplier, Form.GSTR1, file_of(world, "A", 1), by=BY)
    record = Record.objects.get()
    edit = file_of(world, "A", 1, value=119.0)
    with transaction.atomic():
        world.acts("accept", record)
        loading = Meanwhile(lambda: load.load(world.supplier, Form.GSTR1, edit, by=BY))
    loading.join()
    assert loading.error is None
    last = JournalLine.objects.filter(record_id=record.pk).latest("pk")
    assert (last.before, last.after) == ("A -", "N -")
    assert world.now(record).decision.cleared_action == "A"
