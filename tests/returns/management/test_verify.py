"""`manage.py verify` finds no fault in the portal's own data. After somebody alters a table, `verify` names
the invariant that is broken."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from gstr2b.models import Statement
from invoices.desk import undo
from invoices.documents import archive
from invoices.journal import writing as journal
from invoices.models import ArchivedRecord, JournalLine, Record
from invoices.rules.situation import Kind
from tests.journal_guard import unguarded


def verify(**options) -> str:
    said = StringIO()
    try:
        call_command("verify", stdout=said, **options)
    except SystemExit as stop:
        return said.getvalue() if stop.code == 1 else f"exit code {stop.code}"
    assert "BROKEN" not in said.getvalue()
    return ""


@pytest.fixture
def lived(world):
    """Return a world in which October is filed and November is drafted.

    The recipient rejected one record of October and kept one pending. Of the records of November, two are
    accepted, one is untouched and one is pending."""
    first = [world.saves(), world.saves(kind=Kind.CREDIT_NOTE), world.saves()]
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("reject", first[0])
    world.acts("pending", first[2])
    world.goes_to("2024-11-20 10:00")
    world.files_3b("2024-10")
    second = [world.saves(), world.saves(kind=Kind.CREDIT_NOTE), world.saves(), world.saves()]
    world.goes_to("2024-12-05 10:00")
    world.files("2024-11")
    world.acts("accept", second[0], second[1])
    world.acts("pending", second[3])
    world.goes_to("2024-12-16 10:00")
    assert Statement.objects.filter(recipient=world.recipient, is_current=True).count() == 2
    return world


def test_verify_finds_no_fault_in_the_portals_own_data(lived):
    assert verify() == ""
    assert verify(gstin=lived.recipient.gstin) == ""
    lived.acts("reject", Record.objects.filter(decision__action="A").first())
    assert verify() == ""  # a draft that is marked as stale is no fault
    with pytest.raises(CommandError, match="no taxpayer"):
        verify(gstin="29AAAAA0000A1Z5")


CURRENT = "(SELECT id FROM gstr2b_statement WHERE is_current AND NOT is_final)"


@pytest.mark.parametrize(
    ("named", "sql"),
    [
        (
            "I1 ",
            "UPDATE invoices_record SET igst = igst + 1 WHERE id IN "
            f"(SELECT record_id FROM gstr2b_statementline WHERE origin_id IN {CURRENT})",
        ),
        ("I1 ", "UPDATE gstr2b_statementline SET effect_igst = effect_igst + 1, taxable = taxable"),
        ("I1 ", f"DELETE FROM gstr2b_statementline WHERE origin_id IN {CURRENT} AND section = 'AV_A1'"),
        ("I2 ", "UPDATE gstr2b_statementtotal SET cgst = cgst + 1"),
        ("I2 ", "UPDATE gstr2b_suppliertotal SET taxable = taxable - 1"),
        (
            "I2 ",
            "UPDATE gstr2b_statementline SET igst = igst + 1 "
            "WHERE origin_id IN (SELECT id FROM gstr2b_statement WHERE is_final)",
        ),
        ("I4/I6 ", "UPDATE gstr2b_statement SET is_final = is_current WHERE NOT is_final"),
        (
            "I4/I6 ",
            "UPDATE gstr2b_statement SET origin_id = (SELECT min(id) FROM gstr2b_statement WHERE is_current)",
        ),
        (
            "I4/I6 ",
            "UPDATE gstr2b_statementline SET until = 7 WHERE id IN (SELECT min(id) FROM gstr2b_statementline)",
        ),
        ("I4/I6 ", "UPDATE invoices_recipientdesk SET statement_version = 7 WHERE filed_at IS NULL"),
        ("I7/I15 ", "UPDATE invoices_decision SET action = 'R' WHERE action = 'A'"),
        ("I12 ", "DELETE FROM invoices_decision WHERE action = 'P'"),
        ("I15/I16 ", "UPDATE invoices_journalentry SET event = 'rejected' WHERE event = 'accepted'"),
        ("I15/I16 ", "UPDATE invoices_journalline SET after = 'R -' WHERE after = 'A -'"),
        (
            "I20 ",
            "UPDATE invoices_decision SET action = 'P' WHERE record_id IN "
            "(SELECT id FROM invoices_record WHERE kind = 'CN')",
        ),
        ("open period ", "UPDATE invoices_taxpayer SET open_period = 202409"),
        ("references point ", "UPDATE invoices_record SET supplier_id = 987654"),
        ("references of GSTR-2B lines ", "UPDATE gstr2b_statementline SET supplier_id = 987654"),
    ],
)
def test_verify_names_a_single_alteration_by_hand(lived, named, sql):
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount
    said = verify()
    assert f"BROKEN  {named}" in said


def test_i6_an_action_that_did_not_mark_its_statement_is_found(lived):
    lived.acts("reject", Record.objects.filter(decision__action="A").first())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoices_recipientdesk SET changes = 0")
    assert "not marked stale" in verify()


def test_i10_an_action_after_filing_is_found(lived):
    """The portal's own function writes the journal entry, so the chain is sound, and only invariant I10
    detects the fault."""
    while archive.move_departed(lived.recipient):
        pass
    gone = ArchivedRecord.objects.filter(why="C").first()
    line = JournalLine(
        record_id=gone.pk, recipient_id=gone.recipient_id, after=f"{gone.action} {gone.answer}"
    )
    with transaction.atomic():
        journal.write(lived.recipient.pk, "accepted", journal.SYSTEM, record_count=1, lines=[line])
    assert "BROKEN  I10 " in verify()


def test_i6_an_undo_that_did_not_mark_its_statement_is_found(lived):
    accepted = Record.objects.filter(decision__action="A").first()
    lived.acts("reject", accepted)
    lived.recomputes("2024-11")
    assert verify() == ""
    entry = (
        JournalLine.objects.filter(record_id=accepted.pk)
        .order_by("-pk")
        .values_list("entry_id", flat=True)[0]
    )
    undo.undo(lived.recipient, [entry], by=journal.SYSTEM)
    assert verify() == ""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoices_recipientdesk SET changes = 0")
    assert "not marked stale" in verify()
