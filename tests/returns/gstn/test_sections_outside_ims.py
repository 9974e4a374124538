"""The sections of GSTR-1 that do not reach IMS: how much of them is kept and reported, and that a change of them is
one event."""

from __future__ import annotations

import json

import pytest

from invoices.models import JournalEntry
from invoices.rules.situation import Filing
from returns.api import sent_return
from returns.gstn import requests
from returns.gstn.models import Request
from returns.gstr1_file import other_sections
from tests.returns.gstn.gstr1_supplier import B2CS, EXPORT, OTHERS, Supplier
from tests.returns.gstn.july_2026 import BHARAT, JULY
from tests.returns.gstn.plain import code

pytestmark = pytest.mark.once

HEAD = {"gstin": BHARAT, "fp": "072026"}
SAVED = "sections of a return saved"


def stored() -> dict:
    return Request.objects.filter(form="GSTR-1", kept__isnull=False).latest("pk").kept


def test_the_report_lists_at_most_a_thousand_faulty_rows(july, seller: Supplier):  # noqa: F811
    told = seller.saves(HEAD | {"b2cs": [0] * 3_000, "nil": OTHERS["nil"]})
    assert (told["status_cd"], len(told["error_report"]["b2cs"])) == ("PE", 1_000)
    assert told["error_msg"].startswith("2000 more rows were refused")
    assert Request.objects.latest("pk").failed == 3_000


def test_a_long_field_of_a_group_is_not_repeated_with_each_faulty_row(july, seller: Supplier):  # noqa: F811
    long, rows = "x" * 50_000, [{"inum": f"A{nth}", "val": "1"} for nth in range(1_000)]
    group = {"pos": "07", "unknown": long, "sbnum": long, "inv": rows}
    told = seller.saves(HEAD | {"b2cl": [group]})
    assert len(json.dumps(told)) < 600_000
    party = seller.body()["b2b"][0] | {"unknown": long, "trdnm": long}
    party["inv"] = [
        party["inv"][0] | {"inum": f"/{nth}/" + "9" * 20, "idt": "03-07-2026"} for nth in range(50)
    ]
    assert len(json.dumps(seller.saves(HEAD | {"b2b": [party]}))) < 100_000


def test_only_known_fields_are_kept(july, seller: Supplier):  # noqa: F811
    row = B2CS | {"note": "x" * 1_000_000, "itms": [{"rt": 5, "more": [1]}], "etin": "07AAHCE2266P1Z6"}
    assert seller.saves(HEAD | {"b2cs": [row]})["status_cd"] == "P"
    assert stored()["b2cs"] == [B2CS | {"itms": [{"rt": 5}], "etin": "07AAHCE2266P1Z6"}]
    told = seller.saves(HEAD | {"b2cs": [B2CS | {"etin": "7" * 1_001}]})
    assert told["error_report"]["b2cs"][0]["error_msg"] == "b2cs: etin is longer than 1,000 characters."


def test_the_kept_sections_of_a_return_have_a_limit_in_bytes(july, seller: Supplier, monkeypatch):  # noqa: F811
    seller.saves(HEAD | {"exp": [EXPORT]})
    before = stored()
    monkeypatch.setattr(other_sections, "MOST_BYTES", 1_000)
    many = [B2CS | {"rt": rate} for rate in range(20)]
    told = seller.saves(HEAD | {"b2cs": many})
    assert told["status_cd"] == "PE"
    assert "flag D" in told["error_report"]["b2cs"][0]["error_msg"]
    assert (Request.objects.latest("pk").failed, stored()) == (20, before)


def test_refused_rows_have_the_lists_that_clients_read(july, seller: Supplier):  # noqa: F811
    gone = {
        "ctin": seller.body()["b2b"][0]["ctin"],
        "inv": [{"inum": "NONE", "idt": "03-07-2026", "flag": "D"}],
    }
    told = seller.saves(HEAD | {"b2b": [gone], "nil": 5, "hsn": [1], "doc_issue": "x"})["error_report"]
    assert told["b2b"][0]["inv"] == [gone["inv"][0] | {"itms": []}]
    assert (told["nil"]["inv"], told["hsn"]["data"], told["doc_issue"]["doc_det"]) == ([], [], [])


def test_the_journal_has_each_change_of_the_sections_and_their_reset(july, seller: Supplier):  # noqa: F811
    """I15: one entry for a change, none for the same request again."""
    for _again in range(2):
        seller.saves(HEAD | {"b2cs": [B2CS], "nil": OTHERS["nil"]})
    seller.saves(HEAD | {"b2cs": [B2CS | {"txval": 5}]})
    for _again in range(2):
        seller.state(seller.resets(), "reference_id")
    told = [entry.after["sections"] for entry in JournalEntry.objects.filter(event=SAVED).order_by("pk")]
    assert told == [["b2cs", "nil"], ["b2cs"], ["b2cs", "nil"]]


def test_sections_of_a_form_that_is_filed_meanwhile_stay(july, seller: Supplier, monkeypatch):  # noqa: F811
    seller.saves(HEAD | {"b2cs": [B2CS]})
    seller.goes_to("2026-08-08T10:00")
    before, save = stored(), sent_return.save

    def files_first(*args, **more):
        done = save(*args, **more)
        july.files(JULY, by=july.supplier)
        return done

    monkeypatch.setattr(requests.sent_return, "save", files_first)
    told = seller.saves(HEAD | {"b2cs": [B2CS | {"txval": 9}]})
    assert (told["status_cd"], told["error_cd"]) == ("PE", "IMSSAV923")
    assert stored() == before
    assert JournalEntry.objects.filter(event=SAVED).count() == 1


def test_a_return_with_documents_is_not_filed_as_nil(july, seller: Supplier):  # noqa: F811
    seller.goes_to("2026-08-08T10:00")
    nil = {"gstin": BHARAT, "ret_period": "072026", "isnil": "Y"}
    assert code(seller.files(nil)) == "IMSSAV969"
    assert july.records["DN-09"].__class__.objects.filter(filing=Filing.SAVED.value).exists()
