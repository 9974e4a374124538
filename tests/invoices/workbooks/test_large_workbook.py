"""Python writes the IMS workbook if there are few records, and PostgreSQL writes it if there are many. Both
ways of writing give the same cells, and spreadsheet programs can open the workbook that PostgreSQL wrote."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts
from ims_portal.support.workbook import write
from invoices.models import Decision, Taxpayer
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Kind
from invoices.workbooks import ims as sheets_large
from invoices.workbooks import ims_by_cell

pytestmark = pytest.mark.postgres_only

ODD = ["a & b < c > d", "a remark of many words " * 9, "  kept at both ends ", "=1+1", "_x0041_ and _x00e9_", "back\\slash", "two\nlines\tand tab", "₹ é 中", "%s _%", '"quoted" \'twice\'']  # fmt: skip


@pytest.fixture
def desk(world_2025):
    """Return a world with invoices, debit notes and credit notes. The records have every status, and some
    have unusual texts."""
    world = world_2025
    world.goes_to("2025-11-03 10:00")
    for place, text in enumerate(ODD):
        record = world.saves(number=f"INV-{place}", taxable=10_000 + place, document_date="2025-10-05")
        world.acts(("accept", "reject", "pending")[place % 3], record, remarks=text)
    for place in range(4):
        kind = Kind.DEBIT_NOTE
        world.saves(number=f"DN-{place}", kind=kind, taxable=33, document_date="2025-10-06")
    half = Declaration(True, TaxAmounts(igst=50_00))
    answers = {"none": Declaration(False), "all": Declaration(True), "half": half, "": None}
    for name, answer in answers.items():
        kind, number = Kind.CREDIT_NOTE, f"CN-{name}"
        note = world.saves(number=number, kind=kind, taxable=2_000, document_date="2025-10-07")
        if answer:
            world.acts("accept", note, declaration=answer, remarks="declared")
    world.goes_to("2025-11-06 10:00")
    Taxpayer.objects.filter(pk=world.supplier.pk).update(trade_name="Nuts & <Bolts> _x0042_ ")
    return world


def cells(data: BytesIO) -> dict[str, list[list[object]]]:
    book = load_workbook(data)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def both_workbooks(recipient: Taxpayer) -> tuple[BytesIO, BytesIO]:
    plain, large = BytesIO(), BytesIO()
    with clock.at(datetime(2025, 11, 6, 12, tzinfo=clock.IST)):
        one = ims_by_cell.write_ims(recipient, plain)
        other = sheets_large.write_ims(recipient, large, large=0)
    assert one == other
    return plain, large


def test_each_cell_is_the_same_in_both_ways_of_writing(desk):
    plain, large = (cells(data) for data in both_workbooks(desk.recipient))
    for book in (plain, large):
        # leave out the times, because the two workbooks are made at different times
        book["Home"] = [row for row in book["Home"] if "Real time" not in row and "Portal time" not in row]
    assert plain.keys() == large.keys()
    for name, rows in plain.items():
        assert large[name] == rows, name
    assert len(plain["B2B"]) > len(ODD)
    assert len(plain["B2B-CN"]) > 5
    assert Decision.objects.filter(reduction_igst__gt=0).exists()


def test_the_cells_to_fill_in_are_the_same_in_both_ways_of_writing(desk):
    plain, large = (load_workbook(data) for data in both_workbooks(desk.recipient))
    for name in ("B2B", "B2B-CN"):
        one, other = plain[name], large[name]
        assert one.protection.sheet
        assert other.protection.sheet
        assert [r.sqref for r in one.data_validations.dataValidation] == [
            r.sqref for r in other.data_validations.dataValidation
        ]
        assert (one.auto_filter.ref, one.print_area) == (other.auto_filter.ref, other.print_area)
        for row in range(1, one.max_row + 1):
            assert one.row_dimensions[row].height == other.row_dimensions[row].height, row
            for mine, theirs in zip(one[row], other[row], strict=True):
                if mine.value is not None:
                    assert mine.number_format == theirs.number_format, mine.coordinate
                    assert mine.protection.locked == theirs.protection.locked, mine.coordinate


def test_rows_that_do_not_fit_a_sheet_continue_in_another(desk, monkeypatch):
    monkeypatch.setattr(write, "MOST_ROWS", 9)
    plain, large = (cells(data) for data in both_workbooks(desk.recipient))
    assert [name for name in large if name.startswith("B2B (")] == ["B2B (2)", "B2B (3)"]
    for name in ("B2B", "B2B (2)", "B2B (3)"):
        assert plain[name] == large[name], name


def test_a_large_workbook_opens_in_libreoffice(desk, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    _plain, large = both_workbooks(desk.recipient)
    (tmp_path / "large.xlsx").write_bytes(large.getvalue())
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2", "--outdir", str(tmp_path), str(tmp_path / "large.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (written,) = tmp_path.glob("*.csv")
    text = written.read_text(encoding="utf-8")
    assert "INV-3" in text, text[:500]
