"""I15, I16: every change has a journal entry, the chain contains every entry, and every alteration of an
entry is detected."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from invoices.desk import actions
from invoices.journal import chain
from invoices.journal import writing as journal
from invoices.models import JournalEntry, JournalHead, JournalLine, JournalSeal, Record
from invoices.rules.situation import Action
from tests.journal_guard import unguarded


def whole(taxpayer) -> bool:
    return not list(chain.breaks(taxpayer.pk))


@pytest.fixture
def acted(world):
    """Return a recipient with three records. All records are accepted, and then one of them is rejected.

    The remark of the rejection looks like a line of the canonical text, the text from which a seal is
    computed."""
    records = [world.saves() for _ in range(3)]
    recipient = world.recipient
    actions.take_all(recipient, Record.objects.all(), actions.Asked(Action.ACCEPTED), by=journal.SYSTEM)
    asked = actions.Asked(Action.REJECTED, remarks="दर 18%|2:ok\n7|1")
    actions.take_one(recipient, records[0].pk, asked, by=journal.SYSTEM)
    return recipient


def test_i15_every_entry_is_sealed_and_the_chain_is_whole(acted):
    assert JournalEntry.objects.count() == JournalSeal.objects.count() > 3
    sealed = JournalSeal.objects.filter(taxpayer=acted).order_by("sequence")
    assert [s.sequence for s in sealed] == list(range(1, len(sealed) + 1))
    assert sorted(s.line_count for s in sealed)[-2:] == [1, 3]
    # The next action writes journal lines that also contain the earlier decision with its unusual remark. The
    # database and Python must compute the same canonical text of these lines.
    actions.take_all(acted, Record.objects.all(), actions.Asked(Action.ACCEPTED), by=journal.SYSTEM)
    assert JournalLine.objects.filter(detail__isnull=False).exists()
    for taxpayer_id in JournalHead.objects.values_list("pk", flat=True):
        assert not list(chain.breaks(taxpayer_id))


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        (
            "invoices_journalentry",
            "SET event = 'accepted' WHERE event = 'rejected'",
            "was changed after sealing",
        ),
        ("invoices_journalline", "SET remarks = 'x' WHERE remarks <> ''", "the lines were changed"),
        ("invoices_journalline", "SET after = 'P -' WHERE after = 'A -'", "the lines were changed"),
        ("invoices_journalseal", "SET previous = '' WHERE sequence = 2", "does not contain the hash"),
    ],
)
def test_i16_an_alteration_past_the_guards_is_found(acted, table, change, said):
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} {change}")
        assert cursor.rowcount
    assert any(said in found.what for found in chain.breaks(acted.pk))


def test_i16_a_missing_line_a_missing_last_entry_and_an_unsealed_one_are_found(acted):
    last = JournalSeal.objects.filter(taxpayer=acted).order_by("-sequence").first()
    with unguarded():
        JournalLine.objects.filter(entry_id=last.entry_id)._raw_delete("default")
        assert [b.what for b in chain.breaks(acted.pk)] == ["the lines were changed after sealing"]
        JournalSeal.objects.filter(pk=last.pk)._raw_delete("default")
        found = [b.what for b in chain.breaks(acted.pk)]
        assert found[0] == "has no seal"
        assert "the chain's head names" in found[-1]


@pytest.mark.postgres_only
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a deferred check; SQLite has none")
def test_i15_postgresql_refuses_an_entry_that_nobody_sealed(acted):
    row = JournalEntry.objects.filter(taxpayer=acted).first()
    row.pk = None
    with pytest.raises(IntegrityError, match="has no seal"), transaction.atomic():
        row.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_i15_entries_at_many_gstins_are_written_at_once_with_their_lines(world, django_assert_num_queries):
    record = world.saves()
    both = [record.recipient_id, record.supplier_id]
    events = [
        journal.Event(pk, "noted", record_count=1, lines=[JournalLine(record_id=record.pk, recipient_id=pk)])
        for pk in both * 20
    ]
    JournalHead.objects.bulk_create([JournalHead(taxpayer_id=pk) for pk in both], ignore_conflicts=True)
    with transaction.atomic(), django_assert_num_queries(5):
        journal.write_many(events, journal.SYSTEM)
    for pk in both:
        assert not list(chain.breaks(pk))
        assert JournalSeal.objects.filter(taxpayer_id=pk).count() >= 20


def test_a_seal_cannot_be_changed_or_deleted(acted):
    for statement in ("UPDATE invoices_journalseal SET hash = ''", "DELETE FROM invoices_journalseal"):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_no_entry_is_written_outside_the_transaction_of_its_change():
    with pytest.raises(RuntimeError, match="inside the transaction"):
        journal.write(1, "accepted", journal.SYSTEM)
