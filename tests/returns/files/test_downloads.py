"""A download is delivered immediately or made by a job.

A file is complete or does not exist, and nobody gets another person's file."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices import jobs
from invoices.models import Job, JournalEntry, Role
from invoices.rules.situation import Kind
from invoices.workbooks import ims_by_cell
from returns.files import downloads
from returns.files.downloads import Wanted
from tests.returns.files.workbooks import opened, rows_of, signed_in

pytestmark = pytest.mark.once

# tests of delivery


def test_a_small_workbook_comes_at_once_under_the_portals_name(busy):
    client = signed_in(busy, Role.VIEWER)
    gstin = busy.recipient.gstin
    names = {
        reverse("ims_download", args=[gstin]): f"IMS_{gstin}_14112024.xlsx",
        reverse("gstr2b_download", args=[gstin, "102024"]): f"102024_{gstin}_GSTR2B_14112024.xlsx",
        reverse("outward_download", args=[gstin]) + "?period=102024": f"OUTWARD_{gstin}_102024.xlsx",
        reverse("outward_download", args=[gstin]) + "?fy=2024-25": f"OUTWARD_{gstin}_2024-25.xlsx",
    }
    before = JournalEntry.objects.count()
    for address, name in names.items():
        response = client.get(address)
        assert response.status_code == 200, address
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["Cache-Control"] == "no-store"
        assert opened(response).sheetnames
    assert not Job.objects.filter(kind="export").exists()
    assert JournalEntry.objects.count() == before


@pytest.fixture
def large(settings):
    settings.EXPORT_ROWS_AT_ONCE = 2


def test_a_large_workbook_is_requested_by_a_button_and_made_by_a_job(busy, large):
    client = signed_in(busy, Role.VIEWER)
    address = reverse("ims_download", args=[busy.recipient.gstin])
    page = client.get(address)
    assert "Prepare the file" in page.content.decode()
    assert not Job.objects.filter(kind="export").exists(), "GET changes nothing"
    job_page = client.post(address)
    job = Job.objects.get(kind="export")
    assert job_page["Location"] == reverse("job", args=[busy.recipient.gstin, job.pk])
    waiting = client.get(job_page["Location"]).content.decode()
    assert "<progress" in waiting
    assert "Refresh" in waiting
    file = reverse("job_file", args=[busy.recipient.gstin, job.pk])
    assert client.get(file).status_code == 404
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.DONE, "")
    response = client.get(file)
    data = b"".join(response.streaming_content)
    assert job.result["sha256"] == hashlib.sha256(data).hexdigest()
    assert job.result["size"] == len(data)
    assert job.result["rows"] == job.total_count == ims_by_cell.ims_rows(busy.recipient)
    done = client.get(job_page["Location"]).content.decode()
    assert job.result["sha256"] in done
    assert file in done
    assert "data-poll" not in done
    assert job.result["name"] in response["Content-Disposition"]
    assert job.result["name"] not in job.file, "the stored name cannot be guessed"


def test_the_same_request_gets_the_same_file_until_something_changes(busy, large):
    client = signed_in(busy, Role.VIEWER)
    address = reverse("ims_download", args=[busy.recipient.gstin])
    client.post(address)
    first = Job.objects.get(kind="export")
    jobs.run(first.pk)
    assert client.post(address)["Location"].endswith(f"/{first.pk}/")
    busy.acts("accept", busy.waits)
    assert not client.post(address)["Location"].endswith(f"/{first.pk}/")
    assert Job.objects.filter(kind="export").count() == 2


def test_an_expired_file_is_removed_and_can_be_made_again(busy, large):
    client = signed_in(busy, Role.VIEWER)
    address = reverse("gstr2b_download", args=[busy.recipient.gstin, "102024"])
    client.post(address)
    first = Job.objects.get(kind="export")
    first = jobs.run(first.pk)
    path = downloads.path_of(first)
    Job.objects.filter(pk=first.pk).update(finished_at=clock.real_now() - downloads.KEPT * 2)
    assert downloads.drop_old_files() == 1
    assert not path.exists()
    assert (
        "no longer kept" in client.get(reverse("job", args=[busy.recipient.gstin, first.pk])).content.decode()
    )
    second = client.post(address)["Location"]
    assert not second.endswith(f"/{first.pk}/")


def _files_left(settings) -> list[Path]:
    return [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()]


def test_a_job_killed_midway_leaves_no_file_and_another_run_completes_it(busy, large, settings, monkeypatch):
    job = downloads.ask(busy.recipient, Wanted("ims"), by=By_page())
    monkeypatch.setattr(ims_by_cell, "REPORT_EVERY", 1)

    def killed(*args, **kwargs):
        raise RuntimeError("worker gone")

    with monkeypatch.context() as broken:
        broken.setattr(ims_by_cell, "fill_cover", killed)
        failed = jobs.run(job.pk)
    assert failed.state == Job.State.QUEUED
    assert "worker gone" in failed.error
    assert not _files_left(settings)
    # make an incomplete file, like the file that a killed process leaves behind
    work = downloads.folder() / f".{job.pk}-1"
    work.mkdir()
    (work / "workbook.part").write_bytes(b"half")
    done = jobs.run(job.pk)
    assert done.state == Job.State.DONE
    assert [p.name for p in _files_left(settings)] == [Path(done.file).name]
    load_workbook(downloads.path_of(done))


def test_a_worker_that_lost_its_lease_offers_no_file(busy, large, settings, monkeypatch):
    job = downloads.ask(busy.recipient, Wanted("ims"), by=By_page())
    real = ims_by_cell.fill_cover

    def slow(*args):
        # another worker takes the job over while the file is written
        Job.objects.filter(pk=job.pk).update(attempts=7)
        return real(*args)

    monkeypatch.setattr(ims_by_cell, "fill_cover", slow)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.file == ""
    assert not _files_left(settings)


def test_a_failed_download_can_be_tried_again(busy, large):
    client = signed_in(busy, Role.VIEWER)
    job = downloads.ask(busy.recipient, Wanted("ims"), by=By_page())
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, error="disk full", attempts=5)
    page = client.get(reverse("job", args=[busy.recipient.gstin, job.pk])).content.decode()
    assert "Try again" in page
    client.post(reverse("job_retry", args=[busy.recipient.gstin, job.pk]))
    assert jobs.run(job.pk).state == Job.State.DONE


def By_page():
    from invoices.journal.writing import By

    return By(source="page")


def test_nobody_reaches_another_persons_downloads_or_jobs(busy, large):
    job = downloads.ask(busy.recipient, Wanted("ims"), by=By_page())
    jobs.run(job.pk)
    theirs, mine = busy.recipient.gstin, busy.supplier.gstin
    stranger = signed_in(busy, *Role, at=busy.supplier, name="eve")
    for gstin, status in ((theirs, 404), (mine, 404)):
        for name in ("job", "job_file"):
            assert stranger.get(reverse(name, args=[gstin, job.pk])).status_code == status
        assert stranger.post(reverse("job_retry", args=[gstin, job.pk])).status_code == status
    for name, args in (
        ("ims_download", []),
        ("gstr2b_download", ["102024"]),
        ("outward_download", []),
        ("jobs", []),
    ):
        address = reverse(name, args=[theirs, *args])
        assert stranger.get(address).status_code == 404
        assert stranger.post(address).status_code in (404, 405)
        assert Client().get(address)["Location"].startswith("/accounts/login/")
    assert busy.recipient.gstin not in stranger.get(reverse("jobs", args=[mine])).content.decode()
    assert stranger.get(reverse("gstr2b_download", args=[mine, "102024"])).status_code in (200, 404)


@pytest.mark.parametrize("bad", ["132024", "2024-10", "10202", "abcdef"])
def test_a_malformed_period_is_not_found(busy, bad):
    client = signed_in(busy, Role.VIEWER)
    gstin = busy.recipient.gstin
    assert client.get(f"/t/{gstin}/gstr2b/{bad}/download/").status_code == 404
    assert client.get(f"/t/{gstin}/ims/outward/download/?period={bad}").status_code == 404
    assert client.get(f"/t/{gstin}/ims/outward/download/?fy={bad}").status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_download(busy, role):
    client = signed_in(busy, role)
    assert client.get(reverse("ims_download", args=[busy.recipient.gstin])).status_code == 200
    assert client.get(reverse("jobs", args=[busy.recipient.gstin])).status_code == 200


def test_a_polling_script_gets_only_the_state(busy, large):
    client = signed_in(busy, Role.VIEWER)
    job = downloads.ask(busy.recipient, Wanted("ims"), by=By_page())
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING,
        done_count=400,
        total_count=1_000,
        payload={**job.payload, "started_at": (clock.real_now() - downloads.KEPT / 100_000).isoformat()},
    )
    response = client.get(reverse("job", args=[busy.recipient.gstin, job.pk]), headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "<html" not in text
    assert 'data-percent="40"' in text
    assert "rows a second" in text
    assert "left" in text
    assert response["Vary"] == "HX-Request, Cookie" or "HX-Request" in response["Vary"]


def test_the_list_of_jobs_is_paged_and_costs_the_same_for_few_and_many_jobs(
    busy, django_assert_max_num_queries
):
    client = signed_in(busy, Role.VIEWER)
    address = reverse("jobs", args=[busy.recipient.gstin])
    assert "No jobs yet" in client.get(address).content.decode()
    for n in range(30):
        Job.objects.create(
            kind="export",
            key=f"k{n}",
            taxpayer=busy.recipient,
            created_at=clock.real_now(),
            payload={"title": f"Job {n}"},
        )
    with django_assert_max_num_queries(12):
        page = client.get(address).content.decode()
    assert "Job 29" in page
    assert "Job 4<" not in page
    older = Job.objects.get(key="k5").pk
    assert f"?before={older}" in page
    assert "Job 4" in client.get(address, {"before": older}).content.decode()


# tests that all parts of a file show the data of one moment


@pytest.mark.django_db(transaction=True)
def test_a_workbook_shows_one_moment_while_suppliers_go_on(world, large):
    for n in range(5):
        world.saves(number=f"A-{n}", taxable=100)
    world.saves(kind=Kind.CREDIT_NOTE, number="C-1", taxable=100)
    seen = []
    target = BytesIO()

    def meanwhile(rows):
        if not seen:
            world.saves(kind=Kind.CREDIT_NOTE, number="C-LATE", taxable=100)
        seen.append(rows)

    original, ims_by_cell.REPORT_EVERY = ims_by_cell.REPORT_EVERY, 1
    try:
        written = ims_by_cell.write_ims(world.recipient, target, report=meanwhile)
    finally:
        ims_by_cell.REPORT_EVERY = original
    assert written.rows == 6
    book = opened(target.getvalue())
    assert [row["Credit note number"].value for row in rows_of(book["B2B-CN"], 5)] == ["C-1"]
    assert ims_by_cell.ims_rows(world.recipient) == 7


@pytest.mark.django_db(transaction=True)
def test_progress_can_be_watched_while_the_job_runs(world, large, monkeypatch):
    for n in range(4):
        world.saves(number=f"A-{n}", taxable=100)
    monkeypatch.setattr(ims_by_cell, "REPORT_EVERY", 1)
    job = downloads.ask(world.recipient, Wanted("ims"), by=By_page())
    told = []
    real = jobs.progress

    def watched(job, done, total=None):
        real(job, done, total)
        told.append(Job.objects.get(pk=job.pk).done_count)

    monkeypatch.setattr(jobs, "progress", watched)
    assert jobs.run(job.pk).state == Job.State.DONE
    assert told == [0, 1, 2, 3, 4, 4]


def test_a_download_finds_only_statements_of_its_own_taxpayer(busy):
    assert Statement.objects.filter(recipient=busy.supplier).count() <= 1
    with pytest.raises(Exception, match="There is no GSTR-2B"):
        downloads.statement_of(busy.supplier, Wanted("gstr2b", TaxPeriod(2024, 9)))
