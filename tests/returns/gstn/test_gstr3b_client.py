"""A client fills GSTR-3B with the portal's figures, saves more than Table 4, checks, pays and files. It uses the
published field names only."""

from __future__ import annotations

from copy import deepcopy

import pytest

from ims_portal.kernel.periods import Frequency
from invoices.models import JournalEntry, Role
from invoices.people import registrations
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.gstn.models import Request
from returns.models import Gstr3b
from tests.returns.gstn.gstr1_supplier import B2CS, OTHERS, run_jobs
from tests.returns.gstn.july_2026 import BHARAT, JULY, JUNE, RECIPIENT, TAPTI
from tests.returns.gstn.plain import Plain, code
from tests.returns.gstn.shapes import sample
from tests.world import BY

pytestmark = pytest.mark.once

GSTR3B, GSTR1 = "returns/gstr3b", "returns/gstr1"
WHO = {"gstin": BHARAT, "ret_period": "072026"}
ALL = ("txval", "iamt", "camt", "samt", "csamt")


def amounts(*values: float) -> dict:
    return dict(zip(ALL, values, strict=False))


class Filer:
    """The client of Bharat, who files its own GSTR-1 and GSTR-3B."""

    def __init__(self, http):
        self.plain = Plain(http, "demo_supplier", operator=True).signs_in()

    def gets(self, action: str, **more: str):
        return self.plain.gets(GSTR3B, action=action, **{**WHO, **more})

    def puts(self, action: str, data: dict):
        return self.plain.puts(GSTR3B, action=action, data={**WHO, **data})

    def filled(self) -> dict:
        return self.gets("AUTOLIAB")["data"]["r3bautopop"]

    def files(self, data: dict, path: str = GSTR3B, form: str = "R3B"):
        asked = {"action": "EVCOTP", "gstin": BHARAT, "pan": BHARAT[2:12], "form_type": form}
        assert self.plain.gets("authenticate", **asked)["status_cd"] == "1"
        return self.plain.posts(path, action="RETFILE", data=data, st="EVC", sid=f"{BHARAT[2:12]}|575757")

    def goes_to(self, when: str) -> None:
        assert self.plain.puts("sandbox/clock", action="SETCLOCK", data={"to": when})["status_cd"] == "1"
        run_jobs()

    def saves_gstr1(self, others: dict) -> None:
        data = {"gstin": BHARAT, "fp": "072026", **others}
        assert self.plain.puts(GSTR1, action="RETSAVE", data=data)["status_cd"] == "1"
        run_jobs()


@pytest.fixture
def filer(july, client) -> Filer:
    """Return the client on 15 August: Bharat's GSTR-1 of July is filed, and its GSTR-2B is drafted."""
    july.person("demo_supplier_preparer", Role.PREPARER, at=july.supplier)
    july.files_3b("2026-06", by=july.supplier)
    july.document(BHARAT, "BLR-RC", 7_000, "2026-07-10", reverse_charge=True)
    july.document(BHARAT, "BLR-SEZ", 5_000, "2026-07-10", invoice_type="SEWP")
    july.document(BHARAT, "BLR-CN", 4_000, "2026-07-12", kind=Kind.CREDIT_NOTE)
    filer = Filer(client)
    inter = B2CS | {"sply_ty": "INTER", "pos": "27", "txval": 500, "iamt": 90, "camt": 0, "samt": 0}
    filer.saves_gstr1(OTHERS | {"b2cs": [B2CS, inter]})
    filer.goes_to("2026-08-08T10:00")
    assert filer.files(WHO, GSTR1, "R1")["status_cd"] == "1"
    filer.goes_to("2026-08-15T10:00")
    return filer


def saved_like(filled: dict) -> dict:
    """Return a save request with the figures of AUTOLIAB, as a client makes it."""
    supplies = filled["liabitc"]["sup_details"]
    names = {
        "osup_det": "osup_3_1a",
        "osup_zero": "osup_3_1b",
        "osup_nil_exmp": "osup_3_1c",
        "isup_rev": "isup_3_1d",
        "osup_nongst": "osup_3_1e",
    }
    return {
        "sup_details": {name: supplies[source]["subtotal"] for name, source in names.items()},
        "eco_dtls": {
            "eco_sup": supplies["esup_3_1_1a"]["subtotal"],
            "eco_reg_sup": supplies["esup_3_1_1b"]["subtotal"],
        },
        "inter_sup": {"unreg_details": filled["liabitc"]["inter_sup"]["osup_unreg_3_2"]["subtotal"]},
    }


def test_autoliab_has_the_outward_side_of_the_filed_gstr1(july, filer):
    filled = filer.filled()
    assert (filled["r1fildt"], filled["r2bgendt"], filled["r3bgendt"]) == (
        "08-08-2026",
        "14-08-2026",
        "15-08-2026",
    )
    assert "error" not in filled
    rows = filled["liabitc"]["sup_details"]
    # 50,000 + 2,000 (DN-09) - 4,000 (BLR-CN) - 500 (DN-04A) + 1,000 + 500 to consumers; 7,000 without tax
    assert rows["osup_3_1a"]["subtotal"] == amounts(56_000, 8_640, 90, 90, 0)
    parts = rows["osup_3_1a"]["det"]
    assert parts["tbl4a"] == amounts(50_000, 9_000, 0, 0, 0) | {"form": "R1"}
    assert parts["tbl4b"] == {"txval": 7_000, "form": "R1"}
    assert parts["tbl9b"]["txval"] == -2_000
    assert parts["tbl9c"]["txval"] == -500
    assert (parts["tbl7a_1"]["camt"], parts["tbl7b_1"]["iamt"]) == (90, 90)
    assert rows["osup_3_1b"]["subtotal"] == {"txval": 105_000, "iamt": 18_900, "csamt": 0}
    assert set(rows["osup_3_1b"]["det"]) == {"tbl6a", "tbl6b"}
    assert rows["osup_3_1c"]["subtotal"] == {"txval": 800.5}
    assert rows["isup_3_1d"]["subtotal"]["txval"] == 0
    unregistered = filled["liabitc"]["inter_sup"]["osup_unreg_3_2"]["subtotal"]
    assert unregistered == [{"pos": "27", "txval": 500, "iamt": 90}]


def test_autoliab_before_gstr1_and_gstr2b_names_what_is_missing(july, client):
    filer = Filer(client)
    assert code(filer.gets("AUTOLIAB")) == "RT-R3BQ1004"
    july.suppliers_file()
    filled = filer.filled()
    assert filled["r1fildt"] == "08-08-2026"
    assert "r2bgendt" not in filled
    assert "elgitc" not in filled["liabitc"]
    assert [fault["error_cd"] for fault in filled["error"]] == ["RT-3BAS1009"]


def test_the_outward_side_of_a_quarter_has_its_iffs_and_lists_its_parts(july, client):
    filer = Filer(client)
    filer.plain.posts(GSTR1, action="RESET", data=WHO)
    run_jobs()
    july.files_3b("2026-06", by=july.supplier)
    registrations.change_frequency(july.supplier, Frequency.QUARTERLY, by=BY)
    july.supplier.refresh_from_db()
    july.document(BHARAT, "IFF-1", 50_000, "2026-07-03", form=Form.IFF)
    july.goes_to("2026-08-05 10:00")
    july.files(JULY, by=july.supplier, form=Form.IFF)
    july.goes_to("2026-10-05 10:00")
    july.document(BHARAT, "Q-1", 20_000, "2026-09-03", period="2026-09")
    july.files("2026-09", by=july.supplier)
    filled = filer.gets("AUTOLIAB", ret_period="092026")["data"]["r3bautopop"]
    row = filled["liabitc"]["sup_details"]["osup_3_1a"]
    assert (filled["r1fildt"], row["subtotal"]["txval"]) == ("05-10-2026", 70_000)
    assert [part["iamt"] for part in row["det_q"]["tbl4a"]] == [12_600]


def test_a_rejected_credit_note_adds_its_tax_to_the_suppliers_gstr3b(july, client):
    """R-111: the tax is added in the period after the one in which the recipient's GSTR-3B froze the rejection."""
    july.document(BHARAT, "BLR-CN", 4_000, "2026-07-12", kind=Kind.CREDIT_NOTE)
    july.files_3b("2026-06", by=july.supplier)
    july.suppliers_file()
    july.acts("reject", july.records["BLR-CN"])
    july.goes_to("2026-08-15 10:00")
    july.recomputes(JULY)
    july.files_3b(JULY, by=july.recipient)
    july.files_3b(JULY, by=july.supplier)
    july.goes_to("2026-09-08 10:00")
    july.files("2026-08", by=july.supplier)
    row = Filer(client).gets("AUTOLIAB", ret_period="082026")["data"]["r3bautopop"]["liabitc"]["sup_details"]
    assert row["osup_3_1a"]["subtotal"] == amounts(0, 720, 0, 0, 0)
    assert row["osup_3_1a"]["det"]["imsrej"]["iamt"] == 720


def test_more_than_table_4_survives_a_save(july, filer):
    body = saved_like(filer.filled()) | {
        "itc_elg": sample("gstr3b_itc_elg")["itc_elg"],
        "inward_sup": {
            "isup_details": [{"ty": "GST", "inter": 12.5, "intra": 0}, {"ty": "NONGST", "inter": 1}]
        },
        "intr_ltfee": {"intr_details": {"iamt": 5, "camt": 0}, "ltfee_details": {"camt": 50}},
        "tx_pmt": {"pdcash": []},
    }
    assert filer.puts("RETSAVE", body)["status_cd"] == "1"
    told = filer.gets("RETSUM")["data"]
    for section in ("sup_details", "eco_dtls", "inter_sup", "inward_sup"):
        assert told[section] == body[section], section
    assert told["intr_ltfee"] == {"intr_details": {"iamt": 5, "camt": 0}}
    assert told["itc_elg"]["itc_avl"] == body["itc_elg"]["itc_avl"]
    other, reversed_ = told["tx_pmt"]["tx_py"]
    assert (other["trans_typ"], other["igst"], reversed_["trans_typ"]) == (
        30002,
        {"tx": 27_540, "intr": 5, "fee": 0},
        30003,
    )
    # a second save of one section leaves the others, and the same request again changes nothing
    less = {"inward_sup": {"isup_details": [{"ty": "GST", "inter": 3, "intra": 4}]}}
    for _again in range(2):
        filer.puts("RETSAVE", less)
        now = filer.gets("RETSUM")["data"]
        assert now == told | less
    breakup = [{"ret_period": "062026", "liability": {"iamt": 100, "camt": 0}}]
    assert "reference_id" in filer.puts("RETBKP", {"breakup": breakup})["data"]
    assert filer.gets("RETSUM")["data"]["liab_breakup"] == breakup
    assert Request.objects.filter(form="GSTR-3B", period=202607, kept__isnull=False).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"sup_details": []},
        {"sup_details": {"osup_det": 5}},
        {"sup_details": {"osup_det": {"txval": "5"}}},
        {"sup_details": {"osup_det": {"txval": 1.234}}},
        {"inter_sup": {"unreg_details": [{"pos": "Delhi", "txval": 5}]}},
        {"inter_sup": {"unreg_details": {"pos": "07"}}},
        {"inward_sup": {"isup_details": [{"ty": "OTHER", "inter": 1}]}},
        {"itc_elg": {"itc_avl": [{"ty": "OTH", "iamt": "1"}]}},
    ],
)
def test_a_faulty_section_is_refused_and_nothing_is_kept(july, filer, wrong):
    for action in ("RETSAVE", "VALID"):
        assert code(filer.puts(action, wrong)) == "IMSSAV005", action
    assert not Request.objects.filter(form="GSTR-3B", kept__isnull=False).exists()


def test_valid_names_each_amount_that_differs_and_saves_nothing(july, filer):
    before = (Request.objects.count(), JournalEntry.objects.count())
    body = saved_like(filer.filled())
    told = filer.puts("VALID", body | {"tx_pmt": {"pdcash": []}})["data"]
    assert (told["isValid"], told["error_message"]) == ("Y", "")
    assert told["sup_details"]["osup_3_1a"] == {"error_fields": []}
    wrong = deepcopy(body)
    wrong["sup_details"]["osup_det"]["iamt"] += 1
    wrong["sup_details"]["osup_det"]["txval"] = 0
    halves = [{"pos": "27", "txval": 249.9, "iamt": 45}, {"pos": "27", "txval": 250.1, "iamt": 45}]
    told = filer.puts("VALID", {"inter_sup": {"unreg_details": halves}})["data"]
    assert told["inter_sup"]["osup_unreg_3_2"] == []
    wrong["inter_sup"]["unreg_details"] = [{"pos": "27", "txval": 500, "iamt": 91}, {"pos": "07", "txval": 1}]
    wrong["eco_dtls"]["eco_reg_sup"] = {"txval": 3}
    wrong["itc_elg"] = {"itc_avl": [{"ty": "OTH", "iamt": 1}]}
    told = filer.puts("VALID", wrong)["data"]
    assert told["isValid"] == "N"
    assert told["sup_details"]["osup_3_1a"] == {"error_fields": ["txval", "iamt"]}
    assert told["sup_details"]["osup_3_1b"] == {"error_fields": []}
    assert told["inter_sup"]["osup_unreg_3_2"] == [
        {"pos": "07", "error_fields": ["txval"]},
        {"pos": "27", "error_fields": ["iamt"]},
    ]
    assert told["eco_dtls"]["eco_reg_sup"] == {"error_fields": ["txval"]}
    assert told["elgitc"]["itc4a5"] == {"error_fields": ["iamt"]}
    assert "osup_3_1a" in told["error_message"]
    assert (Request.objects.count(), JournalEntry.objects.count()) == before


def test_the_reclaim_ledger_opens_closes_and_moves_with_the_filed_returns(july, filer):
    """R-105: 4(B)(2) adds to the ledger, and 4(D)(1) uses it."""
    assert code(filer.gets("OPENINGBAL")) == "RET13508"
    assert filer.gets("CLOSINGBAL")["data"] == {
        "gstin": BHARAT,
        "clsbal": {"igst": 0, "cgst": 0, "sgst": 0, "cess": 0},
    }
    opening = {"igst": 100.5, "cgst": 0, "sgst": 0, "cess": 0}
    declared = filer.puts("SAVEOB", {"opnbal": opening, "action": "S"})["data"]["ack_num"]
    assert filer.puts("SAVEOB", {"opnbal": opening, "action": "S"})["data"]["ack_num"] == declared
    (row,) = filer.gets("OPENINGBAL")["data"]["tr"]
    assert (row["trandt"], row["refno"], row["opnbal"]) == ("15-08-2026", declared, opening)
    assert code(filer.puts("SAVEOB", {"opnbal": {"igst": -1}})) == "IMSSAV928"
    assert code(filer.puts("SAVEOB", {"opnbal": {"igst": "1"}})) == "IMSSAV005"
    # saved credit of 4(B)(2), and tax under reverse charge in 3.1(d) that the client declares itself
    filer.puts(
        "RETSAVE",
        {
            "itc_elg": {"itc_rev": [{"ty": "OTH", "iamt": 50}], "itc_inelg": [{"ty": "RUL", "iamt": 20}]},
            "sup_details": {"isup_rev": {"txval": 1000, "iamt": 180}},
        },
    )
    assert filer.files(WHO)["status_cd"] == "1"
    assert filer.gets("CLOSINGBAL")["data"]["clsbal"]["igst"] == 130.5
    assert filer.gets("RCMCLOSINGBAL")["data"]["clsbal"]["igst"] == 180
    assert code(filer.gets("RCMOPNBAL")) == "RET13508"
    assert "ack_num" in filer.puts("SAVERCMOPNBAL", {"opnbal": {"igst": -5}})["data"]
    assert filer.gets("RCMCLOSINGBAL")["data"]["clsbal"]["igst"] == 175


def test_a_payment_pays_what_is_due_neither_less_nor_more(july, filer):
    filer.puts(
        "RETSAVE", {"sup_details": {"osup_det": {"txval": 1000, "iamt": 180}, "isup_rev": {"iamt": 20}}}
    )
    cash = [
        {"liab_ldg_id": 1, "trans_typ": 30002, "ipd": 180},
        {"liab_ldg_id": 2, "trans_typ": 30003, "ipd": 20},
    ]
    assert code(filer.puts("RETOFFSET", {"pdcash": cash[:1]})) == "RT-3BAS1070"
    assert code(filer.puts("RETOFFSET", {"pdcash": [{**cash[0], "ipd": 181}, cash[1]]})) == "RT-3BAS1070"
    no_credit = {"pdcash": cash[1:], "pditc": {"trans_typ": 30002, "i_pdi": 180}}
    assert code(filer.puts("RETOFFSET", no_credit)) == "RT-3BAS1070"
    for wrong in (
        {"pdcash": [{"ipd": "180"}]},
        {"pdcash": [{"trans_typ": 5}]},
        {"pditc": [1]},
        {"pdnls": [{"ipd": 1}]},
    ):
        assert code(filer.puts("RETOFFSET", wrong)) == "IMSSAV005", wrong
    more = [row | {"unknown": "\x00"} for row in cash]
    assert "message" in filer.puts("RETOFFSET", {"pdcash": more})["data"]
    assert filer.gets("RETSUM")["data"]["tx_pmt"]["pdcash"] == cash
    # a later save changes the liability, so the payment is gone
    filer.puts("RETSAVE", {"sup_details": {"osup_det": {"txval": 1000, "iamt": 181}}})
    assert "pdcash" not in filer.gets("RETSUM")["data"]["tx_pmt"]


def test_interest_runs_on_the_cash_part_of_a_return_filed_late(july, filer):
    """Section 50, rule 88B: 18 % a year from the day after the due date, on the tax paid with cash."""
    filer.puts("RETSAVE", {"sup_details": {"osup_det": {"txval": 100_000, "iamt": 18_000}}})
    filer.goes_to("2026-08-30T10:00")
    assert filer.files(WHO)["status_cd"] == "1"
    told = filer.gets("RETINT", ret_period="082026")["data"]
    assert (told["ret_period"], told["filed_period"], told["filingdt"]) == ("082026", "072026", "30-08-2026")
    assert told["txpay"]["iamt"] == told["pdcash"]["iamt"] == 18_000
    # 18,000 x 18 % x 10 / 365 = 88.77
    assert told["interest"] == {"iamt": 89, "camt": 0, "samt": 0, "csamt": 0}
    (rate,) = told["interestbreakup"][0]["rates"]
    assert (rate["start_dt"], rate["end_dt"], rate["delay"], rate["rate"]) == (
        "21-08-2026",
        "30-08-2026",
        10,
        18,
    )
    sent = filer.puts("CMPINT", {"gstn": BHARAT, "ret_period": "082026"})["data"]["reference_id"]
    state = filer.plain.gets("returns", action="RETSTATUS", **WHO, ref_id=sent)["data"]
    assert state == {"form_typ": "R3B", "status_cd": "P", "action": "CMPINT"}


def test_interest_is_zero_in_time_and_an_error_before_the_first_return(july, filer):
    filer.goes_to("2026-08-20T10:00")
    assert filer.files(WHO)["status_cd"] == "1"
    told = filer.gets("RETINT", ret_period="082026")["data"]
    assert told["interest"]["iamt"] == 0
    assert told["interestbreakup"][0]["rates"] == []
    assert code(filer.gets("RETINT", ret_period="052026")) == "RET13508"


def test_the_tax_under_reverse_charge_of_a_return_of_an_earlier_version_is_that_of_its_gstr2b(july, client):
    july.files_3b(JUNE, by=july.supplier)
    tapti = july.of[TAPTI]
    july.saves(by=tapti, recipient=BHARAT, place_of_supply=BHARAT[:2], reverse_charge=True)
    july.goes_to("2026-08-08 10:00")
    for one in (tapti, july.supplier):
        july.files(JULY, by=one)
    july.goes_to("2026-08-15 10:00")
    filed = july.files_3b(JULY, by=july.supplier)
    filer = Filer(client)
    interest, summary = filer.gets("RETINT", ret_period="082026")["data"], filer.gets("RETSUM")["data"]
    assert filed.table4.pop("31D")["igst"] == 1_800_00
    filed.save()
    assert filer.gets("RETINT", ret_period="082026")["data"] == interest
    assert filer.gets("RETSUM")["data"] == summary


def test_a_filed_gstr3b_shows_what_was_filed_at_any_door(july, filer):
    july.files_3b(JULY, by=july.supplier)
    filed = Gstr3b.objects.get(recipient=july.supplier, period=202607)
    filed.table4["4A5"]["igst"] = 77_00
    filed.save()
    assert filer.gets("RETSUM")["data"]["itc_elg"]["itc_avl"][4]["iamt"] == 77
    assert code(filer.puts("RETSAVE", {"itc_elg": {}})) == "IMSSAV913"


def test_nobody_reads_or_writes_another_gstins_gstr3b(july, filer):
    other = {"gstin": RECIPIENT, "ret_period": "072026"}
    for action in ("AUTOLIAB", "RETSUM", "RETINT", "CLOSINGBAL", "OPENINGBAL", "RCMCLOSINGBAL", "RCMOPNBAL"):
        assert code(filer.gets(action, **other)) == "RET11402", action
    for action in ("RETSAVE", "VALID", "RETOFFSET", "RETBKP", "SAVEOB", "SAVERCMOPNBAL", "CMPINT"):
        assert code(filer.puts(action, other)) == "RET11402", action
    filer.plain.headers["gstin"] = RECIPIENT
    assert code(filer.puts("RETSAVE", {})) == "RT-3BSP104"
