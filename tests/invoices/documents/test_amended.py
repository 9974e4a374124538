"""R-080: an amendment names the version that it amends by number and date. An edit can name another version."""

from __future__ import annotations

from datetime import date

import pytest

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices.documents import saving
from invoices.documents.checking import Incoming, Result
from invoices.models import JournalLine, Record
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind, Standing
from returns.outward import save_and_file as outward
from tests.world import BY

NOVEMBER = TaxPeriod(2024, 11)


@pytest.fixture
def filed(world):
    """Return a world with two filed invoices of October, O-1 of the 10th and O-2 of the 20th. The clock stands
    in November."""
    world.first = world.saves(number="O-1", document_date="2024-10-10", taxable=10_000)
    world.second = world.saves(number="O-2", document_date="2024-10-20", taxable=40_000)
    world.files("2024-10")
    world.goes_to("2024-11-25 10:00")
    world.files_3b("2024-10")
    return world


def sent(world, **named):
    """Save a document as a file would, and return its outcome. `named` changes the document; `of` and `dated`
    name the original."""
    of, dated = named.pop("of"), named.pop("dated")
    values = {"number": "A-1", "document_date": "2024-10-10", "taxable": 20_000} | named
    incoming = Incoming(world.draft(**values), original_number=of, original_date=date.fromisoformat(dated))
    (outcome,) = saving.save_many(world.supplier, Form.GSTR1, NOVEMBER, [incoming], by=BY)
    return outcome


@pytest.mark.parametrize(
    ("of", "dated"),
    [
        ("O-1", "2024-10-11"),
        ("O-1", "2024-04-01"),
        ("O-1", "2023-10-10"),
        ("O-9", "2024-10-10"),
        ("O-2", "2024-10-10"),
    ],
)
def test_r080_number_and_date_of_the_original_must_both_agree(filed, of, dated):
    outcome = sent(filed, of=of, dated=dated)
    assert (outcome.problem.code, outcome.problem.field) == ("BAD_DOC", "original")
    assert "number and date" in outcome.problem.message
    assert Record.objects.filter(tax_period=NOVEMBER.number).count() == 0


def test_r080_a_saved_amendment_sent_with_another_original_amends_that_original(filed):
    """The edit resets the recipient's action (R-040). The version that was amended before can be amended
    again."""
    before = sent(filed, of="O-1", dated="2024-10-10").record
    assert before.effect == 1_800_00
    filed.acts("accept", before)
    outcome = sent(filed, of="O-2", dated="2024-10-20")
    assert outcome.result is Result.CHANGED
    after = filed.now(outcome.record)
    assert (after.amends_id, after.root_id, after.effect) == (filed.second.pk, filed.second.pk, -3_600_00)
    assert (after.decision.action, after.revision, after.standing) == ("N", 2, Standing.BASELINE)
    assert not Record.objects.filter(pk=before.pk).exists()
    line = JournalLine.objects.get(record_id=before.pk, detail__has_key="amends_id")
    assert line.detail["amends_id"] == [filed.first.pk, filed.second.pk]
    assert sent(filed, of="O-2", dated="2024-10-20").result is Result.SAME
    again = sent(filed, of="O-1", dated="2024-10-10", number="A-2")
    assert again.result is Result.SAVED
    taken = sent(filed, of="O-1", dated="2024-10-10")
    assert "The saved document A-2 (GSTR-1 Nov 2024) amends O-1 (GSTR-1 Oct 2024)" in taken.problem.message


def test_r080_an_edit_by_id_can_name_another_version(filed):
    amendment = filed.saves(amends=filed.first, period="2024-11", taxable=20_000)
    draft = filed.draft(number="A-1", document_date="2024-10-10", taxable=20_000)
    moved = outward.edit(amendment.pk, filed.supplier, draft, by=BY, amends=filed.second.pk)
    assert (moved.amends_id, moved.effect) == (filed.second.pk, -3_600_00)
    plain = filed.saves(number="P-1", period="2024-11", document_date="2024-11-02")
    with pytest.raises(Refused) as refusal:
        outward.edit(plain.pk, filed.supplier, filed.draft(number="P-1"), by=BY, amends=filed.first.pk)
    assert refusal.value.code == "BAD_DOC"


@pytest.mark.parametrize(
    ("kind", "saved"), [(Kind.INVOICE, False), (Kind.ECO, False), (Kind.CREDIT_NOTE, True)]
)
def test_r080_the_amended_date_is_not_after_the_period_of_the_first_version(world, kind, saved):
    first = world.saves(number="F-1", kind=kind, document_date="2024-10-10")
    world.files("2024-10")
    world.goes_to("2024-11-25 10:00")
    world.saves(amends=first, number="F-2", period="2024-11", document_date="2024-10-31")
    second = Record.objects.get(number="F-2")
    world.files("2024-11")
    world.goes_to("2024-12-20 10:00")
    late = {"amends": second, "number": "F-3", "period": "2024-12", "document_date": "2024-11-01"}
    if saved:
        assert world.saves(**late).number == "F-3"
        return
    with pytest.raises(Refused, match="31-10-2024"):
        world.saves(**late)


def test_r049_an_amendment_linked_to_another_document_cannot_keep_a_number_of_the_first(filed):
    """The saved amendment has the number of the filed invoice O-1. Linked to O-2, it would be a second document
    with this number."""
    kept = filed.saves(amends=filed.first, period="2024-11", taxable=20_000)
    outcome = sent(filed, of="O-2", dated="2024-10-20", number="O-1")
    assert outcome.problem.code == "DUPLICATE_DOC"
    draft = filed.draft(number="O-1", document_date="2024-10-10", taxable=20_000)
    with pytest.raises(Refused) as refusal:
        outward.edit(kept.pk, filed.supplier, draft, by=BY, amends=filed.second.pk)
    assert refusal.value.code == "DUPLICATE_DOC"
    assert filed.now(kept).amends_id == filed.first.pk


def test_r080_the_number_of_a_saved_amendment_is_not_the_number_of_its_original(filed):
    sent(filed, of="O-1", dated="2024-10-10")
    outcome = sent(filed, of="A-1", dated="2024-10-10")
    assert "A-1 (GSTR-1 Nov 2024) is not filed yet" in outcome.problem.message


@pytest.mark.parametrize("order", [("A-1", "A-2"), ("A-2", "A-1")])
def test_r080_two_documents_of_one_file_cannot_amend_the_same_version(filed, order):
    """A-1 is saved and names another original now. A-2 is new and names the same original."""
    sent(filed, of="O-1", dated="2024-10-10", number="A-1")
    draft = {"document_date": "2024-10-10", "taxable": 20_000}
    file = [
        Incoming(filed.draft(number=n, **draft), original_number="O-2", original_date=date(2024, 10, 20))
        for n in order
    ]
    first, second = saving.save_many(filed.supplier, Form.GSTR1, NOVEMBER, file, by=BY)
    assert first.problem is None
    assert second.problem.code == "BAD_DOC"
    assert Record.objects.filter(amends_id=filed.second.pk).count() == 1


def test_r040_the_recipient_sees_that_a_linked_amendment_lost_its_action(filed):
    before = sent(filed, of="O-1", dated="2024-10-10").record
    filed.acts("reject", before)
    after = filed.now(sent(filed, of="O-2", dated="2024-10-20").record)
    assert (after.decision.action, after.decision.cleared_action) == ("N", "R")
    assert after.decision.cleared_at is not None


def test_r080_a_refusal_names_the_form_and_the_period_of_the_original(filed):
    """Guards the words of two refusals: a person who keeps the number needs the form to find the version."""
    sent(filed, of="O-1", dated="2024-10-10", number="O-1")
    filed.goes_to("2024-12-05 10:00")
    filed.files("2024-11")
    replaced = filed.draft(number="O-1", document_date="2024-10-10", taxable=30_000)
    with pytest.raises(Refused, match=r"O-1 \(GSTR-1 Oct 2024\) was amended already"):
        outward.save(
            filed.supplier, Form.GSTR1, TaxPeriod(2024, 12), Incoming(replaced, amends=filed.first.pk), by=BY
        )
    latest = Record.objects.get(amends_id=filed.first.pk)
    late = filed.draft(number="O-1", document_date="2024-11-20", taxable=30_000)
    with pytest.raises(
        Refused, match=r"after 31-10-2024. The original was reported in GSTR-1 of October 2024"
    ):
        outward.save(filed.supplier, Form.GSTR1, TaxPeriod(2024, 12), Incoming(late, amends=latest.pk), by=BY)
