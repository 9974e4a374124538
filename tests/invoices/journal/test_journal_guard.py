"""Nobody can change the journal, neither through the ORM nor with SQL."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from invoices.models import JournalEntry, JournalLine

TABLES = ("invoices_journalentry", "invoices_journalline", "invoices_journalseal")

KEYS = {table: "entry_id" if table.endswith("seal") else "id" for table in TABLES}


@pytest.fixture
def journalled(world):
    record = world.saves()
    assert JournalEntry.objects.exists()
    assert JournalLine.objects.filter(record_id=record.pk).exists()
    return record


@pytest.mark.parametrize("model", [JournalEntry, JournalLine])
def test_the_orm_can_neither_change_nor_delete_the_journal(journalled, model):
    before = list(model.objects.order_by("pk").values_list())
    field = "event" if model is JournalEntry else "remarks"
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**{field: "nothing happened"})
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        row = model.objects.first()
        setattr(row, field, "nothing happened")
        row.save()
    assert list(model.objects.order_by("pk").values_list()) == before


@pytest.mark.parametrize("table", TABLES)
def test_sql_can_neither_change_nor_delete_the_journal(journalled, table):
    statements = [f"UPDATE {table} SET {KEYS[table]} = {KEYS[table]} + 1000", f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")
        with connection.cursor() as cursor:
            # This statement runs the deferred checks now. While checks are pending, PostgreSQL itself refuses
            # TRUNCATE, so the guard would not be tested.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in statements:
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_journal_still_grows(journalled, world):
    count = JournalEntry.objects.count()
    world.saves()
    assert JournalEntry.objects.count() == count + 1


def _all() -> int:
    """Return the expected number of triggers that guard the journal. Each of the three tables has two
    triggers. PostgreSQL has a seventh trigger, which refuses unsealed entries."""
    return 7 if connection.vendor == "postgresql" else 6


def _guards() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'invoices_journal%%' AND tgenabled = 'O'"
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'invoices_journal%%'"
            )
        return cursor.fetchone()[0]


def test_every_guard_is_in_place_after_all_migrations(db):
    """A migration that rebuilds a journal table on SQLite drops the table's triggers. This test fails if the
    triggers are not created again."""
    assert _guards() == _all()


@pytest.mark.django_db(transaction=True)
class TestFlush:
    """After a transactional test, Django flushes every table.

    The guards allow this flush, and are still in place afterwards."""

    def test_a_test_can_leave_journal_entries_behind(self, world):
        world.saves()
        assert JournalEntry.objects.exists()

    def test_after_the_flush_the_entries_are_gone_and_the_guards_are_in_place(self, world):
        assert not JournalEntry.objects.exists()
        assert _guards() == _all()
        world.saves()
        with pytest.raises(IntegrityError):
            JournalEntry.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.once
def test_the_guards_are_in_place_after_the_migration_is_reversed_and_applied_again():
    from django.core.management import call_command

    call_command("migrate", "invoices", "0001", verbosity=0)
    assert _guards() == 0
    # the migrations of other apps were reversed too, so migrate every app
    call_command("migrate", verbosity=0)
    assert _guards() == _all()
