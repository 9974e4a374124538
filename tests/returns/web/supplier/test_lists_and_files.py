"""Lists of outward documents show the actions of recipients. When a file is loaded, the page reports each
refusal."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from invoices.models import Record
from invoices.rules.situation import Kind
from tests.returns.gstr1_file.documents import invoice
from tests.returns.web.supplier.supplier_pages import form_values, text

pytestmark = pytest.mark.once

# tests of lists


def test_a_list_shows_and_filters_the_actions_of_recipients(world, clerk, url):
    yes, no = world.saves(number="A-1"), world.saves(number="A-2")
    world.saves(number="A-3", reverse_charge=True)
    world.acts("accept", yes)
    world.acts("reject", no, remarks="<b>not ours</b>")
    page = text(clerk.get(url("b2b/")))
    assert "&lt;b&gt;not ours&lt;/b&gt;" in page
    assert "Reverse charge" in page
    for query, numbers in (
        ({"action": "R"}, ["A-2"]),
        ({"action": "L"}, ["A-3"]),
        ({"q": "a-1"}, ["A-1"]),
        ({"q": "\x00"}, ["A-1", "A-2", "A-3"]),
    ):
        found = [line.record.number for line in clerk.get(url("b2b/"), query).context["page"].lines]
        assert found == numbers, query


def test_pages_follow_each_other_without_gap_or_repeat(world, clerk, url, monkeypatch):
    from returns.web.supplier import forms

    monkeypatch.setattr(forms, "PAGE_SIZE", 2)
    for _ in range(5):
        world.saves()
    seen, after = [], ""
    while after is not None:
        page = clerk.get(url("b2b/"), {"after": after}).context["page"]
        seen += [line.record.pk for line in page.lines]
        after = page.next_after
    assert seen == sorted(Record.objects.values_list("pk", flat=True))


def test_credit_notes_lower_the_sums_of_their_table(world, clerk, url):
    world.saves(number="D-1", kind=Kind.DEBIT_NOTE, taxable=1000)
    world.saves(number="C-1", kind=Kind.CREDIT_NOTE, taxable=3000)
    notes = next(t for t in clerk.get(url()).context["sums"] if t.table.slug == "notes")
    assert (notes.count, notes.taxable, notes.tax.igst) == (2, -2_000_00, -360_00)


@pytest.mark.parametrize("route", ["", "b2b/", "file/"])
def test_queries_do_not_grow_with_documents(world, signatory, url, route, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    world.saves()
    signatory.get(url(route))
    with CaptureQueriesContext(connection) as few:
        signatory.get(url(route))
    for n in range(12):
        record = world.saves(recipient=world.taxpayer("29", 3000 + n).gstin)
        del record
    with CaptureQueriesContext(connection) as many:
        signatory.get(url(route))
    assert len(many) == len(few)


# tests of loading a file on the page


def upload_form(world, *invoices, mode="good", **changed):
    body = {
        "gstin": world.supplier.gstin,
        "fp": "102024",
        "b2b": [{"ctin": world.recipient.gstin, "inv": list(invoices)}],
    }
    data = json.dumps(body | changed).encode()
    return {"file": SimpleUploadedFile("../../x\x00.json", data), "mode": mode}


def test_a_file_loaded_on_the_page_reports_each_refusal(world, clerk, url):
    reply = clerk.post(url("upload/"), upload_form(world, invoice("A-1"), invoice("A-2", pos="88")))
    page = text(reply)
    assert reply.status_code == 200
    assert "b2b[0].inv[1] A-2" in page
    assert "R-142" in page
    assert Record.objects.count() == 1
    again = text(clerk.post(url("upload/"), upload_form(world, invoice("A-1"))))
    assert "No changes." in again


def test_the_modes_all_or_nothing_and_check_save_nothing(world, clerk, url):
    for mode in ("all", "check"):
        reply = clerk.post(
            url("upload/"), upload_form(world, invoice("A-1"), invoice("A-2", pos="88"), mode=mode)
        )
        assert reply.status_code == 200
        assert not Record.objects.exists()


def test_a_file_of_another_format_gets_a_plain_refusal(world, clerk, url, monkeypatch):
    from returns.gstr1_file import job

    assert clerk.post(url("upload/"), {}).status_code == 422
    wrong = clerk.post(url("upload/"), upload_form(world, invoice(), fp="092024"))
    assert wrong.status_code == 400
    assert "IMP-PERIOD" in text(wrong)
    broken = {"file": SimpleUploadedFile("a.json", b'{"gstin": "\xff"'), "mode": "good"}
    assert "line 1, column 12" in text(clerk.post(url("upload/"), broken))
    monkeypatch.setattr(job, "BYTES_AT_ONCE", 5)
    monkeypatch.setattr(job, "MOST_BYTES", 10)
    large = clerk.post(url("upload/"), upload_form(world, invoice()))
    assert large.status_code == 413
    assert "IMP-SIZE" in text(large)
    assert not Record.objects.exists()


def test_a_filed_form_takes_no_file(world, signatory, url):
    world.files("2024-10")
    reply = signatory.post(url("upload/"), upload_form(world, invoice()))
    assert reply.status_code == 422
    assert "already filed" in text(reply)


def test_saved_documents_can_be_downloaded(world, clerk, url):
    clerk.post(url("b2b/new/"), form_values(world))
    reply = clerk.get(url("json/"))
    assert reply["Content-Disposition"] == f'attachment; filename="gstr1_{world.supplier.gstin}_102024.json"'
    assert json.loads(b"".join(reply.streaming_content))["b2b"][0]["inv"][0]["inum"] == "P-1"
