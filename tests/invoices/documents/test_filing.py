"""R-021: filing a form is one event, also when the form has no documents."""

from __future__ import annotations

from datetime import date

import pytest

from ims_portal.kernel.periods import TaxPeriod
from invoices.documents import filing
from invoices.models import JournalEntry
from invoices.rules.calendar import Form
from tests.world import BY

pytestmark = pytest.mark.once


@pytest.mark.parametrize("documents", [0, 2])
def test_a_form_marked_as_filed_twice_has_one_journal_entry(world, documents):
    for _ in range(documents):
        world.saves()
    marked = [
        filing.mark_filed(world.supplier, form, TaxPeriod(2024, 10), on=date(2024, 10, 28), by=BY)
        for form in (Form.GSTR1, Form.GSTR1, Form.GSTR1A)
    ]
    assert marked == [documents, 0, 0]
    noted = JournalEntry.objects.filter(event="form filed").order_by("pk")
    assert [entry.after["form"] for entry in noted] == ["GSTR-1", "GSTR-1A"]
