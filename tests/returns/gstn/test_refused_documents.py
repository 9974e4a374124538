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


def test_the_sample_request_is_saved_and_a_partial_answer_has_the_samples_shape(july, plain):
    """R-122: the sample declares a partial reduction without a remark, as GSTN's clients do.

    The first request has a note that declares more than its tax, and is saved without this note."""
    july.acts("pending", july.records["SV-1182"])
    july.acts("accept", july.records["CN-221"])
    data = sample("ims_save_request")
    (note,) = data["invdata"]["b2bcn"]
    note["declCgst"] = note["declSgst"] = 361
    state = settled(plain, data)
    assert (state["status_cd"], state["proc_cnt"], state["err_cnt"]) == ("PE", "5", "1")
    assert set(sample("ims_reqsts_partial")) == set(state)
    (refused,) = state["error_report"]["cn"]
    assert set(refused) == set(sample("ims_reqsts_partial")["error_report"]["cn"][0])
    assert refused["error_cd"] == codes.OURS["DECL_EXCEEDS"]
    notes = sample("ims_save_request")["invdata"]["b2bcn"]
    state = settled(plain, {"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": {"b2bcn": notes}})
    assert state == sample("ims_reqsts_processed") | {"proc_cnt": "1"}
    assert july.now(july.records["CN-221"]).decision.reduction_cgst == 300_00
    assert july.now(july.records["TX-55/R1"]).decision.label == "A F"


HEADS = ("declIgst", "declCgst", "declSgst", "declCess")
ZEROS, BLANKS, NULLS = (dict.fromkeys(HEADS, value) for value in (0, "", None))


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        # the label of the decision: action and answer
        ({"itcRedReq": "N"}, "A N"),
        ({"itcRedReq": "n", **BLANKS}, "A N"),
        ({"itcRedReq": " N ", **ZEROS}, "A N"),
        ({"itcRedReq": "N", **NULLS, "remarks": ""}, "A N"),
        ({"itcRedReq": "Y", **ZEROS}, "A N"),
        ({"itcRedReq": "Y", "declCgst": 0}, "A N"),
        ({"itcRedReq": "Y"}, "A F"),
        ({"itcRedReq": "y", **BLANKS}, "A F"),
        ({"itcRedReq": "Y", **NULLS}, "A F"),
        ({"itcRedReq": "Y", "declCgst": 360, "declSgst": 360}, "A F"),
        ({"itcRedReq": "Y", "declIgst": "", "declCgst": 100, "declSgst": 100.0, "declCess": None}, "A P"),
        # the code of the refusal
        ({"itcRedReq": "N", "declCgst": 1, "declSgst": 1}, "DECL_INVALID"),
        ({"itcRedReq": "Y", "declCgst": 100}, "DECL_INVALID"),
        ({"itcRedReq": "Y", "declIgst": 0.01}, "DECL_EXCEEDS"),
        ({"itcRedReq": ""}, "ANSWER_REQUIRED"),
        ({**ZEROS}, "ANSWER_REQUIRED"),
        ({"itcRedReq": None, **BLANKS}, "ANSWER_REQUIRED"),
        ({"itcRedReq": "N", "action": "R"}, "DECL_NOT_APPLICABLE"),
        ({"itcRedReq": "", **ZEROS, "action": "R"}, "R -"),
        # a fault of the request
        ({"itcRedReq": "", "declIgst": 5}, "IMSSAV005"),
        ({"itcRedReq": "No"}, "IMSSAV005"),
        ({"itcRedReq": True}, "IMSSAV005"),
        ({"itcRedReq": "Y", "declIgst": "5"}, "IMSSAV005"),
    ],
    ids=str,
)
def test_r122_a_reduction_is_declared_as_clients_send_it(july, plain, said, outcome):
    """R-120 to R-123: clients send an answer without remarks, empty texts, and zeros for every head."""
    (note,) = sample("ims_save_request")["invdata"]["b2bcn"]
    note = {name: value for name, value in note.items() if name not in ("itcRedReq", *HEADS)}
    note |= {"prev_status": "N", **said}
    state = settled(plain, {"rtin": RECIPIENT, "reqtyp": "SAVE", "invdata": {"b2bcn": [note]}})
    label = july.now(july.records["CN-221"]).decision.label
    if state["status_cd"] == "ER":
        assert state["err_cd"] == outcome
    elif state["status_cd"] == "PE":
        assert state["error_report"]["cn"][0]["error_cd"] == codes.OURS[outcome]
    else:
        assert label == outcome
    assert (label == "N -") == (state["status_cd"] != "P")


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
