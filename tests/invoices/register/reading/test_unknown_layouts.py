"""Layouts that no table of the reader was made for: none of them gets a wrong field. What is uncertain is a question."""

from __future__ import annotations

from datetime import date

import pytest

from tests.invoices.register.reading.files import OWN, A, B, csv, gstin, look, workbook

pytestmark = pytest.mark.once

C = gstin("07", "AAACD1234E")
ROWS = [
    (A, "Alpha Traders", "A/101", date(2025, 4, 23), 1000, 180, 0, 0),
    (B, "Beta Steel", "B-7", date(2025, 4, 25), 2000, 0, 180, 180),
    (C, "Delta", "D/9", date(2025, 5, 3), 500, 90, 0, 0),
    (B, "Beta Steel", "B-9", date(2025, 5, 28), 4000, 0, 100, 100),
]
# headings, what stands in each column, and the fields that a person is asked for
CASES = [
    ('other order', ['Sr No', 'Inv. Date', 'Inv. No.', 'Party', 'GST No', 'Net Amt', 'Basic Amt', 'IGST', 'CGST', 'SGST'], '1 d no n g v x i c s', 'number document_date'),
    ('Hindi and English', ['क्रम', 'आपूर्तिकर्ता GSTIN', 'Bill No / बिल नंबर', 'Date दिनांक', 'Taxable Value (कर योग्य)', 'IGST', 'CGST', 'SGST', 'Total कुल'], '1 g no d x i c s v', 'supplier_gstin number document_date'),
    ('abbreviations', ['VENDOR', 'GSTN', 'INV#', 'INV DT', 'ASSBL VAL', 'I-GST', 'C-GST', 'S-GST', 'TOT'], 'n g no d x i c s v', 'number document_date'),
    ('rates beside amounts', ['Supplier GSTIN', 'Invoice No', 'Invoice Date', 'Taxable Value', 'IGST Rate', 'IGST Amt', 'CGST Rate', 'CGST Amt', 'SGST Rate', 'SGST Amt', 'Due Date'], 'g no d x 18 i 9 c 9 s 30/06/2025', ''),
    ('amount is the total, value the base', ['GSTIN', 'Bill Number', 'Bill Date', 'Amount', 'IGST Amount', 'CGST Amount', 'SGST Amount', 'Value'], 'g no d v i c s x', 'number'),
    ('words without blanks', ['SupplierGSTIN', 'DocumentNumber', 'DocumentDate', 'TaxableValue', 'IntegratedTaxAmount', 'CentralTaxAmount', 'StateUT TaxAmount', 'SupplierName'], 'g no d x i c s n', ''),
    ('three columns of GSTINs', ['Our GST', 'Vendor GST', 'Transporter GSTIN', 'Invoice Number', 'Invoice Date', 'GRN Date', 'Taxable', 'IGST', 'CGST', 'SGST'], 'OWN g C no d 30/06/2025 x i c s', 'supplier_gstin'),
    ('voucher and reference', ['Entry No', 'Entry Date', 'Supplier', 'GSTIN No.', 'Ref No.', 'Ref Date', 'Gross', 'Taxable Amt', 'Integrated Tax', 'Central Tax', 'State Tax', 'TCS'], 'PV1 30/05/2025 n g no d v x i c s 0', 'number document_date'),
    ('semicolons', ['Gstin of vendor', 'Name of vendor', 'Tax Invoice No', 'Tax Invoice Date', 'Taxable value in Rs.', 'IGST Rs', 'CGST Rs', 'SGST/UTGST Rs', 'POS', 'RCM'], 'g n no d x i c s MH N', 'number document_date reverse_charge place_of_supply'),
    ('CREDIT means on credit', ['Supplier GSTIN', 'Invoice Number', 'Invoice Date', 'Taxable Amount', 'IGST Amount', 'CGST Amount', 'SGST Amount', 'Supplier Name', 'Invoice Value', 'Vno', 'Document Mode', 'Document Type', 'Book', 'InvType'], 'g no d x i c s n v 55 B2B CREDIT P Tax', ''),
    ('tax in one sum', ['Party Name', 'GSTIN/UIN', 'Doc No', 'Doc Date', 'Base Amount', 'GST Amount', 'Bill Amount'], 'n g no d x t v', 'number document_date taxable tax'),
    ('trailing text columns', ['S.No', 'Name of the Supplier', 'GSTIN of Supplier', 'Bill No.', 'Bill Dt.', 'HSN', 'Qty', 'Rate', 'Assessable Value', 'CGST Amount', 'SGST Amount', 'IGST Amount', 'Round Off', 'Net Payable', 'Remarks'], '1 n g no d 7308 2 55.5 x c s i 0 v ok', 'number document_date'),
]  # fmt: skip


def values(columns: str, one: tuple) -> list[object]:
    g, n, no, d, x, i, c, s = one
    named = {"g": g, "n": n, "no": no, "d": f"{d:%d/%m/%Y}", "x": x, "i": i, "c": c, "s": s, "t": i + c + s, "v": x + i + c + s, "OWN": OWN, "C": C}  # fmt: skip
    return [named.get(column, column) for column in columns.split()]


def read(found) -> list[tuple]:
    return [(r.supplier_gstin, r.number, r.document_date, r.taxable, r.igst, r.cgst, r.sgst) for r in found.first_rows]  # fmt: skip


WANTED = [(g, no, d, x * 100, i * 100, c * 100, s * 100) for g, _n, no, d, x, i, c, s in ROWS]


@pytest.mark.parametrize(("name", "headings", "columns", "asked"), CASES, ids=[case[0] for case in CASES])
def test_no_field_is_wrong(name, headings, columns, asked):
    separator = ";" if name == "semicolons" else ","
    found = look(csv(headings, *[values(columns, one) for one in ROWS], separator=separator))
    assert read(found) == WANTED
    about = {one.key.partition(":")[2] for one in found.questions if one.key.startswith("column:")}
    assert about == set(asked.split())
    assert all(one.how != "guess" or name in about for name, one in found.mapping.parts[0].fields.items())


def test_headings_in_two_rows_under_parents():
    data = workbook(("Sheet1", [
        ["Stacked register"], [],
        ["Supplier", None, "Invoice", None, None, "Tax", None, None],
        ["GSTIN", "Name", "No", "Date", "Taxable", "IGST", "CGST", "SGST"],
        *[[g, n, no, d, x, i, c, s] for g, n, no, d, x, i, c, s in ROWS],
    ]))  # fmt: skip
    found = look(data, "x.xlsx")
    assert (found.questions, read(found)) == ((), WANTED)


def test_a_note_is_not_taken_for_the_invoice_it_belongs_to():
    head = ["GSTIN", "Note No", "Note Date", "Invoice No", "Invoice Date", "Taxable Value", "IGST", "CGST", "SGST", "Note Type"]  # fmt: skip
    data = csv(head, [A, "CN1", "23-04-2025", "A/1", "20-04-2025", 100, 18, 0, 0, "C"], [A, "CN2", "24-04-2025", "A/2", "21-04-2025", 100, 18, 0, 0, "C"])  # fmt: skip
    found = look(data)
    assert {one.key: one.proposed for one in found.questions} == {"column:number": "note no", "column:document_date": "note date"}  # fmt: skip
    assert [(one.kind.value, one.number, one.document_date.day) for one in found.first_rows] == [("CN", "CN1", 23), ("CN", "CN2", 24)]  # fmt: skip


def test_the_supplier_s_number_is_proposed_before_the_buyer_s():
    head = ["Invoice No", "Supplier Invoice No", "Supplier GSTIN", "Invoice Date", "Supplier Invoice Date", "Taxable Value", "IGST", "CGST", "SGST"]  # fmt: skip
    found = look(csv(head, ["P1", "A/1", A, "25-04-2025", "23-04-2025", 100, 18, 0, 0]))
    assert {one.key: one.proposed for one in found.questions} == {"column:number": "supplier invoice no", "column:document_date": "supplier invoice date"}  # fmt: skip
