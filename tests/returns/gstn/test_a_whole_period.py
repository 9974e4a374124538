"""Clients work through a whole period with GSTN's API only, without encryption. The supplier saves and files,
and the recipient acts. The operator of the sandbox moves the clock. GSTR-3B is filled with figures and
filed."""

from __future__ import annotations

import pytest

from invoices import jobs
from invoices.models import Job, Record, Role
from returns.models import Gstr3b, OutwardReturn
from tests.returns.gstn.july_2026 import BHARAT, EASYKART, RECIPIENT
from tests.returns.gstn.plain import Plain, code
from tests.returns.gstn.shapes import missing, sample, shape

IMS, GSTR2B, GSTR3B = "returns/ims", "returns/gstr2b", "returns/gstr3b"


def run_jobs():
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)


@pytest.fixture
def buyer(july, client):
    return Plain(client, "demo_buyer", operator=True).signs_in()


@pytest.fixture
def seller(july, client):
    return Plain(client, "demo_supplier").signs_in()


def test_a_whole_period_works_through_gstns_api(july, buyer, seller):
    # The supplier first saves the form with the new documents of the sample: an invoice, a debit note and a
    # credit note. The amendments of the sample are left out.
    body = sample("gstr1_save_body_plain")
    body["data"].pop("b2ba"), body["data"].pop("cdnra")
    body["data"]["b2b"][0]["inv"][0]["inum"] = "BLR/26-27/0431"
    sent = seller.puts("returns/gstr1", **body)
    assert shape(sent["data"]) == shape(sample("return_save_response"))
    run_jobs()
    asked = {
        "action": "RETSTATUS",
        "gstin": BHARAT,
        "ret_period": "072026",
        "ref_id": sent["data"]["reference_id"],
    }
    assert seller.gets("returns", **asked)["data"] == sample("retstatus_processed")
    assert Record.objects.filter(number="BLR/26-27/0431", filing="S").exists()

    # the response names the document that cannot be saved; all other documents are saved
    bad = {"inum": "BLR/0", "idt": "03-07-2026", "val": 1180, "pos": "27", "rchrg": "N", "inv_typ": "R"}
    bad["itms"] = [{"num": 1, "itm_det": {"rt": 17, "txval": 1000, "iamt": 170}}]
    body["data"]["b2b"][0]["inv"].append(bad)
    sent = seller.puts("returns/gstr1", **body)
    run_jobs()
    state = seller.gets("returns", **asked | {"ref_id": sent["data"]["reference_id"]})["data"]
    assert state["status_cd"] == "PE"
    assert state["error_report"]["b2b"][0]["number"] == "BLR/0"

    # only the operator of the sandbox can move the clock
    moved = seller.puts("sandbox/clock", action="SETCLOCK", data={"to": "2026-08-08T10:00"})
    assert code(moved) == "IMSSAV961"
    moved = buyer.puts("sandbox/clock", action="SETCLOCK", data={"to": "2026-08-08T10:00"})
    assert moved["data"]["now"].startswith("2026-08-08T10:00")
    assert code(buyer.puts("sandbox/clock", action="SETCLOCK", data={"to": "2026-07-01"})) == "IMSSAV963"
    assert code(buyer.gets(GSTR2B, action="GET2B", gstin=RECIPIENT, rtnprd="072026")) == "RET2B1018"
    generate = sample("gstr2b_gen_request")
    assert code(buyer.puts(GSTR2B, **generate)) == "IMS2B009"
    assert code(buyer.gets(GSTR3B, action="AUTOLIAB", gstin=RECIPIENT, ret_period="072026")) == "RT-R3BQ1004"

    # GSTR-1 is filed with a requested EVC; an EVC can be used once
    data = {"gstin": BHARAT, "ret_period": "072026"}
    filing = {"action": "RETFILE", "data": data, "st": "EVC", "sid": f"{BHARAT[2:12]}|575757"}
    assert code(seller.posts("returns/gstr1", **filing)) == "EVCREQUEST"
    evc = {"action": "EVCOTP", "gstin": BHARAT, "pan": BHARAT[2:12], "form_type": "R1"}
    assert seller.gets("authenticate", **evc) == {"status_cd": "1"}
    assert code(seller.posts("returns/gstr1", **filing | {"sid": f"{BHARAT[2:12]}|000000"})) == "AUTH4034"
    seller.posts("returns/gstrptf", action="RETNEWPTF", data=data)
    filed = seller.posts("returns/gstr1", **filing)["data"]["ack_num"]
    assert OutwardReturn.objects.get(reference=filed).form == "GSTR-1"
    assert code(seller.posts("returns/gstr1", **filing)) == "EVCREQUEST"
    assert code(seller.puts("returns/gstr1", **body)) == "IMSSAV923"

    # The portal makes the draft. A recompute is refused until an action makes the draft stale.
    buyer.puts("sandbox/clock", action="SETCLOCK", data={"to": "2026-08-14T00:30"})
    run_jobs()
    assert code(buyer.puts(GSTR2B, **generate)) == "IMS0005"
    row = buyer.gets(IMS, action="GETINV", gstin=RECIPIENT, section="B2B")["data"]["b2b"][0]
    wanted = {
        key: row[key] for key in sample("ims_save_body_plain")["data"]["invdata"]["b2b"][0] if key in row
    }
    wanted |= {"prev_status": row["action"], "action": "A"}
    data = {"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": {"b2b": [wanted]}}
    assert shape(buyer.puts(IMS, action="SAVE", data=data)["data"]) == shape(sample("ims_save_response"))
    made = buyer.puts(GSTR2B, **generate)["data"]
    assert shape(made) == shape(sample("gstr2b_gen_response"))
    run_jobs()
    state = {"action": "GENSTS2B", "gstin": RECIPIENT, "int_tran_id": made["reference_id"]}
    assert buyer.gets(GSTR2B, **state)["data"] == sample("gstr2b_gen_status")

    # GSTR-3B is filled with figures, shown, changed by hand and filed
    filled = buyer.gets(GSTR3B, action="AUTOLIAB", gstin=RECIPIENT, ret_period="072026")["data"]
    # the recipient has not filed its own GSTR-1, so this date is not there
    assert missing(sample("gstr3b_autoliab"), filled) == {".r3bautopop.r1fildt text"}
    assert [fault["error_cd"] for fault in filled["r3bautopop"]["error"]] == ["RT-R3BQ1004"]
    table = buyer.gets(GSTR3B, action="RETSUM", gstin=RECIPIENT, ret_period="072026")["data"]
    assert shape(table) == shape(sample("gstr3b_itc_elg"))
    other = filled["r3bautopop"]["liabitc"]["elgitc"]["itc4a5"]["subtotal"]
    assert table["itc_elg"]["itc_avl"][4] == {"ty": "OTH", **other}
    typed = sample("gstr3b_itc_elg")
    assert buyer.puts(GSTR3B, action="RETSAVE", data=typed)["status_cd"] == "1"
    evc = {"action": "EVCOTP", "gstin": RECIPIENT, "pan": RECIPIENT[2:12], "form_type": "R3B"}
    buyer.gets("authenticate", **evc)
    signed = {"st": "EVC", "sid": f"{RECIPIENT[2:12]}|575757"}
    data = {"gstin": RECIPIENT, "ret_period": "072026"}
    answer = buyer.posts(GSTR3B, action="RETFILE", data=data, **signed)["data"]
    assert any("GSTR-1 for July 2026 is not filed" in told for told in answer["warnings"])
    filed = answer["ack_num"]
    assert Gstr3b.objects.get(reference=filed).table4["4A1"]["igst"] == 45_000_00
    assert code(buyer.puts(GSTR2B, **generate)) == "IMS2B007"
    late = buyer.puts(
        IMS, action="SAVE", data={"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": {"b2b": [wanted]}}
    )
    run_jobs()
    asked = {"action": "REQSTS", "gstin": RECIPIENT, "int_tran_id": late["data"]["reference_id"]}
    report = buyer.gets(IMS, **asked)["data"]["error_report"]
    assert report["b2b"][0]["error_cd"] == "IMSSAV903"


def test_the_suppliers_view_is_written_as_in_the_samples(july, buyer, seller, client):
    july.document(BHARAT, "BLR/26-27/0431", 12_000, "2026-07-09")
    july.acts("accept", july.records["BLR/26-27/0417"])
    july.acts("reject", july.records["BLR/26-27/0431"], remarks="Rate differs from PO")
    asked = {"action": "SUPVIEW", "gstin": BHARAT, "ret_period": "072026", "rtn_typ": "GSTR1"}
    got = seller.gets(IMS, **asked, section="B2B")["data"]
    assert not missing(_without_rates(sample("ims_supview"), "b2b"), got)
    states = {i["inum"]: (i["imsactn"], i.get("remarks")) for p in got["gstr1"]["b2b"] for i in p["inv"]}
    assert states == {"BLR/26-27/0417": ("A", None), "BLR/26-27/0431": ("R", "Rate differs from PO")}
    notes = seller.gets(IMS, **asked, section="CDNR")["data"]
    assert not missing(_without_rates(sample("ims_supview"), "cdnr"), notes)
    assert code(seller.gets(IMS, **asked, section="ECOM")) == "RET11416"
    july.person("operator", Role.SIGNATORY, Role.SUPPLIER_CLERK, at=july.of[EASYKART])
    operator = Plain(client, "operator").signs_in()
    got = operator.gets(IMS, **asked | {"gstin": EASYKART}, section="ECOM")["data"]
    expected = sample("ims_supview_ecom")
    for party in expected["gstr1"]["ecom"]["b2b"]:
        # leave this GSTIN out, because the portal does not know which supplier sold through the e-commerce
        # operator
        party.pop("stin")
    assert not missing(expected["gstr1"]["ecom"]["b2b"], got["gstr1"]["ecom"]["urp2b"])


def _without_rates(view, section):
    return view | {"gstr1": {section: view["gstr1"][section]}}


def test_the_unversioned_prefix_answers_with_numbers_and_result(july, client):
    """The status in the response is a number. A client behind a gateway would read the text "0" as
    success."""
    plain = Plain(client, "demo_buyer", prefix="/standard/gstn/")
    # the client sends the header of its gateway and no other header
    plain.headers = {"x-api-key": plain.made.secret}
    plain.signs_in()
    answer = plain.gets(f"{IMS}/GETINV", gstin=RECIPIENT, section="B2BDN")
    assert answer["status_cd"] == 1
    assert answer["result"]["b2bdn"][0]["nt_num"] == "DN-09"
    refused = plain.gets(IMS, action="GETINV", gstin=RECIPIENT, section="B2B", status="accepted")
    assert refused == {
        "status_cd": 0,
        "error": {"error_cd": "RET11416", "message": refused["error"]["message"]},
    }
    assert shape(sample("envelope_error")["error"]) == shape(refused["error"])


def test_envelopes_have_the_shape_of_the_samples(july, client):
    plain = Plain(client, "demo_buyer").signs_in()
    answer = plain.gets(IMS, action="GETINV", gstin=RECIPIENT, section="B2B")
    assert not missing(sample("envelope_success_plain"), answer)
    signed = plain.posts("authenticate", action="AUTHTOKEN", username="demo_buyer", otp="575757")
    expected = sample("auth_authtoken_response")
    assert set(signed) == set(expected) - {"sek"}
    assert len(signed["auth_token"]) == len(expected["auth_token"])
    assert client.get("/taxpayerapi/certificate.pem").content.startswith(b"-----BEGIN CERTIFICATE")
    assert "certificate" in client.get("/static/gstn_g2b_prod_public").json()
