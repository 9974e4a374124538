"""For each record, SQL and Python compute the same situation (the properties that the law uses). If the law
is applied to groups of records, the totals are the same as for single records."""

from __future__ import annotations

import random

import pytest

from gstr2b import generation
from gstr2b.models import StatementLine
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.ruling import Effect
from invoices.rules.situation import Kind


@pytest.fixture
def busy(world):
    """Return a world whose recipient has documents, actions and amendments of several periods. The choices
    are random, but the same in every run."""
    dice = random.Random(7)
    world.taxpayer("33", 3001)
    kinds = [Kind.INVOICE, Kind.DEBIT_NOTE, Kind.CREDIT_NOTE, Kind.ECO]

    def month(period: str, day: str, filed: str, amend: list[Record]) -> list[Record]:
        world.goes_to(day)
        records = [
            world.saves(
                kind=dice.choice(kinds),
                taxable=dice.randint(1, 9) * 1000,
                period=period,
                document_date=day[:8] + "05",
            )
            for _ in range(12)
        ]
        for original in amend:
            records.append(world.saves(amends=original, taxable=dice.randint(1, 9) * 1000, period=period))
        for record in records:
            try:
                world.acts(dice.choice(["accept", "reject", "pending", "reset"]), record)
            except Refused:
                continue
        world.goes_to(filed)
        world.files(period)
        return records

    october = month("2024-10", "2024-10-29 10:00", "2024-11-10 10:00", [])
    world.goes_to("2024-11-18 10:00")
    world.files_3b("2024-10")
    november = month("2024-11", "2024-11-28 10:00", "2024-12-10 10:00", october[:6])
    world.goes_to("2024-12-11 10:00")
    for record in november[::3] + october[6:9]:
        try:
            world.acts(dice.choice(["accept", "reject"]), record)
        except Refused:
            continue
    return world


def _records(world):
    return Record.objects.filter(recipient=world.recipient).select_related("decision", "recipient")


def test_sql_and_python_see_the_same_situation(busy):
    for moment in ("2024-12-11 12:00", "2024-12-15 10:00", "2025-03-15 10:00"):
        busy.goes_to(moment)
        view = DeskView.of(busy.recipient, clock.today(), calendar())
        marked = situations.with_clock_facets(_records(busy), view)
        assert marked.count() > 20
        for record in marked:
            told = {
                "closed": record.closed,
                "time_barred": record.time_barred,
                "pending_limit_reached": record.limit_reached,
                "past_cutoff": record.past_cutoff,
            }
            assert told == situations.clock_facets(record, view), record
            situation = situations.situation_of(record, view)
            assert situation.record_label == record.label


def test_i2_lines_and_totals_equal_records_ruled_one_by_one(busy):
    busy.goes_to("2024-12-13 23:00")
    period = TaxPeriod(2024, 11)
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    expected: dict[str, TaxAmounts] = {}
    count = 0
    for record in generation.scope(busy.recipient, period).select_related("decision"):
        effect = situations.effect_of(record)
        for line in situations.ruling_of(record, view).lines:
            count += 1
            signed = {Effect.FULL: effect, Effect.NONE: TaxAmounts()}[line.effect]
            expected[line.row.value] = expected.get(line.row.value, TaxAmounts()) + signed
    busy.goes_to("2024-12-14 10:00")
    statement = busy.statement("2024-11")
    assert statement.line_count == count == statement.lines.count()
    assert sum(t.count for t in statement.totals.all()) == count
    filled = table4.fill(statement)
    assert filled["4A5"] == expected["4A5"]
    for head in HEADS:
        assert getattr(filled["4A5"], head) == sum(
            getattr(line, f"effect_{head}") for line in statement.lines.filter(row="4A5")
        )
    assert sum(s.count for s in statement.suppliers.all()) == count


def test_i1_each_record_in_scope_is_on_exactly_one_list(busy):
    busy.goes_to("2024-12-14 10:00")
    statement = busy.statement("2024-11")
    in_lines = list(statement.lines.values_list("record_id", flat=True))
    assert len(in_lines) == len(set(in_lines))
    open_ones = Record.objects.filter(recipient=busy.recipient, filing="F", claim_period__lte=202411)
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    for record in open_ones.select_related("decision", "recipient"):
        situation = situations.situation_of(record, view)
        waits = situation.action.value == "P" or situation.standing.value == "B" or situation.superseded
        assert (record.pk in in_lines) + (waits or situation.closed) == 1, record


def test_i3_recomputing_with_nothing_changed_gives_the_same_content(busy):
    busy.goes_to("2024-12-14 10:00")
    first = busy.statement("2024-11")
    again = busy.recomputes("2024-11")
    skip = {"id", "origin_id"}

    def content(statement):
        rows = StatementLine.objects.of(statement).order_by("record_id", "section").values()
        return [{k: v for k, v in row.items() if k not in skip} for row in rows]

    assert again.version == first.version + 1
    assert content(again) == content(first)
