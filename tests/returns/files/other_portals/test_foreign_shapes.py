"""Files of other portals.

An unknown structure is reported with its position. A missing or strange value is never read as zero, as an
empty field or as a debit note."""

from __future__ import annotations

import copy
import json
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.files import gstr2b_json
from returns.files.other_portals import read
from returns.files.other_portals.compare import compare
from tests.returns.files.other_portals.foreign_files import (
    AMOUNTS,
    BILL,
    CTIN,
    INVOICE,
    NOTE,
    SHARE,
    party,
    statement,
    statement_with,
    without,
)
from tests.world import BY

pytestmark = pytest.mark.once


def invoice_with_lines(**lines: Any) -> dict[str, Any]:
    """Return the sample invoice with these lines and without totals."""
    return {**without(INVOICE, *AMOUNTS), **lines}


INTRA = {"rt": 18, "txval": 10_000, "camt": 900, "samt": 900}
READ = {
    "totals": (INVOICE, (10_000_00, 1_800_00, 0, 0, 0)),
    "lines beside each other": (
        invoice_with_lines(items=[{"rt": 18, **AMOUNTS}, {"rt": 0, "txval": 500, "cess": 0}]),
        (10_500_00, 1_800_00, 0, 0, 0),
    ),
    "lines under itm_det": (
        invoice_with_lines(items=[{"num": 1, "itm_det": INTRA}]),
        (10_000_00, 0, 900_00, 900_00, None),
    ),
    "lines under itm_det, as GSTR-1 names them": (
        invoice_with_lines(
            itms=[{"num": 1, "itm_det": {"rt": 18, "txval": 10_000, "iamt": 1_800, "csamt": 12}}]
        ),
        (10_000_00, 1_800_00, 0, 0, 12_00),
    ),
    "amounts as plain text": (INVOICE | {"txval": "10000.00"}, (10_000_00, 1_800_00, 0, 0, 0)),
    "a distributor's document": (SHARE, (None, 1_800_00, 0, 0, 0)),
    "a bill of entry": (BILL, (10_000_00, 1_800_00, None, None, 0)),
}


@pytest.mark.once
@pytest.mark.parametrize("name", READ)
def test_known_shapes_are_read_and_a_missing_amount_is_not_zero(name):
    row, expected = READ[name]
    found = read.read(statement_with(row))
    (document,) = found.documents
    said = (document.taxable, document.igst, document.cgst, document.sgst, document.cess)
    assert (said, found.faults, found.unread) == (expected, [], 0)


NOT_READ = {
    # cases of amounts
    **{f"no {name}": (without(INVOICE, name), f"has no {name}") for name in AMOUNTS},
    "null": (INVOICE | {"txval": None}, "txval is null"),
    "text with commas": (INVOICE | {"txval": "1,000.00"}, "txval"),
    "empty text": (INVOICE | {"igst": ""}, "igst"),
    "true for a number": (INVOICE | {"igst": True}, "igst is not an amount: True"),
    "a list for a number": (INVOICE | {"cess": [0]}, "cess is not an amount: list"),
    "two names, two amounts": (INVOICE | {"iamt": 90}, "igst and iamt have different amounts"),
    "a distributor's document without a tax": (without(SHARE, "cgst"), "has no cgst"),
    "a bill of entry without its tax": (without(BILL, "igst"), "has no igst"),
    "half a tax": (without(INVOICE | {"igst": 0, "cgst": 900}, "igst", "sgst"), "has no igst, sgst"),
    # cases of lines
    "lines under another name": (
        invoice_with_lines(items=[{"num": 1, "det": INTRA}]),
        "items[0]: has no txval",
    ),
    "no lines": (invoice_with_lines(items=[]), "has no txval, igst, cgst, sgst, cess"),
    "lines that are no list": (invoice_with_lines(items={"itm_det": INTRA}), "items is not a list"),
    "a line without its tax": (
        invoice_with_lines(itms=[{"itm_det": INTRA}, {"itm_det": {"rt": 5, "txval": 100}}]),
        "itms[1].itm_det: has no igst, cgst, sgst",
    ),
    "a line whose other tax is nought": (
        invoice_with_lines(items=[{"rt": 18, **without(AMOUNTS, "igst")}]),
        "items[0]: has no igst",
    ),
    "amounts inside and outside": (
        invoice_with_lines(items=[{"txval": 5, "itm_det": INTRA}]),
        "items[0] has an unknown structure",
    ),
    "lines with commas": (
        invoice_with_lines(items=[{"itm_det": INTRA | {"camt": "9,00"}}]),
        "items[0].itm_det: camt",
    ),
    # cases of the kind of document
    **{
        f"note type {given!r}": (NOTE | {"typ": given}, "typ is")
        for given in ("c", "d", "Credit", "", " C", None, 1, ["C"])
    },
    "no note type": (without(NOTE, "typ"), "typ is missing, not C or D"),
    "a distributor's document of no type": (without(SHARE, "doctyp"), "doctyp is missing"),
    "a distributor's document of another type": (SHARE | {"doctyp": "isdc"}, "doctyp is 'isdc'"),
    "a bill that may be amended": (without(BILL, "isamd"), "isamd is missing, not Y or N"),
    # cases of missing numbers and dates
    "a bill without its reference date": (without(BILL, "refdt"), "has no irefdt"),
    "an invoice without its number": (without(INVOICE, "inum"), "has no inum"),
}


@pytest.mark.once
@pytest.mark.parametrize("name", NOT_READ)
def test_a_document_of_unknown_shape_is_reported_with_its_position_and_not_read(name):
    row, said = NOT_READ[name]
    found = read.read(statement_with(row))
    (fault,) = found.faults
    assert (found.documents, found.unread) == ([], 1)
    assert fault.startswith("docdata.")
    assert said in fault


SECTIONS: dict[str, tuple[dict[str, Any], str, int]] = {
    "not grouped by supplier": (
        {"b2b": [INVOICE | {"ctin": CTIN}, INVOICE]},
        "docdata.b2b[0]: is not a supplier (ctin) with a list of documents (inv)",
        2,
    ),
    "an unknown section": (
        {"b2bx": [party("inv", INVOICE, INVOICE)]},
        "docdata.b2bx: is not a known section",
        2,
    ),
    "an unknown section of flat documents": ({"tds": [{"a": 1}, {"a": 2}]}, "docdata.tds: is not a known", 2),
    "a section that is an object": ({"b2b": party("inv", INVOICE)}, "docdata.b2b: is not a list", 1),
    "notes among invoices": ({"b2b": [party("nt", NOTE)]}, "docdata.b2b[0]: is not a supplier", 1),
    "a second list beside the known": (
        {"b2b": [{**party("inv"), "nt": [NOTE]}]},
        "docdata.b2b[0].nt: is not expected next to inv",
        1,
    ),
    "nobody's documents": ({"b2b": [{"inv": [INVOICE, INVOICE]}]}, "has no supplier's GSTIN (ctin)", 2),
    "a party that is no object": ({"b2b": ["x"]}, "docdata.b2b[0]", 1),
    "a document that is no object": (
        {"b2b": [party("inv", 7)]},
        "docdata.b2b[0].inv[0]: is not an object",
        1,
    ),
}


@pytest.mark.once
@pytest.mark.parametrize("name", SECTIONS)
def test_documents_in_an_unknown_section_are_reported_and_counted(name):
    sections, said, count = SECTIONS[name]
    found = read.read(statement(**sections))
    assert (found.documents, found.unread) == ([], count)
    assert said in found.faults[0]


@pytest.mark.once
def test_an_empty_section_is_ignored_and_an_unknown_section_is_reported():
    assert read.read(statement(b2b=[], ecom=None, b2bx=[], isd=[party("doclist")])).faults == []
    file = json.loads(statement(b2b=[party("inv", INVOICE)]))
    file["data"]["docPend"] = {"b2b": [party("inv", INVOICE)]}
    file["data"]["cpsumm"] = {"b2b": [{"ctin": CTIN, "txval": 1}]}
    found = read.read(json.dumps(file).encode())
    assert (len(found.documents), found.unread) == (1, 1)
    assert found.faults[0].startswith("docPend: is not a known part of GSTR-2B")


def test_the_command_says_what_it_read_and_what_it_did_not(tmp_path, db):
    path = tmp_path / "2b.json"
    path.write_bytes(
        statement(
            b2b=[party("inv", invoice_with_lines(items=[{"itm_det": INTRA}]))],
            cdnr=[party("nt", NOTE | {"typ": "c"})],
        )
    )
    out = StringIO()
    call_command("import_ims", str(path), "--check", stdout=out)
    said = [line.split() for line in out.getvalue().splitlines()]
    assert ["b2b", "1", "10,000.00", "0.00", "900.00", "900.00", "-"] in said
    assert "not read: docdata.cdnr[0].nt[0] CN/1: typ is 'c', not C or D" in out.getvalue()


def test_a_distributors_invoice_and_note_of_one_number_are_two_documents_without_a_taxable_value(world):
    """A distributor's invoice and credit note have the same number. The file gives no taxable value for them.

    The comparison must find both documents in the portal's own GSTR-2B, without a difference."""
    office = world.taxpayer("27", 3001, "Head office", registration="isd")
    for kind, tax in ((Kind.INVOICE, 500), (Kind.CREDIT_NOTE, 90)):
        world.saves(
            by=office,
            form=Form.GSTR6,
            kind=kind,
            number="ISD/7",
            document_date="2024-10-10",
            taxable=0,
            tax=(tax, 0, 0, 0),
        )
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10", by=office, form=Form.GSTR6)
    world.goes_to("2024-11-14 10:00")
    own = json.loads(b"".join(gstr2b_json.written(world.recipient, TaxPeriod(2024, 10))))
    told = compare(world.recipient, read.read(json.dumps(own).encode()))
    assert (told.same, told.only_there, told.only_here, told.differing) == (2, [], [], [])
    theirs = copy.deepcopy(own)
    (note,) = (d for p in theirs["data"]["docdata"]["isd"] for d in p["doclist"] if d["doctyp"] == "ISDC")
    note["igst"] = 91
    (differs,) = compare(world.recipient, read.read(json.dumps(theirs).encode())).differing
    assert differs.fields == (("igst", "91.00", "90.00"),)


def test_a_missing_amount_is_not_compared(world):
    record = world.saves(number="IT/1", document_date="2024-10-10", taxable=10_000)
    Record.objects.filter(pk=record.pk).update(cess=5_00)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    line = {"rt": 18, "txval": 10_000, "iamt": 1_800}
    data = statement(
        b2b=[party("inv", invoice_with_lines(items=[{"itm_det": line}])) | {"ctin": world.supplier.gstin}]
    )
    told = compare(world.recipient, read.read(data))
    assert (told.same, told.differing) == (1, [])


def test_bills_of_entry_are_not_missed_in_a_file_that_has_no_place_for_them(world_2025):
    from invoices.documents.customs import bills_of_entry
    from invoices.documents.customs.bills_of_entry import BillOfEntry
    from returns.files import offline_tool

    bill = BillOfEntry("7510901", date(2025, 10, 16), "INNSA1", False, 1000_00, 180_00)
    bills_of_entry.receive(world_2025.recipient, bill, by=BY)
    file = json.loads(b"".join(offline_tool.written(world_2025.recipient)))
    assert compare(world_2025.recipient, read.read(json.dumps(file).encode())).only_here == []
    file["imsDetails"]["impg"] = []
    told = compare(world_2025.recipient, read.read(json.dumps(file).encode()))
    assert told.only_here == ["impg INNSA1 7510901"]


def test_each_of_two_versions_of_one_day_is_compared_with_its_own_row(world_2025):
    """Customs changed a bill twice on one day. The two versions have the same number, port and date, so the
    comparison must tell them apart by their amounts."""
    from invoices.documents.customs import bills_of_entry
    from invoices.documents.customs.bills_of_entry import BillOfEntry

    bill = BillOfEntry("7510901", date(2025, 10, 16), "INNSA1", False, 1000_00, 180_00)
    latest = bills_of_entry.receive(world_2025.recipient, bill, by=BY)
    rows = []
    for tax in (150, 120):
        latest = bills_of_entry.amend_value(latest.pk, on=date(2025, 10, 20), igst=tax * 100, by=BY)
        rows.append({"boenum": "7510901", "irefdt": "20-10-2025", "portcd": "INNSA1", "action": "N"})
        rows[-1] |= {"txval": 1000, "igst": tax, "cess": 0}
    file = json.dumps({"imsDetails": {"impga": rows[::-1]}}).encode()
    told = compare(world_2025.recipient, read.read(file))
    assert (told.same, told.differing, told.only_there) == (2, [], [])
    assert told.only_here == ["impg INNSA1 7510901"]


def test_a_bill_of_entry_with_a_flag_for_its_amendment_is_read():
    found = read.read(statement_with(BILL | {"isamd": True}))
    assert ([d.section for d in found.documents], found.faults) == (["impga"], [])
