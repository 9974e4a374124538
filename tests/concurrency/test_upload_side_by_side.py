"""On PostgreSQL, two chunks of a long file are saved at the same time.

Until both chunks are saved, the supplier is locked: every other request that writes the supplier's documents
waits."""

from __future__ import annotations

import json
import threading

import pytest
from django.db import OperationalError, connection, transaction

from ims_portal.kernel import json_stream
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.database import planner
from ims_portal.support.database.retry import DEADLOCK
from invoices import counters, locks
from invoices.documents.bulk.compare import Staging
from invoices.documents.bulk.merge import Merging
from invoices.journal import chain
from invoices.models import Decision, JournalEntry, JournalLine, Record, Taxpayer
from invoices.rules.calendar import Form
from returns.gstr1_file import load as upload
from returns.gstr1_file import read_blocks
from returns.gstr1_file.save_chunks import RECORDS, Saving
from returns.outward import save_and_file as outward
from tests.concurrency.meanwhile import Meanwhile
from tests.returns.gstr1_file.test_cost import file_of
from tests.world import BY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SKIPPED: SQLite has one writer"),
]
CHUNK, DOCUMENTS = 200, 1500


@pytest.fixture
def beside(world, monkeypatch):
    """Return a list. When the portal tries to save a chunk in parallel, the list gets an entry.

    The entry is None if the chunk must be saved alone."""
    monkeypatch.setattr(upload, "CHUNK", CHUNK)
    monkeypatch.setattr(upload, "MOST_UNREAD", 1000)
    for reader in (json_stream, read_blocks):
        # the portal reads the file in windows; with this size, a window has about two hundred documents
        monkeypatch.setattr(reader, "WINDOW", 40_000)
    world.saves()
    planner.count(RECORDS)
    made, fresh = [], Saving._fresh

    def noted(self, *given):
        made.append(fresh(self, *given))
        return made[-1]

    monkeypatch.setattr(Saving, "_fresh", noted)
    return made


def load(world, data):
    return upload.load(world.supplier, Form.GSTR1, data, by=BY)


def all_in_order(world, count: int) -> None:
    """Assert that each document of the file is saved once, with decision, journal line, counter and an entry
    in the chain."""
    mine = Record.objects.filter(number__startswith="A/")
    assert mine.count() == count == len(set(mine.values_list("number", flat=True)))
    assert Decision.objects.filter(record__in=mine, action="N").count() == count
    assert JournalLine.objects.filter(record_id__in=mine.values("pk"), before="").count() == count
    told = JournalLine.objects.filter(record_id__in=mine.values("pk"), before="").values("entry_id")
    entries = JournalEntry.objects.filter(pk__in=told, event__startswith="document")
    assert sum(entries.values_list("record_count", flat=True)) == count
    assert counters.drifts() == []
    assert list(chain.breaks(world.supplier.pk)) == []


def test_two_chunks_at_a_time_save_the_same_as_chunks_one_by_one(world, beside):
    assert load(world, file_of(world, "A", DOCUMENTS)).saved == DOCUMENTS
    assert sum(saved is not None for saved in beside) >= 4
    all_in_order(world, DOCUMENTS)
    again = load(world, file_of(world, "A", DOCUMENTS))
    assert (again.same, again.changes) == (DOCUMENTS, 0)
    all_in_order(world, DOCUMENTS)


def test_a_small_machine_can_have_one_chunk_at_a_time(world, beside, settings):
    settings.UPLOAD_CHUNKS_AT_ONCE = 1
    assert load(world, file_of(world, "A", DOCUMENTS)).saved == DOCUMENTS
    assert beside == []
    all_in_order(world, DOCUMENTS)


def test_r040_edits_in_a_long_file_are_made_by_a_writer_that_is_alone(world, beside):
    load(world, file_of(world, "A", 300))
    beside.clear()
    report = load(world, file_of(world, "A", DOCUMENTS, value=119.0))
    assert (report.changed, report.saved, report.refused) == (300, DOCUMENTS - 300, 0)
    assert None in beside
    assert Record.objects.filter(number__startswith="A/", value=11900).count() == DOCUMENTS
    all_in_order(world, DOCUMENTS)


def test_a_form_is_not_filed_between_two_chunks_that_are_being_saved(world, beside, monkeypatch):
    """The filing waits until the two running chunks are saved, and then files their documents. Documents of
    later chunks are refused."""
    merge, filing = Staging.merge, []
    first = threading.Lock()

    def held_up(self, *given, **how):
        if how.get("only_fresh") and first.acquire(blocking=False):
            own = Taxpayer.objects.get(pk=world.supplier.pk)
            filing.append(Meanwhile(lambda: outward.file(own, Form.GSTR1, TaxPeriod(2024, 10), by=BY)))
            assert filing[0].is_alive()
        return merge(self, *given, **how)

    monkeypatch.setattr(Staging, "merge", held_up)
    world.goes_to("2024-11-05 10:00")
    with pytest.raises(Refused, match="filed"):
        load(world, file_of(world, "A", DOCUMENTS))
    filing[0].join()
    assert filing[0].error is None
    found = Record.objects.filter(number__startswith="A/").values_list("filing", flat=True)
    assert len(found) == sum(saved.counts["saved"] for saved in beside)
    assert len(found) > 0
    assert set(found) == {"F"}


def test_a_chunk_that_lost_its_lock_on_the_supplier_is_rolled_back_and_done_again(world, beside, monkeypatch):
    asked = []

    def lost_once(holder):
        asked.append(holder)
        return len(asked) > 1

    monkeypatch.setattr(locks, "goes_on", lost_once)
    assert load(world, file_of(world, "A", DOCUMENTS)).saved == DOCUMENTS
    assert beside.count(None) == 1
    all_in_order(world, DOCUMENTS)


def test_a_finished_transaction_is_known_as_finished(world):
    with transaction.atomic():
        world.saves()
        mine = locks.transaction_id()
        assert locks.goes_on(mine)
    assert not locks.goes_on(mine)


def test_documents_for_a_new_gstin_are_saved_after_their_chunk_was_rolled_back_once(world, monkeypatch):
    """The rollback also removes the new recipient, so the portal must make the recipient again."""
    new = world.taxpayer("29", 4711).gstin
    Taxpayer.objects.filter(gstin=new).delete()
    body = json.loads(file_of(world, "A", 5))
    body["b2b"][0]["ctin"] = new
    insert, calls = Merging.insert, []

    def torn_once(self, count):
        insert(self, count)
        calls.append(count)
        if len(calls) == 1:
            failure = OperationalError("deadlock detected")
            failure.__cause__ = type("Cause", (Exception,), {"pgcode": DEADLOCK})()
            raise failure

    monkeypatch.setattr(Merging, "insert", torn_once)
    assert load(world, json.dumps(body).encode()).saved == 5
    # Each attempt inserts four of the five documents together. The last document of a section gets the full
    # check instead, in the same transaction.
    assert calls == [4, 4]
    assert set(Record.objects.values_list("recipient__gstin", flat=True)) == {new}
