"""The page Match: each number equals the list behind its link, the exposures are parts of each other, and everything is
counted once."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.money import format_count, format_inr
from invoices.matching import ladder
from invoices.models import Role
from invoices.queries.record_list.findings import SUBCLASSES
from invoices.register import by_hand, match, overview
from invoices.register.models import Bill, Finding
from invoices.rules.situation import Kind
from tests.desk_pages import at, client_for
from tests.invoices.register.registers import BY, bill, taken
from tests.invoices.web.register.books import classes, compared

pytestmark = pytest.mark.django_db
# a link of the page with a number, and the tax under it if there is one
LINK = re.compile(
    r'<a[^>]*href="([^"]*(?:inward/all/|match/bills/)\?[^"]*)"[^>]*>\s*([\d,]+)[^<]*</a>'
    r'(?:\s*<div class="sm">(?:<span[^>]*>)?([^<]*))?'
)


def listed(client, address: str) -> tuple[int, int | None]:
    """Return the number and the ITC of the list at the address."""
    context = client.get(html.unescape(address)).context
    if "listing" in context:
        return context["counted"].count, context["itc"]
    return sum(tab["count"] for tab in context["tabs"] if tab["current"]), None


def test_each_number_of_the_page_equals_the_list_behind_its_link(world):
    compared(world)
    assert {"EXACT", "VALUE", "NUMBER", "ALONE", "DOUBLE", "REPEATED"} <= classes(world)
    client = client_for(world)
    source = client.get(at(world, "match/")).content.decode()
    links = LINK.findall(source)
    assert len(links) > 30
    for address, number, tax in links:
        count, itc = listed(client, address)
        assert number == format_count(count), address
        if tax:
            assert tax.replace("\u2212", "-").strip() == format_inr(itc).replace("\u2212", "-"), address


def test_home_and_the_dashboard_show_the_same_exposures(world):
    compared(world)
    client = client_for(world)
    told = [client.get(at(world, path)).context["exposures"] for path in ("match/", "ims/", "")]
    assert told[0] == told[1] == told[2]
    source = client.get(at(world)).content.decode()
    for address, number, _tax in LINK.findall(source[source.index("x-silence") : source.index("x-expected")]):
        assert number == format_count(listed(client, address)[0]), address


def test_without_a_register_home_has_no_exposures_and_the_list_no_columns_of_the_matcher(world):
    world.saves(number="E-1")
    client = client_for(world)
    assert "exposures" not in client.get(at(world)).context
    page = client.get(at(world, "ims/inward/all/"))
    assert not {"match", "suggestion", "difference"} & {column.key for column in page.context["columns"]}
    assert "To look at" not in page.content.decode()
    assert "Nothing is matched yet" in client.get(at(world, "match/")).content.decode()


def test_unsupported_is_a_part_of_silence_and_sides_are_never_netted(world):
    compared(world)
    told = client_for(world).get(at(world, "match/")).context["exposures"]
    silence, unsupported = told["silence"], told["unsupported"]
    assert (silence["count"], unsupported["count"]) == (11, 6)
    assert silence["reductions"].tax == -(3_000 + 4_000) * 18
    assert unsupported["reductions"].tax == -4_000 * 18
    assert 0 < unsupported["credit"].tax < silence["credit"].tax
    assert silence["credit"].tax == (10_000 + 20_000 + 11_000 + 7_000 + 900 + 300 + 10_000 + 450 + 1_200) * 18


def test_expected_are_bills_that_somebody_waits_for(world):
    compared(world)
    client = client_for(world)

    def expected() -> tuple[int, int, int, int]:
        found = client.get(at(world, "match/")).context["exposures"]["expected"]
        return found.count, found.tax, found.notes, found.lowers

    assert expected() == (1, 1_500 * 18, 1, -100 * 18)
    by_hand.never_chase(world.recipient, identity=Bill.objects.get(number="LONE-1").identity, by=BY)
    assert expected() == (0, 0, 1, -100 * 18)
    by_hand.never_chase(world.recipient, supplier=world.supplier.gstin, by=BY)
    assert expected() == (0, 0, 0, 0)


def test_records_and_bills_are_each_counted_once(world):
    compared(world)
    context = client_for(world).get(at(world, "match/")).context
    proof = context["proof"]
    assert [line["count"] for line in proof["lines"]] == [8, 3, 1, 1]
    assert (proof["count"], proof["adds_up"], proof["waiting"]) == (13, True, 1)
    bills = context["bill_proof"]
    assert [line["count"] for line in bills["lines"]] == [8, 2, 2, 1, 0]
    assert bills["count"] == 13 == Bill.objects.filter(until__isnull=True).count()


def test_a_finding_of_another_gstin_is_never_counted(world):
    compared(world)
    client = client_for(world)
    before = client.get(at(world, "match/")).context
    other = world.taxpayer("07", 3001, "A stranger")
    record = world.saves(number="O-1", recipient=other.gstin, place_of_supply="07")
    taken(
        other, bill("O-1", supplier=world.supplier), bill("LONE", supplier=world.supplier, day="2024-10-02")
    )
    match.run(other, by=BY)
    assert Finding.objects.filter(taxpayer=other, record=record, match_class="EXACT").exists()
    # a row that names a record of somebody else must not count either
    mine = Finding.objects.get(taxpayer=world.recipient, record__number="X-1", until__isnull=True)
    Finding.objects.filter(taxpayer=other, record=record).update(record_id=mine.record_id)
    after = client.get(at(world, "match/")).context
    for name in ("exposures", "proof", "bill_proof", "blocks", "outside"):
        assert after[name] == before[name], name
    page = client.get(at(world, "ims/inward/all/", match="EXACT"))
    assert {row.record.number for row in page.context["rows"]} == {"E-1", "E-2", "DN-5", "CN-1", "E-9"}


def test_every_rung_of_the_ladder_stands_in_one_row_whose_filter_selects_it():
    rows = {row.key: row for row in overview.ROWS}
    assert len(rows) == len(overview.ROWS)
    for rung in ladder.RUNGS:
        row = rows[overview.row_key(rung.class_.value, rung.sub)]
        whole = f"{rung.class_.value}-{rung.sub}" if rung.sub else rung.class_.value
        assert rung.class_.value in row.match or whole in row.match, rung
        if rung.sub:
            assert whole in SUBCLASSES, rung


def test_the_hit_rate_is_the_share_of_credit_in_exact_and_rounding(world):
    compared(world)
    months = client_for(world).get(at(world, "match/")).context["months"]
    assert len(months) == 12
    # the exact ones are E-1, E-2, DN-5 and E-9; credit notes have no part in it
    hit, credit = 10_000 + 20_000 + 450 + 800, 62_250
    assert months[-1]["month"].hit == hit * 18
    assert months[-1]["month"].credit == credit * 18
    assert months[-1]["share"] == f"{hit * 100 / credit:.1f}"
    assert months[0]["share"] == ""


def test_a_filed_month_keeps_its_hit_rate(world):
    world.saves(number="E-1")
    taken(world.recipient, bill("E-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    world.files_3b("2024-10")
    world.goes_to("2024-11-20 10:00")
    match.run(world.recipient, by=BY)
    world.saves(number="N-1", document_date="2024-11-10")
    months = client_for(world).get(at(world, "match/")).context["months"]
    assert [one["share"] for one in months[-2:]] == ["100.0", ""]


def test_the_pages_run_as_many_queries_for_many_records_as_for_few(world):
    compared(world)
    client = client_for(world)
    paths = ("match/", "match/bills/", "", "ims/", "ims/inward/all/?rows=200", "ims/inward/all/?match=ALONE")

    def cost() -> list[int]:
        found = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(at(world, path)).status_code == 200
            found.append(len(queries))
        return found

    cost()
    few = cost()
    for n in range(40):
        world.saves(number=f"Q-{n}", kind=Kind.CREDIT_NOTE if n % 4 == 0 else Kind.INVOICE, taxable=50 + n)
    taken(
        world.recipient,
        *(bill(f"Q-{n}", supplier=world.supplier, taxable=50 + n) for n in range(20)),
        *(bill(f"W-{n}", supplier=world.supplier, taxable=9_000 + n) for n in range(20)),
    )
    match.run(world.recipient, by=BY)
    assert cost() == few


def test_a_viewer_sees_the_figures_and_no_button(world):
    compared(world)
    viewer = client_for(world, Role.VIEWER, name="vera")
    source = viewer.get(at(world, "match/")).content.decode()
    assert "Match and suggestion" in source
    assert 'form="accept"' not in source


def test_the_list_finds_what_differs_from_the_suggestion(world):
    compared(world)
    client = client_for(world)

    def numbers(**asked: str) -> set[str]:
        rows = client.get(at(world, "ims/inward/all/", **asked)).context["rows"]
        return {row.record.number for row in rows}

    # E-9 is in the books and was rejected; DONE is not in the books and was accepted
    assert numbers(differs="yes") == {"E-9", "DONE"}
    assert numbers(differs="yes") | numbers(differs="no") == numbers()
    parts = [numbers(suggests=one) for one in ("accept", "pending", "look", "none")]
    assert set().union(*parts) == numbers()
    assert sum(map(len, parts)) == len(numbers()), "each record has one suggestion or none"
    page = client.get(at(world, "ims/inward/all/", differs="yes"))
    cells = {row.record.number: [cell.value for cell in row.cells] for row in page.context["rows"]}
    assert {"Exact", "Accept"} <= set(cells["E-9"])
    assert {"Not in the books", "Keep pending"} <= set(cells["DONE"])


def test_an_unknown_class_or_suggestion_is_refused(world):
    client = client_for(world)
    for asked in ({"match": "NEARLY"}, {"suggests": "reject"}, {"differs": "maybe"}, {"reduces": "half"}):
        assert client.get(at(world, "ims/inward/all/", **asked)).status_code == 400
    assert client.get(at(world, "match/bills/", state="lost")).status_code == 400
