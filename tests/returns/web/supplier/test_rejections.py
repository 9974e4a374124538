"""The page of rejected documents: all periods, the tax that each rejection adds, and the ways to answer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.documents import archive
from invoices.models import Record, Role
from invoices.rules.situation import Kind
from returns.models import AddBack
from returns.overview import outward_steps
from tests.pages import client_of, text, url

pytestmark = pytest.mark.once


@pytest.fixture
def rejected(world):
    """Return a world with three rejected documents. A note and an invoice are of October, whose GSTR-3B the
    recipient has filed. A note is of November and is not final. The supplier has filed GSTR-3B of October."""
    world.note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=2_000)
    world.invoice = world.saves(number="INV-1", taxable=10_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("reject", world.note, remarks="goods were kept")
    world.acts("reject", world.invoice)
    world.goes_to("2024-11-18 10:00")
    world.files_3b("2024-10")
    world.files_3b("2024-10", by=world.supplier)
    world.fresh = world.saves(
        period="2024-11", kind=Kind.CREDIT_NOTE, number="CN-2", taxable=1_000, document_date="2024-11-05"
    )
    world.goes_to("2024-12-05 10:00")
    world.files("2024-11")
    world.acts("reject", world.fresh)
    return world


def supplier(world, role: Role = Role.SUPPLIER_CLERK):
    return client_of(world, role, "supplier-clerk", at=world.supplier)


def at(world, query: str = "") -> str:
    return url(world, "outward_rejected", at=world.supplier) + query


def rows(reply) -> dict[str, dict]:
    return {row["r"].number: row for row in reply.context["rows"]}


def test_r087_documents_of_all_periods_are_listed_with_their_cost_and_their_ways(rejected):
    page = supplier(rejected).get(at(rejected))
    found = rows(page)
    assert list(found) == ["CN-1", "INV-1", "CN-2"]
    cost = {number: (row["adds"], row["heads"]) for number, row in found.items()}
    assert cost == {
        "CN-1": (36_000, [("igst", 36_000)]),
        "INV-1": (0, []),
        "CN-2": (18_000, [("igst", 18_000)]),
    }
    posted = AddBack.objects.get(record_id=rejected.note.pk)
    assert found["CN-1"]["one"].target.number == posted.period == 202411
    assert (found["CN-2"]["one"].seen.posted, found["CN-2"]["one"].target.number) == (None, 202412)
    assert "goods were kept" in text(page)
    # the rejection of CN-2 is not final, so the recipient can still accept the note as it is
    ways = {number: (row["one"].ways.amend, row["one"].ways.again) for number, row in found.items()}
    assert ways["CN-1"] == ways["INV-1"] == ("", "")
    assert ways["CN-2"][0] == ""
    assert "can still accept" in ways["CN-2"][1]


def test_the_list_is_the_same_after_the_archive_and_each_count_is_its_list(rejected):
    client = supplier(rejected)
    while archive.move_departed(rejected.recipient):
        pass
    assert not Record.objects.filter(pk=rejected.note.pk).exists()
    page = client.get(at(rejected))
    assert list(rows(page)) == ["CN-1", "INV-1", "CN-2"]
    counted = {tab["url"]: tab["count"] for tab in page.context["tabs"]}
    assert (counted[at(rejected)], counted[at(rejected, "?show=now")]) == (3, 3)
    listed = {
        card["show"]: list(rows(client.get(at(rejected, f"?show={card['show']}"))))
        for card in page.context["cards"]
    }
    assert listed == {"added": ["CN-1"], "forecast": ["CN-2"], "recipient": ["INV-1"]}
    assert [card["count"] for card in page.context["cards"]] == [1, 1, 1]
    assert list(rows(client.get(at(rejected, "?period=112024")))) == ["CN-2"]
    assert list(rows(client.get(at(rejected, f"?recipient={rejected.recipient.gstin}")))) == list(rows(page))
    assert list(rows(client.get(at(rejected, f"?recipient={rejected.supplier.gstin}")))) == []


def test_r111_each_tab_of_the_liability_page_counts_exactly_its_list(rejected):
    """Guards the split of the count: added tax is due, and forecast tax can still be avoided."""
    client = supplier(rejected)
    owing = url(rejected, "outward_liability", at=rejected.supplier)
    tabs = [t for t in client.get(owing).context["tabs"] if t["url"].startswith(owing)]
    assert [(t["url"], t["count"]) for t in tabs] == [(f"{owing}?of=added", 1), (f"{owing}?of=forecast", 1)]
    for tab, number in zip(tabs, ("CN-1", "CN-2"), strict=True):
        page = client.get(tab["url"])
        assert [row["r"].number for row in page.context["liability_rows"]] == [number]
        assert page.context["period_owed"].count == tab["count"]
        assert [t["url"] for t in page.context["tabs"] if t["current"]] == [tab["url"]]
    assert client.get(f"{owing}?of=x").status_code == 404


def test_r087_report_again_opens_the_amendment_with_the_filed_values(rejected):
    """The button leads to the form of the next GSTR-1, which is filled in; saved unchanged, the recipient has
    the same values again. Then both ways are closed, and the page leads to the saved amendment."""
    client = supplier(rejected)
    again = rows(client.get(at(rejected)))["CN-1"]["amend"] + "&again=1"
    assert "/gstr1/122024/notesa/new/" in again
    page = client.get(again)
    assert "Report CN-1 again" in text(page)
    assert "goods were kept" in text(page)
    form = page.context["form"]
    posted = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    posted["rate_0"] = "1800"  # the documents of these tests have no rate lines
    saved = client.post(again, {**posted, "do": "save"})
    assert saved.status_code == 302, saved.context["form"].errors
    new = Record.objects.get(amends_id=rejected.note.pk)
    assert (new.taxable, new.tax, new.kind) == (rejected.note.taxable, rejected.note.tax, "CN")
    row = rows(client.get(at(rejected)))["CN-1"]
    assert row["one"].ways.amend == row["one"].ways.again
    assert f"The saved document {new.number} (GSTR-1 Dec 2024) amends CN-1" in row["one"].ways.amend
    assert client.get(row["later"]).status_code == 200
    assert "CN-1" not in rows(client.get(at(rejected, "?show=now")))


def test_r046_after_the_section_37_date_the_ways_stay_open_and_the_page_says_so(rejected):
    rejected.goes_to("2025-12-01 10:00")
    client = supplier(rejected)
    row = rows(client.get(at(rejected)))["INV-1"]
    assert (row["one"].late, row["one"].ways.amend) == (True, "")
    assert list(rows(client.get(at(rejected, "?show=now")))) == []


def test_a_document_that_is_only_saved_is_edited(world):
    saved = world.saves()
    world.acts("reject", saved)
    row = rows(supplier(world).get(at(world)))[saved.number]
    assert "Edit the document" in row["one"].ways.amend
    assert row["edit"].endswith(f"/b2b/{saved.pk}/")
    assert "Edit" in text(supplier(world).get(row["edit"]))


def test_a_person_who_may_not_report_sees_the_documents_without_buttons(rejected):
    page = client_of(rejected, Role.VIEWER, "looker", at=rejected.supplier).get(at(rejected))
    assert "CN-1" in text(page)
    assert "again=1" not in page.content.decode()


@pytest.mark.parametrize("query", ["?show=x", "?period=132024", "?recipient=abc"])
def test_a_malformed_address_is_not_found(world, query):
    assert supplier(world).get(at(world, query)).status_code == 404


def test_r112_the_cost_to_the_customer_is_the_credit_that_acceptance_would_bring(world):
    """A note is accepted, and its amendment to a lower tax is rejected. The recipient loses only the
    difference, because the accepted note stands."""
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=2_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", note)
    world.goes_to("2024-11-18 10:00")
    world.files_3b("2024-10")
    lower = world.saves(amends=note, period="2024-11", taxable=1_500)
    world.acts("reject", lower)
    page = supplier(world).get(at(world))
    card = next(card for card in page.context["cards"] if card["show"] == "recipient")
    assert (card["count"], card["tax"]) == (1, 9_000)
    [row] = page.context["rows"]
    assert (row["adds"], row["one"].cost) == (0, 9_000)
    assert "loses ₹90.00 of credit" in text(page)
    assert "edit before you file GSTR-1 Nov 2024" in text(page)
    assert "due on 11-12-2024" in text(page), "the sentence names the due date of the form"


def test_r113_a_note_reported_again_shows_that_its_tax_falls(rejected):
    again = rejected.saves(amends=rejected.note, period="2024-12", taxable=2_000)
    client = supplier(rejected)
    assert rows(client.get(at(rejected)))["CN-1"]["one"].relief is None
    rejected.goes_to("2025-01-05 10:00")
    rejected.files("2024-12")
    row = rows(client.get(at(rejected)))["CN-1"]
    assert (row["one"].later.pk, row["relief_change"]) == (again.pk, -36_000)
    assert (
        row["later"] in client.get(url(rejected, "outward_liability", at=rejected.supplier)).content.decode()
    )


def test_r113_the_sums_above_the_list_show_what_was_added_what_fell_again_and_the_net(rejected):
    """Guards the three sums: they count the listed documents only, and only filed later versions."""
    again = rejected.saves(amends=rejected.note, period="2024-12", taxable=1_500)
    client = supplier(rejected)

    def sums(query: str = "") -> tuple[int, int, int]:
        found = client.get(at(rejected, query)).context["balance"]
        return found.added.total, found.again.total, found.net.total

    assert sums() == (36_000, 0, 36_000)
    rejected.goes_to("2025-01-05 10:00")
    rejected.files("2024-12")
    assert sums() == (36_000, 27_000, 9_000)
    assert sums("?period=112024") == (0, 0, 0)
    while archive.move_departed(rejected.recipient):
        pass
    assert sums() == (36_000, 27_000, 9_000)
    said = " ".join(text(client.get(at(rejected))).split())
    assert "Tax added back: +360.00 · Reported again: −270.00 · Net: +90.00" in said
    assert again.number in said


def test_the_number_of_queries_does_not_grow(rejected):
    client = supplier(rejected)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(at(rejected))
        return len(found)

    queries()
    few = queries()
    for serial in range(12):
        to = rejected.taxpayer("24", 5000 + serial)
        given = {"recipient": to.gstin, "place_of_supply": "24", "period": "2024-12"}
        note = rejected.saves(kind=Kind.CREDIT_NOTE, document_date="2024-12-02", **given)
        rejected.acts("reject", note, by=to)
    assert len(rows(client.get(at(rejected)))) == 15
    assert queries() == few


def test_r113_gstr3b_shows_the_added_tax_what_fell_again_the_net_and_the_forecast(rejected):
    """Guards that GSTR-3B, the list of rejected documents and the document's own page tell one figure."""
    again = rejected.saves(amends=rejected.note, period="2024-12", taxable=1_500)
    client = supplier(rejected)

    def of(month: str) -> tuple:
        page = client.get(url(rejected, "gstr3b", month, at=rejected.supplier))
        found = page.context["rejected"]
        net = found.balance
        return net.added.total, net.again.total, net.net.total, found.forecast_count, found.expected.total

    assert of("112024") == (36_000, 0, 36_000, 0, 0)
    assert of("122024") == (0, 0, 0, 1, 18_000), "the forecast belongs to the GSTR-3B that will take it"
    page = client_of(rejected, Role.SIGNATORY, "signer", at=rejected.supplier).get(
        url(rejected, "gstr1_file", "122024", at=rejected.supplier)
    )
    assert (page.context["added_before"].added.total, page.context["added_before"].lowered) == (
        36_000,
        -27_000,
    )
    assert "added ₹360.00 to your tax in GSTR-3B" in text(page)
    rejected.goes_to("2025-01-05 10:00")
    rejected.files("2024-12")
    assert of("122024")[:3] == (0, 27_000, -27_000)
    december = client.get(url(rejected, "gstr3b", "122024", at=rejected.supplier))
    assert [(one["number"], one["change"]) for one in december.context["again"]] == [(again.number, -27_000)]
    said = " ".join(text(december).split())
    assert "Reported again −270.00" in said
    one = client.get(december.context["again"][0]["url"])
    assert one.context["row"]["lowers_change"] == -27_000
    assert "tax stays as reported" not in text(one)
    while archive.move_departed(rejected.recipient):
        pass
    assert of("122024")[:3] == (0, 27_000, -27_000)


def test_r110_the_home_card_sums_the_documents_that_it_counts_also_after_the_recipient_files(rejected):
    """Guards one list for the count and the sum: CN-1 is added, CN-2 is a forecast. An amended document leaves both."""
    [step] = outward_steps.rejected(rejected.supplier)
    assert step.title == "3 documents rejected by recipients: up to ₹540.00 is added to your tax"
    rejected.saves(amends=rejected.fresh, period="2024-12", taxable=1_000)
    [step] = outward_steps.rejected(rejected.supplier)
    assert step.title == "2 documents rejected by recipients: ₹360.00 was added to your tax"


def test_a_filed_list_locks_amend_until_the_next_form_opens(rejected):
    """Guards that the list and the document's page agree: before 1 December, GSTR-1 of December is not open."""
    listed = url(rejected, "gstr1_table", "112024", "notes", at=rejected.supplier)
    rejected.goes_to("2024-12-05 10:00")
    page = supplier(rejected).get(listed)
    assert page.context["amend_closed"] == ""
    rejected.saves(period="2024-12", number="INV-9", document_date="2024-12-01")
    rejected.files("2024-12")
    page = supplier(rejected).get(listed)
    assert page.context["amend_closed"]
    assert 'id="why-amend"' in page.content.decode()
    assert "?amends=" not in page.content.decode()


def test_the_reason_against_reporting_again_is_told_once(rejected):
    page = supplier(rejected).get(at(rejected))
    assert page.context["not_yet"]
    assert text(page).count("“Report again: not yet” means:") == 1
    assert "Report again: not yet" in text(page)
