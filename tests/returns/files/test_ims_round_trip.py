"""IMS records are exported as an Excel workbook, and the workbook is loaded again with edited cells (R-151,
section 16 of the screens)."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from invoices.models import Job, JournalEntry, Role
from invoices.rules.reduction import REMARKS_LIMIT
from invoices.rules.situation import Kind
from invoices.workbooks.ims_by_cell import write_ims
from returns.outward.workbook import Span, write_outward
from tests.desk_pages import at, client_for
from tests.returns.files.ims_workbooks import edited, exported, given_back


def test_an_import_makes_exactly_the_edits_and_a_second_import_makes_none(world_2025):
    world = world_2025
    one, two, three = (world.saves(number=f"X-{n}") for n in range(3))
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=1000)
    world.acts("accept", three)
    book = edited(
        exported(world),
        ("B2B", "X-0", {"Status": "Rejected", "Remarks": "not ours"}),
        ("B2B", "X-2", {"Status": "No Action"}),
        (
            "B2B-CN",
            "CN-1",
            {
                "Status": "Accepted",
                "ITC reduction required": "Yes",
                "Declared integrated tax (₹)": 90.5,
                "Remarks": "half was never claimed",
            },
        ),
    )
    before = JournalEntry.objects.count()
    checked = given_back(world, book, save=False)
    assert ([line.wanted.number for line in checked.changing], checked.refused) == (
        ["X-0", "X-2", "CN-1"],
        [],
    )
    assert JournalEntry.objects.count() == before
    done = given_back(world, book)
    assert (done.read, len(done.changing), done.same) == (4, 3, 1)
    assert (world.now(one).decision.action, world.now(one).decision.remarks) == ("R", "not ours")
    assert world.now(two).decision.version == 1
    assert world.now(three).decision.action == "N"
    decision = world.now(note).decision
    assert (decision.action, decision.answer, decision.reduction_igst) == ("A", "P", 9050)
    entries = JournalEntry.objects.count()
    again = given_back(world, book)
    assert (len(again.changing), again.refused, again.same) == (0, [], 4)
    # a workbook that is given back as it was downloaded changes nothing
    fresh = given_back(world, exported(world))
    assert (len(fresh.changing), fresh.refused) == (0, [])
    assert JournalEntry.objects.count() == entries


def test_a_stale_row_is_refused_with_what_changed_and_the_rest_is_saved(world):
    stale, good = world.saves(number="OLD"), world.saves(number="GOOD")
    book = edited(
        exported(world),
        ("B2B", "OLD", {"Status": "Accepted"}),
        ("B2B", "GOOD", {"Status": "Accepted"}),
    )
    world.edits(stale, taxable=77)
    done = given_back(world, book, save=True)
    (refused,) = done.refused
    assert refused.problem.code == "ROW_CHANGED"
    assert "supplier edited the document 1 time" in refused.problem.message
    assert world.now(stale).decision.action == "N"
    assert world.now(good).decision.action == "A"


def test_all_or_nothing_saves_nothing_when_a_row_is_refused(world):
    good, note = world.saves(number="GOOD"), world.saves(number="CN", kind=Kind.CREDIT_NOTE)
    book = edited(
        exported(world),
        ("B2B", "GOOD", {"Status": "Rejected"}),
        ("B2B-CN", "CN", {"Status": "Pending"}),
    )
    done = given_back(world, book, all_or_nothing=True)
    assert [(line.problem.code, line.problem.rule) for line in done.refused] == [
        ("PENDING_NOT_ALLOWED", "R-053")
    ]
    assert {world.now(r).decision.action for r in (good, note)} == {"N"}


def test_people_can_filter_and_sort_but_type_only_into_the_cells_to_fill_in(world):
    """Excel sorts only unlocked cells of a protected sheet. The cells of the document are unlocked, and refuse typing.
    The filter is over all columns up to the hidden key, so its sort moves whole rows."""
    world.saves(number="X-1")
    world.saves(number="X-2")
    sheet = openpyxl.load_workbook(BytesIO(exported(world)))["B2B"]
    protection = sheet.protection
    assert protection.sheet
    assert (protection.autoFilter, protection.sort) == (False, False)  # false: not forbidden
    assert (protection.insertRows, protection.deleteRows, protection.deleteColumns) == (True, True, True)
    headings = {cell.value: cell.column for cell in sheet[5]}
    last = openpyxl.utils.get_column_letter(headings["Row key"])
    assert sheet.auto_filter.ref == f"A5:{last}7"
    assert sheet.column_dimensions[last].hidden
    assert {cell.protection.locked for row in sheet["A6" : f"{last}7"] for cell in row} == {False}
    assert all(cell.protection.locked for row in sheet["A1" : f"{last}5"] for cell in row)
    typed = {
        heading
        for rule in sheet.data_validations.dataValidation
        if (rule.type, rule.formula1) != ("custom", "FALSE")
        for heading, column in headings.items()
        if f"{openpyxl.utils.get_column_letter(column)}6" in rule.sqref
    }
    assert typed == {"Status", "Remarks"}
    (rule,) = [v for v in sheet.data_validations.dataValidation if v.type == "list"]
    assert rule.formula1 == '"No Action,Accepted,Rejected,Pending"'
    (rule,) = [v for v in sheet.data_validations.dataValidation if v.type == "textLength"]
    assert rule.formula1 == str(REMARKS_LIMIT), "the cell takes what the portal takes"


def test_hidden_and_sorted_rows_and_moved_columns_are_read_correctly(world):
    for n in range(3):
        world.saves(number=f"X-{n}")
    book = openpyxl.load_workbook(
        BytesIO(
            edited(
                exported(world),
                ("B2B", "X-0", {"Status": "Accepted"}),
                ("B2B", "X-2", {"Status": "Rejected"}),
            )
        )
    )
    sheet = book["B2B"]
    # hide a row and a column and swap two rows, as a person can do in a spreadsheet program
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["A"].hidden = True
    first, last = ([cell.value for cell in sheet[row]] for row in (6, 8))
    for row, values in ((6, last), (8, first)):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column).value = value
    target = BytesIO()
    book.save(target)
    done = given_back(world, target.getvalue())
    assert ({line.wanted.number for line in done.changing}, done.refused, done.same) == (
        {"X-0", "X-2"},
        [],
        1,
    )


def test_another_taxpayers_workbook_is_not_read(world):
    from ims_portal.kernel.errors import Invalid

    world.saves()
    target = BytesIO()
    write_ims(world.supplier, target)
    with pytest.raises(Invalid) as refusal:
        given_back(world, target.getvalue())
    assert refusal.value.code == "IMP-GSTIN"


@pytest.mark.once
def test_both_workbooks_open_in_libreoffice(world, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: whether it opens the workbooks is NOT tested here")
    world.acts("reject", world.saves(), remarks="=1+1")
    from gstr2b.workbook.write import write_statement
    from ims_portal.kernel.periods import TaxPeriod

    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    (tmp_path / "ims.xlsx").write_bytes(exported(world))
    write_statement(world.statement("2024-10"), str(tmp_path / "gstr2b.xlsx"))
    write_outward(world.supplier, Span.of(TaxPeriod(2024, 10)), str(tmp_path / "outward.xlsx"))
    names = ["ims", "gstr2b", "outward"]
    subprocess.run(  # noqa: S603
        [
            office,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(tmp_path / "out"),
            *(str(tmp_path / f"{name}.xlsx") for name in names),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    for name in names:
        before = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")
        after = openpyxl.load_workbook(tmp_path / "out" / f"{name}.xlsx")
        assert after.sheetnames == before.sheetnames
        for sheet in before:
            assert _values(after[sheet.title]) == _values(sheet), f"{name} {sheet.title}"


def _values(sheet) -> dict[str, object]:
    """Return the values of all cells that are not empty."""
    return {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.value not in (None, "")}


def test_the_wizard_checks_shows_and_applies_once(world):
    record = world.saves(number="X-1")
    note = world.saves(number="CN-1", kind=Kind.CREDIT_NOTE)
    client = client_for(world, Role.PREPARER)
    book = edited(
        exported(world),
        ("B2B", "X-1", {"Status": "Rejected", "Remarks": "<script>alert(1)</script>"}),
        ("B2B-CN", "CN-1", {"Status": "Pending"}),
    )
    sent = client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile("fill.xlsx", book)})
    page = client.get(sent["Location"])
    text = page.content.decode()
    assert "X-1" in text
    assert "PENDING_NOT_ALLOWED" in text
    assert "<script>alert" not in text
    assert world.now(record).decision.action == "N"
    applied = client.post(sent["Location"], {"mode": "good", "count": "1"})
    assert world.now(record).decision.action == "R"
    assert world.now(note).decision.action == "N"
    entries = JournalEntry.objects.count()
    assert client.post(sent["Location"], {"mode": "good", "count": "1"})["Location"] == applied["Location"]
    assert JournalEntry.objects.count() == entries
    job = Job.objects.get(pk=int(applied["Location"].rstrip("/").rsplit("/", 1)[1]))
    file = client.get(at(world, f"jobs/{job.pk}/file/"))
    errors = openpyxl.load_workbook(BytesIO(b"".join(file.streaming_content)))["B2B-CN"]
    assert errors.cell(6, errors.max_column).value.endswith("(R-053 PENDING_NOT_ALLOWED)")
    viewer = client_for(world, Role.VIEWER, name="viewer")
    assert viewer.post(at(world, "ims/import/"), {}).status_code == 403
    broken = client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile("a.xlsx", b"hello")})
    assert "IMP-FORMAT" in client.get(broken["Location"]).content.decode()
