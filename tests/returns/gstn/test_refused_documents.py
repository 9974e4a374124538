"""GSTN's interface saves sound documents and reports each refused document with its code."""

from __future__ import annotations

import json

import pytest

from invoices import jobs
from invoices.models import Decision, Job
from invoices.rules.refusals import CODES
from returns.gstn import codes, views  # noqa: F401  the views name the calls
from tests.returns.gstn.calls import IMS
from tests.returns.gstn.july_2026 import RECIPIENT
from tests.returns.gstn.shapes import sample

pytestmark = pytest.mark.once

# tests of documents


def settled(plain, data, action="SAVE"):
    sent = plain.puts(IMS, action=action, data=data)
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)
    return plain.gets(IMS, action="REQSTS", gstin=RECIPIENT, int_tran_id=sent["data"]["reference_id"])["data"]


@pytest.mark.parametrize(
    "change",
    [
        {"idt": "2026-07-03"},
        {"idt": "31-02-2026"},
        {"val": "59000"},
        {"val": -1},
        {"val": 1.001},
        {"txval": 1e400},
        {"inum": 417},
        {"inum": "X" * 17},
        {"stin": ""},
        {"prev_status": "X"},
        {"prev_status": None},
        {"val": None},
        {"txval": None},
        {"action": "N"},
        {"action": "AR"},
        {"srcform": "R9"},
        {"rtnprd": "202607"},
        {"remarks": 5},
        {"itcRedReq": "yes"},
        {"declIgst": 5},
    ],
)
def test_a_schema_error_fails_the_whole_request_and_names_the_place(july, plain, change):
    data = sample("ims_save_request")
    data["invdata"]["b2b"][1] |= change
    text = json.dumps({"action": "SAVE", "data": data}).replace("Infinity", "1e400")
    sent = plain.sends("put", IMS, text)
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)
    reference = sent["data"]["reference_id"]
    state = plain.gets(IMS, action="REQSTS", gstin=RECIPIENT, int_tran_id=reference)["data"]
    assert (state["status_cd"], state["err_cd"]) == ("ER", "IMSSAV005")
    assert (state["proc_cnt"], state["err_cnt"]) == ("5", "5")
    assert state["err_msg"].startswith("invdata.b2b[1]: ")
    assert not Decision.objects.exclude(action="N").exists()
    assert set(sample("ims_reqsts_error")) <= set(state)


def test_the_sample_request_is_saved_and_its_partial_answer_has_the_samples_shape(july, plain):
    """R-122: a partial reduction needs a remark.

    The first request is saved except for the note without a remark. The second request has the note with a
    remark, and is saved."""
    july.acts("pending", july.records["SV-1182"])
    july.acts("accept", july.records["CN-221"])
    data = sample("ims_save_request")
    state = settled(plain, data)
    assert (state["status_cd"], state["proc_cnt"], state["err_cnt"]) == ("PE", "5", "1")
    assert set(sample("ims_reqsts_partial")) == set(state)
    (note,) = state["error_report"]["cn"]
    assert set(note) == set(sample("ims_reqsts_partial")["error_report"]["cn"][0])
    assert note["error_cd"] == codes.OURS["REMARKS_REQUIRED"]
    data["invdata"]["b2bcn"][0]["remarks"] = "The rest was never claimed"
    again = {"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": {"b2bcn": data["invdata"]["b2bcn"]}}
    state = settled(plain, again)
    assert state == sample("ims_reqsts_processed") | {"proc_cnt": "1"}
    assert july.now(july.records["CN-221"]).decision.reduction_cgst == 300_00
    assert july.now(july.records["TX-55/R1"]).decision.label == "A F"


def test_the_samples_reset_and_bill_of_entry_are_saved(july, plain):
    july.decides()
    state = settled(plain, sample("ims_reset_request"), "RESETIMS")
    assert (state["status_cd"], state["transTypCd"]) == ("P", "RST")
    assert {july.now(july.records[n]).decision.label for n in ("SV-1182", "CN-221")} == {"N -"}
    data = sample("ims_save_imports_request")
    # the bill is refused, because the sample's fingerprint (hash) is not the fingerprint of the record in
    # this world
    assert settled(plain, data)["error_report"]["impg"][0]["error_cd"] == "IMSSAV0010"
    shown = plain.gets(IMS, action="GETINV", gstin=RECIPIENT, section="IMPG")["data"]["impg"]
    mine = next(row for row in shown if row["boenum"] == "4477120")
    data["invdata"]["impg"][0]["hash"] = mine["hash"]
    assert settled(plain, data)["status_cd"] == "P"
    assert july.now(july.records["4477120"]).decision.action == "P"


# tests of error codes


def test_each_refusal_of_the_rulebook_has_one_code_and_each_code_one_refusal():
    assert set(CODES) <= set(codes.OURS)
    assert len(set(codes.OURS.values())) == len(codes.OURS)
    assert codes.OTHER not in codes.OURS.values()
