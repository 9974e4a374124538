"""GSTR-2B in GSTN's JSON has every field name of the sample. Its summaries agree with its documents."""

from __future__ import annotations

import json
from datetime import date

import pytest

from gstr2b.api import gstn_out, gstn_out_stream
from gstr2b.statement import table4
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.documents import changed_invoice, saving
from invoices.documents.saving import Incoming
from invoices.rules.calendar import Form
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Kind
from tests.returns.gstn.july_2026 import JULY, RECIPIENT, SAGAR, TAPTI
from tests.returns.gstn.shapes import missing, sample
from tests.world import BY

pytestmark = pytest.mark.once

IRN = "8cd7a3f6e9b4dc95f1a6c05eba6a02644ebd9ed7294eda0223d5f7b8a4677055"


@pytest.fixture
def statement(july):
    """Return the GSTR-2B of July 2026, computed after the actions that the sample shows."""
    july.document(SAGAR, "SV-1175", 24_000, "2026-07-08", rate=12)
    july.document(TAPTI, "TX-61", 10_000, "2026-07-25", place_of_supply="24")
    july.edits(
        july.records["BLR/26-27/0417"],
        taxable=50_000,
        tax=(9_000, 0, 0, 0),
        value=59_000_00,
        place_of_supply="27",
        irn=IRN,
        irn_date=date(2026, 7, 3),
    )
    office = july.taxpayer("27", 3001, "Head office", registration="isd")
    july.saves(
        by=office,
        form=Form.GSTR6,
        number="ISD/26/07",
        document_date="2026-07-27",
        taxable=0,
        tax=(0, 500, 500, 0),
        place_of_supply="27",
    )
    note = july.draft(
        kind=Kind.CREDIT_NOTE, number="ISD/C7", document_date="2026-07-28", taxable=0, tax=(0, 50, 50, 0)
    )
    changed = changed_invoice.as_details("ISD/26/07", date(2026, 7, 27))
    saving.save(office, Form.GSTR6, TaxPeriod.parse(JULY), Incoming(note, details=changed), by=BY)
    july.suppliers_file()
    july.files(JULY, by=office, form=Form.GSTR6)
    record = july.records
    july.acts("accept", record["BLR/26-27/0417"])
    july.acts("reject", record["SV-1182"], remarks="Not our purchase")
    july.acts("accept", record["TX-55/R1"], declaration=Declaration(False), remarks="Never claimed")
    part = Declaration(True, TaxAmounts(0, 200_00, 200_00, 0))
    july.acts("accept", record["CN-221"], declaration=part, remarks="Half was paid back in June")
    july.goes_to("2026-08-14 10:00")
    return july.statement(JULY)


def documents_of(party):
    return next(party[key] for key in ("inv", "nt", "doclist", "boe") if key in party)


def documents(data, section, name):
    return {doc[name]: doc for party in data[section] for key in ("inv", "nt") for doc in party.get(key, [])}


def test_the_statement_is_written_as_in_the_sample(statement):
    expected, got = sample("gstr2b_get"), gstn_out.statement_to_wire(statement, most=5000)
    assert not missing(expected, got)
    data, wanted = got["data"], expected["data"]
    assert (data["gstin"], data["rtnprd"], data["gendt"]) == (RECIPIENT, "072026", "14-08-2026")
    for section, name, number in (
        ("b2b", "inum", "BLR/26-27/0417"),
        ("b2b", "inum", "TX-61"),
        ("cdnr", "ntnum", "CN-221"),
        ("cdnr", "ntnum", "DN-09"),
        ("ecom", "inum", "ECO-7781"),
    ):
        said = dict(documents(wanted["docdata"], section, name)[number])
        # the sample has IGST, but this supply is within the supplier's State and has CGST and SGST
        if number == "TX-61":
            said |= {"igst": 0, "cgst": 900, "sgst": 900}
        row = documents(data["docdata"], section, name)[number]
        assert {key: row[key] for key in said} == said
    rejected = documents(wanted["docRejdata"], "b2b", "inum")["SV-1182"]
    assert documents(data["docRejdata"], "b2b", "inum")["SV-1182"] == rejected


def test_a_distributors_credit_note_names_the_invoice_that_it_changes(statement):
    data = gstn_out.statement_to_wire(statement, most=5000)["data"]["docdata"]
    rows = {row["docnum"]: row for party in data["isd"] for row in party["doclist"]}
    changed = {name: rows["ISD/C7"][name] for name in ("doctyp", "oinvnum", "oinvdt")}
    assert changed == {"doctyp": "ISDC", "oinvnum": "ISD/26/07", "oinvdt": "27-07-2026"}
    assert "oinvnum" not in rows["ISD/26/07"]


def test_pending_documents_are_in_no_section_and_summaries_agree_with_documents(july, statement):
    july.acts("pending", july.records["SV-1175"])
    july.recomputes(JULY, by=july.recipient)
    data = gstn_out.statement_to_wire(july.statement(JULY), most=5000)["data"]
    assert "SV-1175" not in documents(data["docdata"], "b2b", "inum")
    assert "SV-1175" not in documents(data["docRejdata"], "b2b", "inum")
    for block, summary in (("docdata", "cpsumm"), ("docRejdata", "cpSummRej")):
        for section, rows in data[summary].items():
            sums = sum(row["txval"] for row in rows if "txval" in row)
            docs = [doc for party in data[block][section] for doc in documents_of(party)]
            assert sum(row["ttldocs"] for row in rows) == len(docs)
            assert sums == sum(doc.get("txval", 0) for doc in docs)


def test_the_summary_equals_the_figures_of_table_4(statement):
    """Row 4(A)(5) is the credit under forward charge less credit notes. Row 4(D)(2) is the unavailable
    credit."""
    blocks = gstn_out.itc_summary(statement)
    filled = table4.fill(statement)
    credit, notes = blocks["itcavl"]["nonrevsup"], blocks["itcavl"]["othersup"]
    assert (credit["igst"] - notes["igst"]) * 100 == filled["4A5"].igst
    assert (credit["cgst"] - notes["cgst"] + notes["isd"]["cgst"]) * 100 == filled["4A5"].cgst
    assert blocks["itcunavl"]["nonrevsup"]["cgst"] * 100 == filled["4D2"].cgst == 900_00
    assert blocks["itcavl"]["imports"]["igst"] * 100 == filled["4A1"].igst


def test_a_large_statement_comes_in_files_that_together_hold_every_document_once(statement):
    whole = gstn_out.statement_to_wire(statement, most=5000)["data"]
    first = gstn_out.statement_to_wire(statement, most=4)["data"]
    assert not missing(sample("gstr2b_get_multifile_summary")["data"], first)
    assert "docdata" not in first
    numbers: list[str] = []
    for number in range(1, first["fc"] + 1):
        part = gstn_out.file_to_wire(statement, number, most=4)["data"]
        assert {"gstin", "rtnprd", "gendt", "docdata"} <= set(part)
        assert part["itcsumm"] == first["itcsumm"] == whole["itcsumm"]
        assert "itcsumm" not in gstn_out.file_to_wire(statement, number, most=4, with_summary=False)["data"]
        for block in ("docdata", "docRejdata"):
            for section, name in (("b2b", "inum"), ("b2ba", "inum"), ("cdnr", "ntnum"), ("ecom", "inum")):
                numbers += documents(part[block], section, name) if section in part[block] else []
    expected = [
        number
        for block in ("docdata", "docRejdata")
        for section, name in (("b2b", "inum"), ("b2ba", "inum"), ("cdnr", "ntnum"), ("ecom", "inum"))
        if section in whole[block]
        for number in documents(whole[block], section, name)
    ]
    assert sorted(numbers) == sorted(expected)


def test_a_file_written_in_pieces_has_the_same_content_order_and_checksum(july, statement, monkeypatch):
    """The documents of one supplier are in several chunks, and chunks have documents of several suppliers."""
    july.acts("reject", july.records["ECO-7781"])
    july.recomputes(JULY, by=july.recipient)
    statement = july.statement(JULY)
    monkeypatch.setattr(gstn_out_stream, "CHUNK", 2)
    whole = gstn_out.statement_to_wire(statement, most=5000)
    written = json.loads(b"".join(gstn_out_stream.statement_in_pieces(statement)))
    assert written["chksum"] == whole["chksum"]
    assert json.dumps(written["data"]) == json.dumps(whole["data"])


def test_the_checksum_changes_only_with_the_content(july, statement):
    before = gstn_out.statement_to_wire(statement, most=5000)
    assert gstn_out.statement_to_wire(statement, most=5000)["chksum"] == before["chksum"]
    july.acts("reject", july.records["ECO-7781"])
    july.recomputes(JULY, by=july.recipient)
    assert gstn_out.statement_to_wire(july.statement(JULY), most=5000)["chksum"] != before["chksum"]
