"""R-121: the preview of a batch gives the figure of each record that may be declared, and that is declared now, as the
preview on screen gives the ITC by each answer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.money import TaxAmounts
from invoices.models import Role
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Kind
from tests.api_client import api_for

pytestmark = pytest.mark.once


@pytest.fixture
def notes(world_2025):
    """Return a world with an invoice and three credit notes. One note is accepted with a part of its reduction."""
    world = world_2025
    world.saves(number="INV-1")
    world.notes = [world.saves(number=f"CN-{n}", kind=Kind.CREDIT_NOTE, taxable=1000) for n in range(3)]
    part = Declaration(True, TaxAmounts(igst=100_00))
    world.acts("accept", world.notes[2], remarks="Paid back before", declaration=part)
    return world


def test_the_preview_gives_the_largest_and_the_declared_reduction_of_each_record(notes):
    api = api_for(notes, Role.PREPARER)
    preview = api.post("batches/", {"action": "accept", "filter": {}}).json()["preview"]
    full = {"igst": "180.00", "cgst": "0.00", "sgst": "0.00", "cess": "0.00"}
    assert preview["reductions"] == [
        {"record": notes.notes[0].pk, "number": "CN-0", "largest": full, "declared": None},
        {"record": notes.notes[1].pk, "number": "CN-1", "largest": full, "declared": None},
        {
            "record": notes.notes[2].pk,
            "number": "CN-2",
            "largest": full,
            "declared": {**full, "igst": "100.00"},
        },
    ]
    # the answers of the screen: in full, none, left out; a note without an action counts as accepted in full
    after = [preview[name]["igst"] for name in ("itc_after", "itc_after_no", "itc_after_skip")]
    assert after == ["1440.00", "1800.00", "1440.00"]


def test_a_reset_names_the_declared_reduction_that_it_takes_away(notes):
    api = api_for(notes, Role.PREPARER)
    preview = api.post("batches/", {"action": "reset", "filter": {}}).json()["preview"]
    assert [(one["number"], one["declared"]["igst"]) for one in preview["reductions"]] == [("CN-2", "100.00")]


def test_a_preview_costs_the_same_for_few_and_many_records(notes):
    api = api_for(notes, Role.PREPARER)

    def cost() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert api.post("batches/", {"action": "accept", "filter": {}}).status_code == 201
        return len(counted)

    cost()
    few = cost()
    for n in range(20):
        notes.saves(number=f"MORE-{n}", kind=Kind.CREDIT_NOTE)
    assert cost() == few
