"""The IMS workbook has every record, by section, with the figures of the screen. A text cell stays text and
never becomes a formula."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS
from ims_portal.support.workbook import write as workbook
from invoices.documents.customs import bills_of_entry
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.reduction import Declaration
from invoices.rules.refusals import CODES
from invoices.rules.situation import Kind
from invoices.workbooks import ims_by_cell
from invoices.workbooks.layout import SHEETS as IMS_SHEETS
from tests.returns.files.workbooks import ims_book, opened, paise, rows_of


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
    notes = ("b2bcn", "b2bcna")
    assert expected["b2bcn"][2] > 0
    # the first sheet deducts credit notes, as GSTR-2B and the list do
    assert paise(home["B2B-CN"][5].value) == -expected["b2bcn"][2]
    assert paise(home["All sheets"][5].value) == sum(
        -sums[2] if section in notes else sums[2] for section, sums in expected.items()
    )


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
    assert notes["CN-1"]["Why Pending is blocked"].value.startswith("Credit notes cannot be kept pending")
    assert "R-053 (since 2024-10)" in notes["CN-1"]["Rules that decide it"].value
    invoices = {row["Invoice number"].value: row for row in rows_of(book["B2B"], 5)}
    assert invoices["INV-WAIT"]["Pending blocked"].value == "No"
    assert invoices["INV-WAIT"]["Status"].value == "Pending"
    assert invoices["-1/1"]["Status"].value == "Accepted"
    assert invoices["-1/1"]["Invoice date"].value.date() == date(2024, 10, 10)
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
    assert (row["Original invoice number"].value, row["Original invoice date"].value.date()) == (
        "-1/1",
        date(2024, 10, 10),
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
