"""The record list uses an index for every sort order and for most filters.

A page reads at most `MOST_READ` rows, at any position in the list. The tests read PostgreSQL's own query
plans, with the row counts that PostgreSQL measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import EmptyResultSet
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from invoices.models import Record, Taxpayer
from invoices.queries import look_alikes, suppliers
from invoices.queries.calendar import calendar
from invoices.queries.record_list import paging, rare_matches, records, search_box
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import CUSTOMS, Filters
from invoices.queries.record_list.records import SORTS
from invoices.queries.situations import DeskView
from tools.benchmarks import world

pytestmark = [
    # Because of this mark, pytest-django creates the database, and runs these tests together with the other
    # tests that commit rows.
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.slow,
]

RECORDS = 40_000
# The limit for the number of rows that a page of fifty records reads. The most expensive filters match
# neither few nor most of the recipient's `RECORDS` records. With such a filter, a page reads several times
# the square root of (page size x records), which is about 1,400.
MOST_READ = 6_000
PAGE = 50

# Each filter has example values: one that matches few records and, where possible, one that matches many.
EXAMPLES: dict[str, list[Any]] = {
    "section": ["b2b", "b2ba", "b2bcn"],
    "search": [
        "B-99",
        "Benchmark 171",
        "nobody at all",
        ">200L",
        "27AABCB0105A1ZD",
        "AABCB0105A",
        "10-2024",
        "18,000",
    ],
    "status": [("N",), ("A",), ("R",), ("P",), ("R", "P")],
    "kind": [("INV",), ("CN",), ("BOE",)],
    "sections": [("b2b", "b2bcn"), ("b2ba",)],
    "source": [("GSTR-1",), ("GSTR-1A",), ("GSTR-1A", "GSTR-5")],
    "pos": [("27",), ("29",)],
    "since": ["2024-10-05", "2024-10-31"],
    "until": ["2022-12-31", "2024-10-25"],
    "ends": [7, 400],
    "ends_first": [30],
    "supplier": ["27AABCB0105A1ZD", CUSTOMS],
    "suppliers": [("27AABCB0105A1ZD",)],
    "numbers": [("B-17", "B-1234", "B-9999")],
    "pairs": [("27AABCB0105A1ZD:B-17", "27AABCB0105A1ZD:B-1234"), ("27AABCB0105A1ZD:NONE",)],
    "filing": [("S",), ("F",), ("S", "F")],
    "lands": ["this", "later", "earlier"],
    "least": [100_000_00, 20_000_000_00],
    "most": [20_000_00, 20_000_000_00],
    "edited": [True],
    "past": ["V", "T"],
    "year": ["2024-25", "2023-24"],
    "tax_least": [18_000_00, 20_000_000_00],
    "tax_most": [2_000_00, 20_000_000_00],
    "value_least": [100_000_00, 20_000_000_00],
    "value_most": [20_000_00, 20_000_000_00],
    "effect": ["more", "less", "none", "notless"],
    "declare": [True],
    "open": [("A",), ("R",), ("P",)],
    "periods": [("102024",), ("092024",)],
    "irn": ["yes", "no"],
    "remarks": ["no such words"],
    "remarked": ["yes", "no"],
    "actor": ["nobody"],
    "acted_since": ["2024-10-01", "2025-01-01"],
    "acted_until": ["2024-10-01", "2025-01-01"],
    "newcomer": [True],
    "duplicate": [True],
    "last_claim": [True],
    "adds_back": [True],
    "match": [("EXACT", "ALONE"), ("WAITING",)],
    "suggests": [("look",), ("none",)],
    "reduces": [("part",), ("unasked",)],
    "differs": ["yes", "no"],
}
# A filter that has a meaning only together with another one.
TOGETHER = {"ends_first": {"ends": 400}}
# No index serves these filters. With one of these filters, a page searches only a limited part of the list,
# and the screen says so.
LOOKED_THROUGH = {
    *(
        "effect",
        "open",
        "declare",
        "periods",
        "irn",
        "remarks",
        "remarked",
        "actor",
        "acted_since",
        "acted_until",
        "duplicate",
        "last_claim",
        "adds_back",
    ),
}
MIXED = """
UPDATE invoices_decision SET action = CASE WHEN record_id % 5000 = 7 THEN 'R' WHEN record_id % 200 = 3 THEN 'P'
    WHEN record_id % 3 = 0 THEN 'A' ELSE 'N' END;
UPDATE invoices_decision SET cleared_action = 'A', cleared_at = now() WHERE record_id % 3000 = 11;
UPDATE invoices_record SET filing = 'S' WHERE id % 4000 = 5;
UPDATE invoices_record SET claim_period = 202411 WHERE id % 3500 = 9;
UPDATE invoices_record SET claim_period = 202409 WHERE id % 1400 = 3;
UPDATE invoices_record SET section = 'b2ba', form = 'GSTR-1A', place_of_supply = '29' WHERE id % 5500 = 0;
ANALYZE
"""


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker) -> Iterator[Any]:
    """Yield the benchmark data. The data is written once for this module, and committed, because PostgreSQL
    collects its statistics from committed rows."""
    with django_db_blocker.unblock():
        scene = world.build("one", RECORDS)
        with connection.cursor() as cursor:
            for statement in MIXED.split(";"):
                cursor.execute(statement)
        yield scene
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def _django_db_helper(scene, django_db_blocker):
    """Roll the changes of each test back. This fixture replaces the fixture of pytest-django, which would
    empty the database after each test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def desk(scene, db, monkeypatch) -> Iterator[Desk]:
    # The portal searches at most `paging.LOOKED` records for a page of a list without an index. This number
    # is meant for a million records. The test has fewer records, so it uses a smaller number in the same
    # ratio.
    monkeypatch.setattr(paging, "LOOKED", 1_000)
    with clock.at(datetime(2024, 11, 15, 10, tzinfo=clock.IST)):
        recipient = Taxpayer.objects.get(pk=scene.recipient_id)
        yield Desk(recipient, DeskView.of(recipient, clock.today(), calendar()))


def rows_read(plan: dict[str, Any]) -> int:
    """Return the number of rows that the plan read from tables and indexes, including the rows that a filter
    removed."""
    own = 0
    if plan.get("Relation Name"):
        thrown = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = (plan["Actual Rows"] + thrown) * plan["Actual Loops"]
    return own + sum(rows_read(inner) for inner in plan.get("Plans", []))


def scanned_tables(plan: dict[str, Any]) -> set[str]:
    """Return the tables that the plan reads from end to end."""
    own = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return own.union(*(scanned_tables(inner) for inner in plan.get("Plans", [])))


def plans(desk: Desk, filters: Filters, sort: str, *, value: Any, pk: int | None, back: bool) -> list[dict]:
    found = rare_matches.listed_records(desk, filters, sort)
    assert found.whole is None or any(getattr(filters, name) for name in LOOKED_THROUGH), filters
    made, rows = [], 0
    walk = paging.Walk(
        found.records.select_related("decision", "supplier"),
        SORTS[found.sort.removeprefix("-")],
        whole=found.whole,
        recipient_id=desk.recipient.pk,
        backwards=found.sort.startswith("-") != back,
        value=value,
        pk=pk,
        few=found.few,
    )
    with CaptureQueriesContext(connection) as looking:
        for part in walk:
            try:
                made.append(explained(*part[: PAGE + 1].query.sql_with_params()))
            except EmptyResultSet:
                continue
            rows += made[-1]["Actual Rows"]
            if rows > PAGE:
                break
    # If a page searches only a part of the list, one further query finds the end of this part.
    ends = [one["sql"] for one in looking if one["sql"].startswith("SELECT")]
    return made + [explained(sql) for sql in ends]


def explained(sql: str, given: Any = None) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", given)
        (answer,) = cursor.fetchone()
    return (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]


def faults_of_plans(desk: Desk, filters: Filters, sort: str, where: str, **place: Any) -> list[str]:
    """Return the faults in the query plans of one page.

    PostgreSQL chooses plans from a random sample of the rows. A fault therefore counts only if the fault
    appears again with a second sample."""
    found = _faults_of_plans(desk, filters, sort, where, **place)
    if found:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE invoices_record, invoices_decision")
        found = _faults_of_plans(desk, filters, sort, where, **place)
    return found


def _faults_of_plans(desk: Desk, filters: Filters, sort: str, where: str, **place: Any) -> list[str]:
    made = plans(desk, filters, sort, **place)
    total = sum(rows_read(plan) for plan in made)
    whole = set().union(*(scanned_tables(plan) for plan in made)) & {"invoices_record", "invoices_decision"}
    if total <= MOST_READ and not whole:
        return []
    return [f"{sort}, {where}: {total} rows read, whole tables {sorted(whole)}"]


def test_every_sort_order_reads_only_about_a_page_at_any_position(desk):
    bad = []
    for key in SORTS:
        for sort in (key, f"-{key}"):
            bad += faults_of_plans(desk, Filters(), sort, "first page", value=None, pk=None, back=False)
            bad += faults_of_plans(desk, Filters(), sort, "last page", value=None, pk=None, back=True)
            # start in the middle of the list, as a later page does
            ordered = records.on_desk(desk.recipient, desk.view).annotate(sort_key=SORTS[key].expression)
            middle = ordered.order_by("sort_key", "pk")[RECORDS // 2]
            bad += faults_of_plans(
                desk, Filters(), sort, "in the middle", value=middle.sort_key, pk=middle.pk, back=False
            )
    assert not bad, "\n".join(bad)


def test_every_filter_reads_only_its_matches_or_a_page_in_every_order(desk):
    assert {one.name for one in fields(Filters)} == EXAMPLES.keys(), "a filter without an example here"
    bad = []
    for name, values in EXAMPLES.items():
        for value in values:
            for key in SORTS:
                for back in (False, True):
                    filters = Filters(**{name: value}, **TOGETHER.get(name, {}))
                    where = f"{name}={value}, {'last' if back else 'first'} page"
                    bad += faults_of_plans(desk, filters, key, where, value=None, pk=None, back=back)
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(("kind", "section"), [("CN", "b2bcna"), ("INV", "b2ba")])
def test_an_amendment_whose_effect_has_the_other_sign_is_listed_by_effect(desk, kind, section):
    """The list shows only credit notes or only invoices, sorted by effect. An amended credit note can raise
    ITC, and an amended invoice can lower ITC. The list must contain these amendments too, and the last page
    must still read few records."""
    amended = Record.objects.filter(kind=kind, route="M").earliest("pk")
    baseline = amended.cgst + amended.sgst + 100_00
    Record.objects.filter(pk=amended.pk).update(section=section, baseline_igst=baseline)
    amended.refresh_from_db()
    assert (amended.effect > 0) == (kind == "CN")
    desk = Desk(desk.recipient, desk.view)
    filters = Filters(kind=(kind,))
    for sort in ("effect", "-effect"):
        found = rare_matches.listed_records(desk, filters, sort)
        assert amended in found.records
        assert found.records.count() == desk.count(filters).count
        for back in (False, True):
            assert not faults_of_plans(desk, filters, sort, f"back {back}", value=None, pk=None, back=back)


def test_counters_equal_a_count_of_the_records(desk):
    for name in ("section", "status", "kind", "filing", "lands", "edited", "past", "open"):
        for value in EXAMPLES[name]:
            filters = Filters(**{name: value})
            told = desk.count(filters)
            found = records.matching(desk.recipient, desk.view, filters)
            assert told is not None
            assert told.count == found.count(), filters
            listed = rare_matches.listed_records(desk, filters, "taxable")
            assert listed.records.count() == told.count, filters


def test_an_amount_in_the_search_box_is_looked_up_in_the_indexes_of_amounts(desk):
    """The search box first asks which documents have the amount as taxable value, tax or invoice value. This question
    does not read the desk, for an amount of few documents and for an amount of no document."""
    some = Record.objects.filter(recipient=desk.recipient).earliest("pk")
    for paise in (some.taxable, some.value, 123_456_789_01):
        with CaptureQueriesContext(connection) as looking:
            search_box.equal_to(paise, desk.recipient)
        (question,) = looking
        plan = explained(question["sql"])
        assert not scanned_tables(plan)
        assert rows_read(plan) <= MOST_READ, paise


def test_new_suppliers_and_duplicates_are_found_without_reading_the_desk(desk):
    """The query for new suppliers and the query for duplicates do not read all records of the recipient. This
    holds even if most suppliers are old, or if many documents have the same amount."""
    with CaptureQueriesContext(connection) as looking:
        new = suppliers.new_to(desk.recipient, desk.view.open_period)
    (question,) = looking
    known = Record.objects.filter(claim_period__lt=desk.view.open_period).values("supplier_id").distinct()
    every = Record.objects.filter(supplier__isnull=False).values("supplier_id").distinct()
    assert len(new) == every.count() - known.count() > 0
    assert known.count() > 0
    assert rows_read(explained(question["sql"])) < 10 * every.count()
    # Give all documents equal amounts, as if a supplier sold everything at one price. The documents then
    # differ only in their numbers.
    Record.objects.update(value=118_00, taxable=100_00, igst=18_00, cgst=0, sgst=0, cess=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE invoices_record")
    some = records.on_desk(desk.recipient, desk.view).filter(look_alikes.is_reported_twice()).values("pk")
    stretch = records.on_desk(desk.recipient, desk.view).order_by("pk")[: paging.LOOKED]
    pks = list(stretch.values_list("pk", flat=True))
    assert rows_read(explained(*some.filter(pk__in=pks).query.sql_with_params())) <= 4 * paging.LOOKED


@pytest.mark.parametrize("sort", ["date", "-tax", "supplier"])
def test_pages_that_look_through_stretches_show_every_match_once_forwards_and_backwards(desk, sort):
    Record.objects.filter(pk__in=Record.objects.order_by("pk").values_list("pk", flat=True)[7::900]).update(
        tax_period=202407
    )
    filters = Filters(periods=("072024",))
    found = rare_matches.listed_records(desk, filters, sort)
    assert found.whole is not None
    assert not found.counted.known
    expected = set(records.matching(desk.recipient, desk.view, filters).values_list("pk", flat=True))

    def pages(token: str, way: str) -> Iterator[paging.ListPage]:
        while True:
            page = paging.page(
                found.records,
                recipient_id=desk.recipient.pk,
                sort=found.sort,
                size=25,
                token=token,
                asked="",
                total=None,
                whole=found.whole,
            )
            yield page
            token = getattr(page, way)
            if token is None:
                return

    onwards = list(pages("", "next"))
    assert onwards[0].looked == paging.LOOKED
    there = [row.pk for page in onwards for row in page.rows]
    assert len(there) == len(set(there))
    assert set(there) == expected
    back = list(pages(onwards[0].last or "", "previous"))
    again = [row.pk for page in reversed(back) for row in page.rows]
    assert again == there
    turned = list(pages(onwards[-1].previous or "", "previous"))
    before = [row.pk for page in reversed(turned) for row in page.rows]
    assert before == there[: len(there) - len(onwards[-1].rows)]


def test_a_page_begins_at_its_place_however_many_records_share_the_value(desk):
    Record.objects.update(document_date="2024-10-07")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE invoices_record")
    ordered = records.on_desk(desk.recipient, desk.view).annotate(sort_key=SORTS["date"].expression)
    for sort, back in (("date", False), ("-date", False), ("date", True), ("-date", True)):
        descending = sort.startswith("-") != back
        order = ("-sort_key", "-pk") if descending else ("sort_key", "pk")
        place = ordered.order_by(*order)[ordered.count() - PAGE]
        (plan,) = plans(desk, Filters(), sort, value=place.sort_key, pk=place.pk, back=back)
        assert plan["Actual Rows"] == PAGE - 1
        assert rows_read(plan) <= 10 * PAGE, (sort, back)
