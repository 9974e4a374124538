"""A person uploads a register, sees what was read, answers questions, and takes the bills over. Nothing is saved before
that. Each row of the file is accounted for."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from invoices import kept_files
from invoices.models import Job, JournalEntry, Role
from invoices.register import intake, match, matching_job, uploading
from invoices.register.models import Bill, Finding, MatchRun, RegisterUpload
from tests.desk_pages import at, client_for
from tests.invoices.register.files import template, template_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world):
    return client_for(world, Role.PREPARER)


def sent(client, world, data: bytes, name: str = "October.xlsx"):
    """Upload a file, and return the page that shows what was read."""
    return client.post(at(world, "register/"), {"file": SimpleUploadedFile(name, data)}, follow=True)


def register(world, *rows) -> bytes:
    return template(world.recipient.gstin, *rows)


def october(world) -> bytes:
    """Return a register with two bills, one of them in two rows, and a total."""
    return register(
        world,
        template_row(world.supplier, "A-1", taxable=1_000),
        template_row(world.supplier, "A-2", taxable=2_000),
        template_row(world.supplier, "A-2", taxable=500, tax=25),
        ["", "Grand Total", "", "", "", "", 3_500, 565, 0, 0, 0],
    )


def path_of(page) -> str:
    return page.redirect_chain[-1][0]


def test_a_file_is_read_reviewed_taken_over_and_matched(world, client):
    record = world.saves(number="A/001", document_date="2024-10-15", taxable=1_000)
    page = sent(client, world, october(world))
    text = page.content.decode()
    assert "Take over 2 bills" in text
    assert not RegisterUpload.objects.exists()
    assert not Bill.objects.exists()

    done = client.post(path_of(page), {"mode": "take"}, follow=True)
    upload = RegisterUpload.objects.get()
    assert path_of(done).endswith(f"/register/uploads/{upload.pk}/")
    assert (upload.rows, upload.documents, upload.rows_left_out) == (4, 2, 1)
    assert Finding.objects.get(record=record, until=None).match_class == "EXACT"
    bills = client.get(at(world, "register/bills/")).content.decode()
    assert f"/ims/records/{record.pk}/" in bills


def test_each_number_of_the_result_leads_to_its_rows(world, client):
    page = sent(client, world, october(world))
    done = client.post(path_of(page), {"mode": "take"}, follow=True)
    links = dict(re.findall(r'href="(/t/[^"]+/rows/\?part=([a-z-]+))"', done.content.decode()))
    counts = {
        part: client.get(link).content.decode().count('<th scope="row">') for link, part in links.items()
    }
    assert counts == {"documents": 2, "joined": 1, "left-out": 1, "new": 2, "same": 0, "changed": 0}
    left = client.get(next(link for link, part in links.items() if part == "left-out")).content.decode()
    assert "The row is the total of rows above it." in left
    assert "row 9" in left


def test_a_question_is_asked_before_anything_is_taken_over(world, client):
    def bare(day: str) -> bytes:
        lines = [
            "Supplier GSTIN,Supplier Name,Invoice Number,Invoice Date,Taxable Value,IGST Amount",
            f"{world.supplier.gstin},Supplier,A-1,{day},1000,180",
        ]
        return "\n".join(lines).encode()

    page = sent(client, world, bare("03/10/2024"), "october.csv")
    text = page.content.decode()
    assert "One question" in text
    assert 'value="take"' not in text
    refused = client.post(path_of(page), {"mode": "take"}, follow=True)
    assert "Answer the questions about the register first." in refused.content.decode()
    assert not Bill.objects.exists()

    again = client.post(path_of(page), {"mode": "check", "a:dates:document_date": "mdy"}, follow=True)
    assert "Take over 1 bill" in again.content.decode()
    other = client.post(path_of(page), {"mode": "check", "a:dates:document_date": "dmy"}, follow=True)
    assert path_of(other) != path_of(again)
    client.post(path_of(other), {"mode": "take"})
    assert Bill.objects.get().document_date.isoformat() == "2024-10-03"

    forgotten = client.post(path_of(other), {"mode": "forget"}, follow=True)
    assert "One question" in forgotten.content.decode()
    month_later = sent(client, world, bare("03/11/2024"), "november.csv")
    assert "One question" not in month_later.content.decode()


def test_a_column_that_a_person_chose_is_read(world, client):
    lines = [
        "Supplier GSTIN,Supplier Name,Invoice Number,Invoice Date,Taxable Value,IGST Amount,Other No",
        f"{world.supplier.gstin},Supplier,A-1,25/10/2024,1000,180,B-77",
    ]
    page = sent(client, world, "\n".join(lines).encode(), "october.csv")
    assert "Take over 1 bill" in page.content.decode()
    changed = client.post(
        path_of(page),
        {"mode": "check", "a:column:number": "other no", "a:column:igst": "igst amount"},
        follow=True,
    )
    fields = Job.objects.order_by("-pk")[0].result["parts"][0]["fields"]
    assert {one["name"]: one["how"] for one in fields}["igst"] != "person"
    client.post(path_of(changed), {"mode": "take"})
    assert Bill.objects.get().number == "B-77"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.xlsx"),
        (b"PK\x03\x04 broken", "broken.xlsx"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "page.xls"),
        (b"just words\nand more words\n", "words.csv"),
        (b"<ENVELOPE><BODY></BODY></ENVELOPE>", "tally.xml"),
    ],
)
def test_a_bad_file_is_told_and_changes_nothing(world, client, data, name):
    page = sent(client, world, data, name)
    text = page.content.decode()
    if data:
        assert "REG-" in text
        assert "Nothing was saved." in text
    else:
        assert page.status_code == 422
    assert not RegisterUpload.objects.exists()
    assert not Bill.objects.exists()


def test_another_companys_register_is_refused(world, client):
    other = template(world.supplier.gstin, template_row(world.supplier, "A-1"))
    text = sent(client, world, other).content.decode()
    assert "REG-OTHER-COMPANY" in text
    assert world.supplier.gstin in text


def test_a_file_is_taken_over_once_although_asked_twice(world, client):
    page = sent(client, world, october(world))
    for _ in range(2):
        client.post(path_of(page), {"mode": "take"})
    assert RegisterUpload.objects.count() == 1
    assert JournalEntry.objects.filter(event="register taken over").count() == 1


def test_a_take_over_that_fails_in_the_middle_leaves_nothing(world, client, monkeypatch):
    page = sent(client, world, october(world))

    def breaks(*_args, **_more):
        raise RuntimeError("the power fails")

    with monkeypatch.context() as broken:
        broken.setattr(intake, "take_over", breaks)
        client.post(path_of(page), {"mode": "take"})
    assert not RegisterUpload.objects.exists()
    assert not Bill.objects.exists()
    # a job that is stopped before the match does not take over again
    with monkeypatch.context() as broken:
        broken.setattr(match, "run", breaks)
        job = Job.objects.get(kind=uploading.KIND, payload__step="take")
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        uploading.jobs.run(job.pk)
    assert RegisterUpload.objects.count() == 1
    assert not MatchRun.objects.exists()
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    assert uploading.jobs.run(job.pk).state == Job.State.DONE
    assert RegisterUpload.objects.count() == 1
    assert MatchRun.objects.count() == 1


def test_a_large_file_is_read_and_taken_over_by_jobs(world, client, monkeypatch):
    monkeypatch.setattr(kept_files, "BYTES_AT_ONCE", 10)
    monkeypatch.setattr(matching_job, "AT_ONCE", 0)
    monkeypatch.setattr(uploading, "MANY", 1)
    page = sent(client, world, october(world))
    assert "The file is being read" in page.content.decode()
    job = Job.objects.get(kind=uploading.KIND)
    uploading.jobs.run(job.pk)
    assert "Take over 2 bills" in client.get(path_of(page)).content.decode()
    wait = client.post(path_of(page), {"mode": "take"}, follow=True)
    assert "The bills are being taken over and matched" in wait.content.decode()
    assert not Bill.objects.exists()
    uploading.jobs.run(Job.objects.exclude(pk=job.pk).get(kind=uploading.KIND).pk)
    assert Bill.objects.count() == 2
    asked = client.post(at(world, "register/match/"), follow=True)
    assert "The register is being matched." in asked.content.decode()
    client.post(at(world, "register/match/"))
    assert Job.objects.filter(kind=matching_job.KIND).count() == 1


def test_a_file_that_is_read_otherwise_now_is_checked_again(world, client):
    page = sent(client, world, october(world))
    job = Job.objects.get(kind=uploading.KIND)
    job.result["mapping"]["answers"] = {"dates:document_date": "mdy"}
    job.save()
    done = client.post(path_of(page), {"mode": "take"}, follow=True)
    assert "REG-RECHECK" in done.content.decode()
    assert not Bill.objects.exists()


def test_a_stranger_sees_nothing_of_another_register(world, client):
    page = sent(client, world, october(world))
    client.post(path_of(page), {"mode": "take"})
    upload, job = RegisterUpload.objects.get(), Job.objects.filter(kind=uploading.KIND).first()
    stranger = Client()
    stranger.force_login(world.person("stranger", *Role, at=world.supplier))
    paths = [
        "register/",
        "register/bills/",
        "register/gone/",
        "register/download/csv/",
        "register/download/xlsx/",
        f"register/files/{job.pk}/",
        f"register/uploads/{upload.pk}/",
        f"register/uploads/{upload.pk}/rows/?part=documents",
    ]
    for path in paths:
        assert stranger.get(at(world, path)).status_code == 404, path
        if "/" in path.rstrip("/") and any(digit.isdigit() for digit in path):
            own = at(world, path).replace(world.recipient.gstin, world.supplier.gstin)
            assert stranger.get(own).status_code == 404, own
    assert (
        stranger.post(f"/t/{world.supplier.gstin}/register/files/{job.pk}/", {"mode": "take"}).status_code
        == 404
    )


def test_a_viewer_reads_and_cannot_upload(world, client):
    page = sent(client, world, october(world))
    viewer = client_for(world, Role.VIEWER, name="viewer")
    assert viewer.get(path_of(page)).status_code == 200
    assert viewer.post(path_of(page), {"mode": "take"}).status_code == 403
    assert sent(viewer, world, october(world)).status_code == 403
    assert viewer.post(at(world, "register/match/")).status_code == 403
    assert not Bill.objects.exists()


def test_bills_that_a_later_file_has_no_more_wait_for_a_decision(world, client):
    record = world.saves(number="A-1", document_date="2024-10-15", taxable=1_000)
    first = register(
        world,
        template_row(world.supplier, "A-1", taxable=1_000),
        template_row(world.supplier, "A-2", "01-10-2024"),
        template_row(world.supplier, "A-3", "31-10-2024"),
    )
    later = register(
        world,
        template_row(world.supplier, "A-2", "01-10-2024"),
        template_row(world.supplier, "A-3", "31-10-2024"),
    )
    for data in (first, later):
        client.post(path_of(sent(client, world, data)), {"mode": "take"})
    missing = Bill.objects.get(number="A-1")
    gone = at(world, "register/gone/")
    assert "A-1" in client.get(gone).content.decode()
    assert Finding.objects.get(record=record, until=None).match_class == "ALONE"

    assert "Nothing was done" in client.post(gone, {"mode": "gone"}, follow=True).content.decode()
    client.post(gone, {"mode": "stay", "bill": missing.pk})
    assert Finding.objects.get(record=record, until=None).match_class == "EXACT"

    client.post(path_of(sent(client, world, later, "again.xlsx")), {"mode": "take"})
    client.post(gone, {"mode": "gone", "every": "yes"})
    missing.refresh_from_db()
    assert missing.until is not None
    assert Bill.objects.filter(until=None).count() == 2
    assert JournalEntry.objects.filter(event="bills gone").count() == 1
