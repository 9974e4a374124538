"""Every workbook prints as wide as one page, with its headings on every page, and its dates are dates."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime
from io import BytesIO

import openpyxl
import pytest

from gstr2b.workbook.layout import SHEETS
from gstr2b.workbook.write import write_statement
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.workbook.write import DATE, MONEY, TITLE_ROWS
from invoices.queries.record_list.filters import Filters
from invoices.rules.ledgers import Ledger
from invoices.workbooks.ims_by_cell import write_ims
from invoices.workbooks.record_list import write_list
from returns.gstr3b.ledger_workbook import write_ledger
from returns.outward.workbook import Span, write_outward

pytestmark = pytest.mark.once

# workbook -> the rows of its table's headings, and the workbook's writer
BOOKS = {
    "ims": lambda w, to: write_ims(w.recipient, to),
    "list": lambda w, to: write_list(w.recipient, Filters(), "-date", to),
    "gstr2b": lambda w, to: write_statement(w.statement("2024-10"), to),
    "outward": lambda w, to: write_outward(w.supplier, Span.of(TaxPeriod(2024, 10)), to),
    "ledger": lambda w, to: write_ledger(w.recipient, Ledger.RECLAIM, to),
}
FILTERED = {"ims": "B2B", "list": "Records", "gstr2b": "B2B", "outward": "4A, 4B, 6B, 6C"}


def written(world, name: str) -> bytes:
    target = BytesIO()
    BOOKS[name](world, target)
    return target.getvalue()


@pytest.mark.parametrize("name", BOOKS)
def test_every_sheet_prints_as_wide_as_one_page_with_the_taxpayer_and_page_numbers(busy, name):
    book = openpyxl.load_workbook(BytesIO(written(busy, name)))
    gstin = busy.supplier.gstin if name == "outward" else busy.recipient.gstin
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape", sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0), sheet.title
        assert "&A" in sheet.oddHeader.left.text
        assert gstin in sheet.oddHeader.right.text
        assert sheet.oddFooter.right.text == "Page &P of &N"
        if sheet.auto_filter.ref:
            # the last row of headings has the filter, and every page repeats the headings
            last = int(re.findall(r"[0-9]+", sheet.auto_filter.ref)[0])
            assert sheet.print_title_rows == f"${TITLE_ROWS + 2}:${last}", sheet.title


@pytest.mark.parametrize("name", FILTERED)
def test_dates_are_dates_and_the_filter_covers_every_row(busy, name):
    sheet = openpyxl.load_workbook(BytesIO(written(busy, name)))[FILTERED[name]]
    heading_row = int(re.findall(r"[0-9]+", sheet.auto_filter.ref)[0])
    assert (
        sheet.auto_filter.ref
        == f"A{heading_row}:{openpyxl.utils.get_column_letter(sheet.max_column)}{sheet.max_row}"
    )
    dates = [
        c.column
        for c in sheet[heading_row]
        if c.value in ("Invoice date", "Document date", "Invoice Date", "Date")
    ]
    assert dates
    for row in range(heading_row + 1, sheet.max_row + 1):
        cell = sheet.cell(row, dates[0])
        assert isinstance(cell.value, datetime), cell.coordinate
        assert cell.number_format == "dd-mm-yyyy"


@pytest.mark.parametrize("name", BOOKS)
def test_a_heading_has_room_for_all_its_words(busy, name):
    book = openpyxl.load_workbook(BytesIO(written(busy, name)))
    for sheet in book:
        if not sheet.auto_filter.ref:
            continue
        last = int(re.findall(r"[0-9]+", sheet.auto_filter.ref)[0])
        merged = {area.start_cell.coordinate: area for area in sheet.merged_cells.ranges}
        for cells in sheet.iter_rows(TITLE_ROWS + 2, last):
            for cell in cells:
                if not cell.value:
                    continue
                area = merged.get(cell.coordinate)
                columns = range(area.min_col, area.max_col + 1) if area else [cell.column]
                rows = range(area.min_row, area.max_row + 1) if area else [cell.row]
                width = sum(
                    sheet.column_dimensions[openpyxl.utils.get_column_letter(c)].width for c in columns
                )
                height = sum(sheet.row_dimensions[r].height for r in rows)
                assert cell.alignment.wrap_text
                assert height >= 14 * -(-len(cell.value) // width), f"{sheet.title}!{cell.coordinate}"


def test_every_sheet_of_a_small_workbook_is_one_page(busy, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    busy.acts("accept", busy.saves(number="LONG"), remarks="a remark of many words " * 10)
    (tmp_path / "ims.xlsx").write_bytes(written(busy, "ims"))
    subprocess.run(  # noqa: S603
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(tmp_path / "ims.xlsx")],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "ims.pdf").read_bytes())
    assert len(pages) == len(openpyxl.load_workbook(tmp_path / "ims.xlsx").sheetnames)


def test_columns_of_gstr2b_are_as_narrow_as_their_short_values_allow(busy):
    """Guards the widths of GSTR-2B: on paper, a sheet shrinks to the width of a page, so each wide column makes all
    texts smaller. No value may be wider than its column."""
    book = openpyxl.load_workbook(BytesIO(written(busy, "gstr2b")))
    narrow = {
        "reverse_charge": 9,
        "source_period": 10,
        "percent": 10,
        "einvoice": 10,
        "reduce": 11,
        "filed_on": 11,
    }
    checked = 0
    for sheet in SHEETS:
        for place, column in enumerate(sheet.columns, start=1):
            if column.kind == DATE or column.field in narrow:
                assert column.width <= narrow.get(column.field, 11), (sheet.name, column.heading)
            if sheet.name not in book.sheetnames or column.wrap or column.kind == MONEY:
                continue
            page = book[sheet.name]
            heading = int(re.findall(r"[0-9]+", page.auto_filter.ref)[0]) if page.auto_filter.ref else 0
            for row in range(heading + 1, page.max_row + 1) if heading else ():
                value = page.cell(row, place).value
                size = 10 if isinstance(value, datetime) else len(str(value or ""))
                assert size < column.width, (sheet.name, column.heading, value)
                checked += 1
    assert checked > 20
