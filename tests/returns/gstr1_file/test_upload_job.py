"""A job loads a large file.

The portal stores the file, loads the file in chunks, and continues after an interruption."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from ims_portal.kernel.clock import real_now
from invoices import jobs, kept_files, locks
from invoices.documents.bulk.compare import Staging
from invoices.journal.writing import By
from invoices.models import Job, JournalEntry, Record, Role
from invoices.rules.calendar import Form
from returns.gstr1_file import job as upload_job
from returns.gstr1_file import load
from tests.api_client import api_for
from tests.returns.gstr1_file.test_cost import file_of

DOCUMENTS = 3000
UPLOAD = "forms/gstr1/102024/upload/"


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(upload_job, "BYTES_AT_ONCE", 100)
    monkeypatch.setattr(load, "CHUNK", 500)
    monkeypatch.setattr(load, "MOST_UNREAD", 1000)


@pytest.fixture
def page(world, client):
    client.force_login(world.person("clerk", Role.SUPPLIER_CLERK, at=world.supplier))
    return f"/t/{world.supplier.gstin}/gstr1/102024/upload/"


def upload_form(data: bytes, mode: str = "good"):
    return {"file": SimpleUploadedFile("../../x\x00.json", data), "mode": mode}


def test_the_page_shows_the_progress_of_an_upload_and_then_its_result(world, client, page):
    reply = client.post(page, upload_form(file_of(world, "A", DOCUMENTS)))
    job = Job.objects.get(kind="upload")
    assert reply.url == f"/t/{world.supplier.gstin}/jobs/{job.pk}/"
    assert (job.total_count, Record.objects.count()) == (DOCUMENTS, 0)
    assert f"0 of {DOCUMENTS:,}" in client.get(reply.url).content.decode()
    assert jobs.run(job.pk).state == Job.State.DONE
    assert Record.objects.count() == DOCUMENTS
    account = f"{page}?job={job.pk}"
    assert account in client.get(reply.url).content.decode()
    assert "Saved." in client.get(account).content.decode()
    assert list(kept_files.folder().iterdir()) == []


def test_the_result_of_a_file_is_shown_only_in_its_own_form_and_to_its_own_taxpayer(world, client, page):
    client.post(page, upload_form(file_of(world, "A", 10)))
    job = Job.objects.get(kind="upload")
    jobs.run(job.pk)
    assert client.get(f"{page}?job={job.pk}").status_code == 200
    assert client.get(page.replace("102024", "092024") + f"?job={job.pk}").status_code == 404
    assert client.get(f"{page}?job={job.pk + 1}").status_code == 404
    client.force_login(world.person("elsewhere", Role.SUPPLIER_CLERK, at=world.recipient))
    other = page.replace(world.supplier.gstin, world.recipient.gstin)
    assert client.get(f"{other}?job={job.pk}").status_code == 404


def test_a_file_that_is_no_return_of_this_form_is_refused_at_once_and_not_kept(world, client, page):
    wrong = file_of(world, "A", 10).replace(b"102024", b"092024")
    assert "IMP-PERIOD" in client.post(page, upload_form(wrong)).content.decode()
    world.files("2024-10")
    closed = client.post(page, upload_form(file_of(world, "A", 10)))
    assert (closed.status_code, "already filed" in closed.content.decode()) == (422, True)
    assert not Job.objects.exists()
    assert list(kept_files.folder().iterdir()) == []


def test_a_truncated_file_is_reported_and_nothing_is_saved(world, client, page):
    client.post(page, upload_form(file_of(world, "A", DOCUMENTS)[:-40]))
    job = jobs.run(Job.objects.get(kind="upload").pk)
    assert job.state == Job.State.DONE
    assert job.result["error"]["code"] == "IMP-FORMAT"
    assert not Record.objects.exists()
    assert "the end is missing" in client.get(f"{page}?job={job.pk}").content.decode()


def test_a_job_cut_short_is_finished_by_the_next_run_and_saves_nothing_twice(
    world, client, page, monkeypatch
):
    client.post(page, upload_form(file_of(world, "A", DOCUMENTS)))
    job = Job.objects.get(kind="upload")
    merge, calls = Staging.merge, []

    def cut_short(self, *given, **how):
        calls.append(1)
        if len(calls) == 2:
            raise ConnectionResetError("the worker died")
        return merge(self, *given, **how)

    monkeypatch.setattr(Staging, "merge", cut_short)
    assert jobs.run(job.pk).state == Job.State.QUEUED
    saved = Record.objects.count()
    assert 0 < saved < DOCUMENTS
    Job.objects.filter(pk=job.pk).update(lease_until=real_now())
    done = jobs.run(job.pk)
    assert (done.state, Record.objects.count()) == (Job.State.DONE, DOCUMENTS)
    assert (done.result["same"], done.result["saved"]) == (saved, DOCUMENTS - saved)
    told = JournalEntry.objects.filter(event__in=["document saved", "documents saved"])
    assert sum(told.values_list("record_count", flat=True)) == DOCUMENTS


def test_a_program_gets_a_job_whose_result_is_the_report_of_the_file(world):
    seller = api_for(world, at=world.supplier, name="seller")
    asked = seller.post(UPLOAD, file_of(world, "A", DOCUMENTS))
    assert (asked.status_code, asked.json()["total"]) == (202, DOCUMENTS)
    jobs.run(asked.json()["id"])
    found = seller.get(f"jobs/{asked.json()['id']}/").json()
    assert (found["state"], found["done"], found["result"]["saved"]) == ("done", DOCUMENTS, DOCUMENTS)
    checked = seller.post(f"{UPLOAD}?mode=check", file_of(world, "B", 20))
    jobs.run(checked.json()["id"])
    assert (Job.objects.get(pk=checked.json()["id"]).result["saved"], Record.objects.count()) == (
        20,
        DOCUMENTS,
    )
    wrong = seller.post(UPLOAD, b" " * 200)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "IMP-FORMAT")


def test_the_file_is_kept_until_the_job_says_that_it_is_done(world, client, page):
    client.post(page, upload_form(file_of(world, "A", 10)))
    job = Job.objects.get(kind="upload")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempts=1)
    job.refresh_from_db()
    assert upload_job.run(job)["saved"] == 10
    # the worker is killed at this moment: all documents are saved, but the job's row is not marked as done
    Job.objects.filter(pk=job.pk).update(lease_until=real_now())
    again = jobs.run(job.pk)
    assert (again.state, again.result.get("error"), again.result["same"]) == (Job.State.DONE, None, 10)
    assert list(kept_files.folder().iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_each_chunk_is_committed_before_the_next_so_that_others_save_in_between(world, monkeypatch, settings):
    settings.UPLOAD_CHUNKS_AT_ONCE = 1
    took, inside = locks.supplier, []

    def noted(supplier):
        inside.append(len(connection.savepoint_ids))
        took(supplier)

    monkeypatch.setattr(locks, "supplier", noted)
    load.load(world.supplier, Form.GSTR1, file_of(world, "A", DOCUMENTS), by=By(source="test"))
    # Each number is the count of open savepoints when the portal locks the supplier. 0: the transaction of a
    # chunk is not inside another transaction. 1: a document that needs the full check is saved in a savepoint
    # of the chunk's transaction.
    assert len(inside) > 1
    assert set(inside) == {0, 1}
