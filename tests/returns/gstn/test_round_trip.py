"""A client in a separate process works through a whole period, over encrypted HTTP."""

from __future__ import annotations

import pytest

from invoices.rules.situation import Kind
from returns.gstn import clients
from tests.returns.gstn.erp import Erp, Worker
from tests.returns.gstn.july_2026 import BHARAT, JULY, RECIPIENT, SAGAR, July2026

IMS, GSTR2B = "returns/ims", "returns/gstr2b"
IDENTITY = [
    "stin",
    "inum",
    "idt",
    "nt_num",
    "nt_dt",
    "oinum",
    "oidt",
    "ont_num",
    "ont_dt",
    "inv_typ",
    "srcform",
    "rtnprd",
    "val",
    "txval",
    "iamt",
    "camt",
    "samt",
    "cess",
    "pos",
]


def row_with_action(row: dict, action: str, **more) -> dict:
    """Return the row that a client sends back, with the client's action on the record."""
    return {k: row[k] for k in IDENTITY if k in row} | {
        "prev_status": row["action"],
        "action": action,
        **more,
    }


@pytest.fixture
def august(transactional_db, live_server):
    """Return a world at 14 August 2026: July's GSTR-2B is drafted, and new documents of August are saved."""
    july = July2026()
    july.suppliers_file()
    july.goes_to("2026-08-14 10:00")
    for number in ("AUG-1", "AUG-2", "AUG-3"):
        july.document(BHARAT, number, 10_000, "2026-08-05", period="2026-08")
    july.document(SAGAR, "CN-AUG", 1_000, "2026-08-06", rate=12, kind=Kind.CREDIT_NOTE, period="2026-08")
    return july


@pytest.fixture
def erp(august, live_server):
    made = clients.create("ERP", ["demo_buyer"])
    with Worker():
        client = Erp(live_server.url, made, "demo_buyer")
        yield client
        client.close()


def test_a_client_signs_in_acts_recomputes_and_learns_of_an_edit(august, erp):
    assert erp.calls("signs_in", erp.otp) == {"status_cd": "1", "expiry": 120}
    counts = erp.gets(IMS, action="GETCNT", gstin=RECIPIENT)["data"]
    assert counts["all_oth"]["b2b"] == {"noaction": 5, "accept": 0, "reject": 0, "pending": 0}

    rows = {
        r["inum"]: r for r in erp.gets(IMS, action="GETINV", gstin=RECIPIENT, section="B2B")["data"]["b2b"]
    }
    notes = erp.gets(f"{IMS}/GETINV", gstin=RECIPIENT, section="CN")["data"]["b2bcn"]
    notes = {row["nt_num"]: row for row in notes}
    data = {
        "b2b": [
            row_with_action(rows["BLR/26-27/0417"], "A"),
            row_with_action(rows["SV-1182"], "R", remarks="Not our purchase"),
        ],
        "b2bcn": [row_with_action(notes["CN-221"], "A", itcRedReq="Y")],
    }
    sent = erp.puts(IMS, "SAVE", {"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": data})
    state = erp.settled(IMS, "REQSTS", RECIPIENT, sent["data"]["reference_id"])
    assert state == {
        "status_cd": "P",
        "transTypCd": "SAV",
        "proc_cnt": "3",
        "err_cnt": "0",
        "err_cd": "",
        "err_msg": "",
    }
    rejected = erp.gets(IMS, action="GETINV", gstin=RECIPIENT, section="b2b", status="R")["data"]["b2b"]
    assert [(r["inum"], r["remarks"]) for r in rejected] == [("SV-1182", "Not our purchase")]

    made = erp.puts(GSTR2B, "GEN2B", {"rtin": RECIPIENT, "itcprd": "072026"})
    done = erp.settled(GSTR2B, "GENSTS2B", RECIPIENT, made["data"]["reference_id"])
    assert done == {"status_cd": "P", "err_cd": "", "err_msg": ""}
    statement = erp.gets(GSTR2B, action="GET2B", gstin=RECIPIENT, rtnprd="072026")["data"]["data"]
    assert [p["inv"][0]["inum"] for p in statement["docRejdata"]["b2b"]] == ["SV-1182"]
    assert august.statement(JULY).version == 2

    # the supplier's edit of AUG-2 reaches the portal before the client's action, so the action must be
    # refused
    asked = [row_with_action(rows[number], "A") for number in ("AUG-1", "AUG-2", "AUG-3")]
    august.edits(august.records["AUG-2"], taxable=12_000, place_of_supply="27", number="AUG-2")
    data = {"b2b": asked, "b2bcn": [row_with_action(notes["CN-AUG"], "A")]}
    sent = erp.puts(IMS, "SAVE", {"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": data})
    state = erp.settled(IMS, "REQSTS", RECIPIENT, sent["data"]["reference_id"])
    assert (state["status_cd"], state["proc_cnt"], state["err_cnt"]) == ("PE", "4", "2")
    (refused,) = state["error_report"]["b2b"]
    assert (refused["stin"], refused["error_cd"]) == (BHARAT, "IMSSAV0010")
    assert refused["inv"] == [{"rtnprd": "082026", "inum": "AUG-2"}]
    (unanswered,) = state["error_report"]["cn"]
    assert (unanswered["error_cd"], unanswered["inv"][0]["inum"]) == ("IMSSAV0054", "CN-AUG")
    states = {n: august.now(august.records[n]).decision.action for n in ("AUG-1", "AUG-2", "AUG-3", "CN-AUG")}
    assert states == {"AUG-1": "A", "AUG-2": "N", "AUG-3": "A", "CN-AUG": "N"}


def test_a_token_is_refreshed_and_the_old_token_is_invalid(august, erp):
    erp.calls("signs_in", erp.otp)
    assert erp.calls("refreshes")["status_cd"] == "1"
    assert erp.gets(IMS, action="GETCNT", gstin=RECIPIENT, goods_typ="IMP_GDS")["data"].keys() == {"imp_gds"}


def test_a_section_beyond_the_limit_comes_in_encrypted_files(august, erp, settings):
    settings.GSTN_RECORDS_PER_ANSWER = 2
    erp.calls("signs_in", erp.otp)
    asked = erp.gets(IMS, action="GETINV", gstin=RECIPIENT, section="B2B")["data"]
    assert set(asked) == {"token", "est"}
    while True:
        files = erp.gets(IMS, action="FILEDET", gstin=RECIPIENT, token=asked["token"])
        if "data" in files:
            break
        assert files["error"]["error_cd"] == "RTN_24"
    assert [url["ic"] for url in files["data"]["urls"]] == [2, 2, 1]
    merged = erp.calls("downloads", files["data"])
    assert sorted(r["inum"] for r in merged["b2b"]) == [
        "AUG-1",
        "AUG-2",
        "AUG-3",
        "BLR/26-27/0417",
        "SV-1182",
    ]
    whole = erp.gets(GSTR2B, action="GET2B", gstin=RECIPIENT, rtnprd="072026")["data"]["data"]
    assert whole["fc"] > 1
    for number in range(1, whole["fc"] + 1):
        part = erp.gets(GSTR2B, action="GET2B", gstin=RECIPIENT, rtnprd="072026", file_num=str(number))
        assert part["status_cd"] == "1"
        assert part["data"]["data"]["itcsumm"] == whole["itcsumm"]
    settings.GSTN_SUMMARY_IN_EVERY_FILE = False
    part = erp.gets(GSTR2B, action="GET2B", gstin=RECIPIENT, rtnprd="072026", file_num="1")["data"]["data"]
    assert "itcsumm" not in part
