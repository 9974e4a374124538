"""On PostgreSQL, an amendment has the right standing if suppliers amend while a recipient decides or files GSTR-3B."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import connection, transaction

from gstr2b import generation
from ims_portal.kernel.periods import TaxPeriod
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.documents import placing, saving
from invoices.models import Record
from invoices.rules.calendar import Form
from invoices.rules.situation import Action, Kind
from returns.gstr1_file import load
from returns.gstr3b import filing as gstr3b
from returns.outward import save_and_file as outward
from tests.concurrency.meanwhile import OCTOBER, Meanwhile, fresh
from tests.world import BY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SKIPPED: SQLite excludes writers altogether"
    ),
]


def amended_note(world):
    """Return four things: a recipient who files quarterly, the values of a credit note, the filed credit
    note, and an unfiled amendment of the credit note."""
    quarterly = world.taxpayer("29", 3100, frequency="Q")
    about = {"recipient": quarterly.gstin, "place_of_supply": "29", "kind": Kind.CREDIT_NOTE}
    original = world.saves(number="O1", taxable=10_000, **about)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-28 10:00")
    amendment = world.saves(
        amends=world.now(original), form=Form.GSTR1, period="2024-11", taxable=12_000, **about
    )
    return quarterly, about, original, amendment


def test_t1_an_edit_of_an_amendment_is_not_written_over_by_a_decision_on_its_original(world):
    quarterly, about, original, amendment = amended_note(world)
    with transaction.atomic():
        world.edits(world.now(amendment), taxable=5000, **about)
        rejecting = Meanwhile(
            lambda: actions.take_one(fresh(quarterly), original.pk, Asked(Action.REJECTED), by=BY)
        )
    rejecting.join()
    assert rejecting.error is None
    told = world.now(amendment).label
    with transaction.atomic():
        assert not placing.restand([world.now(amendment)])
    assert world.now(amendment).label == told


@pytest.mark.parametrize("way", ["form", "upload"])
def test_t1_an_edit_that_waited_for_a_decision_on_the_original_is_placed_by_that_decision(world, way):
    quarterly, about, original, amendment = amended_note(world)
    day = f"{original.document_date:%d-%m-%Y}"
    note = {"ntty": "C", "nt_num": "O1", "nt_dt": day, "ont_num": "O1", "ont_dt": day}
    note |= {"pos": "29", "rchrg": "N", "itms": [{"itm_det": {"rt": 18, "txval": 5000, "iamt": 900}}]}
    parties = [{"ctin": quarterly.gstin, "nt": [note]}]
    body = json.dumps({"gstin": world.supplier.gstin, "fp": "112024", "cdnra": parties}).encode()

    def edit() -> None:
        if way == "upload":
            load.load(fresh(world.supplier), Form.GSTR1, body, by=BY)
        else:
            world.edits(world.now(amendment), taxable=5000, **about)

    with transaction.atomic():
        actions.take_one(fresh(quarterly), original.pk, Asked(Action.REJECTED), by=BY)
        editing = Meanwhile(edit)
    editing.join()
    assert editing.error is None
    assert world.now(amendment).taxable == 500_000
    with transaction.atomic():
        assert not placing.restand([world.now(amendment)])


def is_placed_by_the_present_facts(record) -> bool:
    with transaction.atomic():
        return not placing.restand([record])


def sends_amendment(world, recipient, way: str) -> None:
    """Save an amendment of the credit note O1, by the form or by a file."""
    note = Record.objects.get(number="O1")
    day = f"{note.document_date:%d-%m-%Y}"
    sent = {
        "ntty": "C",
        "nt_num": "A1",
        "nt_dt": day,
        "ont_num": "O1",
        "ont_dt": day,
        "pos": "29",
        "rchrg": "N",
    }
    sent |= {"itms": [{"itm_det": {"rt": 18, "txval": 5000, "iamt": 900}}]}
    parties = [{"ctin": recipient.gstin, "nt": [sent]}]
    if way == "upload":
        body = {"gstin": world.supplier.gstin, "fp": "112024", "cdnra": parties}
        load.load(fresh(world.supplier), Form.GSTR1, json.dumps(body).encode(), by=BY)
    else:
        about = {"recipient": recipient.gstin, "place_of_supply": "29", "kind": Kind.CREDIT_NOTE}
        world.saves(amends=note, number="A1", form=Form.GSTR1, period="2024-11", taxable=5000, **about)


@pytest.mark.parametrize("way", ["form", "upload"])
def test_t1_a_new_amendment_waits_for_a_decision_on_its_original(world, way):
    """The decision decides whether the amendment can be kept pending. It would not see the new amendment."""
    quarterly, _about, original, amendment = amended_note(world)
    saving.delete(amendment.pk, world.supplier, by=BY)
    with transaction.atomic():
        actions.take_one(fresh(quarterly), original.pk, Asked(Action.REJECTED), by=BY)
        amending = Meanwhile(lambda: sends_amendment(world, quarterly, way))
    amending.join()
    assert amending.error is None
    saved = Record.objects.get(number="A1")
    assert saved.standing == "Q"
    assert is_placed_by_the_present_facts(saved)


@pytest.mark.parametrize("way", ["form", "upload"])
def test_r082_a_new_amendment_waits_for_the_gstr3b_that_closes_its_original(world, way):
    about = {"kind": Kind.CREDIT_NOTE, "place_of_supply": "29"}
    world.saves(number="O1", taxable=10_000, **about)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-19 10:00")
    with transaction.atomic():
        gstr3b.file(fresh(world.recipient), OCTOBER, by=BY)
        amending = Meanwhile(lambda: sends_amendment(world, world.recipient, way))
    amending.join()
    assert amending.error is None
    saved = Record.objects.get(number="A1")
    assert saved.standing == "A"
    assert is_placed_by_the_present_facts(saved)


def test_t1_an_amendment_linked_to_another_original_waits_for_a_decision_on_that_original(world):
    quarterly, about, _original, amendment = amended_note(world)
    other = world.saves(number="O2", taxable=10_000, period="2024-11", form=Form.GSTR1, **about)
    Record.objects.filter(pk=other.pk).update(filing="F", filed_on=date(2024, 11, 28))
    draft = world.draft(number="A1", taxable=5000, **about)
    with transaction.atomic():
        actions.take_one(fresh(quarterly), other.pk, Asked(Action.REJECTED), by=BY)
        linking = Meanwhile(
            lambda: outward.edit(amendment.pk, fresh(world.supplier), draft, by=BY, amends=other.pk)
        )
    linking.join()
    assert linking.error is None
    saved = Record.objects.get(number="A1")
    assert (saved.amends_id, saved.standing) == (other.pk, "Q")
    assert is_placed_by_the_present_facts(saved)


def test_r082_an_amendment_filed_while_its_originals_period_closes_is_free(world, monkeypatch):
    original = world.saves(taxable=10_000)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-19 10:00")
    amendment = world.saves(amends=world.now(original), form=Form.GSTR1, period="2024-11", taxable=12_000)
    settle, filing = placing.settle_filed_amendments, []

    def settled(records) -> None:
        settle(records)
        if not filing:
            filing.append(None)
            filing[0] = Meanwhile(
                lambda: outward.file(fresh(world.supplier), Form.GSTR1, TaxPeriod(2024, 11), by=BY)
            )

    monkeypatch.setattr(placing, "settle_filed_amendments", settled)
    generation.generate(fresh(world.recipient), OCTOBER, by=BY)
    gstr3b.file(fresh(world.recipient), OCTOBER, by=BY)
    filing[0].join()
    assert filing[0].error is None
    assert world.now(amendment).filing == "F"
    assert world.now(amendment).standing == "A"
