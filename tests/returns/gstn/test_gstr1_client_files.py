"""A supplier's client resets GSTR-1, makes the summary ready to sign, and files GSTR-1, GSTR-1A and IFF."""

from __future__ import annotations

from copy import deepcopy

import pytest

from ims_portal.kernel.periods import Frequency
from invoices.models import ArchivedRecord, Decision, JournalEntry, Record
from invoices.people import registrations
from returns.models import OutwardReturn
from tests.returns.gstn.gstr1_supplier import (
    B2CS,
    EMPTY,
    GSTR1,
    GSTR1A,
    GSTRPTF,
    OTHERS,
    WHO,
    named,
    run_jobs,
    sent_part,
)
from tests.returns.gstn.plain import code
from tests.returns.gstn.shapes import sample
from tests.world import BY

pytestmark = pytest.mark.once


def test_reset_deletes_what_is_saved_and_leaves_what_is_filed(july, seller):
    seller.saves(seller.body() | OTHERS)
    july.acts("accept", july.records["BLR/26-27/0417"])
    filed = set(Record.objects.filter(supplier=july.supplier, filing="F").values_list("pk", flat=True))
    others = Record.objects.exclude(supplier=july.supplier).count()
    sent = seller.resets()
    assert seller.state(sent)["action"] == "RESET"
    assert set(Record.objects.filter(supplier=july.supplier).values_list("pk", flat=True)) == filed
    assert Record.objects.exclude(supplier=july.supplier).count() == others
    assert ArchivedRecord.objects.filter(supplier=july.supplier, why="D").count() >= 4
    assert code(seller.section("B2B")) == "RET13508"
    assert code(seller.section("B2CS")) == "RET13508"
    assert seller.summary()["isnil"] == "Y"

    before = (JournalEntry.objects.count(), Decision.objects.count())
    assert seller.state(seller.resets(), "reference_id")["status_cd"] == "P"
    assert (JournalEntry.objects.count(), Decision.objects.count()) == before
    # after a reset the same return is saved again
    assert seller.saves(seller.body())["status_cd"] == "P"
    assert Record.objects.filter(number="BLR/26-27/0431", filing="S").count() == 1


def test_a_filed_return_is_not_reset_and_not_made_ready_again(july, seller):
    july.suppliers_file()
    assert code(seller.resets()) == "IMSSAV923"
    assert code(seller.proceeds()) == "RET00009"
    assert Record.objects.filter(supplier=july.supplier, form="GSTR-1", filing="F").exists()


def test_only_the_latest_summary_is_filed(july, seller):
    seller.saves(seller.body() | OTHERS)
    seller.goes_to("2026-08-08T10:00")
    assert code(seller.proceeds(isnil="Y")) == "IMSSAV969"
    assert seller.state(seller.proceeds())["status_cd"] == "P"
    assert code(seller.proceeds()) == "RET00003"
    signed = seller.summary()
    # somebody changes the return at another door: the signed summary is old
    july.edits(july.records["BLR/26-27/0417"], taxable=51_000, place_of_supply="27", number="BLR/26-27/0417")
    assert code(seller.files(signed)) == "RET09001"
    assert not OutwardReturn.objects.filter(form="GSTR-1", period=202607).exists()
    assert seller.proceeds()["status_cd"] == "1"
    fresh = seller.summary()
    assert code(seller.files(seller.summary(smrytyp="L"))) == "RET09001"
    changed = deepcopy(fresh)
    changed["sec_sum"][0]["ttl_igst"] += 1
    assert code(seller.files(changed)) == "RET13507"
    # a client that knows fewer fields may leave them out
    del fresh["smryTyp"]
    filed = seller.files(fresh)
    assert OutwardReturn.objects.get(reference=filed["data"]["ack_num"]).document_count > 0
    # a filed return is still read and summed
    assert seller.summary()["chksum"] == fresh["chksum"]
    assert sent_part(seller.section("B2CS")["data"]) == {"b2cs": [B2CS]}


def test_a_return_is_not_filed_while_a_saved_request_waits(july, seller):
    seller.goes_to("2026-08-08T10:00")
    signed = seller.summary()
    seller.plain.puts(GSTR1, action="RETSAVE", data=seller.body())
    assert code(seller.files(signed)) == "RTN_15"
    run_jobs()
    assert code(seller.files(signed)) == "RET09001"
    assert seller.files(seller.summary())["status_cd"] == "1"


def test_gstr1a_has_its_own_names_and_its_own_documents(july, seller):
    july.suppliers_file()
    july.goes_to("2026-08-11 10:00")
    data = deepcopy(sample("gstr1a_save_data"))
    data["b2ba"][0]["inv"][0] |= {"oinum": "BLR/26-27/0417", "oidt": "03-07-2026", "inum": "BLR/26-27/0417"}
    sent = seller.plain.puts(GSTR1A, action="R1ARETSAVE", data=data)
    assert seller.state(sent)["status_cd"] == "P"
    rows = seller.section("R1AB2BA", GSTR1A)["data"]["b2ba"]
    assert rows == seller.section("B2BA", GSTR1A)["data"]["b2ba"]
    told = seller.summary(GSTR1A)
    assert named(told, "B2BA")["ttl_rec"] == 1
    assert named(told, "B2BA")["act_tax"] == named(told, "B2BA")["ttl_tax"] - 50_000
    asked = {"action": "RETNEWPTF", "data": {**WHO, "isnil": "N"}, "hdr": {"rtn_typ": "GSTR1A"}}
    assert seller.state(seller.plain.posts(GSTRPTF, **asked))["form_typ"] == "R1A"
    wrong = seller.plain.posts(GSTRPTF, **asked | {"hdr": {"rtn_typ": "GSTR9"}})
    assert code(wrong) == "AUTH154"
    assert seller.files(told, GSTR1A, "R1A")["status_cd"] == "1"
    assert OutwardReturn.objects.filter(form="GSTR-1A", period=202607).exists()


def test_an_iff_has_no_sections_outside_ims_and_returns_them_whole(july, seller):
    """R-004: in the first two months of a quarter, GSTR-1's address is the IFF's."""
    seller.state(seller.resets())
    july.files_3b("2026-06", by=july.supplier)
    registrations.change_frequency(july.supplier, Frequency.QUARTERLY, by=BY)
    state = seller.saves(seller.body() | {"b2cs": [B2CS], "nil": OTHERS["nil"]})
    assert state["status_cd"] == "PE"
    assert set(state["error_report"]) == {"b2cs", "nil"}
    assert state["error_report"]["b2cs"][0]["txval"] == 1000
    assert state["error_report"]["nil"]["inv"] == OTHERS["nil"]["inv"]
    assert set(Record.objects.filter(supplier=july.supplier, filing="S").values_list("form", flat=True)) == {
        "IFF"
    }
    assert named(seller.summary(), "B2B")["ttl_rec"] == 1
    assert code(seller.section("B2CS")) == "RET13508"


def test_a_nil_return_is_made_ready_and_filed(july, seller):
    seller.state(seller.resets())
    seller.goes_to("2026-08-08T10:00")
    assert seller.state(seller.proceeds(isnil="Y"))["status_cd"] == "P"
    told = seller.summary()
    assert told["isnil"] == "Y"
    assert {section["chksum"] for section in told["sec_sum"]} == {EMPTY}
    filed = seller.files(told)["data"]["ack_num"]
    assert OutwardReturn.objects.get(reference=filed).document_count == 0
