"""A supplier sees recipients' actions only on the supplier's own documents.

After the recipient files GSTR-3B, the actions no longer change."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invoices.documents import archive
from invoices.models import Role
from invoices.rules.situation import Kind
from returns.models import AddBack
from tests.pages import FOREIGN, client_of, text, url

pytestmark = pytest.mark.once

OCTOBER = "?fy=2024-25&period=102024"


@pytest.fixture
def acted(world):
    """Return a world with five documents of October: an accepted, a pending, an untouched and a
    reverse-charge invoice, and a rejected note.

    A sixth document belongs to another supplier."""
    world.accepted = world.saves()
    world.note = world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000)
    world.pending, world.untouched = world.saves(), world.saves()
    world.charged = world.saves(reverse_charge=True)
    world.other = world.taxpayer("33", 3001, "Other Supplier")
    world.foreign = world.saves(by=world.other, kind=Kind.CREDIT_NOTE, number="SECRET-1")
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.files("2024-10", by=world.other)
    world.acts("accept", world.accepted)
    world.acts("reject", world.note, remarks="goods were kept")
    world.acts("reject", world.foreign, remarks="another's secret")
    world.acts("pending", world.pending)
    return world


def supplier(world, role: Role = Role.SUPPLIER_CLERK) -> Client:
    return client_of(world, role, "supplier-clerk", at=world.supplier)


def outward(world, name: str = "outward", *more) -> str:
    return url(world, name, *more, at=world.supplier)


def totals(reply) -> dict[str, int]:
    return reply.context["total"].counts


def test_counts_by_action_separate_documents_that_never_had_actions(acted):
    page = supplier(acted).get(outward(acted) + OCTOBER)
    assert totals(page) == {"N": 1, "A": 1, "R": 1, "P": 1, "L": 1}
    notes = next(row for row in page.context["tables"] if row.table.slug == "notes")
    assert notes.counts["R"] == 1


def test_every_count_is_the_length_of_the_list_behind_it(acted):
    client = supplier(acted)
    page = client.get(outward(acted) + OCTOBER)
    for row in page.context["tables"]:
        for status, n in row.counts.items():
            shown = client.get(outward(acted, "outward_table", row.table.slug) + f"{OCTOBER}&status={status}")
            assert len(shown.context["rows"]) == n


def test_a_supplier_sees_action_date_and_remark_of_its_own_documents_only(acted):
    """R-107: the page shows no document of another supplier."""
    page = supplier(acted).get(outward(acted, "outward_table", "all") + OCTOBER)
    said = text(page)
    assert "goods were kept" in said
    assert "SECRET-1" not in said
    assert "another's secret" not in said
    assert len(page.context["rows"]) == 5


def test_the_lists_deduct_credit_notes_and_say_so(acted):
    """Guards the sign of a note's amounts in the outward lists: their columns add up to the supplier's tax."""
    client = supplier(acted)
    lists = (outward(acted, "outward_table", "notes") + OCTOBER, outward(acted, "outward_rejected"))
    for address in lists:
        said = text(client.get(address))
        assert "−360.00" in said
        assert "credit notes deducted" in said
    assert "−2,000.00" in text(client.get(lists[0]))


def test_a_frozen_status_stays_visible_after_the_archive(acted):
    """R-107: after the period is closed and the record is archived, the supplier still sees the recipient's
    action."""
    client = supplier(acted)
    acted.goes_to("2024-11-18 10:00")
    before = totals(client.get(outward(acted) + OCTOBER))
    acted.files_3b("2024-10")
    while archive.move_departed(acted.recipient):
        pass
    page = client.get(outward(acted) + OCTOBER)
    assert totals(page) == before
    listed = client.get(outward(acted, "outward_table", "all") + OCTOBER)
    assert "Deemed accepted" in text(listed)
    assert "GSTR-3B filed 18-11-2024" in text(listed)


def test_r111_a_forecast_becomes_a_posting_when_the_recipient_files(acted):
    client = supplier(acted)
    page = client.get(outward(acted, "outward_liability"))
    owed = page.context["period_owed"]
    assert (owed.forecast.igst, owed.posted.igst, owed.count) == (36_000, 0, 1)
    assert "Forecast" in text(page)
    acted.goes_to("2024-11-18 10:00")
    acted.files_3b("2024-10")
    page = client.get(outward(acted, "outward_liability"))
    owed = page.context["period_owed"]
    assert (owed.forecast.igst, owed.posted.igst, owed.count) == (0, 36_000, 1)
    assert "Added to GSTR-3B of Nov 2024" in text(page)
    assert AddBack.objects.filter(supplier=acted.supplier).count() == 1
    while archive.move_departed(acted.recipient):
        pass
    chosen = client.get(outward(acted, "outward_liability") + "?period=112024")
    assert [row["r"].number for row in chosen.context["liability_rows"]] == [acted.note.number]
    assert (
        client.get(outward(acted, "outward_liability") + "?period=122024").context["period_owed"].count == 0
    )


def test_r111_each_page_names_the_gstr3b_that_takes_the_added_tax(acted):
    """The page of GSTR-3B shows the added tax of its period. The outward page separates documents of a period
    from tax added in this period, and each row leads to the amendment and not to the filed return."""
    acted.goes_to("2024-11-18 10:00")
    acted.files_3b("2024-10")
    client = supplier(acted)
    page = client.get(url(acted, "gstr3b", "112024", at=acted.supplier))
    assert page.context["added_back_tax"].igst == 36_000
    behind = outward(acted, "outward_liability") + "?period=112024"
    assert behind in page.content.decode()
    assert client.get(url(acted, "gstr3b", "122024", at=acted.supplier)).context["added_back_tax"].is_zero
    november = client.get(outward(acted) + "?fy=2024-25&period=112024")
    assert "No rejected document of November 2024 increases your tax" in text(november)
    assert "added ₹360.00 to GSTR-3B of November 2024" in text(november)
    assert behind in november.content.decode()
    [row] = client.get(behind).context["liability_rows"]
    assert f"/new/?amends={acted.note.pk}" in row["amend"]
    assert client.get(row["amend"]).status_code == 200
    listed = client.get(outward(acted, "outward_table", "notes") + OCTOBER).context["rows"]
    assert [one["url"] for one in listed] == [row["url"]]
    assert acted.note.number in text(client.get(row["url"]))


def test_a_later_action_removes_the_forecast(acted):
    acted.acts("accept", acted.note)
    page = supplier(acted).get(outward(acted) + OCTOBER)
    assert page.context["period_owed"].count == 0


def test_a_rejected_invoice_adds_nothing_to_the_supplier(acted):
    """R-112: only a rejected credit note adds to the supplier's liability."""
    acted.acts("reject", acted.accepted)
    page = supplier(acted).get(outward(acted, "outward_liability"))
    assert page.context["period_owed"].forecast_count == 1
    listed = supplier(acted).get(outward(acted, "outward_table", "b2b") + f"{OCTOBER}&status=R")
    assert [row["seen"].adds for row in listed.context["rows"]] == [None]


def test_saved_documents_are_shown_before_they_are_filed(world):
    world.saves()
    client = supplier(world)
    page = client.get(outward(world) + OCTOBER)
    assert totals(page)["N"] == 1
    listed = client.get(outward(world, "outward_table", "b2b") + OCTOBER)
    assert "not filed" in text(listed)


def test_pages_follow_each_other_over_live_and_archived_documents(acted):
    acted.goes_to("2024-11-18 10:00")
    acted.files_3b("2024-10")
    while archive.move_departed(acted.recipient):
        pass
    client = supplier(acted)
    base = outward(acted, "outward_table", "all")
    first = client.get(base + OCTOBER + "&rows=2")
    seen = [row["seen"].record.pk for row in first.context["rows"]]
    page = first
    while page.context["page"].next:
        page = client.get(base + page.context["page"].next)
        seen += [row["seen"].record.pk for row in page.context["rows"]]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("name", "more"), [("outward", ()), ("outward_liability", ()), ("outward_table", ("b2b",))]
)
def test_another_taxpayers_gstin_is_not_found(acted, name, more):
    client = supplier(acted)
    for gstin in (acted.recipient.gstin, acted.other.gstin, FOREIGN):
        assert client.get(reverse(name, args=[gstin, *more])).status_code == 404
    assert client.get(outward(acted, name, *more)).status_code == 200
    assert Client().get(outward(acted, name, *more)).status_code == 302


@pytest.mark.parametrize(
    "query",
    ["?period=132024", "?period=x", "?fy=2024-26", "?fy=2099-00", "?period=122099", "?fy=2024-25&period=abc"],
)
def test_a_malformed_period_is_not_found(acted, query):
    assert supplier(acted).get(outward(acted) + query).status_code == 404


def test_a_year_alone_means_a_period_of_that_year(acted):
    page = supplier(acted).get(outward(acted) + "?fy=2024-25")
    assert page.context["period"].wire == "102024"


def test_the_number_of_queries_does_not_grow(acted, django_assert_max_num_queries):
    client = supplier(acted)
    for serial in range(20):
        to = acted.taxpayer("24", 5000 + serial)
        acted.saves(
            period="2024-11",
            recipient=to.gstin,
            place_of_supply="24",
            document_date="2024-11-05",
            kind=Kind.CREDIT_NOTE,
        )
    address = outward(acted, "outward_table", "all") + "?period=112024"
    client.get(address)
    with django_assert_max_num_queries(22):
        assert len(client.get(address).context["rows"]) == 20
