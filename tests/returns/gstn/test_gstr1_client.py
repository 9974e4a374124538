"""A supplier's client saves GSTR-1, compares the summary with its books, and reads the sections back. It uses the
published field names only."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Job, JournalEntry, Record, Role
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.api import gstr1_summary, gstr3b_autoliab
from tests.returns.gstn.gstr1_supplier import B2CS, EMPTY, GSTR1, OTHERS, WHO, named, run_jobs, sent_part
from tests.returns.gstn.july_2026 import BHARAT, EASYKART, JULY, RECIPIENT, July2026
from tests.returns.gstn.plain import Plain, code
from tests.returns.gstn.shapes import sample

pytestmark = pytest.mark.once

HEADS = ("igst", "cgst", "sgst", "cess")


def test_the_summary_has_every_section_and_agrees_with_the_books(july, seller):
    july.document(BHARAT, "BLR-RC", 7_000, "2026-07-10", reverse_charge=True)
    july.document(BHARAT, "BLR-DE", 3_000, "2026-07-11", invoice_type="DE")
    july.document(BHARAT, "BLR-CN", 4_000, "2026-07-12", kind=Kind.CREDIT_NOTE)
    seller.saves({**WHO, "fp": "072026"} | OTHERS)
    told = seller.summary()
    assert told | {"sec_sum": []} == {
        **WHO,
        "newSumFlag": True,
        "smryTyp": "S",
        "chksum": told["chksum"],
        "sec_sum": [],
    }
    # ttl_tax is the taxable value
    b2b = named(told, "B2B")
    assert (b2b["ttl_rec"], b2b["ttl_tax"], b2b["ttl_igst"]) == (3, 60_000, 10_800)
    parts = {part["sec_nm"]: (part["ttl_rec"], part["ttl_tax"]) for part in b2b["sub_sections"]}
    assert parts == {
        "B2B_4A": (1, 50_000),
        "B2B_4B": (1, 7_000),
        "B2B_6C": (1, 3_000),
        "B2B_SEZWP": (0, 0),
        "B2B_SEZWOP": (0, 0),
    }
    # DN-09 of 2,000 less the credit note of 4,000; DN-04 of 2,000 was amended to 1,500
    notes, amended = named(told, "CDNR"), named(told, "CDNRA")
    assert (notes["ttl_rec"], notes["ttl_tax"], notes["ttl_igst"]) == (2, -2_000, -360)
    assert (amended["ttl_tax"], amended["act_tax"], amended["act_igst"]) == (1_500, -500, -90)
    exports = {part["typ"]: part["ttl_tax"] for part in named(told, "EXP")["sub_sections"]}
    assert exports == {"EXPWP": 100_000, "EXPWOP": 0}
    operators = {part["sec_nm"]: part["ttl_tax"] for part in named(told, "SUPECOM")["sub_sections"]}
    assert operators == {"SUPECOM_14A": 2_000, "SUPECOM_14B": 0}
    nil = named(told, "NIL")
    assert (nil["ttl_expt_amt"], nil["ttl_nilsup_amt"], nil["ttl_ngsup_amt"]) == (500, 300.5, 0)
    assert named(told, "DOC_ISSUE")["net_doc_issued"] == 8
    assert named(told, "B2CL")["chksum"] == EMPTY
    assert len(named(told, "B2B")["chksum"]) == 64
    # without reverse charge: 50,000 + 3,000 - 2,000 - 500 + 1,000 to consumers + 100,000 exported
    assert named(told, "TTL_LIAB")["ttl_tax"] == 151_500

    long = seller.summary(smrytyp="L")
    (party,) = named(long, "B2B")["cpty_sum"]
    assert (party["ctin"], party["ttl_rec"], party["ttl_tax"]) == (RECIPIENT, 3, 60_000)
    assert long["smryTyp"] == "L"
    assert code(seller.plain.gets(GSTR1, action="RETSUM", **WHO, smrytyp="X")) == "IMSSAV951"


def test_every_saved_section_is_read_back_as_it_was_sent(july, seller):
    seller.state(seller.resets())  # the documents of this world were saved without rate lines
    data = seller.body() | OTHERS
    assert seller.saves(data)["status_cd"] == "P"
    rows = seller.section("B2B")["data"]["b2b"]
    assert [party["ctin"] for party in rows] == [RECIPIENT]
    mine = next(inv for inv in rows[0]["inv"] if inv["inum"] == "BLR/26-27/0431")
    sent = data["b2b"][0]["inv"][0]
    assert {name: mine[name] for name in sent} == sent
    assert len(mine["chksum"]) == 64
    assert seller.section("B2B", ctin=RECIPIENT)["data"]["b2b"] == rows
    for name, key in (
        ("B2CS", "b2cs"),
        ("EXP", "exp"),
        ("NIL", "nil"),
        ("HSNSUM", "hsn"),
        ("DOCISS", "doc_issue"),
        ("SUPECO", "supeco"),
    ):
        back = seller.section(name)["data"]
        assert sent_part(back) == {key: OTHERS[key]}, name
        assert '"chksum"' in json.dumps(back), name
    # what was read back can be sent again, and changes nothing
    before = (seller.summary(), JournalEntry.objects.count())
    back = {key: seller.section(name)["data"][key] for name, key in (("B2B", "b2b"), ("CDNR", "cdnr"))}
    assert seller.saves({"gstin": BHARAT, "fp": "072026", **back, **OTHERS})["status_cd"] == "P"
    assert (seller.summary(), JournalEntry.objects.count()) == before


def test_a_section_without_rows_is_an_error_and_never_an_empty_list(july, seller):
    for name in ("B2BA", "B2CL", "EXP", "TXP", "NIL", "HSNSUM", "DOCISS", "ECOM", "ECOMA", "SUPECO", "AT"):
        assert code(seller.section(name)) == "RET13508", name
    assert code(seller.section("B2B", ctin=BHARAT)) == "RET13508"
    assert code(seller.section("B2B", from_time="29-07-2026")) == "RET13508"
    assert seller.section("B2B", from_time="01-07-2026")["status_cd"] == "1"
    assert code(seller.section("B2B", from_time="2026-07-01")) == "IMSSAV951"
    assert code(seller.section("B2B", action_required="Y")) == "RET13508"


def test_a_large_section_comes_in_files(july, seller, settings):
    settings.GSTN_RECORDS_PER_ANSWER = 1
    seller.saves(seller.body() | OTHERS)
    asked = seller.section("B2B")["data"]
    assert set(asked) == {"token", "est"}
    run_jobs()
    files = seller.plain.gets("returns", action="FILEDET", **WHO, token=asked["token"])["data"]
    assert [url["ic"] for url in files["urls"]] == [1, 1]
    # kept rows count too, and the long summary comes in files of recipients
    seller.saves({"gstin": BHARAT, "fp": "072026", "b2cs": [B2CS, B2CS | {"rt": 5}]})
    asked = seller.section("B2CS")["data"]
    settings.GSTN_RECORDS_PER_ANSWER = 0
    long = seller.summary(smrytyp="L")
    settings.GSTN_RECORDS_PER_ANSWER = 1
    run_jobs()
    for token, wanted in ((asked["token"], [1, 1]), (long["token"], [24, 1, 1, 1])):
        files = seller.plain.gets("returns", action="FILEDET", **WHO, token=token)["data"]
        assert [url["ic"] for url in files["urls"]] == wanted
    assert sent_part(seller.section("NIL")["data"]["nil"]) == OTHERS["nil"]


def test_rows_outside_ims_are_replaced_by_their_fields_and_removed_by_flag_d(july, seller):
    head = {"gstin": BHARAT, "fp": "072026"}
    seller.saves(head | OTHERS)
    seller.saves(
        head | {"b2cs": [B2CS | {"txval": 2000}, B2CS | {"pos": "27", "sply_ty": "INTER", "txval": 5}]}
    )
    assert [row["txval"] for row in seller.section("B2CS")["data"]["b2cs"]] == [2000, 5]
    gone = {"exp_typ": "WPAY", "inv": [{"inum": "EXP-1", "idt": "05-07-2026", "flag": "D"}]}
    seller.saves(head | {"exp": [gone]})
    assert code(seller.section("EXP")) == "RET13508"
    bad = seller.saves(head | {"b2cs": [B2CS | {"txval": "9"}], "hsn": {"hsn_b2b": [5]}})
    assert bad["status_cd"] == "PE"
    assert bad["error_report"]["b2cs"][0]["error_cd"] == "RET191106"
    assert bad["error_report"]["b2cs"][0]["pos"] == "29"
    assert bad["error_report"]["hsn"]["error_cd"] == "RET191106"
    assert sent_part(seller.section("HSNSUM")["data"]["hsn"]) == OTHERS["hsn"]


def test_refused_rows_come_back_whole_in_their_sections(july, seller):
    """A client turns each group of the report into documents again: a supplier or recipient, its code, and the
    whole rows. Two errors of one recipient are two groups."""
    data = seller.body()
    good = data["b2b"][0]["inv"][0]
    rate = good | {"inum": "RATE-1", "itms": [{"num": 1, "itm_det": {"rt": 17, "txval": 1000, "iamt": 170}}]}
    tax = good | {"inum": "TAX-1", "itms": [{"num": 1, "itm_det": {"rt": 18, "txval": 1000, "iamt": 17}}]}
    late = good | {"inum": "LATE-1", "idt": "03-08-2026"}
    data["b2b"][0]["inv"] = [good, rate, tax, late, late | {"inum": "LATE-2"}]
    data["b2b"].append({"ctin": "29AAFCB7312Q1Z9", "inv": [good | {"inum": "WHO-1"}]})
    note = data["cdnr"][0]["nt"][0]
    data["cdnr"][0]["nt"] = [note | {"nt_num": "N-1", "nt_dt": "04-08-2026"}]
    state = seller.saves(data)
    assert (state["form_typ"], state["action"], state["status_cd"]) == ("R1", "SAVE", "PE")
    groups = state["error_report"]["b2b"]
    told = {group["error_cd"]: (group["ctin"], [inv["inum"] for inv in group["inv"]]) for group in groups}
    assert told == {
        "RET191175": (RECIPIENT, ["RATE-1"]),
        "RET191205": (RECIPIENT, ["TAX-1"]),
        "RET191114": (RECIPIENT, ["LATE-1", "LATE-2"]),
        "RET191113": ("29AAFCB7312Q1Z9", ["WHO-1"]),
    }
    assert groups[0]["inv"][0] == rate
    (refused,) = state["error_report"]["cdnr"]
    assert (refused["error_cd"], [nt["nt_num"] for nt in refused["nt"]]) == ("RET191126", ["N-1"])
    assert all(group["error_msg"] for group in groups)
    assert Record.objects.filter(number="BLR/26-27/0431").exists()
    assert not Record.objects.filter(number__in=["RATE-1", "LATE-1", "N-1"]).exists()


def test_an_operators_summary_and_sections_have_both_kinds_of_supplies(july, client):
    july.person("operator", Role.SIGNATORY, Role.SUPPLIER_CLERK, at=july.of[EASYKART])
    plain = Plain(client, "operator").signs_in()
    consumers = {
        "stin": BHARAT,
        "pos": "07",
        "sply_ty": "INTRA",
        "rt": 5,
        "txval": 1000,
        "camt": 25,
        "samt": 25,
    }
    data = sample("gstr1_ecom_data")
    data["ecom"]["b2c"] = [consumers]
    plain.puts(GSTR1, action="RETSAVE", data=data)
    run_jobs()
    who = {"gstin": EASYKART, "ret_period": "072026"}
    told = named(plain.gets(GSTR1, action="RETSUM", **who)["data"], "ECOM")
    parts = {part["sec_nm"]: part["ttl_tax"] for part in told["sub_sections"] if part["ttl_rec"]}
    assert parts == {"ECOM_REG": 1_200, "ECOM_UNREG": 1_000}
    back = plain.gets(GSTR1, action="ECOM", **who)["data"]["ecom"]
    assert (back["b2b"][0]["stin"], sent_part(back["b2c"])) == (data["ecom"]["b2b"][0]["stin"], [consumers])
    assert (
        plain.gets(GSTR1, action="ECOMA", **who)["data"]["ecoma"]["urp2ba"][0]["inv"][0]["oinum"]
        == "ECO-7003"
    )


def test_the_summary_needs_as_many_queries_for_many_documents(july, seller, django_assert_max_num_queries):
    period = TaxPeriod.parse(JULY)
    with CaptureQueriesContext(connection) as few:
        gstr1_summary.summary(july.supplier, Form.GSTR1, period, {})
        gstr3b_autoliab.outward(july.supplier, period, lambda _form, _month: {})
    for number in range(6):
        july.document(BHARAT, f"MANY-{number}", 1_000, "2026-07-10")
    july.suppliers_file()
    with django_assert_max_num_queries(len(few) + 7):  # the filed form's groups, and its buyers for 3.2
        gstr1_summary.summary(july.supplier, Form.GSTR1, period, {})
        gstr3b_autoliab.outward(july.supplier, period, lambda _form, _month: {})


def test_nobody_reads_or_resets_another_gstins_return(july, seller):
    other = {"gstin": RECIPIENT, "ret_period": "072026"}
    assert code(seller.plain.gets(GSTR1, action="RETSUM", **other)) == "RET11402"
    assert code(seller.plain.gets(GSTR1, action="B2B", **other)) == "RET11402"
    assert code(seller.plain.posts(GSTR1, action="RESET", data=other)) == "RET11402"
    assert isinstance(july, July2026)


EDGES = (None, 5, "x", [], {}, [1], {"a\x00": "\x00"}, True, float("inf"), -1, 10**30, [[]])
SHAPED = (
    lambda v: {"b2cs": [v]},
    lambda v: {"b2cs": [{"itms": v, "pos": v, "txval": v}]},
    lambda v: {"exp": [{"exp_typ": "WPAY", "inv": v}]},
    lambda v: {"exp": [{"exp_typ": v, "inv": [{"inum": v, "itms": [{"txval": 1}]}]}]},
    lambda v: {"cdnur": [{"nt_num": "1", "ntty": v, "itms": [{"itm_det": v}]}]},
    lambda v: {"nil": {"inv": v}, "hsn": v},
    lambda v: {"doc_issue": {"doc_det": [{"docs": [{"totnum": v, "cancel": 1}]}]}},
    lambda v: {"supeco": v, "ecom": {"b2c": v}},
)


def test_no_value_of_a_section_outside_ims_breaks_the_summary(july, seller):
    """The portal keeps these sections as they are sent, so a value that it cannot sum must not be kept."""
    http, headers = seller.plain.http, seller.plain.headers
    for shaped in SHAPED:
        for value in EDGES:
            data = {"gstin": BHARAT, "fp": "072026", **shaped(value)}
            text = json.dumps({"action": "RETSAVE", "data": data}).replace("Infinity", "1e400")
            sent = seller.plain.sends("put", GSTR1, text)
            assert sent["status_cd"] == "1", (data, sent)
    run_jobs()
    assert set(Job.objects.values_list("state", flat=True)) == {Job.State.DONE}
    assert named(seller.summary(), "TTL_LIAB")["ttl_rec"] >= 0
    for name in ("B2CS", "EXP", "CDNUR", "NIL", "DOCISS"):
        asked = {"action": name, **WHO, "from_time": "01-01-0001"}
        assert http.get(f"/taxpayerapi/v1.0/{GSTR1}", asked, headers=headers).status_code == 200
    assert seller.section("B2B", from_time="01-01-0001")["status_cd"] == "1"


def test_a_refused_row_with_an_unreadable_number_is_reported(july, seller):
    data = seller.body()
    data["b2b"][0]["inv"][0] |= {"val": 12345.678, "remarks": "HUGE"}
    text = json.dumps({"action": "RETSAVE", "data": data}).replace('"HUGE"', "1e400")
    state = seller.state(seller.plain.sends("put", GSTR1, text))
    assert state["status_cd"] == "PE"
    assert state["error_report"]["b2b"][0]["inv"][0]["remarks"] == "1E+400"
