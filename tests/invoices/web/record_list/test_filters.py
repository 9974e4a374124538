"""Filters by several values and by dates find the matching records, on screen and through the API."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from invoices.documents import archive
from invoices.models import ArchivedRecord, PastedList, Record, SavedView
from invoices.queries import look_alikes
from invoices.queries.calendar import annual_returns, calendar
from invoices.queries.record_list import records
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView, ruling_of
from invoices.rules.calendar import Form
from invoices.rules.situation import Action, Kind
from invoices.web.desk.pending_until import pending_until
from tests.api_client import api_for
from tests.desk_pages import at, client_for, credit_note
from tests.invoices.web.record_list.list_pages import numbers, paste

CASES = [
    ({"status": "R,P"}, {"INV-2", "INV-3"}),
    ({"kind": "CN,DN"}, {"CN-1", "DN-1"}),
    ({"sections": "b2bcn,b2b", "status": "N"}, {"CN-1", "INV-1", "INV-4"}),
    ({"filing": "S"}, {"INV-1", "INV-2", "INV-3", "INV-4", "DN-1", "CN-1"}),
    ({"filing": "F", "status": "N"}, set()),
    ({"filing": "S,F", "status": "R"}, {"INV-2"}),
    ({"source": "GSTR-1"}, {"INV-1", "INV-2", "INV-3", "INV-4", "DN-1", "CN-1"}),
    ({"source": "IFF,GSTR-1A"}, set()),
    ({"pos": "23"}, set()),
    ({"from": "2024-10-03", "to": "2024-10-04"}, {"INV-2", "DN-1"}),
    ({"to": "2024-10-02", "status": "P,N"}, {"CN-1", "INV-3"}),
    ({"taxmin": "5400", "taxmax": "10800"}, {"INV-2", "INV-3"}),
    ({"valuemin": "70801"}, {"CN-1"}),
    ({"valuemax": "5900"}, {"INV-4"}),
    ({"fy": "2024-25", "kind": "DN"}, {"DN-1"}),
    ({"fy": "2023-24"}, set()),
    ({"effect": "less"}, {"CN-1"}),
    ({"effect": "more", "to": "2024-10-03"}, {"INV-2", "INV-3"}),
    ({"effect": "none"}, set()),
    ({"open": "P"}, {"INV-1", "INV-2", "INV-3", "INV-4", "DN-1"}),
    ({"open": "P,R", "kind": "CN,DN"}, {"CN-1", "DN-1"}),
    ({"periods": "102024,092024"}, {"INV-1", "INV-2", "INV-3", "INV-4", "DN-1", "CN-1"}),
    ({"periods": "092024"}, set()),
    ({"irn": "yes"}, {"INV-4"}),
    ({"irn": "no", "kind": "INV"}, {"INV-1", "INV-2", "INV-3"}),
    ({"remarks": "SHORT by"}, {"INV-2"}),
    ({"remarked": "yes"}, {"INV-2"}),
    ({"remarked": "no", "status": "R,P"}, {"INV-3"}),
    ({"by": "asha", "status": "P"}, set()),
    ({"by": "nobody.such"}, set()),
    ({"actedfrom": "2024-10-01"}, {"INV-2", "INV-3"}),
    ({"actedto": "2024-09-30"}, set()),
]


@pytest.mark.parametrize(("query", "found"), CASES)
def test_several_values_and_days_find_what_they_say_on_screen_and_through_the_api(desk, query, found):
    response = client_for(desk).get(at(desk, "ims/inward/all/", **query))
    assert numbers(response) == found
    assert response.context["counted"].count == len(found)
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    assert {row["number"] for row in api_for(desk).get(f"records/?{asked}").json()["items"]} == found


def test_ticked_boxes_mean_the_same_as_values_with_commas(desk):
    response = client_for(desk).get(at(desk, "ims/inward/all/") + "?status=R&status=P&q=")
    assert numbers(response) == {"INV-2", "INV-3"}
    assert response.context["listing"].url() == at(desk, "ims/inward/all/") + "?status=R,P"


def test_each_chosen_value_has_a_chip_of_its_own(desk):
    response = client_for(desk).get(
        at(desk, "ims/inward/all/", status="R,P", **{"from": "2024-10-01"}, ends="7")
    )
    chips = {chip["label"]: parse_qs(urlsplit(chip["url"]).query) for chip in response.context["chips"]}
    assert set(chips) == {
        "Status: Rejected",
        "Status: Pending",
        "Dated from 01-10-2024",
        "Pending ends within 7 days",
    }
    assert chips["Status: Rejected"] == {"status": ["P"], "from": ["2024-10-01"], "ends": ["7"]}
    assert "from" not in chips["Dated from 01-10-2024"]


@pytest.mark.parametrize(
    "bad",
    [
        {"status": "N,X"},
        {"kind": "CN,secret"},
        {"sections": "none"},
        {"pos": "00"},
        {"from": "05-10-2024"},
        {"ends": "401"},
        {"ends": "-1"},
        {"suppliers": "27AAAAA0000A1Z5"},
        {"source": "GSTR-9"},
        {"filing": "S,X"},
    ],
)
def test_an_unknown_value_is_refused_on_screen_and_through_the_api(desk, bad):
    assert client_for(desk).get(at(desk, "ims/inward/all/", **bad)).status_code == 400
    (name, value), *_ = bad.items()
    answer = api_for(desk).get(f"records/?{name}={value}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FILTER")
    assert answer.json()["errors"][0]["field"] == name


def test_lists_sort_by_value_both_ways(desk):
    found = client_for(desk).get(at(desk, "ims/inward/all/", sort="-value")).context["rows"]
    values = [row.record.value * (-1 if row.record.kind == "CN" else 1) for row in found]
    assert values == sorted(values, reverse=True)
    assert found[-1].record.number == "CN-1"


@pytest.mark.parametrize("year", [2024, 2025])
@pytest.mark.parametrize("days", [0, 7, 30, 60, 400])
def test_r064_r055_the_filter_ends_within_agrees_with_the_last_day_of_each_row(request, year, days):
    world = request.getfixturevalue("world" if year == 2024 else "world_2025")
    month = f"{year}-10"
    invoice = world.saves(number="A", document_date=f"{month}-05", period=month)
    old = world.saves(number="B", document_date=f"{year - 1}-03-05", period=month)
    note = credit_note(world, number="C", document_date=f"{month}-06", period=month)
    world.acts("pending", old, invoice)
    if year == 2025:
        world.acts("pending", note)
    view = DeskView.of(world.recipient, clock.today(), calendar())
    today, expected = clock.today(), set()
    furnished = annual_returns([world.recipient.pk])
    for record in Record.objects.select_related("decision"):
        ruling = ruling_of(record, view)
        if Action.PENDING in ruling.refusals:
            continue
        day, _why = pending_until(world.recipient, record, ruling, furnished)
        if today <= day <= today + timedelta(days=days):
            expected.add(record.number)
    found = records.matching(world.recipient, view, Filters(ends=days))
    assert set(found.values_list("number", flat=True)) == expected
    assert days < 400 or expected


@pytest.mark.parametrize(
    ("sort", "typed", "first"),
    [
        ("date", "04-10-2024", "DN-1"),
        ("date", "2024-10-04", "DN-1"),
        ("-date", "2024-10-04", "DN-1"),
        ("number", "inv-3", "INV-3"),
        ("-number", "INV-3", "INV-3"),
        ("taxable", "20,000", "DN-1"),
        ("-taxable", "25000", "DN-1"),
        ("supplier", "Narmada", "INV-3"),
    ],
)
def test_a_list_jumps_to_a_value_in_its_order_and_back(desk, sort, typed, first):
    client = client_for(desk)
    response = client.get(at(desk, "ims/inward/all/", sort=sort, goto=typed))
    shown = [row.record.number for row in response.context["rows"]]
    assert shown[0] == first
    before = client.get(response.context["pager"]["previous"])
    whole = [row.record.number for row in before.context["rows"]] + shown
    assert sorted(whole) == ["CN-1", "DN-1", "INV-1", "INV-2", "INV-3", "INV-4"]
    nowhere = client.get(at(desk, "ims/inward/all/", sort="date", goto="2031-01-01"))
    assert "This page of the list has no records." in nowhere.content.decode()
    assert nowhere.context["pager"]["previous"]
    assert client.get(at(desk, "ims/inward/all/", goto="soon")).status_code == 400


def test_the_view_of_reductions_shows_records_whose_acceptance_asks_for_a_declaration(world_2025):
    month = {"document_date": "2025-10-05", "period": "2025-10"}
    world_2025.saves(number="INV-1", **month)
    credit_note(world_2025, number="CN-1", **month)
    done = credit_note(world_2025, number="CN-2", **month)
    world_2025.acts("reject", done)
    response = client_for(world_2025).get(at(world_2025, "ims/inward/all/", declare="1"))
    view = DeskView.of(world_2025.recipient, clock.today(), calendar())
    asked = {
        record.number
        for record in Record.objects.select_related("decision")
        if record.decision.action == "N" and ruling_of(record, view).asks_reduction
    }
    assert numbers(response) == asked == {"CN-1"}
    (tab,) = [tab for tab in response.context["tabs"] if tab["current"]]
    assert (tab["label"], tab["count"]) == ("ITC reduction to declare", 1)


# tests of new suppliers and of possible duplicates


@pytest.fixture
def november(world):
    """Return a world in November. Two suppliers reported documents in October and in November. A third
    supplier reported a document only in November."""
    world.old = world.saves(number="OLD-1", document_date="2024-10-05")
    world.waits = world.saves(
        by=world.taxpayer("24", 1002, "Narmada Fasteners LLP"), number="WAITS-1", document_date="2024-10-05"
    )
    world.files("2024-10")
    world.files("2024-10", by=world.waits.supplier)
    world.acts("pending", world.waits)
    world.goes_to("2024-11-15 10:00")
    world.files_3b("2024-10")
    month = {"period": "2024-11", "document_date": "2024-11-05"}
    world.saves(number="A-1", **month)
    world.saves(by=world.waits.supplier, number="B-1", **month)
    world.new = world.taxpayer("23", 1003, "Vindhya Paper Mills")
    world.saves(by=world.new, number="C-1", **month)
    return world


@pytest.mark.parametrize("archived", [False, True])
def test_a_new_supplier_is_one_without_a_document_in_an_earlier_period(november, archived):
    """A supplier is not new if an earlier period has a document of the supplier. The earlier document may be
    accepted and archived, accepted and not archived yet, or still pending."""
    if archived:
        archive.move_all(november.recipient)
        assert ArchivedRecord.objects.filter(pk=november.old.pk).exists()
    client = client_for(november)
    response = client.get(at(november, "ims/inward/all/", newsupplier="1"))
    assert numbers(response) == {"C-1"}
    assert response.context["counted"].count == 1
    assert [chip["label"] for chip in response.context["chips"]] == ["Supplier new in this return period"]
    (tab,) = [tab for tab in response.context["tabs"] if tab["current"]]
    assert tab["label"] == "New supplier"
    # a supplier can be new to one recipient and known to another
    other = november.taxpayer("29", 2002, "Deccan Motors")
    november.saves(
        by=november.supplier, recipient=other.gstin, place_of_supply="29", number="D-1",
        period="2024-11", document_date="2024-11-06",
    )  # fmt: skip
    view = DeskView.of(other, clock.today(), calendar())
    assert records.matching(other, view, Filters(newcomer=True)).count() == 1
    assert numbers(client.get(at(november, "ims/inward/all/", newsupplier="1"))) == {"C-1"}


def test_a_possible_duplicate_has_the_same_amounts_and_the_same_number_without_separators(world):
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    first = world.saves(number="INV/24-001")
    world.saves(number="inv24001")
    world.saves(number="INV-24001", taxable=10_001)  # this document has another amount
    world.saves(number="INV/24001", kind=Kind.DEBIT_NOTE)  # this document has another kind
    world.saves(by=other, number="INV-24-001")  # this document has another supplier
    world.saves(number="007/1")
    world.saves(number="7-1")
    # an amendment has the number of its original, but does not count as a duplicate
    amended = world.saves(number="AM-1", document_date="2024-10-01")
    world.files("2024-10")
    world.goes_to("2024-11-12 10:00")
    world.saves(amends=amended, form=Form.GSTR1A, period="2024-10", taxable=10_000)
    client = client_for(world)
    response = client.get(at(world, "ims/inward/all/", duplicate="1"))
    assert numbers(response) == {"INV/24-001", "inv24001", "007/1", "7-1"}
    assert [chip["label"] for chip in response.context["chips"]] == ["Possible duplicate"]
    (tab,) = [tab for tab in response.context["tabs"] if tab["current"]]
    assert tab["label"] == "Possible duplicate"
    # the record's page names the duplicate; for every record, the page and the filter agree
    assert "inv24001" in client.get(at(world, f"ims/records/{first.pk}/")).content.decode()
    told = {r.number for r in Record.objects.all() if look_alikes.duplicate(r)}
    assert told == numbers(response)


@pytest.mark.parametrize(("name", "found"), [("newsupplier", {"C-1"}), ("duplicate", {"E/1", "E-1"})])
def test_new_views_also_filter_files_the_api_and_batches(november, name, found):
    month = {"period": "2024-11", "document_date": "2024-11-05"}
    november.saves(number="E/1", **month)
    november.saves(number="E-1", **month)
    client = client_for(november)
    page = client.get(at(november, "ims/inward/all/", **{name: "1"}))
    assert numbers(page) == found
    file = client.get(at(november, "ims/download/") + f"?{page.context['listing'].download}")
    sheet = openpyxl.load_workbook(BytesIO(b"".join(file)))["Records"]
    assert {row[1] for row in list(sheet.iter_rows(values_only=True))[5:] if row[1]} == found
    items = api_for(november).get(f"records/?{name}=1").json()["items"]
    assert {row["number"] for row in items} == found
    assert api_for(november).get(f"records/?{name}=2").status_code == 400
    started = client.post(
        at(november, "ims/batches/"),
        {
            "action": "A", "scope": "match", "as_of": clock.now().isoformat(),
            "next": at(november, "ims/inward/all/", **{name: "1"}),
        },
    )  # fmt: skip
    assert client.get(started["Location"]).context["total"] == len(found)
    client.post(started["Location"] + "run/", {"count": str(len(found))})
    accepted = Record.objects.filter(decision__action="A", tax_period=202411)
    assert set(accepted.values_list("number", flat=True)) == found


def test_new_views_cost_the_same_queries_for_many_suppliers_as_for_few(november):
    client = client_for(november)
    for number in ("E/1", "E-1"):
        november.saves(number=number, period="2024-11", document_date="2024-11-05")

    def queries_of(name: str) -> int:
        with CaptureQueriesContext(connection) as looking:
            client.get(at(november, "ims/inward/all/", **{name: "1"}))
        return len(looking)

    few = {name: queries_of(name) for name in ("newsupplier", "duplicate")}
    for n in range(12):
        by = november.taxpayer("24", 3000 + n, f"Supplier {n}")
        for number in ("X/1", "X-1"):
            november.saves(by=by, number=number, period="2024-11", document_date="2024-11-05")
    assert {name: queries_of(name) for name in few} == few


# tests of saved views and batches from a filtered list


def test_a_saved_view_and_a_batch_keep_every_filter(desk):
    client = client_for(desk)
    paste(client, desk, f"{desk.other.gstin}\nDN-1")
    digest = PastedList.objects.get().digest
    back = at(desk, "ims/inward/all/", list=digest, status="N,P", **{"from": "2024-10-03"}, sort="-value")
    client.post(at(desk, "ims/views/"), {"name": "mine", "next": back})
    query = parse_qs(SavedView.objects.get().query)
    assert query == {
        "list": [digest],
        "status": ["N,P"],
        "from": ["2024-10-03"],
        "sort": ["-value"],
    }
    started = client.post(
        at(desk, "ims/batches/"),
        {"action": "A", "scope": "match", "next": back, "as_of": clock.now().isoformat()},
    )
    preview = client.get(started["Location"])
    assert preview.context["total"] == 2
    client.post(started["Location"] + "run/", {"count": "2"})
    assert set(Record.objects.filter(decision__action="A").values_list("number", flat=True)) == {
        "INV-4",
        "DN-1",
    }


def test_a_batch_stored_with_one_word_for_a_filter_is_still_read():
    assert Filters(status="N", kind="CN", sections=["b2b"]) == Filters(
        status=("N",), kind=("CN",), sections=("b2b",)
    )
    assert Filters(status="").status == ()


@pytest.mark.parametrize("typed", ["Oct 2024", "october 2024", "10-2024", "SVECM Oct 2024"])
def test_the_search_reads_a_month_as_the_list_writes_it(world, typed):
    world.saves(number="SVECM-1")
    world.goes_to("2024-11-20 10:00")
    world.saves(number="SVECM-2", period="2024-11")
    assert numbers(client_for(world).get(at(world, "ims/inward/all/"), {"q": typed})) == {"SVECM-1"}


@pytest.mark.parametrize("typed", ["Jan 2001", "Marching 2024", "Oct 2024-25"])
def test_a_month_before_gst_and_other_words_find_nothing_and_fail_nothing(world, typed):
    world.saves(number="SVECM-1")
    assert numbers(client_for(world).get(at(world, "ims/inward/all/"), {"q": typed})) == set()
