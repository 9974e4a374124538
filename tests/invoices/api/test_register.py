"""A program sends the bills of its books, lets the matcher run, and reads the bills back with the answers. Bills are saved
all or none, and a repeated request changes nothing."""

from __future__ import annotations

import pytest

from invoices.models import JournalEntry, Role
from invoices.register.models import Bill, RegisterUpload
from tests.api_client import api_for

pytestmark = pytest.mark.django_db


def document(world, ref: str, **given) -> dict:
    return {
        "source_ref": ref,
        "supplier_gstin": world.supplier.gstin,
        "kind": "INV",
        "number": "A-1",
        "document_date": "2024-10-10",
        "taxable": "10000.00",
        "igst": "1800.00",
        **given,
    }


def test_bills_are_saved_matched_and_read_back(world):
    api = api_for(world)
    record = world.saves(number="A/001", document_date="2024-10-10", taxable=10_000)
    sent = [document(world, "erp-1"), document(world, "erp-2", number="B-77", document_date="2024-09-05")]
    made = api.post("register/", {"documents": sent})
    assert made.status_code == 201
    assert (made.json()["documents"], made.json()["new"]) == (2, 2)
    assert api.get("register/").json()["items"][0]["class"] == ""

    assert api.post("register/match/").json()["state"] == "done"
    rows = {one["source_ref"]: one for one in api.get("register/").json()["items"]}
    assert rows["erp-1"]["class"] == "EXACT"
    assert rows["erp-1"]["document"]["id"] == record.pk
    assert rows["erp-1"]["suggestion"] == "accept"
    assert (rows["erp-2"]["class"], rows["erp-2"]["document"]) == ("ALONE", None)
    one = api.get("register/?source_ref=erp-2").json()
    assert [row["number"] for row in one["items"]] == ["B-77"]
    first = api.get("register/?limit=1").json()
    assert api.get(f"register/?limit=1&after={first['next']}").json()["items"][0]["source_ref"] == "erp-2"


def test_the_same_id_later_is_the_same_bill_with_new_figures(world):
    api = api_for(world)
    api.post("register/", {"documents": [document(world, "erp-1")]})
    again = api.post("register/", {"documents": [document(world, "erp-1", number="A-2", taxable="500.00")]})
    assert (again.json()["new"], again.json()["changed"]) == (0, 1)
    assert Bill.objects.get(until=None).number == "A-2"
    assert Bill.objects.count() == 2


def test_a_few_bills_are_not_the_whole_month(world):
    api = api_for(world)
    api.post("register/", {"documents": [document(world, "erp-1")]})
    part = api.post("register/", {"documents": [document(world, "erp-2", number="A-9")]})
    assert part.json()["missing"] == 0
    assert not Bill.objects.filter(gone_from__isnull=False).exists()
    whole = api.post("register/", {"documents": [document(world, "erp-2", number="A-9")], "complete": True})
    assert whole.json()["missing"] == 1
    assert [one["source_ref"] for one in api.get("register/").json()["items"] if one["missing"]] == ["erp-1"]


def test_bills_that_the_books_have_no_more_end(world):
    api = api_for(world)
    api.post("register/", {"documents": [document(world, "erp-1"), document(world, "erp-2", number="B-2")]})
    assert api.post("register/end/", {"source_refs": ["erp-1", "unknown"]}).json() == {"ended": 1}
    assert [one["source_ref"] for one in api.get("register/").json()["items"]] == ["erp-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_ref": ""},
        {"taxable": "-1.00"},
        {"taxable": "1.001"},
        {"taxable": 10**30},
        {"document_date": "10/10/2024"},
        {"document_date": "0001-01-01"},
        {"posted_on": "9999-12-31"},
        {"kind": "XYZ"},
        {"number": "A\u0000B"},
        {"number": "A" * 101},
        {"colour": "red"},
    ],
)
def test_a_wrong_bill_keeps_every_bill_out(world, wrong):
    api = api_for(world)
    reply = api.post(
        "register/", {"documents": [document(world, "erp-1"), document(world, "erp-2", **wrong)]}
    )
    assert reply.status_code in (400, 422), reply.content
    assert not Bill.objects.exists()
    assert not RegisterUpload.objects.exists()


def test_a_bill_that_is_sent_twice_in_one_request_is_refused(world):
    reply = api_for(world).post("register/", {"documents": [document(world, "erp-1")] * 2})
    assert reply.json()["code"] == "REG-REF-TWICE"
    assert not Bill.objects.exists()


def test_a_repeated_request_with_its_key_saves_once(world):
    api = api_for(world)
    body = {"documents": [document(world, "erp-1")]}
    first = api.post("register/", body, **{"Idempotency-Key": "october-1"})
    again = api.post("register/", body, **{"Idempotency-Key": "october-1"})
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert JournalEntry.objects.filter(event="register taken over").count() == 1


def test_a_stranger_and_a_reader_cannot_write(world):
    api_for(world).post("register/", {"documents": [document(world, "erp-1")]})
    stranger = api_for(world, name="stranger", at=world.supplier)
    reader = api_for(world, Role.VIEWER, name="reader")
    narrow = api_for(world, name="narrow", scopes=["read"])
    for path, body in (
        ("register/", {"documents": [document(world, "erp-2")]}),
        ("register/match/", None),
        ("register/end/", {"source_refs": ["erp-1"]}),
    ):
        where = f"/api/v1/taxpayers/{world.recipient.gstin}/{path}"
        assert stranger.post(where, body).status_code == 404
        assert reader.post(path, body).status_code == 403
        assert narrow.post(path, body).status_code == 403
    assert stranger.get(f"/api/v1/taxpayers/{world.recipient.gstin}/register/").status_code == 404
    assert stranger.post("register/end/", {"source_refs": ["erp-1"]}).json() == {"ended": 0}
    assert stranger.get("register/").json()["items"] == []
    assert Bill.objects.filter(until=None).count() == 1
