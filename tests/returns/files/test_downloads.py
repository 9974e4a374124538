"""The figures of a download equal the screen, a file is complete or absent, and nobody gets another person's
file."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from gstr2b.lines import write
from gstr2b.models import Statement
from gstr2b.statement import table4
from gstr2b.workbook.layout import SHEETS as GSTR2B_SHEETS
from gstr2b.workbook.write import write_statement
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.support.workbook import write as workbook
from invoices import jobs
from invoices.documents.customs import bills_of_entry
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.models import Job, JournalEntry, Role
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.reduction import Declaration
from invoices.rules.refusals import CODES
from invoices.rules.situation import Kind
from invoices.workbooks import ims_by_cell
from invoices.workbooks.layout import SHEETS as IMS_SHEETS
from returns.files import downloads
from returns.files.downloads import Wanted
from returns.outward.workbook import Span, write_outward

GSTR2B_NAMES = [
    "Read me", "ITC Available", "ITC not available", "ITC Reversal", "ITC Rejected",
    "B2B", "B2BA", "B2B-CDNR", "B2B-CDNRA", "ECO", "ECOA", "ISD", "ISDA", "IMPG", "IMPGA", "IMPGSEZ", "IMPGSEZA",
    "B2B (ITC Reversal)", "B2BA (ITC Reversal)", "B2B-DNR", "B2B-DNRA",
    "B2B(Rejected)", "B2BA(Rejected)", "B2B-CDNR(Rejected)", "B2B-CDNRA(Rejected)", "ECO(Rejected)", "ECOA(Rejected)",
    "ISD(Rejected)", "ISDA(Rejected)",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _files_of_their_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def busy(world):
    """Return a world in which October 2024 is saved, filed and acted on. The draft of 14 November exists."""
    world.kept = world.saves(number="-1/1", taxable=10_000)
    world.rejected = world.saves(number="INV/REJ", taxable=5_000)
    world.waits = world.saves(number="INV-WAIT", taxable=700)
    world.note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=2_000)
    world.bad_note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-2", taxable=300)
    world.debit = world.saves(kind=Kind.DEBIT_NOTE, number="DN-1", taxable=400)
    world.charged = world.saves(number="INV-RCM", taxable=900, reverse_charge=True)
    world.barred = world.saves(number="INV-POS", taxable=1_000, place_of_supply="27", tax=(0, 90, 90, 0))
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("accept", world.kept)
    world.acts("reject", world.rejected, remarks="=1+1")
    world.acts("reject", world.bad_note, remarks="never agreed")
    world.acts("pending", world.waits, remarks="goods not here")
    world.goes_to("2024-11-14 10:00")
    return world


def opened(response_or_bytes):
    data = (
        response_or_bytes
        if isinstance(response_or_bytes, bytes)
        else b"".join(response_or_bytes.streaming_content)
    )
    return load_workbook(BytesIO(data))


def ims_book(taxpayer):
    target = BytesIO()
    written = ims_by_cell.write_ims(taxpayer, target)
    return opened(target.getvalue()), written


def rows_of(sheet, heading_row: int):
    headings = [c.value for c in sheet[heading_row]]
    for row in sheet.iter_rows(min_row=heading_row + 1):
        if any(c.value is not None for c in row):
            yield dict(zip(headings, row, strict=True))


def paise(value) -> int:
    return round((value or 0) * 100)


# tests of the IMS workbook


def test_the_ims_workbook_has_every_sheet_in_order_and_the_figures_of_the_tally(busy):
    """R-150: the workbook has every record of IMS, by section."""
    book, written = ims_book(busy.recipient)
    assert book.sheetnames == ["Home", *IMS_SHEETS.values()]
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    expected: dict[str, list[int]] = {}
    for group in situations.tally(ims_by_cell.in_ims(busy.recipient, view), view, by=("section",), sums=True):
        sums = expected.setdefault(group.keys[0], [0] * 6)
        for place, amount in enumerate((group.count, group.taxable, *(getattr(group.tax, h) for h in HEADS))):
            sums[place] += amount
    assert expected
    for section, name in IMS_SHEETS.items():
        rows = list(rows_of(book[name], 5))
        if section.startswith("impg"):
            assert not rows
            continue
        headings = (
            "Taxable value (₹)", "Integrated tax (₹)", "Central tax (₹)", "State/UT tax (₹)", "Cess (₹)"
        )  # fmt: skip
        found = [len(rows), *(sum(paise(row[h].value) for row in rows) for h in headings)]
        assert found == expected.get(section, [0] * 6), name
    home = {row[1].value: row for row in book["Home"].iter_rows(values_only=False)}
    assert home["GSTIN"][2].value == busy.recipient.gstin
    assert (home["GSTIN"][1].row, home["GSTIN"][1].column_letter) == (5, "B")
    assert home["All sheets"][3].value == written.rows == sum(e[0] for e in expected.values())
    assert paise(home["All sheets"][5].value) == sum(e[2] for e in expected.values())


def test_formula_looking_text_stays_text(busy):
    book, _ = ims_book(busy.recipient)
    rows = {row["Invoice number"].value: row for row in rows_of(book["B2B"], 5)}
    assert rows["-1/1"]["Invoice number"].data_type == "s"
    remark = rows["INV/REJ"]["Remarks"]
    assert (remark.value, remark.data_type, remark.number_format) == ("=1+1", "s", "@")
    for sheet in book:
        assert not [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("@SUM(A1)", "@SUM(A1)"),
        ("bell\x07 and\x0b tab", "bell and tab"),
        ("<r><t>mine</t></r>", "<r><t>mine</t></r>"),
        ("  kept \n as it is ", "  kept \n as it is "),
        ("_x0041_ & <b>", "_x0041_ & <b>"),
        ("https://example.org", "https://example.org"),
    ],
)
def test_no_text_can_break_the_file(given, kept):
    target = BytesIO()
    book = workbook.Book(target)
    column = workbook.Column("Remarks", "remarks")
    book.table("B2B", [column, column], titles=workbook.Titles("T", "A", levels=1)).append([[given, "next"]])
    book.close()
    cell = opened(target.getvalue())["B2B"]["A6"]
    assert cell.data_type == "s"
    assert cell.value.replace("_x005F_", "_") == kept
    assert cell.hyperlink is None


def test_the_reason_of_a_blocked_pending_is_shown_with_code_and_rule(busy):
    book, _ = ims_book(busy.recipient)
    notes = {row["Credit note number"].value: row for row in rows_of(book["B2B-CN"], 5)}
    assert notes["CN-1"]["Pending blocked"].value == "Yes"
    assert notes["CN-1"]["Code"].value in CODES
    assert notes["CN-1"]["Rule"].value == "R-053"
    assert "Pending is not available" in notes["CN-1"]["Why Pending is blocked"].value
    assert "R-053 (since 2024-10)" in notes["CN-1"]["Rules that decide it"].value
    invoices = {row["Invoice number"].value: row for row in rows_of(book["B2B"], 5)}
    assert invoices["INV-WAIT"]["Pending blocked"].value == "No"
    assert invoices["INV-WAIT"]["Status"].value == "Pending"
    assert invoices["-1/1"]["Status"].value == "Accepted"
    assert invoices["-1/1"]["Invoice date"].value == "10/10/2024"
    assert invoices["-1/1"]["Source"].value == "GSTR-1/IFF"
    assert invoices["-1/1"]["Source Return Period"].value == "Oct'24"
    assert invoices["-1/1"]["Source Filing Status"].value == "Filed"
    assert invoices["-1/1"]["Place of supply"].value == "Karnataka"
    assert "INV-POS" not in invoices
    assert "INV-RCM" not in invoices


def test_an_amendment_shows_what_it_amends_even_when_that_is_archived(busy):
    busy.files_3b("2024-10")
    busy.goes_to("2024-12-01 10:00")
    from invoices.documents import archive

    archive.move_departed(busy.recipient)
    busy.saves(amends=busy.kept, taxable=12_000, period="2024-11")
    book, _ = ims_book(busy.recipient)
    (row,) = rows_of(book["B2BA"], 5)
    assert (row["Original invoice number"].value, row["Original invoice date"].value) == (
        "-1/1",
        "10/10/2024",
    )
    assert paise(row["Integrated tax (₹)"].value) == 2_160_00
    assert row["Original invoice number"].column == 1


def test_the_workbook_has_declared_reductions_and_bills_of_entry_of_october_2025(world_2025):
    world = world_2025
    whole = world.saves(kind=Kind.CREDIT_NOTE, number="CN-ALL", taxable=1_000)
    none = world.saves(kind=Kind.CREDIT_NOTE, number="CN-NO", taxable=1_000)
    part = world.saves(kind=Kind.CREDIT_NOTE, number="CN-PART", taxable=1_000)
    from ims_portal.kernel.money import TaxAmounts

    world.acts("accept", whole)
    world.acts("accept", none, declaration=Declaration(False), remarks="never taken")
    world.acts(
        "accept", part, declaration=Declaration(True, TaxAmounts(igst=50_00)), remarks="half was reversed"
    )
    bill = BillOfEntry("7700112", clock.today().replace(day=9), "INNSA1", False, 1_000_00, 180_00)
    bills_of_entry.receive(world.recipient, bill)
    book, _ = ims_book(world.recipient)
    notes = {row["Credit note number"].value: row for row in rows_of(book["B2B-CN"], 5)}
    required = {n: row["ITC reduction required"].value for n, row in notes.items()}
    assert required == {"CN-ALL": "Yes", "CN-NO": "No", "CN-PART": "Yes"}
    declared = {n: paise(row["Declared integrated tax (₹)"].value) for n, row in notes.items()}
    assert declared == {"CN-ALL": 180_00, "CN-NO": 0, "CN-PART": 50_00}
    (row,) = rows_of(book["IMPG"], 5)
    assert (row["Bill of entry number"].value, row["Port Code"].value) == ("7700112", "INNSA1")
    assert paise(row["Integrated tax (₹)"].value) == 180_00


def test_a_full_sheet_continues_in_the_next(busy, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 6)
    book, written = ims_book(busy.recipient)
    assert book.sheetnames[1:5] == ["B2B", "B2B (2)", "B2B (3)", "B2BA"]
    numbers = [row["Invoice number"].value for n in book.sheetnames[1:4] for row in rows_of(book[n], 5)]
    assert sorted(numbers) == ["-1/1", "INV-WAIT", "INV/REJ"]


def test_the_number_of_queries_does_not_grow_with_the_records(busy, django_assert_max_num_queries):
    for n in range(30):
        busy.saves(number=f"MORE-{n}", taxable=100 + n, period="2024-11")
    with django_assert_max_num_queries(14):
        ims_by_cell.write_ims(busy.recipient, BytesIO())


# tests of the GSTR-2B workbook


def statement_book(statement):
    target = BytesIO()
    written = write_statement(statement, target)
    return opened(target.getvalue()), written


def summary_rows(sheet):
    return {
        (row[0].value or "", row[1].value): [paise(c.value) for c in row[3:7]]
        for row in sheet.iter_rows(min_row=8, max_col=7)
        if row[3].value is not None
    }


def test_the_gstr2b_workbook_has_the_portals_sheets_and_titles(busy):
    statement = busy.statement("2024-10")
    book, _ = statement_book(statement)
    assert book.sheetnames == GSTR2B_NAMES
    readme = book["Read me"]
    facts = {readme.cell(r, 1).value: readme.cell(r, 3).value for r in range(4, 10)}
    assert facts["Financial Year"] == "2024-25"
    assert facts["Tax Period"] == "October"
    assert facts["GSTIN"] == busy.recipient.gstin
    assert facts["Date of generation"] == "14/11/2024"
    b2b = book["B2B"]
    assert b2b["A1"].value == "Goods and Services Tax  - GSTR-2B"
    assert b2b["A4"].value == "Taxable inward supplies received from registered persons"
    assert [b2b.cell(5, c).value for c in (1, 2, 3)] == [
        "GSTIN of supplier",
        "Trade/Legal name",
        "Invoice Details",
    ]
    assert [b2b.cell(6, c).value for c in (3, 4, 5, 6)] == [
        "Invoice number", "Invoice type", "Invoice Date", "Invoice Value(₹)"
    ]  # fmt: skip
    assert (b2b["A7"].value, book["B2BA"]["A5"].value) == (busy.supplier.gstin, "Original Details")
    top = [book["B2BA"].cell(5, c).value for c in (1, 3)]
    assert top == ["Original Details", "Revised Details"]


def test_the_summary_sheets_carry_the_statements_totals(busy):
    statement = busy.statement("2024-10")
    book, _ = statement_book(statement)
    filled = table4.fill(statement)
    available = summary_rows(book["ITC Available"])
    all_other = "All other ITC - Supplies from registered persons other than reverse charge"
    notes = available[("I", "Others")]
    heads = [getattr(filled["4A5"], head) for head in HEADS]
    charged = available[("III", "Inward Supplies liable for reverse charge")]
    assert [a - b for a, b in zip(available[("I", all_other)], notes, strict=True)] == heads
    assert notes == [360_00, 0, 0, 0]
    assert charged == [getattr(filled["4A3"], head) for head in HEADS]
    assert available[("Details", "B2B - Invoices (IMS)")] == [1_800_00, 0, 0, 0]
    barred = summary_rows(book["ITC not available"])[("I", all_other)]
    assert barred == [getattr(filled["4D2"], head) for head in HEADS] == [0, 90_00, 90_00, 0]
    rejected = summary_rows(book["ITC Rejected"])
    assert rejected[("I", f"{all_other} (IMS)")] == [900_00, 0, 0, 0]
    assert rejected[("I", "Others")] == [54_00, 0, 0, 0]


def test_every_line_of_a_statement_stands_on_exactly_one_sheet(busy):
    statement = busy.statement("2024-10")
    book, written = statement_book(statement)
    assert written.rows == statement.line_count > 0
    by_sheet = {sheet.name: sheet for sheet in GSTR2B_SHEETS}
    numbers = {
        name: [row[0].value for row in _column(book[name], by_sheet[name], "number")] for name in by_sheet
    }
    assert sorted(numbers["B2B"]) == ["-1/1", "INV-POS", "INV-RCM"]
    assert sorted(numbers["B2B-CDNR"]) == ["CN-1", "DN-1"]
    assert numbers["B2B(Rejected)"] == ["INV/REJ"]
    assert numbers["B2B-CDNR(Rejected)"] == ["CN-2"]
    assert "INV-WAIT" not in sum(numbers.values(), [])
    reasons = {
        row[0].value: row[1].value for row in _column(book["B2B"], by_sheet["B2B"], "number", "reason")
    }
    assert reasons["INV-POS"] == "POS and supplier state are same but recipient state is different"
    remarks = [row[0] for row in _column(book["B2B(Rejected)"], by_sheet["B2B(Rejected)"], "remarks")]
    assert [(c.value, c.data_type) for c in remarks] == [("=1+1", "s")]


def _column(sheet, layout, *fields):
    places = [[c.field for c in layout.columns].index(f) for f in fields]
    for row in sheet.iter_rows(min_row=5 + layout.levels):
        if any(c.value is not None for c in row):
            yield [row[place] for place in places]


def test_an_older_version_can_be_downloaded_and_says_when_its_documents_are_gone(busy, monkeypatch):
    # as if too much had changed each time for two versions to share lines
    monkeypatch.setattr(write, "origin_for", lambda desk: None)
    client = signed_in(busy, Role.VIEWER)
    for _ in range(2):
        busy.acts("accept", busy.rejected)
        busy.recomputes("2024-10")
    address = reverse("gstr2b_download", args=[busy.recipient.gstin, "102024"])
    answer = client.get(address, {"version": "1"})
    assert "_draft1.xlsx" in answer["Content-Disposition"]
    first = opened(answer)
    assert "no longer kept" in first["B2B"]["A4"].value
    assert summary_rows(first["ITC Rejected"])[("I", "Others")] == [54_00, 0, 0, 0]
    assert opened(client.get(address))["Read me"]["I4"].value == "3"
    assert client.get(address, {"version": "9"}).status_code == 404
    assert client.get(address, {"version": "x"}).status_code == 404


# tests of the outward workbook


def test_the_outward_workbook_shows_recipients_actions_and_the_added_liability(busy):
    """R-107: each category shows the action and the remarks of each record. A sheet lists the rejections."""
    target = BytesIO()
    write_outward(busy.supplier, Span.of(TaxPeriod(2024, 10)), target)
    book = opened(target.getvalue())
    assert book.sheetnames == ["Home", "4A, 4B, 6B, 6C", "9A", "9B", "9C", "15", "15A", "Added to liability"]
    notes = {r[3].value: r for r in book["9B"].iter_rows(min_row=7) if r[3].value}
    assert set(notes) == {"CN-1", "CN-2", "DN-1"}
    values = [c.value for c in notes["CN-2"]]
    assert {"Rejected", "never agreed", "Forecast", busy.recipient.gstin} <= set(values)
    assert values[-4] == 54
    (row,) = [r for r in book["Added to liability"].iter_rows(min_row=7, values_only=True) if r[0]]
    assert row[3] == "CN-2"
    home = {r[1]: r for r in book["Home"].iter_rows(values_only=True) if r[1]}
    # columns: documents, no action, accepted, rejected, pending, not actionable
    assert home["All tables"][2:8] == (8, 2, 1, 2, 1, 2)


def test_a_posted_rejection_stays_in_the_outward_workbook_with_its_period(busy):
    busy.files_3b("2024-10")
    from invoices.documents import archive

    archive.move_departed(busy.recipient)
    target = BytesIO()
    write_outward(busy.supplier, Span.of(FinancialYear(2024)), target)
    book = opened(target.getvalue())
    (row,) = [r for r in book["Added to liability"].iter_rows(min_row=7, values_only=True) if r[0]]
    assert "Added" in row
    assert "Nov'24" in row
    statuses = {r[3]: r for r in book["9B"].iter_rows(min_row=7, values_only=True) if r[3]}
    assert "Deemed accepted" in statuses["CN-1"]
    first = {r[3] for r in book["4A, 4B, 6B, 6C"].iter_rows(min_row=7, values_only=True) if r[3]}
    assert first == {"-1/1", "INV/REJ", "INV-WAIT", "INV-RCM", "INV-POS"}


# tests of delivery


def signed_in(world, *roles, at=None, name="anita"):
    client = Client()
    client.force_login(world.person(name, *roles, at=at))
    return client


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
    # remains of a process that was killed before it could clean up
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
        Job.objects.filter(pk=job.pk).update(attempts=7)  # another worker took the job over meanwhile
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


def test_the_list_of_jobs_is_paged_and_costs_the_same_whatever_it_holds(busy, django_assert_max_num_queries):
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


# tests that a file shows one moment


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
    with pytest.raises(Exception, match="no such"):
        downloads.statement_of(busy.supplier, Wanted("gstr2b", TaxPeriod(2024, 9)))
