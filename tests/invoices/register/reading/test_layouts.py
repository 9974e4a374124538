"""Each layout is recognised, and no field holds the value of another one."""

from __future__ import annotations

from datetime import date

from invoices.rules.situation import Kind
from tests.invoices.register.reading.files import OWN, A, B, csv, documents, left_out, look, workbook


def facts(one) -> tuple:
    return (one.supplier_gstin, one.kind, one.number, one.own_number, one.document_date, one.taxable, one.igst, one.cgst, one.sgst)  # fmt: skip


def test_the_template_of_gstn_is_read_with_its_own_gstin_above_the_headings():
    data = workbook(("Purchase Reigster", [
        ["GSTIN of recipient*", OWN, "Trade/Legal name", "Us"],
        ["Financial year*", "2025-26", "Tax period*", "April"],
        [], [],
        ["GSTIN of Supplier/ECO* ", "Trade/Legal name ", "Type of inward supplies* ", "Document type* ", "Document number* ", "Document date* ", "Taxable value (₹)* ", "Integrated tax (₹) ", "Central tax (₹) ", "State/UT tax (₹) ", "Cess (₹) "],
        [A, "Alpha", "B2B", "Invoice", "A/1", "03-04-2025", 1000, 180, 0, 0, 0],
        [A, "Alpha", "B2B", "Invoice", "A/1", "03-04-2025", 2000, 100, 0, 0, 0],
        [B, "Beta", "B2B", "Debit Note", "D/1", "04-04-2025", 100, 0, 9, 9, 0],
        [B, "Beta", "B2B", "Credit Note", "C/1", "04-04-2025", 100, 0, 9, 9, 0],
    ]))  # fmt: skip
    found = look(data, "x.xlsx")
    assert (found.layout, found.questions) == ("GSTN purchase register template v2.4", ())
    assert [facts(one) for one in documents(found)] == [
        (A, Kind.INVOICE, "A/1", "", date(2025, 4, 3), 300000, 28000, 0, 0),
        (B, Kind.DEBIT_NOTE, "D/1", "", date(2025, 4, 4), 10000, 0, 900, 900),
        (B, Kind.CREDIT_NOTE, "C/1", "", date(2025, 4, 4), 10000, 0, 900, 900),
    ]


def test_the_b2b_section_has_a_row_a_rate_and_repeats_the_invoice_value():
    data = csv(
        ["GSTIN of Supplier", "Invoice Number", "Invoice date", "Invoice Value", "Place Of Supply", "Reverse Charge", "Invoice Type", "Rate", "Taxable Value", "Integrated Tax Paid", "Central Tax Paid", "State/UT Tax Paid", "Cess Paid", "Eligibility For ITC", "Availed ITC Integrated Tax"],
        [A, "S-1", "12-Jul-25", "6,230.00", "27-Maharashtra", "N", "Regular", "18.00", "4,981", "896.58", "0", "0", "0", "Inputs", "896.58"],
        [A, "S-1", "12-Jul-25", "6,230.00", "27-Maharashtra", "N", "Regular", "5.00", "335.64", "16.78", "0", "0", "0", "Inputs", "16.78"],
    )  # fmt: skip
    found = look(data)
    assert found.layout == "GSTN GSTR-2 section b2b"
    [one] = documents(found)
    assert facts(one)[5:7] == (531664, 91336)
    assert (one.value, one.place_of_supply, one.itc.value, len(one.rows)) == (623000, "27", "full", 2)


def test_the_letters_of_cdnr_say_the_kind():
    data = csv(
        ["GSTIN of Supplier", "Note/Refund Voucher Number", "Note/Refund Voucher date", "Invoice/Advance Payment Voucher Number", "Invoice/Advance Payment Voucher date", "Pre GST", "Document Type", "Rate", "Taxable Value", "Integrated Tax Paid", "Central Tax Paid", "State/UT Tax Paid", "Cess Paid", "Eligibility For ITC"],
        [A, "CN1", "12-Jul-25", "S-1", "01-Jul-25", "N", "C", "18", "100", "18", "0", "0", "0", "Inputs"],
        [A, "DN1", "12-Jul-25", "S-1", "01-Jul-25", "N", "D", "18", "200", "36", "0", "0", "0", "Ineligible"],
    )  # fmt: skip
    found = documents(look(data))
    assert [(one.kind, one.number, one.original_number, one.taxable) for one in found] == [
        (Kind.CREDIT_NOTE, "CN1", "S-1", 10000),
        (Kind.DEBIT_NOTE, "DN1", "S-1", 20000),
    ]


def test_a_bill_of_entry_needs_no_supplier():
    data = csv(
        ["Port Code", "Bill Of Entry Number", "Bill Of Entry Date", "Bill Of Entry Value", "Document type", "GSTIN Of SEZ Supplier", "Rate", "Taxable Value", "Integrated Tax Paid", "Cess Paid", "Eligibility For ITC"],
        ["INNSA1", "1234567", "13-Jul-25", "1180", "Imports", "", "18", "1000", "180", "0", "Inputs"],
    )  # fmt: skip
    [one] = documents(look(data))
    assert (one.kind, one.port_code, one.number, one.igst) == (Kind.BILL_OF_ENTRY, "INNSA1", "1234567", 18000)


TALLY = [
    ["Us Pvt Ltd"], ["Purchase Register"], ["1-Apr-2025 to 30-Apr-2025"], [],
    ["Date", "Particulars", "Voucher Type", "Voucher No.", "Voucher Ref. No.", "Voucher Ref. Date", "GSTIN/UIN", "Quantity", "Rate", "Value", "Gross Total", "Purchase @ 18%", "PURCHASE IGST 18%", "INPUT CGST 9%", "INPUT SGST 9%", "I GST 18%", "ROUND OFF"],
    [None, None, None, None, None, None, None, "KGS"],
    [date(2025, 4, 5), "Beta", "Purchase", "17", "B/1", date(2025, 4, 2), B, None, None, 1000, 1180, 1000, None, 90, 90, None, 0],
    [date(2025, 4, 6), "Alpha", "Purchase", "18", "A/1", date(2025, 4, 3), A, None, None, 2000, 2360, None, 2000, None, None, 360, 0],
    [date(2025, 4, 7), "(cancelled)", "Purchase", "19"],
    [date(2025, 4, 8), "Beta", "Debit Note", "3", "B/1", date(2025, 4, 2), B, None, None, -100, -118, -100, None, -9, -9, None, 0],
    [None, "Grand Total", None, None, None, None, None, None, None, 2900, 3422, 900, 2000, 81, 81, 360, 0],
]  # fmt: skip


def test_tally_columnar_takes_the_reference_and_not_the_voucher_for_the_number():
    found = look(workbook(("Purchase Register", TALLY)), "tally.xlsx")
    assert (found.layout, found.questions) == ("Tally, columnar", ())
    assert [facts(one) for one in documents(found)] == [
        (B, Kind.INVOICE, "B/1", "17", date(2025, 4, 2), 100000, 0, 9000, 9000),
        (A, Kind.INVOICE, "A/1", "18", date(2025, 4, 3), 200000, 36000, 0, 0),
        (B, Kind.CREDIT_NOTE, "B/1", "3", date(2025, 4, 2), 10000, 0, 900, 900),
    ]
    assert left_out(found) == {6: "REG-ROW-NOTE", 9: "REG-ROW-CANCELLED", 11: "REG-ROW-TOTAL"}


def test_a_gstr2_report_of_tally():
    data = workbook(("GSTR-2", [
        ["Us"], [],
        ["Date", "Particulars", "Party GSTIN/UIN", "Vch Type", "Vch No.", "Doc No.", "Doc Date", "Taxable Amount", "Integrated Tax Amount", "Central Tax Amount", "State Tax Amount", "Cess Amount", "Total Tax Amount", "Invoice Amount"],
        ["5-Apr-25", "Beta", B, "Purchase", "17", "B/1", "2-Apr-25", 1000, 0, 90, 90, 0, 180, 1180],
    ]))  # fmt: skip
    found = look(data, "x.xlsx")
    assert found.layout == "Tally, GSTR-2 report"
    [one] = documents(found)
    assert facts(one) == (B, Kind.INVOICE, "B/1", "17", date(2025, 4, 2), 100000, 0, 9000, 9000)


XML = f"""<ENVELOPE><BODY><DATA><TALLYMESSAGE>
<VOUCHER REMOTEID="g1"><DATE>20250405</DATE><VOUCHERTYPENAME>Purchase</VOUCHERTYPENAME><VOUCHERNUMBER>17</VOUCHERNUMBER>
<REFERENCE>B/1 (Beta &amp; Co)</REFERENCE><REFERENCEDATE>20250402</REFERENCEDATE><PARTYLEDGERNAME>Beta &amp; Co</PARTYLEDGERNAME>
<PARTYGSTIN>{B}</PARTYGSTIN><NARRATION>&#4; odd</NARRATION><ISCANCELLED>No</ISCANCELLED>
<ALLLEDGERENTRIES.LIST><LEDGERNAME>Beta &amp; Co</LEDGERNAME><AMOUNT>1180.00</AMOUNT></ALLLEDGERENTRIES.LIST>
<ALLLEDGERENTRIES.LIST><LEDGERNAME>Purchase @ 18%</LEDGERNAME><AMOUNT>-1000.00</AMOUNT></ALLLEDGERENTRIES.LIST>
<ALLLEDGERENTRIES.LIST><LEDGERNAME>Input CGST</LEDGERNAME><AMOUNT>-90.00</AMOUNT></ALLLEDGERENTRIES.LIST>
<ALLLEDGERENTRIES.LIST><LEDGERNAME>Input SGST</LEDGERNAME><AMOUNT>-90.00</AMOUNT></ALLLEDGERENTRIES.LIST></VOUCHER>
<VOUCHER><DATE>20250406</DATE><VOUCHERTYPENAME>Purchase</VOUCHERTYPENAME><VOUCHERNUMBER>18</VOUCHERNUMBER>
<PARTYLEDGERNAME>Beta</PARTYLEDGERNAME><ISCANCELLED>Yes</ISCANCELLED></VOUCHER>
</TALLYMESSAGE></DATA></BODY></ENVELOPE>"""


def test_vouchers_of_tally_in_xml_also_in_utf_16():
    for data in (XML.encode(), XML.encode("utf-16")):
        found = look(data, "DayBook.xml")
        [one] = documents(found)
        assert facts(one) == (B, Kind.INVOICE, "B/1", "17", date(2025, 4, 2), 100000, 0, 9000, 9000)
        assert left_out(found) == {3: "REG-ROW-CANCELLED"}


def test_erpnext_sums_its_tax_accounts():
    data = csv(
        ["Invoice", "Posting Date", "Supplier", "Supplier Name", "Bill No", "Bill Date", "Supplier GSTIN", "Company GSTIN", "Is Reverse Charge", "GST Category", "Net Total", "Input Tax CGST - ABC", "Input Tax SGST - ABC", "Input Tax IGST - ABC", "Total Tax", "Grand Total"],
        ["PINV-1", "2025-04-05", "S1", "Beta", "B/1", "2025-04-02", B, OWN, "0", "Registered Regular", "1000", "90", "90", "0", "180", "1180"],
    )  # fmt: skip
    found = look(data)
    assert (found.layout, found.questions) == ("ERPNext, GST purchase register", ())
    [one] = documents(found)
    assert facts(one) == (B, Kind.INVOICE, "B/1", "PINV-1", date(2025, 4, 2), 100000, 0, 9000, 9000)


def test_erpnext_itemised_has_a_row_an_item():
    head = ["Item Code", "HSN Code", "Invoice", "Posting Date", "Supplier Name", "Supplier GSTIN", "Supplier Invoice No", "Supplier Invoice Date", "Rate", "Amount", "CGST Rate", "CGST Amount", "SGST Rate", "SGST Amount", "Total"]  # fmt: skip
    row = ["I1", "7308", "PINV-1", "2025-04-05", "Beta", B, "B/1", "2025-04-02", "500", "500", "9", "45", "9", "45", "590"]  # fmt: skip
    found = look(csv(head, row, row))
    assert found.layout == "ERPNext, itemised GST purchase register"
    [one] = documents(found)
    assert facts(one) == (B, Kind.INVOICE, "B/1", "PINV-1", date(2025, 4, 2), 100000, 0, 9000, 9000)


def test_zoho_groups_items_by_the_bill_id_and_leaves_drafts_out():
    head = ["Bill Date", "Due Date", "Bill ID", "Bill Number", "Bill Status", "Vendor Name", "GST Treatment", "GST Identification Number (GSTIN)", "Source of Supply", "Destination of Supply", "SubTotal", "Total", "Item Name", "Quantity", "Rate", "Item Total", "CGST Rate %", "CGST", "SGST", "IGST", "CESS"]  # fmt: skip
    row = ["2025-04-02", "2025-05-02", "991", "B/1", "Open", "Beta", "business_registered_regular", B, "MH", "MH", "1000", "1180", "Nut", "1", "500", "500", "9", "45", "45", "0", "0"]  # fmt: skip
    draft = ["2025-04-02", "2025-05-02", "992", "B/2", "Draft", *row[5:]]
    found = look(csv(head, row, row, draft))
    assert (found.layout, found.questions) == ("Zoho Books, bills", ())
    [one] = documents(found)
    assert facts(one) == (B, Kind.INVOICE, "B/1", "", date(2025, 4, 2), 100000, 0, 9000, 9000)
    assert (one.place_of_supply, left_out(found)) == ("27", {4: "REG-ROW-STATUS"})


def test_marg():
    found = look(csv(["Bill No", "Bill Date", "Account Name", "Party GSTIN", "Taxable Amount", "I.G.S.T", "C.G.S.T", "S.G.S.T", "Net Amount"], ["B/1", "23/04/2025", "Beta", B, "1,000.00", "0", "90", "90", "1,180.00"], ["Powered by Marg"]))  # fmt: skip
    assert (found.layout, found.questions, left_out(found)) == ("Marg, purchase list", (), {3: "REG-ROW-NO-AMOUNT"})  # fmt: skip
    assert facts(documents(found)[0]) == (
        B,
        Kind.INVOICE,
        "B/1",
        "",
        date(2025, 4, 23),
        100000,
        0,
        9000,
        9000,
    )


def test_busy_fills_a_voucher_in_its_first_row_only():
    found = look(workbook(("Sheet1", [
        [None, "Us"], [None, "From 1-4-2025 to 30-4-2025"], [],
        [None, "Date", "Vch/Bill No", "Bill No", "Account", "TIN/GSTIN No.", "Item Details", "Taxable Amt", "IGST Amt", "CGST Amt", "SGST Amt", "Bill Amount"],
        [None, "23-04-2025", "P1", "B/1", "Beta", B, "Nut", 600, 0, 54, 54, 1180],
        [None, None, None, None, None, None, "Bolt", 400, 0, 36, 36, None],
        [None, "24-04-2025", "P2", "A/1", "Alpha", A, "Nut", 100, 18, 0, 0, 118],
        [None, "Total", None, None, None, None, None, 1100, 18, 90, 90, 1298],
        [None, "Busy Infotech"],
    ])), "busy.xlsx")  # fmt: skip
    assert found.layout == "Busy, purchase register"
    assert [facts(one)[2:6] for one in documents(found)] == [("B/1", "P1", date(2025, 4, 23), 100000), ("A/1", "P2", date(2025, 4, 24), 10000)]  # fmt: skip
    assert left_out(found) == {8: "REG-ROW-TOTAL", 9: "REG-ROW-NO-AMOUNT"}


def test_sap_adds_ugst_and_leaves_reversed_documents_out():
    head = ["TCODE", "DOC TYPE", "DOC NO.", "REVERSE", "DOCUMENT DATE", "POSTING DATE", "YEAR", "TOT AMOUNT", "TAX CODE", "TAXABLE", "TAX AMT", "IGST", "SGST", "UGST", "CGST", "CESS", "TAX RATE", "REF NO", "VENDOR", "VENDOR NAME", "VENDOR GSTN"]  # fmt: skip
    row = ["MIRO", "RE", "5100001", "", "23.04.2025", "25.04.2025", "2025", "1180", "V1", "1000", "180", "0", "0", "90", "90", "0", "18", "B/1", "100", "Beta", B]  # fmt: skip
    found = look(csv(head, row, ["MIRO", "RE", "5100002", "5100003", *row[4:]]))
    assert (found.layout, found.questions) == ("SAP, Z-report of purchases", ())
    assert facts(documents(found)[0]) == (B, Kind.INVOICE, "B/1", "5100001", date(2025, 4, 23), 100000, 0, 9000, 9000)  # fmt: skip
    assert left_out(found) == {3: "REG-ROW-STATUS"}


def test_odoo_asks_before_it_splits_its_one_sum_of_tax():
    data = csv(["Number", "Partner", "Bill Reference", "Invoice/Bill Date", "Accounting Date", "Tax ID", "Untaxed Amount", "Tax", "Total"], ["BILL/2025/0001", "Beta", "B/1", "2025-04-02", "2025-04-05", B, "1000", "180", "1180"])  # fmt: skip
    found = look(data)
    assert (found.layout, [one.key for one in found.questions]) == ("Odoo, list of bills", ["tax_split"])
    found = look(data, answers={"tax_split": "by_state"})
    assert found.questions == ()
    assert facts(documents(found)[0]) == (B, Kind.INVOICE, "B/1", "BILL/2025/0001", date(2025, 4, 2), 100000, 0, 9000, 9000)  # fmt: skip


def test_our_own_csv():
    data = csv(["own_gstin", "supplier_gstin", "supplier_name", "kind", "number", "own_number", "document_date", "taxable", "igst", "cgst", "sgst", "cess", "source_ref"], [OWN, B, "Beta", "CN", "B/1", "V1", "2025-04-02", "1000", "0", "90", "90", "0", "r1"])  # fmt: skip
    found = look(data)
    assert (found.layout, found.questions) == ("Purchase register of this portal", ())
    assert facts(documents(found)[0]) == (B, Kind.CREDIT_NOTE, "B/1", "V1", date(2025, 4, 2), 100000, 0, 9000, 9000)  # fmt: skip
