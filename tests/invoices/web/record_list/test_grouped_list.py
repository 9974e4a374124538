"""The record list grouped by supplier: its sums agree with the records, its actions reach exactly the records of
one supplier, and its cost does not grow."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.money import TaxAmounts
from invoices.documents.customs import bills_of_entry
from invoices.models import Decision, Role
from invoices.queries.record_list import by_supplier
from invoices.rules.reduction import Declaration
from tests.desk_pages import at, client_for, credit_note
from tests.invoices.web.record_list.list_pages import numbers, paste
from tests.world import BY

GROUPED = {"group": "supplier"}


def grouped(client, world, section: str = "all", **query: str):
    response = client.get(at(world, f"ims/inward/{section}/", **GROUPED, **query))
    assert response.status_code == 200
    return response


def lines(response) -> dict:
    return {line.sums.gstin: line for line in response.context["lines"]}


def by_number(world) -> dict[str, str]:
    mine = Decision.objects.filter(recipient_id=world.recipient.pk)
    return dict(mine.values_list("record__number", "action"))


def test_each_line_has_the_counts_and_sums_of_its_suppliers_records(desk):
    response = grouped(client_for(desk), desk)
    found = lines(response)
    konkan, narmada = found[desk.supplier.gstin], found[desk.other.gstin]
    assert {status.value: n for status, n in konkan.sums.by_status.items()} == {
        "N": 3,
        "A": 0,
        "R": 1,
        "P": 0,
    }
    assert {status.value: n for status, n in narmada.sums.by_status.items()} == {
        "N": 1,
        "A": 0,
        "R": 0,
        "P": 1,
    }
    # invoices and debit note minus the credit note
    assert konkan.sums.taxable == (10_000 + 60_000 + 20_000 - 70_000) * 100
    assert (konkan.sums.count, narmada.sums.count) == (4, 2)
    assert response.context["counted"].count == 6
    assert response.context["counted"].tax == konkan.sums.tax + narmada.sums.tax


@pytest.fixture
def october_2025(world_2025):
    """Return a world whose records change ITC in different ways: reductions in part and not at all, an
    amendment, rejected, pending, and no action."""
    world = world_2025
    other = world.other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    rejected = world.saves(number="INV-1", taxable=60_000)
    credit_note(world, number="CN-1", taxable=7_000)
    in_part = credit_note(world, number="CN-2", taxable=9_000)
    not_reduced = credit_note(world, by=other, number="CN-3", taxable=4_000)
    world.saves(by=other, number="INV-2", taxable=20_000)
    held = world.saves(by=other, number="INV-3", taxable=30_000)
    world.acts("reject", rejected)
    world.acts("pending", held)
    world.acts(
        "accept", in_part, remarks="Half claimed", declaration=Declaration(True, TaxAmounts(igst=500_00))
    )
    world.acts("accept", not_reduced, remarks="Not claimed", declaration=Declaration(False))
    return world


@pytest.mark.parametrize("given", ["desk", "october_2025"])
def test_the_effect_of_a_line_is_the_sum_of_the_effects_in_the_list(request, given):
    desk = request.getfixturevalue(given)
    client = client_for(desk)
    found = lines(grouped(client, desk))
    assert len(found) == 2
    assert any(line.effect for line in found.values())
    for line in found.values():
        rows = client.get(line.url).context["rows"]
        assert len(rows) == line.sums.count
        assert line.effect == sum(row.row.effect or 0 for row in rows)
        assert line.sums.tax == sum(row.row.tax for row in rows)


def test_opening_a_line_narrows_a_pasted_list_instead_of_adding_to_it(desk):
    client = client_for(desk)
    back = paste(client, desk, "INV-1\nINV-2\nINV-3")
    pasted = parse_qs(urlsplit(back.redirect_chain[-1][0]).query)["list"][0]
    found = lines(grouped(client, desk, list=pasted))
    assert {gstin: line.sums.count for gstin, line in found.items()} == {
        desk.supplier.gstin: 2,
        desk.other.gstin: 1,
    }
    assert numbers(client.get(found[desk.supplier.gstin].url)) == {"INV-1", "INV-2"}


def press(client, world, gstin: str, letter: str, **query: str):
    page = grouped(client, world, **query)
    sent = {
        "action": letter,
        "next": page.context["listing"].here,
        "as_of": page.context["as_of"],
        "scope": "match",
    }
    return client.post(at(world, "ims/batches/", supplier=gstin), sent)


def test_an_action_on_a_line_reaches_only_the_matching_records_of_its_supplier_and_is_undone_at_once(desk):
    client, before = client_for(desk), by_number(desk)
    preview = press(client, desk, desk.supplier.gstin, "A", status="N", kind="INV,DN")
    assert by_number(desk) == before  # the preview changes nothing
    shown = client.get(preview["Location"])
    assert shown.context["total"] == 2
    assert shown.context["batch"].list_address == at(
        desk, "ims/inward/all/", status="N", kind="INV,DN", **GROUPED
    ).replace("%2C", ",")
    client.post(f"{preview['Location']}run/")
    assert by_number(desk) == before | {"INV-1": "A", "DN-1": "A"}
    client.post(f"{preview['Location']}undo/")
    assert by_number(desk) == before


def test_a_reader_sees_the_groups_without_actions_and_cannot_act(desk):
    reader = client_for(desk, Role.VIEWER, name="ravi")
    page = grouped(reader, desk)
    assert len(page.context["lines"]) == 2
    assert 'form="group-act"' not in page.content.decode()
    assert (
        reader.post(at(desk, "ims/batches/", supplier=desk.supplier.gstin), {"action": "A"}).status_code
        == 403
    )


@pytest.mark.parametrize("bad", ["29AAK", "customs2", "' OR 1=1"])
def test_an_action_on_a_supplier_that_is_no_gstin_is_refused(desk, bad):
    before = by_number(desk)
    assert press(client_for(desk), desk, bad, "A").status_code in (400, 422)
    assert by_number(desk) == before


def test_bills_of_entry_are_one_line_that_offers_no_reject(world_2025):
    world_2025.saves(number="INV-1", taxable=60_000)
    bill = bills_of_entry.BillOfEntry("7654321", date(2025, 10, 10), "INNSA1", False, 10_000_00, 1_800_00)
    bills_of_entry.receive(world_2025.recipient, bill, by=BY)
    client = client_for(world_2025)
    customs = lines(grouped(client, world_2025))[by_supplier.CUSTOMS]
    assert (customs.sums.count, customs.name) == (1, "Customs (ICEGATE)")
    assert [action["code"] for action in customs.actions] == ["A", "P"]
    assert numbers(client.get(customs.url)) == {"7654321"}
    own = client.get(at(world_2025, "ims/inward/impg/"))
    assert "group=supplier" not in own.content.decode()
    assert client.get(at(world_2025, "ims/inward/impg/", **GROUPED)).status_code == 400


@pytest.fixture
def thirty_suppliers(world):
    """Return a world with a record of each of 30 suppliers. Three suppliers at a time have the same tax."""
    for n in range(30):
        by = world.taxpayer("24", 1100 + n, f"Supplier {n:02d}")
        world.saves(by=by, number=f"S-{n}", taxable=1_000 + n // 3 * 100)
    return world


@pytest.mark.parametrize(
    "order", ["-tax", "tax", "supplier", "-supplier", "-records", "taxable", "-undecided"]
)
def test_paging_shows_every_supplier_once_in_order_forwards_and_backwards(thirty_suppliers, order):
    client = client_for(thirty_suppliers)

    def walk(start: str, towards: str) -> list:
        url, seen = start, []
        while url:
            response = client.get(url)
            seen.append([line.sums for line in response.context["lines"]])
            url = response.context["pager"][towards]
        return seen

    first = at(thirty_suppliers, "ims/inward/all/", **GROUPED, order=order, rows="25")
    pages = walk(first, "next")
    assert [len(page) for page in pages] == [25, 5]
    listed = [line for page in pages for line in page]
    assert len({line.gstin for line in listed}) == 30
    values = [by_supplier.ORDERS[order.removeprefix("-")].value(line) for line in listed]
    assert values == sorted(values, reverse=order.startswith("-"))
    backwards = walk(client.get(first).context["pager"]["last"], "previous")
    assert {line.gstin for page in backwards for line in page} == {line.gstin for line in listed}


def test_the_grouped_list_costs_the_same_queries_for_many_suppliers_as_for_few(desk):
    client = client_for(desk)
    grouped(client, desk)
    with CaptureQueriesContext(connection) as few:
        grouped(client, desk)
    for n in range(20):
        some_supplier = desk.taxpayer("24", 1200 + n)
        for record in range(2):
            desk.saves(by=some_supplier, number=f"M-{n}-{record}", taxable=1_000)
    with CaptureQueriesContext(connection) as many:
        assert len(grouped(client, desk).context["lines"]) == 22
    assert len(many) == len(few)


def test_a_saved_view_and_every_filter_keep_the_grouping_and_the_file_puts_suppliers_together(desk):
    client = client_for(desk)
    page = grouped(client, desk, status="N", order="supplier")
    for link in (page.context["chips"][0]["url"], page.context["tabs"][1]["url"]):
        assert parse_qs(urlsplit(link).query)["group"] == ["supplier"]
    file = parse_qs(page.context["listing"].download)
    assert file == {"of": ["all"], "status": ["N"], "sort": ["supplier"]}
    saved = client.post(
        at(desk, "ims/views/"), {"name": "Mine", "next": page.context["listing"].here}, follow=True
    )
    assert saved.context["listing"].group == "supplier"
    assert [line.name for line in saved.context["lines"]] == ["Konkan Steel Traders", "Narmada Fasteners LLP"]
