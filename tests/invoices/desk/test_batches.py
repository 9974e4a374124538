"""A program acts on many documents, and names each document by its number. The law decides on each document.

The number of SQL statements does not grow with the number of documents."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.money import TaxAmounts
from invoices.desk import actions_by_number
from invoices.desk.actions import Asked
from invoices.desk.actions_by_number import Wanted
from invoices.models import Decision, JournalEntry, JournalLine, RecipientDesk
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action, Kind
from tests.world import BY


def wanted(
    record, action=Action.ACCEPTED, *, seen=Action.NONE, remarks="", declaration=None, **facts
) -> Wanted:
    return Wanted(
        section=record.section,
        number=record.number.lower(),
        document_date=record.document_date,
        supplier=record.supplier.gstin,
        asked=Asked(action, remarks, declaration),
        seen=seen,
        facts={"taxable": record.taxable, "igst": record.igst, **facts},
        forms=frozenset({record.form}),
    )


def codes(problems):
    return [problem.code if problem else None for problem in problems]


def test_each_document_gets_its_own_action_remark_and_declaration(world_2025):
    world = world_2025
    one, two, three = (world.saves() for _ in range(3))
    note = world.saves(kind=Kind.CREDIT_NOTE)
    part = Declaration(True, TaxAmounts(igst=500_00))
    found = actions_by_number.save(
        world.recipient,
        [
            wanted(one),
            wanted(two, Action.REJECTED, remarks="Not ours"),
            wanted(three, Action.PENDING, remarks="Not received"),
            wanted(note, declaration=part, remarks="Paid back before"),
        ],
        by=BY,
    )
    assert codes(found) == [None] * 4
    rows = {d.record_id: d for d in Decision.objects.all()}
    assert [(rows[r.pk].label, rows[r.pk].remarks) for r in (one, two, three, note)] == [
        ("A -", ""),
        ("R -", "Not ours"),
        ("P -", "Not received"),
        ("A P", "Paid back before"),
    ]
    assert rows[note.pk].reduction_igst == 500_00
    lines = JournalLine.objects.filter(entry__event__in=["accepted", "rejected", "kept pending"])
    assert dict(lines.values_list("record_id", "after")) == {r: d.label for r, d in rows.items()}


def test_saving_the_same_actions_again_changes_nothing(world):
    record = world.saves()
    actions_by_number.save(world.recipient, [wanted(record)], by=BY)
    before = JournalEntry.objects.count(), Decision.objects.get(pk=record.pk).version
    assert codes(actions_by_number.save(world.recipient, [wanted(record, seen=Action.ACCEPTED)], by=BY)) == [
        None
    ]
    assert (JournalEntry.objects.count(), Decision.objects.get(pk=record.pk).version) == before


def test_only_documents_that_changed_meanwhile_are_refused(world):
    """R-040: nobody can accept an edit that they have not seen."""
    edited, decided, fine, gone = (world.saves() for _ in range(4))
    asked = [wanted(r) for r in (edited, decided, fine, gone)]
    world.edits(edited, taxable=20_000)
    world.acts("reject", decided)
    world.saves(number="X-1")
    problems = actions_by_number.save(world.recipient, [*asked[:3], asked[2], asked[3]], by=BY)
    assert codes(problems) == ["ROW_CHANGED", "ROW_CHANGED", "TWICE_IN_REQUEST", "TWICE_IN_REQUEST", None]
    assert world.now(decided).decision.action == "R"
    assert world.now(fine).decision.action == "N"


@pytest.mark.parametrize(
    ("kind", "asked", "code"),
    [
        (Kind.CREDIT_NOTE, {}, "ANSWER_REQUIRED"),
        (Kind.CREDIT_NOTE, {"declaration": Declaration(False)}, "REMARKS_REQUIRED"),
        (Kind.CREDIT_NOTE, {"declaration": Declaration(True, TaxAmounts(igst=1_900_00))}, "DECL_EXCEEDS"),
        (Kind.INVOICE, {"declaration": Declaration(True)}, "DECL_NOT_APPLICABLE"),
        (Kind.INVOICE, {"remarks": "x" * 251}, "REMARKS_TOO_LONG"),
        (Kind.INVOICE, {"place_of_supply": "30"}, "ROW_CHANGED"),
    ],
)
def test_the_law_refuses_here_as_it_does_on_screen(world_2025, kind, asked, code):
    record = world_2025.saves(kind=kind)
    found = actions_by_number.save(
        world_2025.recipient, [wanted(record, **asked)], by=BY, answers_needed=True
    )
    assert codes(found) == [code]
    assert found[0].message
    assert world_2025.now(record).decision.action == "N"


def test_another_taxpayers_document_is_answered_like_an_unknown_document(world):
    other = world.taxpayer("29", 2002)
    theirs = world.saves(recipient=other.gstin)
    assert codes(actions_by_number.save(world.recipient, [wanted(theirs)], by=BY)) == ["NOT_IN_IMS"]


def test_a_saved_batch_makes_the_statement_stale_and_takes_up_carried_records(world):
    first = world.saves()
    world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("pending", first)
    world.goes_to("2024-11-15 10:00")
    world.files_3b("2024-10")
    world.goes_to("2024-12-15 10:00")
    actions_by_number.save(world.recipient, [wanted(first, seen=Action.PENDING)], by=BY)
    assert world.now(first).decision.moved_to == 202411
    assert RecipientDesk.objects.get(recipient=world.recipient, filed_at=None).changes == 1


def test_many_documents_cost_as_many_statements_as_few(world):
    records = [world.saves() for _ in range(60)]

    def statements(some):
        items = [
            wanted(r, Action.REJECTED if n % 2 else Action.ACCEPTED, remarks=f"Remark {n}")
            for n, r in enumerate(some)
        ]
        with CaptureQueriesContext(connection) as seen:
            assert codes(actions_by_number.save(world.recipient, items, by=BY)) == [None] * len(some)
        return len(seen)

    # This first action also creates rows that later actions only update. The test counts only the SQL
    # statements of later actions.
    world.acts("reset", records[0])
    assert statements(records[:4]) == statements(records[4:])
