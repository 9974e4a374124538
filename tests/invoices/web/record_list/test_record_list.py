"""Filters find the right records, paging shows every record once, and a page of a long list costs no more
than a page of a short list."""

from __future__ import annotations

from copy import deepcopy
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from invoices import portal_clock
from invoices.models import Role
from invoices.queries import effects, situations
from invoices.queries.calendar import calendar
from invoices.queries.record_list import rare_matches, records
from invoices.queries.situations import DeskView
from invoices.rules.situation import Kind
from tests.desk_pages import at, client_for, credit_note, some
from tests.shared_rows import shared_rows
from tests.world import World

pytestmark = pytest.mark.once


def numbers(response) -> list[str]:
    return [row.record.number for row in response.context["rows"]]


def seven_records() -> World:
    """Return a world with seven records that differ in every field that the filters use."""
    world = World("2024-10-28 10:00")
    other = world.other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    world.saves(number="INV-1", taxable=10_000, document_date="2024-10-05")
    world.saves(number="INV-2", taxable=60_000, document_date="2024-10-03")
    world.saves(number="DN-1", kind=Kind.DEBIT_NOTE, taxable=20_000, document_date="2024-10-04")
    credit_note(world, number="CN-1", taxable=70_000, document_date="2024-10-01")
    world.saves(by=other, number="INV-3", taxable=30_000, document_date="2024-10-02")
    world.goes_to("2024-11-02 10:00")
    world.files("2024-10", by=other)
    world.saves(number="INV-4", taxable=40_000, document_date="2024-11-01", period="2024-11")
    accepted = world.saves(
        by=other, number="INV-5", taxable=5_000, document_date="2024-11-01", period="2024-11"
    )
    world.acts("accept", accepted)
    return world


@pytest.fixture(scope="class")
def desk_told(django_db_setup, django_db_blocker):
    with shared_rows(django_db_blocker, seven_records) as told:
        yield told


@pytest.fixture
def desk(desk_told, db) -> World:
    return deepcopy(desk_told)


class TestSevenRecords:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "inv"}, {"INV-1", "INV-2", "INV-3", "INV-4", "INV-5"}),
            ({"q": "INV-2"}, {"INV-2"}),
            ({"q": "NV-2"}, {"INV-2"}),
            ({"q": "2"}, {"INV-2"}),
            ({"q": "narmada"}, {"INV-3", "INV-5"}),
            ({"q": "fasteners narmada"}, {"INV-3", "INV-5"}),
            ({"q": ">50000"}, {"INV-2", "CN-1"}),
            ({"q": "<=0.1L"}, {"INV-1", "INV-5"}),
            ({"q": "11-2024"}, {"INV-4", "INV-5"}),
            ({"q": "konkan >50000"}, {"INV-2", "CN-1"}),
            # an exact taxable value, tax or invoice value, of a credit note too
            ({"q": "20,000"}, {"DN-1"}),
            ({"q": "7200"}, {"INV-4"}),
            ({"q": "₹ 47,200.00"}, {"INV-4"}),
            ({"q": "12600.00"}, {"CN-1"}),
            ({"q": "12600.01"}, set()),
            ({"q": "1260"}, set()),
            ({"q": "%"}, set()),
            ({"q": "_NV"}, set()),
            ({"status": "A"}, {"INV-5"}),
            ({"kind": "CN"}, {"CN-1"}),
            ({"kind": "DN"}, {"DN-1"}),
            ({"filing": "F"}, {"INV-3"}),
            ({"lands": "later"}, {"INV-4", "INV-5"}),
            ({"lands": "this"}, {"INV-1", "INV-2", "INV-3", "DN-1", "CN-1"}),
            ({"lands": "earlier"}, set()),
            ({"min": "20,000", "max": "40000"}, {"DN-1", "INV-3", "INV-4"}),
            ({"min": "20000", "kind": "INV", "filing": "S"}, {"INV-2", "INV-4"}),
        ],
    )
    def test_a_filter_finds_what_it_says(self, desk, query, found):
        response = client_for(desk).get(at(desk, "ims/inward/all/", **query))
        assert set(numbers(response)) == found
        assert response.context["counted"].count == len(found)

    def test_a_gstin_or_pan_finds_its_supplier(self, desk):
        client = client_for(desk)
        gstin = desk.supplier.gstin
        for asked in (gstin, gstin.lower(), gstin[2:12]):
            found = numbers(client.get(at(desk, "ims/inward/all/", q=asked)))
            assert len(found) == 5 if asked != gstin[2:12] else set(found) >= {"INV-1"}

    @pytest.mark.parametrize("cut", [(0, 3), (2, 7), (5, 11), (9, 15), (4, 12)])
    def test_three_characters_of_a_gstin_or_pan_find_the_supplier_in_either_case(self, desk, cut):
        client, other = client_for(desk), desk.other.gstin
        part = other[slice(*cut)]
        expected = {"INV-3", "INV-5"}
        if part in desk.supplier.gstin:
            expected |= {"INV-1", "INV-2", "INV-4", "DN-1", "CN-1"}
        for asked in (part, part.lower()):
            assert set(numbers(client.get(at(desk, "ims/inward/all/", q=asked)))) == expected
        with_name = numbers(client.get(at(desk, "ims/inward/all/", q=f"narmada {part}")))
        assert set(with_name) == {"INV-3", "INV-5"}

    def test_two_characters_of_a_gstin_find_nothing(self, desk):
        assert numbers(client_for(desk).get(at(desk, "ims/inward/all/", q=desk.other.gstin[:2]))) == []

    @pytest.mark.parametrize("asked", ["armad", "FASTENERS nar", "gstin", "pan"])
    def test_find_offers_the_records_of_a_supplier_by_a_part_of_name_gstin_or_pan(self, desk, asked):
        gstin = desk.other.gstin
        typed = {"gstin": gstin[:8].lower(), "pan": gstin[5:12]}.get(asked, asked)
        client = client_for(desk)
        found = client.get(at(desk, "find/", q=typed))
        assert gstin in [supplier.gstin for supplier in found.context["suppliers"]]
        link = at(desk, "ims/inward/all/", suppliers=gstin)
        assert f'href="{link}"' in found.content.decode()
        assert set(numbers(client.get(link))) == {"INV-3", "INV-5"}

    @pytest.mark.parametrize("typed", ["na", "24", "29AAK"])
    def test_find_offers_no_supplier_for_two_characters_or_without_a_match(self, desk, typed):
        assert not client_for(desk).get(at(desk, "find/", q=typed)).context["suppliers"]

    def test_import_stands_beside_download_for_those_who_may_act(self, desk):
        link = f'href="{at(desk, "ims/import/")}"'
        assert link in client_for(desk).get(at(desk, "ims/inward/all/")).content.decode()
        reader = client_for(desk, Role.VIEWER, name="ravi")
        assert link not in reader.get(at(desk, "ims/inward/all/")).content.decode()

    @pytest.mark.parametrize(
        "bad", [{"status": "X"}, {"sort": "pk"}, {"rows": "7"}, {"min": "lots"}, {"page": "x"}]
    )
    def test_an_unknown_filter_value_is_refused_and_not_ignored(self, desk, bad):
        response = client_for(desk).get(at(desk, "ims/inward/all/", **bad))
        assert response.status_code == 400
        assert "BAD_" in response.content.decode()

    def test_each_filter_has_a_chip_that_removes_the_filter(self, desk):
        response = client_for(desk).get(
            at(desk, "ims/inward/all/", status="A", kind="INV", rows="100", sort="-tax")
        )
        chips = {chip["label"]: chip["url"] for chip in response.context["chips"]}
        assert set(chips) == {"Status: Accepted", "Type: Invoice"}
        without = parse_qs(urlsplit(chips["Status: Accepted"]).query)
        assert without == {"kind": ["INV"], "rows": ["100"], "sort": ["-tax"]}

    def test_each_count_of_the_summary_is_the_length_of_its_list(self, desk):
        client = client_for(desk)
        summary = client.get(at(desk, "ims/inward/"))
        checked = 0
        for row in summary.context["rows"]:
            for cell in row["cells"]:
                listed = client.get(at(desk, f"ims/inward/{row['key']}/", status=cell["status"]))
                assert listed.context["counted"].count == cell["sum"].count
                assert listed.context["counted"].tax == cell["sum"].tax
                checked += 1
        assert checked == 32
        assert summary.context["total"]["total"].count == 7


def test_an_empty_list_says_what_to_do(world):
    client = client_for(world)
    assert (
        "Records appear when a supplier saves them"
        in client.get(at(world, "ims/inward/b2b/")).content.decode()
    )
    assert "Clear all filters" in client.get(at(world, "ims/inward/b2b/", status="A")).content.decode()
    assert client.get(at(world, "ims/inward/nosuch/")).status_code == 404


# tests of paging


def sixty_one_with_ties() -> World:
    """Return a world with 61 records. Many records have equal sort values, so the id decides their order."""
    world = World("2024-10-28 10:00")
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    for n in range(61):
        kind = Kind.CREDIT_NOTE if n % 7 == 0 else Kind.INVOICE
        world.saves(
            by=other if n % 3 else None, kind=kind, number=f"W-{n:03d}", taxable=1000 * (1 + n % 4),
            document_date=f"2024-10-{1 + n % 5:02d}",
        )  # fmt: skip
    return world


@pytest.fixture(scope="class")
def ties_told(django_db_setup, django_db_blocker):
    with shared_rows(django_db_blocker, sixty_one_with_ties) as told:
        yield told


class TestPages:
    @pytest.mark.parametrize("sort", [s for key in records.SORTS for s in (key, f"-{key}")])
    def test_paging_visits_every_record_once_in_order(self, ties_told, db, sort):
        world = deepcopy(ties_told)
        client = client_for(world)
        url = at(world, "ims/inward/all/", sort=sort, rows="25", status="N")
        forward, starts = [], []
        while url:
            response = client.get(url)
            forward.append(numbers(response))
            starts.append(response.context["pager"]["range"])
            url = response.context["pager"]["next"]
        visited = [n for page in forward for n in page]
        assert sorted(visited) == [f"W-{n:03d}" for n in range(61)]
        assert starts == ["Rows 1–25", "Rows 26–50", "Rows 51–61"]
        view = DeskView.of(world.recipient, clock.today(), calendar())
        key = records.SORTS[sort.removeprefix("-")].expression
        ordered = records.on_desk(world.recipient, view).annotate(k=key)
        signs = ("-k", "-pk") if sort.startswith("-") else ("k", "pk")
        assert visited == list(ordered.order_by(*signs).values_list("number", flat=True))

        back = [numbers(response)]
        url = response.context["pager"]["previous"]
        while url:
            response = client.get(url)
            back.insert(0, numbers(response))
            url = response.context["pager"]["previous"]
        assert [n for page in back for n in page] == visited
        assert response.context["pager"]["first"] == ""

        last = client.get(
            client.get(at(world, "ims/inward/all/", sort=sort, rows="25", status="N")).context["pager"][
                "last"
            ]
        )
        assert numbers(last) == visited[-25:]
        assert last.context["pager"]["next"] == ""
        assert last.context["pager"]["range"] == "Rows 37–61"


def test_a_page_does_not_shift_when_records_come_before_it(world):
    some(world, 30, document_date="2024-10-10")
    client = client_for(world)
    first = client.get(at(world, "ims/inward/all/", rows="25"))
    world.saves(number="EARLY", document_date="2024-10-01")
    assert numbers(client.get(first.context["pager"]["next"])) == [f"B-{n:04d}" for n in range(25, 30)]


def test_a_page_token_of_another_list_starts_at_the_beginning(world):
    some(world, 30)
    client = client_for(world)
    token = parse_qs(
        urlsplit(client.get(at(world, "ims/inward/all/", rows="25")).context["pager"]["next"]).query
    )["page"][0]
    response = client.get(at(world, "ims/inward/all/", rows="25", sort="-tax", page=token))
    assert len(numbers(response)) == 25


def test_the_list_costs_the_same_at_10_and_200_records(world, monkeypatch):
    # Cache the portal clock for the whole test. The portal caches it for only half a second, so a slow page
    # would need a further query.
    monkeypatch.setattr(portal_clock, "REMEMBER_SECONDS", 600)
    client = client_for(world)
    url = at(world, "ims/inward/all/", rows="200")
    some(world, 10)

    def cost() -> int:
        portal_clock.reading()
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    cost()
    few = cost()
    for n in range(190):
        kind = Kind.CREDIT_NOTE if n % 3 == 0 else Kind.INVOICE
        world.saves(number=f"M-{n}", kind=kind)
    assert cost() == few
    assert few <= 12


@pytest.mark.parametrize("path", ["ims/", "ims/inward/", "audit/"])
def test_the_other_pages_cost_little_too(world, path):
    some(world, 12)
    client = client_for(world)
    client.get(at(world, path))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(at(world, path)).status_code == 200
    assert len(queries) <= 12


def test_counting_stops_at_a_limit(world, monkeypatch):
    some(world, 12)
    monkeypatch.setattr(records, "MOST_COUNTED", 10)
    monkeypatch.setattr(rare_matches, "FEW", 5)
    # The counters cannot count a list that is filtered by amount. The portal counts the records of this list
    # one by one, up to the limit.
    page = client_for(world).get(at(world, "ims/inward/all/?max=9000000")).content.decode()
    assert "more than <strong>10</strong> records" in page
    assert "all that match" in page


def test_a_list_that_the_counters_cannot_count_is_read_once_for_its_count(world, monkeypatch):
    """Without an index for its filter, each such query reads the whole desk."""
    some(world, 12)
    client = client_for(world)
    for few in (5, 2000):
        monkeypatch.setattr(rare_matches, "FEW", few)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(at(world, "ims/inward/all/?max=9000000")).content.decode()
        assert "12</strong> records" in page
        assert sum('"signed"' in query["sql"] for query in queries) == 1


# tests of the contents of a row


def test_effects_on_the_page_equal_the_effects_in_the_statement(desk):
    """The effect that the list shows equals the effect of the record's line in GSTR-2B."""
    desk.goes_to("2024-11-10 10:00")
    desk.files("2024-10")
    desk.goes_to("2024-11-15 10:00")
    view = DeskView.of(desk.recipient, clock.today(), calendar())
    promised = {
        r.pk: effects.of_ruling(situations.ruling_of(r, view), r, effects.reduction_of(r.decision))
        for r in records.on_desk(desk.recipient, view).select_related("decision")
    }
    lines = list(desk.statement("2024-10").lines.all())
    assert len(lines) == 5
    for line in lines:
        held = (line.effect_igst, line.effect_cgst, line.effect_sgst, line.effect_cess)
        shown = promised[line.record_id]
        assert (shown.igst, shown.cgst, shown.sgst, shown.cess) == held


def test_the_list_remembers_whether_a_person_saves_each_action_or_many(world):
    some(world, 2)
    client = client_for(world)
    assert "type=radio" in client.get(at(world, "ims/inward/all/", mode="save")).content.decode()
    assert "type=radio" in client.get(at(world, "ims/inward/b2b/")).content.decode()
    assert "type=radio" not in client.get(at(world, "ims/inward/b2b/", mode="instant")).content.decode()


def test_assistive_tools_can_read_the_sort_order(world):
    some(world, 2)
    page = client_for(world).get(at(world, "ims/inward/all/", sort="-tax")).content.decode()
    assert page.count("aria-sort=") == 1
    assert 'aria-sort="descending"' in page


def test_imports_offer_no_reject(world_2025):
    from datetime import date

    from invoices.documents.customs import bills_of_entry

    bill = bills_of_entry.BillOfEntry("1234567", date(2025, 10, 20), "INNSA1", False, 1_00_000_00, 18_000_00)
    record = bills_of_entry.receive(world_2025.recipient, bill)
    client = client_for(world_2025)
    page = client.get(at(world_2025, "ims/inward/impg/")).content.decode()
    assert record.number in page
    assert 'value="A"' in page
    assert 'value="R"' not in page.split("<table")[1]
    assert "A bill of entry cannot be rejected" in page
    summary = client.get(at(world_2025, "ims/inward/", tab="imports")).content.decode()
    assert 'aria-label="not offered">—' in summary
