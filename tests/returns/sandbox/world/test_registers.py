"""Each recipient of the sample world has a register, and together the registers show the classes of the matcher. The
example files are read without a question."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db.models import F

from invoices.matching.ladder import Class
from invoices.models import Record, Taxpayer
from invoices.register import reading
from invoices.register.models import ALONE, REPEATED, Finding, RegisterUpload
from invoices.rules.situation import Route
from returns.sandbox.world.cast import PLAYERS

pytestmark = pytest.mark.once
EXAMPLES = sorted(Path("docs/examples").glob("purchases-*"))


def test_each_recipient_has_a_register_and_each_document_a_finding(db, sample_world):
    sample_world(records=240)
    received = Record.objects.filter(route=Route.IMS.value, recipient__in=Taxpayer.objects.all())
    recipients = {
        pk
        for pk in received.values_list("recipient_id", flat=True).distinct()
        if Taxpayer.objects.get(pk=pk).registration.has_ims
    }
    uploads = RegisterUpload.objects.filter(rows=F("rows_used") + F("rows_left_out"))
    assert set(uploads.values_list("taxpayer_id", flat=True)) >= recipients
    found = set(Finding.objects.filter(until__isnull=True).values_list("match_class", flat=True))
    assert found >= {*(one.value for one in Class), ALONE, REPEATED} - {Class.MANUAL.value}
    roots = {
        root or pk for root, pk in received.filter(recipient_id__in=recipients).values_list("root_id", "pk")
    }
    held = Finding.objects.filter(until__isnull=True, root_id__isnull=False)
    assert set(held.values_list("root_id", flat=True)) == roots


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_register_is_recognised_and_asks_nothing(path):
    found = reading.look(
        path.read_bytes(), path.name, own_gstin=PLAYERS["sahyadri"].gstin, today=date(2024, 11, 12)
    )
    assert found.layout
    assert found.questions == ()
    assert len(reading.joined(reading.rows(found)).documents) > 60


def test_there_is_an_example_of_each_kind_of_program():
    assert [path.name for path in EXAMPLES] == [
        "purchases-erpnext.csv",
        "purchases-gstn-template.xlsx",
        "purchases-tally.xlsx",
    ]
