"""R-098: if a supplier has not paid the tax, the recipient's credit on the supplier's documents is reversed
in Table 4(B)(2) of GSTR-3B."""

from __future__ import annotations

import pytest

from gstr2b import rule37a
from gstr2b.statement import table4
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from returns.gstr3b import filing
from tests.world import BY

OCTOBER = TaxPeriod(2024, 10)


@pytest.fixture
def availed(world):
    world.record, world.refusal = world.saves(), world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("reject", world.refusal)
    world.goes_to("2024-11-18 10:00")
    world.files_3b("2024-10")
    return world


def _file_months(world, upto: str) -> None:
    while world.recipient.opens.iso <= upto:
        period = world.recipient.opens
        world.goes_to(f"{period.offset(1).iso}-16 10:00")
        filing.file(world.recipient, period, by=BY)


def test_flagged_documents_are_in_the_next_statement_and_in_4b2(availed):
    world = availed
    assert (
        rule37a.flag(world.supplier, OCTOBER, by=BY) == 0
    )  # documents can be flagged only after the 30 September that follows the credit's financial year
    _file_months(world, "2025-08")
    world.goes_to("2025-10-02 10:00")
    assert rule37a.flag(world.supplier, OCTOBER, by=BY) == 1
    assert rule37a.flag(world.supplier, OCTOBER, by=BY) == 0
    world.goes_to("2025-10-15 10:00")
    statement = world.statement("2025-09")
    line = statement.lines.get()
    assert (line.section, line.row, line.record_id) == ("REV_37A", "4B2", world.record.pk)
    filled = table4.fill(statement)
    assert filled["4B2"].igst == 180_000
    assert filled["4A5"].is_zero


def test_a_supplier_who_has_filed_is_not_flagged(availed):
    filing.file(availed.supplier, OCTOBER, by=BY)
    with pytest.raises(Refused):
        rule37a.flag(availed.supplier, OCTOBER, by=BY)


def test_r098_credit_given_back_by_a_later_amendment_is_not_reversed_again(availed):
    """An accepted amendment lowered the invoice from 10,000 to 4,000. Of the credit of 1,800, only 720 is
    left, so only 720 is reversed."""
    world = availed
    cut = world.saves(amends=world.record, taxable=4_000, period="2024-11")
    world.goes_to("2024-12-10 10:00")
    world.files("2024-11")
    world.acts("accept", cut)
    _file_months(world, "2025-08")
    world.goes_to("2025-10-02 10:00")
    assert rule37a.flag(world.supplier, OCTOBER, by=BY) == 1
    world.goes_to("2025-10-15 10:00")
    assert table4.fill(world.statement("2025-09"))["4B2"].igst == 72_000


def test_r098_a_document_cut_to_nothing_is_not_flagged(availed):
    world = availed
    cut = world.saves(amends=world.record, taxable=0, period="2024-11")
    world.goes_to("2024-12-10 10:00")
    world.files("2024-11")
    world.acts("accept", cut)
    _file_months(world, "2025-08")
    world.goes_to("2025-10-02 10:00")
    assert rule37a.flag(world.supplier, OCTOBER, by=BY) == 0
