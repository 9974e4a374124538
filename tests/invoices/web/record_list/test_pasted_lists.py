"""A pasted list of GSTINs and document numbers selects the documents. The portal reports the lines for which
no document exists."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from ims_portal.kernel import clock
from invoices.models import PastedList, Record
from invoices.rules.situation import Kind
from tests.api_client import api_for
from tests.desk_pages import at, client_for
from tests.invoices.web.record_list.list_pages import numbers, paste

pytestmark = pytest.mark.once


def test_pasted_gstins_and_numbers_narrow_the_list_and_those_not_found_come_back_as_a_file(desk):
    client = client_for(desk)
    stranger = desk.taxpayer("29", 77, "Nobody Traders")
    answer = paste(
        client, desk, f"{desk.other.gstin.lower()}, {stranger.gstin}\n dn-1;NO/SUCH/9", status="N,P"
    )
    assert numbers(answer) == {"INV-3", "INV-4", "DN-1"}
    page = answer.content.decode()
    assert "2 of 4 pasted entries are in this list." in page
    kept = PastedList.objects.get()
    lost = client.get(at(desk, f"ims/lists/{kept.digest}/"))
    assert lost.content.decode().split() == [stranger.gstin, "NO/SUCH/9"]
    assert "attachment" in lost["Content-Disposition"]
    # the address of the page contains the pasted list and the other filters
    assert parse_qs(urlsplit(answer.context["listing"].url()).query) == {
        "status": ["N,P"],
        "list": [kept.digest],
    }


def test_a_pasted_list_has_at_most_five_thousand_entries(desk):
    client = client_for(desk)
    answer = paste(client, desk, " ".join(f"X-{n}" for n in range(5000)))
    assert answer.status_code == 200
    assert len(PastedList.objects.get().unmatched) == 5000
    pairs = "\n".join(f"{desk.other.gstin} INV-{n}" for n in range(5000))
    assert numbers(paste(client, desk, pairs)) == {"INV-3", "INV-4"}
    refused = paste(client, desk, " ".join(f"X-{n}" for n in range(5001)))
    assert refused.status_code == 400
    assert "5,000" in refused.content.decode()


def test_a_pasted_list_of_another_gstin_is_not_found(desk):
    client = client_for(desk)
    paste(client, desk, "DN-1")
    digest = PastedList.objects.get().digest
    stranger = desk.taxpayer("29", 78, "Other Recipient")
    from invoices.models import Role

    desk.person("asha", Role.PREPARER, at=stranger)
    assert client.get(f"/t/{stranger.gstin}/ims/lists/{digest}/").status_code == 404
    assert client.get(f"/t/{stranger.gstin}/ims/inward/all/?list={digest}").status_code == 400


def test_the_api_takes_gstins_with_commas_between(desk):
    api = api_for(desk)
    found = {r["number"] for r in api.get(f"records/?suppliers={desk.other.gstin}").json()["items"]}
    assert found == {"INV-3", "INV-4"}


@pytest.fixture
def twins(desk):
    """Return a world with four documents of the same number. Three documents are from one supplier: an
    invoice and a debit note of the same day, and an invoice of the financial year before. One invoice is from
    another supplier."""
    for by, day, kind in (
        (desk.supplier, "2024-10-05", Kind.INVOICE),
        (desk.supplier, "2024-02-05", Kind.INVOICE),
        (desk.supplier, "2024-10-05", Kind.DEBIT_NOTE),
        (desk.other, "2024-10-05", Kind.INVOICE),
    ):
        desk.saves(by=by, number="101", document_date=day, kind=kind)
    return desk


def listed_documents(response) -> list[tuple[str, str]]:
    return sorted((row.record.supplier.gstin, row.record.number) for row in response.context["rows"])


@pytest.mark.parametrize("between", [",", "\t", ";", "   "])
def test_pasted_pairs_select_those_documents_and_name_the_lines_that_were_not_found(twins, between):
    client = client_for(twins)
    mine, other = twins.supplier.gstin, twins.other.gstin
    lines = [("GSTIN", "Number"), (mine, "101"), (other, "inv-3"), (other, "INV-1")]
    answer = paste(client, twins, "\n".join(between.join(line) for line in lines))
    assert listed_documents(answer) == sorted([(mine, "101")] * 3 + [(other, "INV-3")])
    page = answer.content.decode()
    assert "2 of 3 pasted entries are in this list." in page
    assert f"Not found: {other} INV-1" in page
    lost = client.get(at(twins, f"ims/lists/{PastedList.objects.get().digest}/"))
    assert lost.content.decode() == f"{other} INV-1\r\n"


def test_pasted_pairs_go_on_to_all_that_match_and_to_a_file(twins):
    """The batch rejects the documents that the screen lists for the pasted lines, and no other document."""
    client = client_for(twins)
    answer = paste(client, twins, f"{twins.other.gstin},101\n{twins.other.gstin},INV-4")
    back = answer.context["listing"].url()
    started = client.post(
        at(twins, "ims/batches/"),
        {"action": "R", "scope": "match", "next": back, "as_of": clock.now().isoformat()},
    )
    assert client.get(started["Location"]).context["total"] == 2
    client.post(started["Location"] + "run/", {"count": "2"})
    rejected = Record.objects.filter(decision__action="R", supplier=twins.other)
    assert set(rejected.values_list("number", flat=True)) == {"101", "INV-4"}
    assert not Record.objects.filter(decision__action="R", supplier=twins.supplier, number="101").exists()


@pytest.mark.parametrize("text", ["{mine},X-404", "{mine},{other},101", "{mine},101,INV-1"])
def test_a_pasted_list_without_a_match_gives_an_empty_list(twins, text):
    mine, other = twins.supplier.gstin, twins.other.gstin
    answer = paste(client_for(twins), twins, text.format(mine=mine, other=other))
    assert listed_documents(answer) == []
    assert "0 of 1 pasted entry is in this list." in answer.content.decode()
    assert f"Not found: {mine}" in answer.content.decode()


def test_the_api_and_an_address_accept_pairs_and_refuse_other_text(twins):
    api, client = api_for(twins), client_for(twins)
    pairs = f"{twins.other.gstin}:101,{twins.supplier.gstin}:dn-1"
    found = sorted(
        (r["supplier_gstin"], r["number"]) for r in api.get(f"records/?pairs={pairs}").json()["items"]
    )
    assert found == sorted([(twins.other.gstin, "101"), (twins.supplier.gstin, "DN-1")])
    page = client.get(at(twins, "ims/inward/all/", pairs=pairs))
    assert listed_documents(page) == found
    assert "Chosen documents (GSTIN and number): 2" in page.content.decode()
    for bad in ("101", f"{twins.other.gstin}:", "27AAACT1001A1ZZ:101"):
        refused = api.get(f"records/?pairs={bad}")
        assert (refused.status_code, refused.json()["code"]) == (400, "BAD_FILTER")
        assert client.get(at(twins, "ims/inward/all/", pairs=bad)).status_code == 400
