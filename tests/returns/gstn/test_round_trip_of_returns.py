"""A client in a separate process files GSTR-1 and GSTR-3B over encrypted HTTP, by the published field names: it
signs in, asks for the preference, saves, waits, sums, reads back, files, fills GSTR-3B, checks and files it."""

from __future__ import annotations

import json

import pytest

from invoices import portal_clock
from returns.gstn import clients
from returns.models import Gstr3b, OutwardReturn
from tests.returns.gstn.erp import Erp, Worker
from tests.returns.gstn.gstr1_supplier import OTHERS, named, sent_part
from tests.returns.gstn.july_2026 import BHARAT, July2026
from tests.returns.gstn.shapes import sample

GSTR1, GSTR3B = "returns/gstr1", "returns/gstr3b"
WHO = {"gstin": BHARAT, "ret_period": "072026"}


class Books(Erp):
    """The client, with the waiting that a client does."""

    def settled_return(self, told: dict) -> dict:
        assert told["status_cd"] == "1", told
        while True:
            asked = WHO | {"action": "RETSTATUS", "ref_id": told["data"]["reference_id"]}
            state = self.gets("returns", **asked)["data"]
            if state["status_cd"] not in ("REC", "IP"):
                return state

    def files(self, path: str, data: dict, form: str) -> dict:
        return self.calls("signs", path, data, BHARAT[2:12], self.otp, form)


@pytest.fixture
def july(transactional_db, live_server):
    july = July2026()
    july.files_3b("2026-06", by=july.supplier)
    july.goes_to("2026-08-08 10:00")
    return july


@pytest.fixture
def books(july, live_server):
    made = clients.create("Books", ["demo_supplier"])
    with Worker():
        client = Books(live_server.url, made, "demo_supplier")
        yield client
        client.close()


def test_a_client_files_gstr1_and_gstr3b_from_its_books(july, books):
    assert books.calls("signs_in", books.otp)["status_cd"] == "1"
    told = books.gets("returns", action="GETPREF", gstin=BHARAT, fy="2026-27")["data"]["response"]
    assert {row["preference"] for row in told} == {"M"}

    # the client clears the return, and saves its books
    assert books.settled_return(books.puts(GSTR1, "RESET", WHO, method="POST"))["status_cd"] == "P"
    data = sample("gstr1_save_body_plain")["data"] | OTHERS
    data.pop("b2ba"), data.pop("cdnra")
    data["b2b"][0]["inv"][0]["inum"] = "BLR/26-27/0431"
    assert books.settled_return(books.puts(GSTR1, "RETSAVE", data))["status_cd"] == "P"
    for name, key in (("B2B", "b2b"), ("CDNR", "cdnr"), ("B2CS", "b2cs"), ("EXP", "exp"), ("NIL", "nil")):
        got = books.gets(GSTR1, action=name, **WHO)["data"][key]
        sent = {inv["inum"] for party in data["b2b"] for inv in party["inv"]}
        if key == "b2b":
            assert {inv["inum"] for party in got for inv in party["inv"]} == sent
        elif key in OTHERS:
            assert sent_part(got) == data[key]

    # the client makes the return ready, compares the summary with its books, and files the summary unchanged
    ready = {**WHO, "isnil": "N"}
    told = books.puts("returns/gstrptf", "RETNEWPTF", ready, method="POST")
    assert books.settled_return(told)["action"] == "PROCEEDFILE"
    summary = books.gets(GSTR1, action="RETSUM", **WHO)["data"]
    sums = sum(item["itm_det"]["txval"] for p in data["b2b"] for inv in p["inv"] for item in inv["itms"])
    assert named(summary, "B2B")["ttl_tax"] == sums
    changed = json.loads(json.dumps(summary))
    changed["sec_sum"][0]["ttl_tax"] += 1
    assert books.files(GSTR1, changed, "R1")["error"]["error_cd"] == "RET13507"
    filed = books.files(GSTR1, summary, "R1")
    assert OutwardReturn.objects.filter(reference=filed["data"]["ack_num"], form="GSTR-1").exists()

    # GSTR-2B is drafted on the 14th; the client fills GSTR-3B from the portal's figures
    july.goes_to("2026-08-14 10:00")
    portal_clock.forget()
    filled = books.gets(GSTR3B, action="AUTOLIAB", **WHO)["data"]["r3bautopop"]
    assert filled["r1fildt"] == "08-08-2026"
    supplies = filled["liabitc"]["sup_details"]
    body = {
        **WHO,
        "sup_details": {
            "osup_det": supplies["osup_3_1a"]["subtotal"],
            "osup_zero": supplies["osup_3_1b"]["subtotal"],
            "osup_nil_exmp": supplies["osup_3_1c"]["subtotal"],
        },
        "inward_sup": {"isup_details": [{"ty": "GST", "inter": 100, "intra": 50}]},
        "itc_elg": {"itc_avl": [{"ty": "OTH", "iamt": 90, "camt": 0, "samt": 0, "csamt": 0}]},
    }
    assert books.settled_return(books.puts(GSTR3B, "RETSAVE", body))["status_cd"] == "P"
    saved = books.gets(GSTR3B, action="RETSUM", **WHO)["data"]
    assert (saved["sup_details"], saved["inward_sup"]) == (body["sup_details"], body["inward_sup"])
    checked = books.puts(GSTR3B, "VALID", body, method="POST")["data"]
    assert checked["sup_details"]["osup_3_1a"] == {"error_fields": []}
    balance = books.gets(GSTR3B, action="CLOSINGBAL", gstin=BHARAT)["data"]["clsbal"]
    assert balance == {"igst": 0, "cgst": 0, "sgst": 0, "cess": 0}
    told = books.files(GSTR3B, saved, "R3B")
    filed_3b = Gstr3b.objects.get(reference=told["data"]["ack_num"])
    assert filed_3b.table4["4A5"]["igst"] == 90_00
    after = books.gets(GSTR3B, action="RETSUM", **WHO)["data"]
    assert after["sup_details"] == body["sup_details"]
    tracked = books.gets("returns", action="RETTRACK", gstin=BHARAT, fy="2026-27")["data"]["EFiledlist"]
    assert {row["rtntype"] for row in tracked if row["ret_prd"] == "072026"} == {"GSTR1", "GSTR3B"}


def test_a_filing_signed_with_another_code_is_refused(july, books):
    books.calls("signs_in", books.otp)
    books.otp = "000000"
    assert books.files(GSTR1, WHO, "R1")["error"]["error_cd"] == "AUTH4034"
    assert not OutwardReturn.objects.filter(period=202607, supplier=july.supplier).exists()
