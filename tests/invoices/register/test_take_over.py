"""A register is taken over as a whole: nothing is lost, nothing is overwritten, and a second time changes nothing."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from invoices.models import JournalEntry
from invoices.register.models import Bill, RegisterRow, RegisterUpload
from tests.invoices.register.registers import bill, taken

pytestmark = pytest.mark.django_db


def counts(upload: RegisterUpload) -> tuple[int, ...]:
    return upload.documents_new, upload.documents_same, upload.documents_changed, upload.documents_gone


def test_each_row_has_a_bill_or_a_reason_and_the_event_is_in_the_journal(world):
    sum_row = RegisterRow(
        number=9, cells=["Grand total"], left_out="SUM", why="The row is the sum of the rows above."
    )
    upload = taken(world.recipient, bill("A-1", supplier=world.supplier), left_out=(sum_row,))
    assert (upload.rows, upload.rows_used, upload.rows_left_out) == (2, 1, 1)
    rows = RegisterRow.objects.filter(upload=upload)
    assert [(row.bill is None, bool(row.left_out)) for row in rows.order_by("number")] == [
        (False, False),
        (True, True),
    ]
    entry = JournalEntry.objects.get(event="register taken over")
    assert (entry.record_count, entry.after["left_out"]) == (1, 1)
    call_command("verify")


def test_the_same_register_again_changes_no_bill(world):
    register = ("A-1", "A-2", "A-3")
    taken(world.recipient, *(bill(one, supplier=world.supplier) for one in register))
    before = list(Bill.objects.order_by("pk").values())
    again = taken(world.recipient, *(bill(one, supplier=world.supplier) for one in reversed(register)))
    assert counts(again) == (0, 3, 0, 0)
    assert list(Bill.objects.order_by("pk").values()) == before


def test_a_changed_bill_gets_a_new_version_and_the_old_one_an_end(world):
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    world.goes_to("2024-10-29 10:00")
    upload = taken(world.recipient, bill("A-1", supplier=world.supplier, taxable=12_000))
    assert counts(upload) == (0, 0, 1, 0)
    old, new = Bill.objects.order_by("pk")
    assert old.identity == new.identity == old.pk
    assert (old.until, new.until) == (new.since, None)
    assert old.since < new.since


def test_the_number_may_be_written_differently_in_the_next_register(world):
    taken(world.recipient, bill("A/001", supplier=world.supplier))
    assert counts(taken(world.recipient, bill("A-1", supplier=world.supplier))) == (0, 0, 1, 0)


def test_a_bill_that_the_register_has_no_more_is_marked_and_comes_back(world):
    one, two = bill("A-1", supplier=world.supplier), bill("A-2", supplier=world.supplier, day="2024-10-20")
    taken(world.recipient, one, two)
    last = bill("A-3", supplier=world.supplier, day="2024-10-31")
    upload = taken(world.recipient, bill("A-1", supplier=world.supplier), last)
    assert counts(upload) == (1, 1, 0, 1)
    assert Bill.objects.get(number="A-2").gone_from == upload
    taken(world.recipient, bill("A-2", supplier=world.supplier, day="2024-10-20"))
    assert Bill.objects.get(number="A-2").gone_from is None


def test_a_register_of_another_month_marks_nothing(world):
    taken(world.recipient, bill("A-1", supplier=world.supplier, day="2024-09-10"))
    assert counts(taken(world.recipient, bill("A-2", supplier=world.supplier))) == (1, 0, 0, 0)


def test_equal_bills_without_numbers_are_told_apart_and_found_again(world):
    rent = [bill("", supplier=world.supplier) for _ in range(3)]
    assert counts(taken(world.recipient, *rent)) == (3, 0, 0, 0)
    assert counts(taken(world.recipient, *(bill("", supplier=world.supplier) for _ in range(3)))) == (
        0,
        3,
        0,
        0,
    )


def test_the_programs_own_id_is_the_surest_key(world):
    taken(world.recipient, bill("A-1", supplier=world.supplier, source_ref="PINV-7"))
    upload = taken(world.recipient, bill("B-9", supplier=world.supplier, source_ref="PINV-7"))
    assert counts(upload) == (0, 0, 1, 0)


def test_a_failure_in_the_middle_leaves_nothing(world, monkeypatch):
    def fails(*_args, **_more):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(RegisterRow.objects.__class__, "bulk_create", fails)
    with pytest.raises(RuntimeError):
        taken(world.recipient, bill("A-1", supplier=world.supplier))
    assert (Bill.objects.count(), RegisterUpload.objects.count()) == (0, 0)


@pytest.mark.parametrize("count", [5, 60])
def test_the_number_of_queries_does_not_grow_with_the_register(world, django_assert_max_num_queries, count):
    with django_assert_max_num_queries(25):
        taken(world.recipient, *(bill(f"A-{n}", supplier=world.supplier) for n in range(count)))
