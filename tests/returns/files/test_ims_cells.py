"""Edited cells of an IMS workbook: which cells are refused, and how a number in a cell is read (R-151)."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest

from invoices.rules.situation import Kind
from tests.returns.files.ims_workbooks import edited, exported, given_back


def test_formulas_unknown_words_and_lost_keys_are_refused_by_cell(world):
    for n in range(4):
        world.saves(number=f"X-{n}")
    data = edited(
        exported(world),
        ("B2B", "X-0", {"Status": "=1+1"}),
        ("B2B", "X-1", {"Status": "Maybe"}),
        ("B2B", "X-2", {"Status": "Accepted", "Row key": ""}),
        ("B2B", "X-3", {"Status": "Accepted"}),
    )
    done = given_back(world, data)
    assert [line.place for line in done.refused] == ["B2B!6", "B2B!7", "B2B!8"]
    assert [
        word
        for line, word in zip(done.refused, ("formula", "Maybe", "key"), strict=True)
        if word in line.problem.message
    ] == ["formula", "Maybe", "key"]
    assert len(done.changing) == 1


def test_a_wrong_cell_is_named_by_sheet_and_position(world_2025):
    world = world_2025
    for n in range(3):
        world.saves(number=f"CN-{n}", kind=Kind.CREDIT_NOTE, taxable=1000)
    yes = {"Status": "Accepted", "ITC reduction required": "Yes", "Remarks": "part"}
    data = edited(
        exported(world),
        ("B2B-CN", "CN-0", yes | {"Declared integrated tax (₹)": 10.001}),
        ("B2B-CN", "CN-1", yes | {"Declared integrated tax (₹)": -1}),
        ("B2B-CN", "CN-2", yes | {"ITC reduction required": "Perhaps"}),
    )
    sheet = openpyxl.load_workbook(BytesIO(data))["B2B-CN"]
    at = {cell.value: cell.column_letter for cell in sheet[5]}
    done = given_back(world, data)
    assert [line.problem.message.partition(" ")[2].split(" ")[0].rstrip(":") for line in done.refused] == [
        f"{at['Declared integrated tax (₹)']}6",
        f"{at['Declared integrated tax (₹)']}7",
        f"{at['ITC reduction required']}8",
    ]
    assert not any(line.problem.code != "IMP-ROW" for line in done.refused)


def test_merged_rows_are_refused_by_cell_before_anything_is_read(world):
    from ims_portal.kernel.errors import Invalid

    one, two = world.saves(number="X-0"), world.saves(number="X-1")
    book = openpyxl.load_workbook(BytesIO(exported(world)))
    sheet = book["B2B"]
    column = next(cell.column_letter for cell in sheet[5] if cell.value == "Status")
    sheet[f"{column}6"] = "Accepted"
    sheet.merge_cells(f"{column}6:{column}7")
    target = BytesIO()
    book.save(target)
    with pytest.raises(Invalid) as refusal:
        given_back(world, target.getvalue())
    assert refusal.value.code == "IMP-FORMAT"
    assert f"B2B: the cells {column}6:{column}7 are merged" in refusal.value.message
    assert {world.now(r).decision.action for r in (one, two)} == {"N"}


def test_a_formula_in_an_unfilled_row_is_refused_too(world):
    """A row with a formula is refused even if the person chose no action. The file does not contain the
    result of the formula, so the portal cannot trust the other cells of the row."""
    world.saves(number="X-0")
    book = openpyxl.load_workbook(BytesIO(exported(world)))
    sheet = book["B2B"]
    column = next(cell.column_letter for cell in sheet[5] if cell.value == "Remarks")
    sheet[f"{column}6"] = '=HYPERLINK("http://example.in","x")'
    target = BytesIO()
    book.save(target)
    (line,) = given_back(world, target.getvalue()).refused
    assert f"Cell {column}6 (“Remarks”) holds a formula" in line.problem.message


@pytest.mark.parametrize(
    ("held", "named"),
    [
        (date(2024, 11, 3), "a date or time"),
        (2.712345678901235e17, "a number"),
        (0.5, "a number"),
        (10**12, "a number"),
        (True, "TRUE or FALSE"),
        ("#N/A", "an error"),
    ],
)
def test_a_remark_that_the_cell_does_not_show_as_text_is_refused(world, held, named):
    """Excel turns a typed remark into a date or a number if the cell is not formatted as text. The person then
    sees another text than the cell holds."""
    record = world.saves(number="X-1")
    book = edited(exported(world), ("B2B", "X-1", {"Status": "Rejected", "Remarks": held}))
    done = given_back(world, book)
    (refused,) = done.refused
    assert f"(“Remarks”) holds {named}, not text" in refused.problem.message
    assert world.now(record).decision.action == "N"


def test_a_whole_number_is_stored_as_the_cell_shows_it(world):
    record = world.saves(number="X-1")
    given_back(world, edited(exported(world), ("B2B", "X-1", {"Status": "Rejected", "Remarks": 4711.0})))
    assert world.now(record).decision.remarks == "4711"


def _formatted(data: bytes, number: str, formats: dict[str, str]) -> bytes:
    """Return the workbook in which the cells of a document's row have these number formats, by heading."""
    book = openpyxl.load_workbook(BytesIO(data))
    for sheet in book:
        headings = {cell.value: cell.column for cell in sheet[5]}
        for row in sheet.iter_rows(min_row=6):
            if number in [cell.value for cell in row]:
                for heading, number_format in formats.items():
                    row[headings[heading] - 1].number_format = number_format
    target = BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("number_format", ["0%", "00000", "[$-409]d-mmm", '"No. "0', "0.0E+00", "#,"])
def test_a_number_that_the_cell_shows_with_a_format_is_no_remark(world, number_format):
    record = world.saves(number="X-1")
    book = edited(exported(world), ("B2B", "X-1", {"Status": "Rejected", "Remarks": 7}))
    (refused,) = given_back(world, _formatted(book, "X-1", {"Remarks": number_format})).refused
    assert "(“Remarks”) holds a" in refused.problem.message
    assert "not text" in refused.problem.message
    assert world.now(record).decision.action == "N"


@pytest.mark.parametrize(
    ("number_format", "saved"),
    [("₹ #,##0.00", True), ("0.00_);(0.00)", True), ("0%", False), ("0.0,", False)],
)
def test_an_amount_is_taken_as_the_cell_shows_it(world_2025, number_format, saved):
    """A percentage or a number of thousands is not the amount that the person sees in rupees."""
    world = world_2025
    note = world.saves(number="C-1", kind=Kind.CREDIT_NOTE)
    filled = {
        "Status": "Accepted",
        "ITC reduction required": "Yes",
        "Declared integrated tax (₹)": 50,
        "Remarks": "half",
    }
    book = edited(exported(world), ("B2B-CN", "C-1", filled))
    done = given_back(world, _formatted(book, "C-1", {"Declared integrated tax (₹)": number_format}))
    assert (world.now(note).decision.reduction_igst == 50_00) is saved
    assert [line.problem.code for line in done.refused] == ([] if saved else ["IMP-ROW"])


def test_a_document_number_that_became_a_formatted_number_shows_the_same_document(world):
    record = world.saves(number="4711")
    book = edited(
        exported(world), ("B2B", "4711", {"Status": " Rejected ", "Invoice number": 4711, "Remarks": "x  "})
    )
    done = given_back(
        world, _formatted(book, 4711, {"Invoice number": "0;-0;;@", "Taxable value (₹)": "₹ 0.00"})
    )
    assert done.refused == []
    assert (world.now(record).decision.action, world.now(record).decision.remarks) == ("R", "x")
