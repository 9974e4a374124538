"""Bad files are refused with a code, the place, and what to do. Strange rows are told with sheet, row and column."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO

import openpyxl
import pytest

from ims_portal.kernel.errors import Invalid
from tests.invoices.register.reading.files import (
    OWN,
    A,
    codes,
    csv,
    documents,
    gstin,
    left_out,
    look,
    saved,
    workbook,
)

pytestmark = pytest.mark.once

HEAD = ["Supplier GSTIN", "Invoice No", "Invoice Date", "Taxable Value", "IGST", "CGST", "SGST"]


def row(number="A/1", day="23-04-2025", taxable="1000", igst="180", supplier=A):
    return [supplier, number, day, taxable, igst, "0", "0"]


def with_part(data: bytes, name: str) -> bytes:
    target = BytesIO(data)
    with zipfile.ZipFile(target, "a") as book:
        book.writestr(name, b"x")
    return target.getvalue()


def many_formatted_rows() -> bytes:
    """A sheet of 400,000 rows of 20 cells that hold nothing but a format."""
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.append(row())
    data = BytesIO(saved(book))
    target = BytesIO()
    with zipfile.ZipFile(data) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for part in source.infolist():
            text = source.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                empty = b"".join(b'<row r="%d">%s</row>' % (n, b'<c s="0"/>' * 40) for n in range(3, 400_000))
                text = text.replace(b"</sheetData>", empty + b"</sheetData>")
            out.writestr(part.filename, text)
    return target.getvalue()


GSTR2B = [
    ["Goods and Services Tax  - GSTR-2B"], ["Taxable inward supplies received from registered persons"],
    ["GSTIN of supplier", "Trade/Legal name", "Invoice number", "Invoice Date", "Taxable Value (₹)", "Integrated Tax(₹)", "GSTR-1/IFF/GSTR-5 Period", "ITC Availability"],
    [A, "Alpha", "A/1", "23/04/2025", 1000, 180, "Apr'25", "Yes"],
]  # fmt: skip
OTHERS = gstin("29", "AAACZ9999Z")
BAD = [
    ("empty", b"", "REG-EMPTY", "Export"),
    ("pdf", b"%PDF-1.4 ...", "REG-PDF", "Export"),
    ("web page", b"<html><table><tr><td>1</td></tr></table></html>", "REG-HTML", "save it as .xlsx"),
    ("other XML", b"<?xml version='1.0'?><Workbook/>", "REG-XML", "save it"),
    ("entities", b"<!DOCTYPE x [<!ENTITY a 'b'>]><ENVELOPE>&a;</ENVELOPE>", "REG-XML", "Export it again"),
    ("broken XML", b"<ENVELOPE><VOUCHER>\n</ENVELOPE>", "REG-XML", "line 2"),
    ("no vouchers", b"<ENVELOPE></ENVELOPE>", "REG-XML", "Day Book"),
    ("json of 2B", b'{"data": {"docdata": {}}}', "REG-GSTR2B", "your own books"),
    ("json", b'{"rows": []}', "REG-JSON", "Excel or CSV"),
    ("binary", b"a,b\0\1\2" * 9, "REG-FORMAT", "CSV"),
    ("one column", b"hello\nworld\n", "REG-FORMAT", "Excel"),
    ("open quote", csv(HEAD, row()) + b'\r\n"A,b\n' + b"x,y\n" * 60, "REG-CSV", "row 3"),
    ("no headings", csv(row(), row("A/2")), "REG-HEADINGS", "row 1"),
    ("not a register", csv(["Name", "Qty", "Rate"], ["Nut", "5", "3"], ["Bolt", "6", "4"], ["x1", "7", "5"]), "REG-", ""),
    ("500 columns", csv([*HEAD, *(f"c{n}" for n in range(500))], row()), "REG-COLUMNS", "Row 1 has 507"),
    ("500 columns in Excel", workbook(("April", [[*HEAD, *range(500)], row()])), "REG-COLUMNS", "Sheet April has 507"),
    ("password", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "REG-LOCKED", "without a password"),
    ("macros in .xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "REG-FORMAT", "macros"),
    ("damaged .xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000, "REG-FORMAT", "save it again"),
    ("macros", with_part(workbook(("A", [HEAD, row()])), "xl/vbaProject.bin"), "REG-FORMAT", "macros"),
    ("links", with_part(workbook(("A", [HEAD, row()])), "xl/externalLinks/externalLink1.xml"), "REG-FORMAT", "links"),
    ("xlsb", with_part(workbook(("A", [HEAD, row()])), "xl/workbook.bin"), "REG-FORMAT", "xlsb"),
    ("2B", workbook(("B2B", GSTR2B)), "REG-GSTR2B", "Sheet B2B"),
    ("not columnar", csv(["Date", "Particulars", "Vch Type", "Vch No.", "Debit", "Credit"], ["1-Apr-25", "Beta", "Purchase", "1", "", "118"], ["2-Apr-25", "Beta", "Purchase", "2", "", "118"]), "REG-LAYOUT", "columnar"),
    ("other company above", csv(["GSTIN of recipient", OTHERS], HEAD, row()), "REG-OTHER-COMPANY", OTHERS),
    ("other company in a column", csv(["Recipient GSTIN", *HEAD], [OTHERS, *row()]), "REG-OTHER-COMPANY", "Row 2"),
    ("nothing usable", csv(HEAD, row(taxable="0", igst="0")), "REG-NOTHING", "Row 2 of sheet file: The row has no taxable value"),
    ("many formatted rows", many_formatted_rows, "REG-SIZE", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "code", "words"), BAD, ids=[one[0] for one in BAD])
def test_a_bad_file_is_refused_with_the_place_and_what_to_do(name, data, code, words):
    with pytest.raises(Invalid) as refusal:
        look(data() if callable(data) else data, "file")
    assert refusal.value.code.startswith(code)
    assert words in refusal.value.message


def test_numbers_that_a_spreadsheet_damaged_are_named():
    found = look(csv(HEAD, row("4.52E+15"), row("4.52E+15"), row("A/3")))
    told = [(one.row, one.column) for one in found.warnings if one.code == "REG-NUMBER-DAMAGED"]
    assert told == [(2, "B"), (3, "B")]
    assert len(documents(found)) == 3, "two rows with the same rounded number are two documents"


def test_errors_and_formulas_without_result_are_no_amounts():
    data = workbook(("April", [HEAD, row(), ["=A2", "A/2", "23-04-2025", "=1+1", 1, 0, 0], [A, "A/3", "23-04-2025", "#REF!", 1, 0, 0]]))  # fmt: skip
    found = look(data, "x.xlsx")
    assert left_out(found) == {3: "REG-ROW-AMOUNT", 4: "REG-ROW-AMOUNT"}
    assert "column D" in next(one.sentence for one in found.warnings if one.row == 3)


def test_two_orders_of_dates_are_a_question_and_never_a_guess():
    data = csv(HEAD, row("1", "23/04/2025"), row("2", "04/25/2025"), row("3", "05/04/2025"))
    [question] = look(data).questions
    assert (question.key, question.proposed) == ("dates:document_date", "")
    found = look(data, answers={"dates:document_date": "dmy"})
    assert found.questions == ()
    assert left_out(found) == {3: "REG-ROW-DATE"}


def test_months_of_a_span_settle_the_order():
    data = csv(
        ["Register"], ["1-Apr-25 to 30-Apr-25", ""], HEAD, row("1", "04/03/2025"), row("2", "04/05/2025")
    )
    found = look(data)
    assert found.questions == ()
    assert [one.document_date.month for one in documents(found)] == [4, 4]


def test_dates_of_the_future_and_gstins_with_faults_are_told():
    found = look(csv(HEAD, row("1", "23-04-2031"), row("2", "23-04-2015"), row("3", supplier=A[:-1] + "0")))
    assert {"REG-DATE-FUTURE", "REG-DATE-EARLY", "REG-GSTIN"} <= codes(found)


def test_an_answer_that_is_not_offered_is_refused():
    with pytest.raises(Invalid, match="not an answer"):
        look(csv(HEAD, row()), answers={"column:number": "no such"})


def test_own_registration_of_another_state_stays_with_its_rows():
    other = gstin("29", OWN[2:12])
    [one] = documents(look(csv(["Recipient GSTIN", *HEAD], [other, *row()])))
    assert one.own_gstin == other


def test_days_that_a_spreadsheet_exchanged_are_asked_about():
    days = [date(2025, 5, 4), date(2025, 6, 4), date(2025, 7, 4), "23-04-2025", "24-04-2025", "25-04-2025"]
    data = workbook(("A", [HEAD, *[row(str(n), day) for n, day in enumerate(days)]]))
    [question] = look(data, "x.xlsx").questions
    assert (question.key, question.proposed) == ("dates:document_date", "")
    for answer, months in (("swapped", {4}), ("dmy", {4, 5, 6, 7})):
        found = look(data, "x.xlsx", answers={"dates:document_date": answer})
        assert ({one.document_date.month for one in documents(found)}, found.questions) == (months, ())


def test_mixed_orders_are_asked_again_for_each_file():
    data = csv(HEAD, row("1", "23/04/2025"), row("2", "04/25/2025"), row("3", "05/04/2025"))
    before = look(data, answers={"dates:document_date": "dmy"}).mapping
    assert [one.key for one in look(data, remembered=before).questions] == ["dates:document_date"]


def test_sheets_with_other_headings_are_asked_about_apart():
    other = ["Supplier GSTIN", "Inv. No.", "Invoice Date", "Taxable Value", "IGST", "CGST", "SGST"]
    data = workbook(("April", [HEAD, row("1")]), ("May", [other, row("2")]))
    [question] = look(data, "x.xlsx").questions
    assert question.key.endswith("|column:number")
    assert question.sheets == ("May",)
    found = look(data, "x.xlsx", answers={question.key: "inv no"})
    assert (found.questions, len(documents(found))) == ((), 2)


def test_a_register_without_taxable_value_needs_a_person():
    data = csv([*HEAD[:3], *HEAD[4:]], [A, "1", "23-04-2025", "180", "0", "0"])
    assert [one.key for one in look(data).questions] == ["column:taxable"]
    assert documents(look(data, answers={"column:taxable": ""}))[0].igst == 18000
