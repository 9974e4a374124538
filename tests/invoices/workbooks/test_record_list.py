"""The download of a list has exactly the records of the list, in the same order. A large download is made by
a job."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices import jobs
from invoices.documents.customs import bills_of_entry
from invoices.models import Job
from invoices.queries.record_list import paging
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from invoices.web.record_list import columns
from invoices.workbooks.record_list import CHOSEN, chosen_columns
from tests.desk_pages import act, at, client_for, credit_note
from tests.world import BY

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def desk(world):
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    for n in range(6):
        world.saves(number=f"INV-{n}", taxable=1000 * (1 + n * 7 % 5), document_date=f"2024-10-{10 - n:02d}")
    world.saves(by=other, number="-1/1", taxable=9_000, kind=Kind.DEBIT_NOTE)
    note = credit_note(world, number="CN-1", taxable=3_000)
    world.acts("reject", note, remarks="not agreed")
    return world


def sheet_of(data: bytes) -> list[dict]:
    rows = list(openpyxl.load_workbook(BytesIO(data))["Records"].iter_rows(values_only=True))
    heads = rows[4]
    return [dict(zip(heads, row, strict=True)) for row in rows[5:] if any(row)]


def title_of(data: bytes) -> str:
    rows = openpyxl.load_workbook(BytesIO(data))["Records"].iter_rows(max_row=4, values_only=True)
    return " ".join(str(cell) for row in rows for cell in row if cell)


def listed(client, world, **query) -> list[str]:
    return [row.record.number for row in client.get(at(world, "ims/inward/all/", **query)).context["rows"]]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"sort": "-value"},
        {"sort": "supplier", "status": "N"},
        {"status": "R,N", "kind": "INV,CN", "sort": "-tax", "from": "2024-10-07"},
        {"q": "narmada"},
        {"status": "P"},
    ],
)
def test_the_button_of_the_list_gives_the_rows_of_the_list_in_their_order(desk, query):
    client = client_for(desk)
    page = client.get(at(desk, "ims/inward/all/", **query))
    asked = page.context["listing"].download
    assert f"/ims/download/?{asked}" in page.content.decode().replace("&amp;", "&")
    file = client.get(at(desk, "ims/download/") + f"?{asked}")
    assert "LIST_" in file["Content-Disposition"]
    rows = sheet_of(b"".join(file.streaming_content))
    assert [row["Document number"] for row in rows] == listed(client, desk, **query)


def test_cells_are_the_figures_of_the_screen_and_text_stays_text(desk):
    client = client_for(desk)
    file = client.get(at(desk, "ims/download/", of="all", kind="CN,DN"))
    rows = {row["Document number"]: row for row in sheet_of(b"".join(file.streaming_content))}
    note = rows["CN-1"]
    assert (note["Status"], note["Taxable value (₹)"], note["Integrated tax (₹)"]) == (
        "Rejected",
        -3000,
        -540,
    )
    assert note["Remarks"] == "not agreed"
    page = client.get(at(desk, "ims/inward/all/"))
    shown = {one.record.number: one.row.effect for one in page.context["rows"]}
    assert {number: row["Effect on ITC (₹)"] * 100 for number, row in rows.items()} == {
        number: shown[number] for number in rows
    }
    assert note["Effect on ITC (₹)"] == 0
    assert rows["-1/1"]["Trade/Legal name"] == "Narmada Fasteners LLP"


def test_a_replaced_record_lands_nowhere_in_the_file_as_on_the_screen(desk):
    original = desk.saves(number="GP/CN/031", kind=Kind.CREDIT_NOTE)
    desk.goes_to("2024-11-12 10:00")
    desk.files("2024-10")
    desk.saves(amends=desk.now(original), form=Form.GSTR1A, period="2024-10", taxable=4_000)
    desk.files("2024-10", form=Form.GSTR1A)
    file = client_for(desk).get(at(desk, "ims/download/", of="all", q="CN/031"))
    content = b"".join(file.streaming_content)
    rows = {row["Lands in 2B"]: row for row in sheet_of(content)}
    assert rows["None, replaced"]["Effect on ITC (₹)"] == 0
    assert len(rows) == 2
    file = client_for(desk).get(at(desk, "ims/download/", of="all", lands="this"))
    assert "Lands in 2B: In GSTR-2B Oct 2024" in title_of(b"".join(file.streaming_content))


def test_a_large_list_is_prepared_as_a_job_and_its_file_is_the_same(desk, settings):
    client = client_for(desk)
    url = at(desk, "ims/download/") + "?" + urlencode({"of": "all", "status": "N", "sort": "-taxable"})
    small = [row["Document number"] for row in sheet_of(b"".join(client.get(url).streaming_content))]
    settings.EXPORT_ROWS_AT_ONCE = 3
    assert "7 rows" in client.get(url).content.decode()
    page = client.post(url)
    job = Job.objects.get(kind="export")
    assert jobs.run(job.pk).state == Job.State.DONE
    file = client.get(page["Location"] + "file/")
    assert [row["Document number"] for row in sheet_of(b"".join(file.streaming_content))] == small
    # a download of another list makes a second job
    client.post(at(desk, "ims/download/", of="all", status="R"))
    assert Job.objects.filter(kind="export").count() == 2


def test_a_download_whose_rows_take_long_to_count_is_prepared_without_a_count(desk, monkeypatch):
    client = client_for(desk)
    url = at(desk, "ims/download/") + "?of=all&remarked=yes"
    # the desk has more records than a page searches
    monkeypatch.setattr(paging, "LOOKED", 2)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url).content.decode()
    assert "The rows of this workbook are not counted beforehand" in page
    assert not [query["sql"] for query in queries if "remarks" in query["sql"]]
    client.post(url)
    job = Job.objects.get(kind="export")
    assert jobs.run(job.pk).state == Job.State.DONE
    job.refresh_from_db()
    assert (job.total_count, job.done_count) == (1, 1)


def test_an_unknown_filter_of_a_download_is_refused_not_ignored(desk):
    client = client_for(desk)
    assert client.get(at(desk, "ims/download/", of="all", status="X")).status_code == 400
    assert client.get(at(desk, "ims/download/", of="nosuch")).status_code == 404


def test_a_file_has_the_columns_and_figures_that_the_person_sees_on_the_screen(world_2025):
    world = world_2025
    month = {"period": "2025-10", "document_date": "2025-10-05"}
    world.saves(number="INV-1", **month)
    note = credit_note(world, number="CN-1", **month)
    client = client_for(world)
    act(client, world, note, "P", remarks="later")
    section = {"section": "all", "next": at(world, "ims/inward/all/")}
    chosen = ["pos", "tax", "until", "remarks", "acted"]
    client.post("/me/columns/", {**section, "column": chosen, "density": ""})
    page = client.get(at(world, "ims/inward/all/"))
    assert [column.key for column in page.context["columns"]] == chosen
    link = at(world, "ims/download/") + f"?{page.context['download_mine']}"
    assert link.replace("&", "&amp;") in page.content.decode()
    rows = {row["Document number"]: row for row in sheet_of(b"".join(client.get(link).streaming_content))}
    assert list(rows["CN-1"]) == [
        *("Status", "Document number", "Place of supply", "Tax (₹)", "Pending until", "Remarks"),
        *("Acted by", "Acted on"),
    ]
    assert rows["CN-1"]["Tax (₹)"] == -1800
    assert rows["CN-1"]["Acted by"] == "asha"
    for shown in page.context["rows"]:
        cells = dict(zip(chosen, (cell.value for cell in shown.cells), strict=True))
        until = rows[shown.record.number]["Pending until"]
        assert (f"{until:%d-%m-%Y}" if until else "—") == cells["until"]
    # the job's file has the columns of the screen, and tax by head if the screen shows tax by head
    client.post("/me/columns/", {**section, "column": ["tax"], "heads": "1", "density": ""})
    heads = client.get(at(world, "ims/inward/all/")).context["download_mine"]
    client.post(at(world, "ims/download/") + f"?{heads}")
    job = Job.objects.get(kind="export")
    jobs.run(job.pk)
    file = client.get(at(world, f"jobs/{job.pk}/file/"))
    assert list(sheet_of(b"".join(file.streaming_content))[0])[2:] == [
        *("Integrated tax (₹)", "Central tax (₹)", "State/UT tax (₹)", "Cess (₹)"),
    ]


def test_every_column_of_the_screen_has_its_place_in_a_file():
    assert CHOSEN.keys() == columns.BY_KEY.keys()
    assert [column.field for column in chosen_columns(["original_action", "tax_change"])] == [
        *("status", "number", "original_action", "tax_change"),
    ]


def test_the_file_has_the_change_of_an_amendment_and_the_action_on_its_original(world):
    original = world.saves(number="AM-1", document_date="2024-10-01")
    world.acts("accept", original)
    world.files("2024-10")
    world.goes_to("2024-11-12 10:00")
    world.saves(amends=original, form=Form.GSTR1A, period="2024-10", taxable=12_000)
    client = client_for(world)
    link = at(world, "ims/download/", of="b2ba", columns="original_action.tax_change")
    (row,) = sheet_of(b"".join(client.get(link).streaming_content))
    page = client.get(at(world, "ims/inward/b2ba/", columns="original_action.tax_change"))
    (shown,) = page.context["rows"]
    keys = [column.key for column in page.context["columns"]]
    cells = dict(zip(keys, (cell.value for cell in shown.cells), strict=True))
    assert (row["Original action"], row["Change in tax (₹)"]) == (
        cells["original_action"],
        cells["tax_change"] / 100,
    )


def test_r136_the_file_names_customs_as_the_source_of_a_bill_of_entry(world):
    world.goes_to("2025-10-28")
    bill = bills_of_entry.BillOfEntry("7510901", date(2025, 10, 17), "INNSA1", False, 10_000_00, 1_800_00)
    bills_of_entry.receive(world.recipient, bill, by=BY)
    file = client_for(world).get(at(world, "ims/download/", of="impg"))
    (row,) = sheet_of(b"".join(file.streaming_content))
    assert row["Trade/Legal name"] == "Customs (ICEGATE)"
    assert row["Customs data"] == "Received from customs"
    assert row["Month of the bill"]
