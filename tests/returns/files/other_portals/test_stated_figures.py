"""A file may state counts and sums of itself. The portal compares them with the documents that it read, and shows
both figures of every difference."""

from __future__ import annotations

import copy
import json
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.situation import Kind
from returns.files import gstr2b_json, offline_tool
from returns.files.other_portals import read
from tests.pages import client_of, url
from tests.returns.gstn.shapes import sample

pytestmark = pytest.mark.once


def told(file: Any) -> dict[tuple[str, str], tuple[str, str]]:
    found = read.read(json.dumps(file).encode())
    return {(one.place, one.figure): (one.stated, one.read) for one in found.stated}


@pytest.fixture
def file() -> dict[str, Any]:
    return copy.deepcopy(sample("gstr2b_get"))


def test_the_sample_states_what_it_has(file):
    assert told(file) == {}


def test_a_missing_document_is_told_by_its_supplier_and_by_its_table(file):
    data = file["data"]
    (gone,) = data["docdata"]["b2b"][0]["inv"]
    data["docdata"]["b2b"][0]["inv"] = []
    supplier = f"cpsumm.b2b {data['docdata']['b2b'][0]['ctin']}"
    assert gone["igst"] == 9000
    assert told(file) == {
        (supplier, "documents"): ("1", "0"),
        (supplier, "taxable value"): ("50,000.00", "0.00"),
        (supplier, "IGST"): ("9,000.00", "0.00"),
        ("itcsumm.itcavl.nonrevsup.b2b", "IGST"): ("9,000.00", "0.00"),
    }


@pytest.mark.parametrize(
    ("section", "row", "amount", "places"),
    [
        (
            "cdnr",
            1,
            "cgst",
            ["cpsumm.cdnr 27ABDFS5519K1ZU C"],
        ),  # its declared reduction is in the ITC summary
        ("isd", 0, "cgst", ["cpsumm.isd 27AAKCN4821M2Z0 ISDI", "itcsumm.itcavl.isdsup.isd"]),
        ("b2ba", 0, "igst", ["cpsumm.b2ba 24AAGCT9043R1ZN"]),  # the ITC summary counts only the difference
        ("ecom", 0, "igst", ["cpsumm.ecom 07AAHCE2266P1Z6", "itcsumm.itcavl.nonrevsup.ecom"]),
    ],
)
def test_a_changed_amount_is_told_wherever_the_file_sums_it(file, section, row, amount, places):
    party = file["data"]["docdata"][section][row]
    (document,) = next(value for value in party.values() if isinstance(value, list))
    document[amount] += 1
    assert [place for place, _figure in told(file)] == places


def test_bills_of_entry_and_rejected_documents_are_compared_too(file):
    file["data"]["docdata"]["impg"][0]["igst"] += 1
    file["data"]["docRejdata"]["b2b"][0]["inv"][0]["cgst"] += 1
    assert {"itcsumm.itcavl.imports.impg", "itcsumm.itcRejected.nonrevsup.b2b"} <= {
        place for place, _ in told(file)
    }


def test_a_figure_that_is_no_number_is_told_as_it_stands(file):
    file["data"]["cpsumm"]["b2b"][0]["igst"] = "9,000"
    assert ("'9,000'", "9,000.00") in told(file).values()


def test_a_supplier_without_a_stated_sum_is_told(file):
    supplier = file["data"]["cpsumm"]["b2b"].pop(0)["ctin"]
    assert told(file) == {(f"cpsumm.b2b {supplier}", "documents"): ("0", "1")}


def test_our_own_statement_states_what_it_has(world):
    for nth, kind in enumerate((Kind.INVOICE, Kind.CREDIT_NOTE, Kind.DEBIT_NOTE)):
        world.saves(number=f"A{nth}", kind=kind)
        world.acts("reject", world.saves(number=f"R{nth}", kind=kind))
    world.saves(number="RC", reverse_charge=True)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    own = json.loads(b"".join(gstr2b_json.written(world.recipient, TaxPeriod(2024, 10))))
    assert told(own) == {}
    own["data"]["itcsumm"]["itcavl"]["revsup"]["b2b"]["igst"] += 1
    assert [place for place, _ in told(own)] == ["itcsumm.itcavl.revsup.b2b"]


def test_the_counts_of_an_ims_file_are_compared():
    file = sample("ims_offline_download")
    rows = len([row for part in file["imsDetails"].values() for row in part])
    assert told({**file, "ttl_cnt": rows, "all_oth": sample("ims_getcnt")["all_oth"]}) == {}
    file["all_oth"] = {"b2b": {"noaction": 1, "pending": 1, "accept": 2}, "ttl_cnt": rows}
    assert told(file | {"ttl_cnt": rows + 3}) == {
        ("file", "documents"): (str(rows + 3), str(rows)),
        ("all_oth.b2b.accept", "documents"): ("2", "0"),
    }


def test_an_upload_of_the_offline_tool_states_its_count_and_sums(world):
    upload = sample("ims_offline_upload")
    rows = [row for part in upload["invdata"].values() for row in part]
    sums = {"ttl_rec": len(rows), "ttl_tax": sum(row["txval"] for row in rows)}
    assert offline_tool.read(json.dumps(upload | sums).encode()).stated == []
    file = json.dumps(upload | sums | {"ttl_rec": len(rows) + 1}).encode()
    (told,) = offline_tool.read(file).stated
    assert (told.figure, told.stated, told.read) == ("documents", str(len(rows) + 1), str(len(rows)))


def test_command_and_page_show_both_figures_and_the_tax_of_each_section(world, file, tmp_path):
    file["data"] |= {"gstin": world.recipient.gstin}
    file["data"]["docdata"]["b2b"][0]["inv"] = []
    path = tmp_path / "2b.json"
    path.write_text(json.dumps(file))
    out = StringIO()
    call_command("import_ims", str(path), "--check", stdout=out)
    said = [line.split() for line in out.getvalue().splitlines()]
    assert ["section", "documents", "taxable", "IGST", "CGST", "SGST", "cess"] in said
    assert ["b2b", "3", "58,000.00", "1,800.00", "2,880.00", "2,880.00", "0.00"] in said
    assert "The file states IGST 9,000.00, the documents read have 0.00." in out.getvalue()
    sent = SimpleUploadedFile("2b.json", path.read_bytes())
    page = client_of(world).post(url(world, "other_portal"), {"file": sent}, follow=True)
    text = page.content.decode()
    assert "Figures of the file that differ from its documents" in text
    assert "itcsumm.itcavl.nonrevsup.b2b" in text
    assert "2,880.00" in text
