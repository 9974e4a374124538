"""Each chunk of a supplier's file needs the same number of SQL statements, for any number of documents."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.periods import TaxPeriod
from invoices import counters
from invoices.journal.writing import By
from invoices.models import Decision, JournalEntry, Record
from invoices.rules.calendar import Form
from returns.gstr1_file import load
from returns.outward import save_and_file as outward

pytestmark = pytest.mark.once

BY = By(source="test")


def file_of(world, prefix: str, count: int, *, value: float = 118.0) -> bytes:
    line = {"rt": 18, "txval": 100, "iamt": 18, "csamt": 0}
    documents = [
        {
            "inum": f"{prefix}/{number}",
            "idt": "05-10-2024",
            "val": value,
            "pos": "29",
            "rchrg": "N",
            "inv_typ": "R",
            "itms": [{"num": 1, "itm_det": line}],
        }
        for number in range(count)
    ]
    parties = [{"ctin": world.recipient.gstin, "inv": documents}]
    return json.dumps({"gstin": world.supplier.gstin, "fp": "102024", "b2b": parties}).encode()


def statements(world, data: bytes) -> int:
    with CaptureQueriesContext(connection) as asked:
        load.load(world.supplier, Form.GSTR1, data, by=BY)
    return len(asked)


def test_ten_and_a_thousand_documents_cost_equal_statements_to_save_to_compare_and_to_edit(world):
    few, many = file_of(world, "F", 10), file_of(world, "M", 1000)
    # a recipient's first document needs extra SQL statements, which run in this load
    statements(world, file_of(world, "W", 1))
    assert statements(world, few) == statements(world, many)
    assert statements(world, few) == statements(world, many)
    if connection.vendor == "postgresql":
        # Edits are compared only on PostgreSQL. On SQLite, journal lines are written a hundred at a time, so
        # more edited documents need more SQL statements.
        few, many = (file_of(world, prefix, count, value=119.0) for prefix, count in (("F", 10), ("M", 1000)))
        assert statements(world, few) == statements(world, many)
        assert Record.objects.filter(revision=2).count() == 1010


def test_every_chunk_of_a_file_costs_the_same(world, monkeypatch):
    """The test compares all chunks except the first and the last. The last chunk can need other SQL
    statements, because the last document of a section is read and saved alone."""
    monkeypatch.setattr(load, "CHUNK", 100)
    statements(world, file_of(world, "W", 1))
    counts = [0]
    with CaptureQueriesContext(connection) as asked:
        load.load(
            world.supplier,
            Form.GSTR1,
            file_of(world, "C", 5000),
            by=BY,
            progress=lambda _read: counts.append(len(asked)),
        )
    costs = [after - before for before, after in pairwise(counts)]
    assert len(costs) > 3
    assert len(set(costs[1:-1])) == 1


def test_documents_that_are_judged_in_full_are_edited_and_moved_by_equal_statements(world):
    """`read_batch` looks up 5000 document numbers at a time, and more documents would need more SQL
    statements."""
    other = world.taxpayer("27", 3005, "Second Recipient")

    def file(prefix: str, count: int, value: float, recipient: str) -> bytes:
        body = json.loads(file_of(world, prefix, count, value=value))
        for document in body["b2b"][0]["inv"]:
            document["diff_percent"] = 1
        body["b2b"][0]["ctin"] = recipient
        return json.dumps(body).encode()

    here, there = world.recipient.gstin, other.gstin
    statements(world, file("W", 1, 118.0, here))
    statements(world, file("X", 1, 118.0, there))
    for value, recipient in ((118.0, here), (119.0, here), (119.0, there)):
        few, many = (
            statements(world, file(prefix, count, value, recipient))
            for prefix, count in (("F", 10), ("M", 800))
        )
        # on SQLite, rows are inserted a hundred at a time, so more documents need more SQL statements
        assert few == many or connection.vendor == "sqlite"
    assert Record.objects.filter(recipient=other, revision=3).count() == 810
    assert Record.objects.filter(recipient=world.recipient).count() == 1
    assert counters.drifts() == []


def test_ten_and_a_thousand_documents_are_deleted_by_as_many_statements(world):
    for prefix, count in (("F", 10), ("M", 1000)):
        load.load(world.supplier, Form.GSTR1, file_of(world, prefix, count), by=BY)
    gone = [
        file_of(world, prefix, count).replace(b'"val"', b'"flag": "D", "val"')
        for prefix, count in (("F", 10), ("M", 1000))
    ]
    few, many = (statements(world, data) for data in gone)
    # on SQLite, journal lines are written a hundred at a time, so more documents need more SQL statements
    assert few == many or connection.vendor == "sqlite"
    assert not Record.objects.exists()
    assert not Decision.objects.exists()
    assert counters.drifts() == []
    told = JournalEntry.objects.filter(event="documents deleted").order_by("pk")
    assert list(told.values_list("record_count", flat=True)) == [10, 1000]
    again = load.load(world.supplier, Form.GSTR1, gone[1], by=BY)
    assert (again.deleted, again.same) == (0, 1000)


def test_a_form_of_ten_and_of_a_thousand_documents_is_filed_by_as_many_statements(world):
    """The recipient rejected the documents before the filing, and the filing keeps the actions. The filing
    runs no SQL statement for each single document."""
    other = world.taxpayer("27", 3005, "Second Supplier")
    world.goes_to("2024-11-05 10:00")
    asked = []
    for supplier, count in ((world.supplier, 10), (other, 1000)):
        data = file_of(world, "S", count).replace(world.supplier.gstin.encode(), supplier.gstin.encode())
        load.load(supplier, Form.GSTR1, data, by=BY)
        Decision.objects.filter(record__supplier=supplier).update(action="R")
        with CaptureQueriesContext(connection) as queries:
            outward.file(supplier, Form.GSTR1, TaxPeriod(2024, 10), by=BY)
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert Record.objects.filter(filing="F", decision__action="R").count() == 1010
    assert counters.drifts() == []


@pytest.mark.parametrize("documents", [3000])
def test_a_file_with_a_fault_far_from_its_beginning_changes_nothing(world, monkeypatch, documents):
    """The portal checks the whole file before it saves the first chunk, because every chunk is committed
    separately."""
    monkeypatch.setattr(load, "CHUNK", 200)
    monkeypatch.setattr(load, "MOST_UNREAD", 1000)
    whole = file_of(world, "T", documents)
    with pytest.raises(load.Invalid):
        load.load(world.supplier, Form.GSTR1, whole[:-30], by=BY)
    assert not Record.objects.exists()
    assert load.load(world.supplier, Form.GSTR1, whole, by=BY).saved == documents
