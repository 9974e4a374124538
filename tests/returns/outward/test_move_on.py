"""R-075: if an IFF is not filed by the 13th, its documents move to the next form of the quarter."""

from __future__ import annotations

import pytest

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import JournalEntry, Record, Role
from invoices.rules.calendar import Form
from returns.outward import save_and_file as outward
from tests.world import BY

OCTOBER = TaxPeriod(2024, 10)


@pytest.fixture
def quarterly(world):
    world.quarterly = world.taxpayer("07", 1002, "Yamuna Electricals", frequency="Q")
    world.record = world.saves(by=world.quarterly, form=Form.IFF, period="2024-10")
    return world


def test_an_open_iff_is_filed_not_moved(quarterly):
    with pytest.raises(Refused) as refusal:
        outward.move_on(quarterly.quarterly, OCTOBER, by=BY)
    assert refusal.value.rule == "R-075"


def test_documents_of_a_closed_iff_move_on_and_keep_the_recipients_action(quarterly, client):
    world = quarterly
    world.acts("accept", world.record)
    world.goes_to("2024-11-14 10:00")
    client.force_login(world.person("devendra", Role.SUPPLIER_CLERK, at=world.quarterly))
    address = f"/t/{world.quarterly.gstin}/iff/102024/"
    assert b"Move the documents" in client.get(address).content
    answer = client.post(f"{address}move/")
    assert answer["Location"].endswith("/iff/112024/")
    moved = world.now(world.record)
    assert (moved.form, moved.tax_period, moved.natural_period, moved.decision.action) == (
        "IFF",
        202411,
        202411,
        "A",
    )
    assert JournalEntry.objects.filter(event="documents moved to the next form").count() == 1
    world.goes_to("2024-12-14 10:00")
    form, period, count = outward.move_on(world.quarterly, TaxPeriod(2024, 11), by=BY)
    assert (form, period.iso, count) == (Form.GSTR1, "2024-12", 1)
    world.goes_to("2025-01-10 10:00")
    outward.file(world.quarterly, Form.GSTR1, period, by=BY)
    assert Record.objects.get(pk=world.record.pk).claim_period == 202412
