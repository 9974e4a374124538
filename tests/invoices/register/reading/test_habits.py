"""Habits of files that the reader survives."""

from __future__ import annotations

import json

import openpyxl
import pytest

from invoices.register.reading import Mapping
from invoices.register.reading.values import amount, kind, place, text
from invoices.rules.situation import Kind
from tests.invoices.register.reading.files import A, B, codes, csv, documents, left_out, look, saved, workbook

pytestmark = pytest.mark.once

HEAD = ["Supplier GSTIN", "Invoice No", "Invoice Date", "Taxable Value", "IGST", "CGST", "SGST"]


def row(number="A/1", taxable=1000, igst=180, day="23-04-2025"):
    return [A, number, day, taxable, igst, 0, 0]


@pytest.mark.parametrize(
    ("cell", "paise"),
    [
        ("₹ 1,23,456.50", 12345650), ("Rs. 1,234/-", 123400), ("(1,234.00)", -123400), ("500 Cr", -50000),
        ("500.00 Dr", 50000), ("-", 0), ("–", 0), ("12-", -1200), (None, 0), ("1,5", None), ("1.234,56", None),
        ("abc", None), ("#ERROR", None), (0.1 + 0.2, 30), (2364, 236400), ("1.2E+3", 120000), (1e14, None),
    ],
)  # fmt: skip
def test_amounts(cell, paise):
    assert amount(cell) == paise


@pytest.mark.parametrize(
    ("words", "code"),
    [("27-Maharashtra", "27"), ("Maharashtra (27)", "27"), ("MH", "27"), ("Maharastra", "27"), ("7", "07"), ("IN-TN", "33"), ("29-Kerala", ""), ("Mars", ""), ("77", "")],
)  # fmt: skip
def test_places(words, code):
    assert place(words) == code


@pytest.mark.parametrize(
    ("words", "found"),
    [("CREDIT", None), ("C", None), ("DR", None), ("Credit Note", Kind.CREDIT_NOTE), ("Purchase Return", Kind.CREDIT_NOTE), ("Debit Note", "debit note"), ("CDN", "note"), ("Purchase GST", Kind.INVOICE), ("B2B", Kind.INVOICE)],
)  # fmt: skip
def test_words_of_kinds(words, found):
    assert kind(words) == found


def test_numbers_of_a_spreadsheet():
    assert [text(cell) for cell in (2364.0, 4520000000000001, 12)] == ["2364", "4.52000E+15", "12"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(encoding, separator):
    found = look(csv([*HEAD, "Supplier Name"], [*row(), "Café"], encoding=encoding, separator=separator))
    assert documents(found)[0].supplier_name == "Café"


def test_a_total_goes_only_if_the_rows_above_add_up_to_it():
    head = ["Supplier Name", *HEAD]
    lines = [["Alpha", *row("1")], ["Alpha", *row("2")]]
    right = ["Grand Total", None, None, None, 2000, 360, 0, 0]
    wrong = ["Grand Total", None, None, None, 2500, 360, 0, 0]
    assert left_out(look(csv(head, *lines, right))) == {4: "REG-ROW-TOTAL"}
    found = look(csv(head, *lines, wrong))
    assert left_out(found) == {4: "REG-ROW-TOTAL-DIFFERS"}
    assert "REG-ROW-TOTAL-DIFFERS" in codes(found)
    assert found.totals["taxable"] == 200000


def test_sub_totals_of_months():
    head = ["Supplier Name", *HEAD]
    found = look(csv(head, ["Alpha", *row("1")], ["April Total", None, None, None, 1000, 180], ["Alpha", *row("2")], ["May Total", None, None, None, 1000, 180], ["Grand Total", None, None, None, 2000, 360]))  # fmt: skip
    assert set(left_out(found).values()) == {"REG-ROW-TOTAL"}
    assert found.used == 2


def test_negative_amounts_are_credit_notes_and_are_told():
    found = look(csv(HEAD, row("1"), row("2", -500, -90)))
    assert [(one.kind, one.taxable) for one in documents(found)] == [(Kind.INVOICE, 100000), (Kind.CREDIT_NOTE, 50000)]  # fmt: skip
    assert "REG-NEGATIVE" in codes(found)


def test_a_negative_line_of_an_invoice_stays_in_its_invoice():
    [one] = documents(look(csv(HEAD, row("1"), row("1", -100, -18))))
    assert (one.kind, one.taxable, one.igst) == (Kind.INVOICE, 90000, 16200)


def test_negative_invoices_are_asked_about():
    data = csv([*HEAD, "Document Type"], [*row("1"), "Invoice"], [*row("2", -500, -90), "Invoice"])
    assert [one.key for one in look(data).questions] == ["negative"]
    assert [one.kind for one in documents(look(data, answers={"negative": "credit_note"}))] == [Kind.INVOICE, Kind.CREDIT_NOTE]  # fmt: skip
    assert left_out(look(data, answers={"negative": "leave_out"})) == {3: "REG-ROW-NEGATIVE"}


def test_debit_notes_of_an_unknown_program_are_asked_about():
    data = csv([*HEAD, "Document Type"], [*row("1"), "Invoice"], [*row("2"), "Debit Note"])
    assert [one.key for one in look(data).questions] == ["debit_note"]
    for answer in ("CN", "DN"):
        assert documents(look(data, answers={"debit_note": answer}))[1].kind == Kind(answer)


def test_the_name_of_a_sheet_says_the_kind():
    data = workbook(
        ("Purchases", [HEAD, row("1")]), ("Credit Notes", [HEAD, row("2")]), ("Notes", [["a", "b"]])
    )
    found = look(data, "x.xlsx")
    assert found.sheets == ("Purchases", "Credit Notes")
    assert [one.kind for one in documents(found)] == [Kind.INVOICE, Kind.CREDIT_NOTE]
    assert [(one.sheet, one.code) for one in found.warnings] == [("Notes", "REG-SHEET")]


def test_the_same_document_in_two_sheets_is_not_added_up():
    found = look(workbook(("All", [HEAD, row()]), ("April", [HEAD, row()])), "x.xlsx")
    assert [one.taxable for one in documents(found)] == [100000, 100000]


def test_a_taxable_value_repeated_for_each_rate_counts_once():
    head = [*HEAD, "Rate"]
    [one] = documents(look(csv(head, [*row("1", 1000, 25), 5], [*row("1", 1000, 90), 18])))
    assert (one.taxable, one.igst, one.repeated_taxable) == (100000, 11500, True)
    [one] = documents(look(csv(head, [*row("1", 1000, 50), 5], [*row("1", 1000, 180), 18])))
    assert (one.taxable, one.repeated_taxable) == (200000, False)


def test_rows_of_different_vouchers_stay_apart():
    found = look(csv([*HEAD, "Voucher No"], [*row(), "V1"], [*row(), "V2"]))
    assert len(documents(found)) == 2


def test_hidden_and_merged_rows_are_read_and_told():
    book = openpyxl.Workbook()
    sheet = book.active
    for one in (HEAD, row("1", 600, 108), [None, None, None, 400, 72, 0, 0], row("2")):
        sheet.append(one)
    for area in ("A2:A3", "B2:B3", "C2:C3"):
        sheet.merge_cells(area)
    sheet.row_dimensions[4].hidden = True
    found = look(saved(book), "x.xlsx")
    assert found.questions == ()
    assert [(one.number, one.taxable) for one in documents(found)] == [("1", 100000), ("2", 100000)]
    assert {"REG-HIDDEN", "REG-MERGED"} <= codes(found)


def test_rows_that_may_continue_a_document_are_asked_about():
    data = csv(HEAD, row("1", 600, 108), ["", "", "", 400, 72, 0, 0], row("2"))
    assert [one.key for one in look(data).questions] == ["carry_down"]
    assert documents(look(data, answers={"carry_down": "yes"}))[0].taxable == 100000
    assert left_out(look(data, answers={"carry_down": "no"})) == {3: "REG-ROW-DATE"}


def test_an_amount_whose_format_says_cr_is_negative():
    book = openpyxl.Workbook()
    sheet = book.active
    for one in (HEAD, row("1"), row("2", 500, 90)):
        sheet.append(one)
    for cell in ("D3", "E3"):
        sheet[cell].number_format = '0.00" Cr"'
    assert [one.kind for one in documents(look(saved(book), "x.xlsx"))] == [Kind.INVOICE, Kind.CREDIT_NOTE]


def test_repeated_headings_and_explaining_rows_are_left_out():
    explain = ["the GSTIN", "as printed", "day first", "without tax", "", "", ""]
    found = look(csv(HEAD, explain, row("1"), HEAD, row("2")))
    assert (
        left_out(found) == {2: "REG-ROW-AMOUNT", 4: "REG-ROW-HEADINGS"}
        or left_out(found)[4] == "REG-ROW-HEADINGS"
    )
    assert found.used == 2


def test_a_single_date_of_the_books_is_the_day_of_posting():
    [one] = documents(look(csv(["Date", *HEAD[:2], *HEAD[3:]], ["23-04-2025", A, "1", 1000, 180, 0, 0])))
    assert (one.posted_on, one.date_unsure) == (one.document_date, True)


def test_a_place_of_supply_that_is_always_our_state_is_not_used():
    found = look(csv([*HEAD, "Place of Supply"], *[[*row(str(n)), "27"] for n in range(12)]))
    assert "REG-PLACE" in codes(found)
    assert {one.place_of_supply for one in documents(found)} == {""}


def test_a_mapping_is_remembered_and_a_changed_file_tells_what_is_new():
    head = ["Supplier GSTIN", "Inv. No.", "Invoice Date", "Taxable Value", "IGST", "CGST", "SGST"]
    first = look(csv(head, row("1")), "april.csv")
    assert [one.key for one in first.questions] == ["column:number"]
    answered = look(csv(head, row("1")), "april.csv", answers={"column:number": "inv no"})
    assert (answered.questions, answered.mapping.parts[0].fields["number"].how) == ((), "person")
    kept = Mapping.of_json(json.loads(json.dumps(answered.mapping.as_json())))
    again = look(csv(head, row("2")), "may.csv", remembered=kept)
    assert (again.questions, codes(again)) == ((), set())
    changed = look(csv([*head, "Extra"], [*row("2"), "x"]), "june.csv", remembered=kept)
    assert (changed.questions, codes(changed)) == ((), {"REG-CHANGED"})
    gone = look(csv(["Supplier GSTIN", "Bill No.", *head[2:]], row("2")), "july.csv", remembered=kept)
    assert [one.key for one in gone.questions] == ["column:number"]


def test_what_is_shown_before_anything_is_taken_over():
    found = look(csv(HEAD, *[row(str(n)) for n in range(12)], row("0")))
    assert (len(found.first_rows), len(found.documents), found.used) == (10, 3, 13)
    assert len(found.documents[0].rows) == 2
    assert found.totals["igst"] == 13 * 18000
    assert B not in {one.supplier_gstin for one in found.first_rows}
