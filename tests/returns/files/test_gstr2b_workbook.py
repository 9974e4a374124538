"""The GSTR-2B workbook has the sheets of the GST portal. Each line of the statement is in the workbook once,
and the totals equal the statement's totals."""

from __future__ import annotations

from io import BytesIO

from django.urls import reverse

from gstr2b.lines import write
from gstr2b.statement import table4
from gstr2b.workbook.layout import SHEETS as GSTR2B_SHEETS
from gstr2b.workbook.write import write_statement
from ims_portal.kernel.money import HEADS
from invoices.models import Role
from tests.returns.files.workbooks import opened, paise, signed_in

GSTR2B_NAMES = [
    "Read me", "ITC Available", "ITC not available", "ITC Reversal", "ITC Rejected",
    "B2B", "B2BA", "B2B-CDNR", "B2B-CDNRA", "ECO", "ECOA", "ISD", "ISDA", "IMPG", "IMPGA", "IMPGSEZ", "IMPGSEZA",
    "B2B (ITC Reversal)", "B2BA (ITC Reversal)", "B2B-DNR", "B2B-DNRA",
    "B2B(Rejected)", "B2BA(Rejected)", "B2B-CDNR(Rejected)", "B2B-CDNRA(Rejected)", "ECO(Rejected)", "ECOA(Rejected)",
    "ISD(Rejected)", "ISDA(Rejected)",
]  # fmt: skip


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
    assert facts["Date of generation"] == "14-11-2024"
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


def test_every_line_of_a_statement_is_on_exactly_one_sheet(busy):
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
    # Make each version store all its lines. Usually a version stores all its lines only after very many
    # changes.
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
