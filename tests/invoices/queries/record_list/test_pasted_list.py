"""A pasted line with a GSTIN and a document number selects that document.

The portal reports every line that it cannot read with certainty."""

from __future__ import annotations

import pytest

from invoices.queries.record_list.pasted_list import candidates, understood

ONE, TWO, OWN = "27AAACT1001A1ZP", "24AAACT1002A1ZA", "29AAACT2001A1ZX"
# The documents that exist. The document numbers 1 and 10000 also occur in the pasted lists with another
# meaning: 1 as a serial number, 10000 as an amount.
KNOWN = {(ONE, "101"), (ONE, "102"), (ONE, "1"), (ONE, "10000"), (TWO, "101"), (TWO, "AB/7"), (ONE, "INV-9")}

pytestmark = pytest.mark.once


def selection_of(text: str):
    found = understood(text, OWN, KNOWN & candidates(text, OWN))
    return found.gstins, found.numbers, found.pairs, len(found.unclear)


PAIRS = {
    "comma": f"{ONE},101\n{TWO}, ab/7",
    "tab": f"{ONE}\t101\n{TWO}\tAB/7\n",
    "semicolon": f"{ONE};101\r\n{TWO} ; AB/7",
    "spaces": f"  {ONE}   101\n{TWO} AB/7",
    "a heading": f"GSTIN,Number\n{ONE},101\n{TWO},AB/7",
    "a longer heading": f"\nGSTIN of supplier\tInvoice number\n{ONE}\t101\n{TWO}\tAB/7",
    "the number first": f"Invoice No.\tSupplier GSTIN\n101\t{ONE}\nAB/7\t{TWO}",
    "quotes": f'"{ONE}","101"\n"{TWO}","AB/7"',
    "lower case": f"{ONE.lower()} 101\n{TWO.lower()} ab/7",
    "on one line": f"{ONE} 101 {TWO} AB/7",
    "columns around, by their heading": (
        "S.No\tGSTIN of supplier\tTrade/Legal name\tInvoice number\tInvoice date\tOriginal invoice number\tValue\n"
        f"1\t{ONE}\tKonkan Steel\t101\t05/11/2024\t102\t10000\n"
        f"2\t{TWO}\tDeccan\tAB/7\t05/11/2024\t\t5"
    ),
    "columns around without a heading": (
        f"1\t{ONE}\tKonkan Steel\t101\t05/11/2024\t10000\n2\t{TWO}\tDeccan\tAB/7\t05/11/2024\t5\n"
    ),
    "the recipient's own GSTIN on each line": f"{OWN},{ONE},101\n{OWN},{TWO},AB/7",
    "twice": f"{ONE},101\n{TWO},AB/7\n{ONE},101",
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_line_of_gstin_and_number_selects_exactly_that_document(name):
    assert selection_of(PAIRS[name]) == ([], [], [(ONE, "101"), (TWO, "AB/7")], 0)


UIN, TAN = "0717UNO00157UN1", "27MUMA12345A1DZ"


@pytest.mark.parametrize("gstin", [UIN, TAN, "9917AAA00001OSA", "0717USA00157NRX", "07AAICX1234J1CJ"])
def test_a_gstin_of_another_form_is_a_gstin_and_no_number(gstin):
    """R-140: UINs, deductors, OIDAR and non-resident registrations have other forms."""
    assert selection_of(f"{gstin},101\n{gstin}") == ([gstin], [], [(gstin, "101")], 0)


PORT = "INNSA1"
BILLS = {
    "a port and a bill": (f"{PORT} 6104417", [(PORT, "6104417")], 0),
    "with leading zeros": (f"{PORT}\t0012345\n{PORT},12345", [(PORT, "12345")], 0),
    "lower case, bill first": ("0012345;innsa1", [(PORT, "12345")], 0),
    "a bill that is not here": (f"{PORT} 999", [(PORT, "999")], 0),
    "columns around": (f"06/10/2025\t{PORT}\t12345\t06/10/2025\t2,50,000.00", [(PORT, "12345")], 0),
    "the one that exists": (f"1\t{PORT}\t12345\t250000", [(PORT, "12345")], 0),
    "under a heading": (
        f"Date\tPort Code\tBill of entry number\tTaxable value\n\t{PORT}\t777\t12345",
        [(PORT, "777")],
        0,
    ),
    "with our own GSTIN": (f"{OWN},{PORT},12345", [(PORT, "12345")], 0),
    "of an SEZ unit": (f"{ONE},{PORT},12345", [(PORT, "12345")], 0),
    "not clear": (f"{PORT} 888 777", [], 1),
    "an invoice like a port": (f"{ONE},INABC1,12345", [(ONE, "INABC1")], 0),
}


@pytest.mark.parametrize("name", BILLS)
def test_a_line_of_port_and_number_selects_exactly_that_bill_of_entry(name):
    text, pairs, unclear = BILLS[name]
    known = KNOWN | {(PORT, "12345"), (ONE, "INABC1")}
    found = understood(text, OWN, known & candidates(text, OWN))
    assert (found.gstins, found.numbers, found.pairs, len(found.unclear)) == ([], [], pairs, unclear)


def test_a_port_alone_is_a_number_like_any_other():
    assert selection_of(f"{PORT} X-1") == ([], [PORT, "X-1"], [], 0)


OTHERS = {
    "numbers alone": ("101, AB/7;X-1 X-2\nX-3", ([], ["101", "AB/7", "X-1", "X-2", "X-3"], [], 0)),
    "numbers under a heading": ("Invoice number\n101\nAB/7", ([], ["101", "AB/7"], [], 0)),
    "GSTINs alone": (f"{ONE}, {TWO}", ([ONE, TWO], [], [], 0)),
    "GSTINs with names": (f"{ONE}\tKonkan Steel Traders", ([ONE], [], [], 0)),
    "all three": (f"X-1\n{TWO}\n{ONE} 101", ([TWO], ["X-1"], [(ONE, "101")], 0)),
    "a pair that is not here": (f"{ONE},AB/7", ([], [], [(ONE, "AB/7")], 0)),
    "a mistyped GSTIN is no number": (f"{ONE[:-1]},101", ([], [], [(ONE[:-1], "101")], 0)),
    "a title above a heading": (f"Purchases\nGSTIN\tNumber\n{ONE}\t101", ([], [], [(ONE, "101")], 1)),
    # In the next two cases, the pasted line can be read in several ways. The portal reports the line and
    # selects no document.
    "two documents on a line": (f"{ONE},101,102", ([], [], [], 1)),
    "a number and an amount that is a number": (f"{ONE},101,05/11/2024,10000", ([], [], [], 1)),
    "nothing of this GSTIN": (f"{TWO},12,05/11/2024", ([], [], [(TWO, "12")], 0)),
    # In the next three cases, one cell contains the number of an existing document, but with another meaning.
    # The portal must not read this cell as the document number.
    "a serial number before": (f"101\t{ONE}\tNOSUCH/1", ([], [], [(ONE, "NOSUCH/1")], 0)),
    "a voucher number behind": (f"{ONE}\tNOSUCH/1\t101", ([], [], [(ONE, "NOSUCH/1")], 0)),
    "a number with a blank in it": (f"1\t{ONE}\tXX 1", ([], [], [], 1)),
    "several GSTINs and a number": (f"{ONE},{TWO},101", ([], [], [], 1)),
    "a row of a table without its GSTIN": (f"GSTIN,Number\n{ONE},101\n,102", ([], [], [(ONE, "101")], 1)),
    "a row of a table without its number": (f"GSTIN,Number\n{ONE},101\n{TWO},", ([], [], [(ONE, "101")], 1)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_pasted_lists_select_certain_lines_and_report_uncertain_lines(name):
    text, expected = OTHERS[name]
    assert selection_of(text) == expected


def test_the_amount_of_a_row_is_not_read_as_its_document_number():
    """The other lines show that the second column has the document numbers. The portal therefore does not
    read the 10000 in the third column as a document number."""
    text = f"{ONE}\t101\t500\n{ONE}\t102\t600\n{ONE}\tX-404\t10000"
    assert selection_of(text) == ([], [], [(ONE, "101"), (ONE, "102"), (ONE, "X-404")], 0)


def test_a_line_of_thousands_of_gstins_and_numbers_is_not_multiplied_out():
    line = " ".join([*(f"27AAACT{n:04d}A1ZP" for n in range(3000)), *(f"N-{n}" for n in range(20_000))])
    assert candidates(line, OWN) == set()
    assert understood(line, OWN, set()).count == 1
