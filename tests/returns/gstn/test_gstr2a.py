"""GSTR-2A over GSTN's interface: every filed document of a month, section by section, whatever the recipient did
with it (R-015)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gstr2b import generation
from ims_portal.kernel.periods import TaxPeriod
from invoices import jobs
from invoices.models import Job
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.gstn import codes
from returns.gstn.calls.gstr2a import EMPTY, GSTR2A
from returns.gstn.downloads import path_of
from tests.returns.gstn.july_2026 import BHARAT, JULY, JUNE, RECIPIENT, SAGAR, TAPTI
from tests.returns.gstn.plain import code
from tests.world import BY

pytestmark = pytest.mark.once

ASKED = {"gstin": RECIPIENT, "ret_period": "072026"}


def gets(plain, action, **more):
    return plain.gets(GSTR2A, action=action, **ASKED | more)


def section(plain, action, **more):
    told = gets(plain, action, **more)
    assert told["status_cd"] == "1", told
    assert list(told["data"]) == [action.lower()]
    return told["data"][action.lower()]


def numbers(parties):
    return sorted(
        row.get("inum") or row.get("nt_num") or row["docnum"]
        for party in parties
        for key in ("inv", "nt", "doclist")
        for row in party.get(key, [])
    )


@pytest.fixture
def filed(july):
    july.suppliers_file()
    return july


def test_without_filed_documents_every_section_is_an_error(plain):
    """Clients take an empty list for an invalid reply."""
    for action in ("B2B", "B2BA", "CDN", "CDNA", "ECOM", "ECOMA", "ISD", *EMPTY):
        assert code(gets(plain, action)) == codes.NO_RECORDS
    assert code(gets(plain, "AMDHIST")) == codes.OURS["NOT_OFFERED"]
    assert code(gets(plain, "CDNR")) == codes.OURS["ACTION_UNKNOWN"]


def test_invoices_are_listed_by_supplier_whatever_the_recipient_does(filed, plain):
    before = section(plain, "B2B")
    filed.acts("reject", filed.records["SV-1182"])
    filed.acts("accept", filed.records["BLR/26-27/0417"])
    assert section(plain, "B2B") == before
    party = next(party for party in before if party["ctin"] == BHARAT)
    assert {name: party[name] for name in party if name not in ("inv", "trdname")} == {
        "ctin": BHARAT,
        "cfs": "Y",
        "cfs3b": "N",
        "fldtr1": "08-Aug-26",
        "flprdr1": "Jul-26",
    }
    (row,) = party["inv"]
    assert len(row.pop("chksum")) == 64
    assert row == {
        "inum": "BLR/26-27/0417",
        "idt": "03-07-2026",
        "val": 59000,
        "pos": "27",
        "rchrg": "N",
        "inv_typ": "R",
        "itms": [{"num": 1801, "itm_det": {"rt": 18, "txval": 50000, "iamt": 9000}}],
    }
    filed.goes_to("2026-08-16 10:00")
    sagar = filed.of[SAGAR]
    filed.recomputes(JUNE, by=sagar)
    filed.files_3b(JUNE, by=sagar)
    generation.generate(sagar, TaxPeriod.parse(JULY), by=BY)
    filed.files_3b(JULY, by=sagar)
    told = {party["ctin"]: party["cfs3b"] for party in section(plain, "B2B")}
    assert told == {BHARAT: "N", SAGAR: "Y"}


def test_an_amended_document_names_its_amendment_and_the_amendment_its_original(filed, plain):
    """`atyp` says what was amended: R the recipient, N the number, D other details."""
    (original,) = section(plain, "B2B", ret_period="062026")[0]["inv"]
    assert (original["inum"], original["aspd"], original["atyp"]) == ("TX-55", "Jul-26", "N")
    ((row,),) = (party["inv"] for party in section(plain, "B2BA"))
    assert (row["inum"], row["oinum"], row["oidt"]) == ("TX-55/R1", "TX-55", "20-06-2026")
    assert "aspd" not in row
    notes = {row["nt_num"]: row for party in section(plain, "CDN") for row in party["nt"]}
    assert {number: note["ntty"] for number, note in notes.items()} == {"CN-221": "C", "DN-09": "D"}
    (note,) = section(plain, "CDNA", ctin=SAGAR)[0]["nt"]
    assert (note["nt_num"], note["ont_num"], note["ntty"]) == ("CN-198A", "CN-198", "C")
    assert numbers(section(plain, "ECOM")) == ["ECO-7781"]
    assert numbers(section(plain, "ECOMA")) == ["ECO-7003A"]


def test_a_change_of_details_or_of_the_recipient_is_told_as_that(filed, plain):
    filed.goes_to("2026-08-09 10:00")
    other = filed.taxpayer("27", 4004, "Other unit")
    original = filed.records["BLR/26-27/0417"]
    for number, recipient in (("DN-09", None), ("BLR/26-27/0417", other)):
        was = filed.records[number]
        filed.saves(
            by=filed.of[BHARAT],
            number=number,
            document_date=was.document_date.isoformat(),
            amends=was,
            kind=Kind(was.kind),
            taxable=1_000,
            period="2026-08",
            place_of_supply="27",
            **({"recipient": recipient.gstin} if recipient else {}),
        )
    filed.goes_to("2026-09-05 10:00")
    filed.files("2026-08", by=filed.of[BHARAT])
    (row,) = next(p for p in section(plain, "B2B") if p["ctin"] == BHARAT)["inv"]
    assert (row["inum"], row["aspd"], row["atyp"]) == (original.number, "Aug-26", "R")
    (row,) = next(p for p in section(plain, "CDN") if p["ctin"] == BHARAT)["nt"]
    assert (row["aspd"], row["atyp"]) == ("Aug-26", "D")


def test_bills_of_entry_are_flat_rows_with_numbers(july, plain):
    rows = {(row["benum"], row["amd"]): row for row in section(plain, "IMPG")}
    assert set(rows) == {(4477120, "N"), (4399001, "N"), (4399001, "Y")}
    assert rows[(4477120, "N")] == {
        "refdt": "16-07-2026",
        "portcd": "INNSA1",
        "benum": 4477120,
        "bedt": "16-07-2026",
        "txval": 250000,
        "iamt": 45000,
        "csamt": 0,
        "amd": "N",
    }
    assert {(row["benum"], row["amd"]) for row in section(plain, "IMPGSEZ")} == {
        (5100345, "N"),
        (5099120, "N"),
        (5099120, "Y"),
    }
    assert {"sgstin", "tdname"} <= set(section(plain, "IMPGSEZ")[0])


def test_a_distributors_documents_have_all_four_amounts(july, plain):
    """Clients add the four amounts, so a zero is written."""
    office = july.taxpayer("27", 3001, "Head office", registration="isd")
    for number, kind in (("ISD/1", Kind.INVOICE), ("ISD/C1", Kind.CREDIT_NOTE)):
        july.saves(
            by=office, form=Form.GSTR6, number=number, document_date="2026-07-27", kind=kind, taxable=0,
            tax=(0, 500, 500, 0), place_of_supply="27",
        )  # fmt: skip
    july.goes_to("2026-08-12 10:00")
    july.files(JULY, by=office, form=Form.GSTR6)
    rows = {row["docnum"]: row for row in section(plain, "ISD")[0]["doclist"]}
    assert {number: row["isd_docty"] for number, row in rows.items()} == {"ISD/1": "ISD", "ISD/C1": "ISDCN"}
    assert {name: rows["ISD/1"][name] for name in ("docdt", "itc_elg", "iamt", "camt", "samt", "cess")} == {
        "docdt": "27-07-2026",
        "itc_elg": "Y",
        "iamt": 0,
        "camt": 500,
        "samt": 500,
        "cess": 0,
    }


def test_the_parameters_narrow_the_answer_and_faulty_ones_are_told(filed, plain):
    assert numbers(section(plain, "B2B", ctin=SAGAR)) == ["SV-1182"]
    assert numbers(section(plain, "CDN", from_time="08-08-2026")) == ["CN-221", "DN-09"]
    assert code(gets(plain, "B2B", ctin=TAPTI)) == codes.NO_RECORDS
    assert code(gets(plain, "B2B", from_time="09-08-2026")) == codes.NO_RECORDS
    for wrong in ({"ctin": "x"}, {"from_time": "2026-08-08"}, {"ret_period": "132026"}):
        assert code(gets(plain, "B2B", **wrong)) == codes.OURS["PARAMETER"]
    assert code(gets(plain, "B2B", ret_period="")) == codes.MISSING
    assert code(gets(plain, "TDS", ret_period="")) == codes.MISSING


def test_closed_periods_stay_in_gstr_2a(filed, plain):
    """Records that GSTR-3B has closed come from the archive."""
    before = numbers(section(plain, "B2B"))
    filed.goes_to("2026-08-16 10:00")
    filed.files_3b(JULY, by=filed.recipient)
    filed.goes_to("2026-08-20 10:00")
    assert numbers(section(plain, "B2B")) == before


def test_a_large_section_comes_in_files(filed, plain, settings, tmp_path):
    settings.GSTN_RECORDS_PER_ANSWER, settings.MEDIA_ROOT = 1, tmp_path
    asked = gets(plain, "CDN")["data"]
    assert set(asked) == {"token", "est"}
    files = {"action": "FILEDET", "token": asked["token"], **ASKED}
    assert code(plain.gets("returns", **files)) == codes.QUEUED
    jobs.run(Job.objects.get(kind="gstn download").pk)
    listed = plain.gets("returns", **files)["data"]
    assert [url["ic"] for url in listed["urls"]] == [1, 1]
    assert all(path_of(url["ul"].rpartition("/")[2]).is_file() for url in listed["urls"])
    assert gets(plain, "ECOM")["status_cd"] == "1"


def test_the_number_of_queries_does_not_grow_with_the_documents(july, plain):
    for n in range(5):
        july.document(SAGAR, f"M-{n}", 1_000, "2026-07-05")
        july.document(TAPTI, f"T-{n}", 1_000, "2026-07-06", place_of_supply="24")
    july.suppliers_file()
    with CaptureQueriesContext(connection) as few:
        section(plain, "B2B", ctin=BHARAT)
    with CaptureQueriesContext(connection) as many:
        assert len(numbers(section(plain, "B2B"))) == 12
    assert len(many) == len(few)
