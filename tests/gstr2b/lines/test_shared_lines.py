"""Versions of a GSTR-2B store their common lines once. Code that reads a version gets all lines of the
version, as if the version had stored all its lines."""

from __future__ import annotations

import pytest
from django.db import connection

from gstr2b import differences, rule37a
from gstr2b.lines import write
from gstr2b.lines.select import TOLD
from gstr2b.models import STANDS, Statement, StatementLine
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import DeskTally
from invoices.rules.situation import Kind
from returns.gstr3b import filing
from tests.returns.management.test_verify import verify
from tests.world import BY

OCTOBER, PERIOD = TaxPeriod(2024, 10), "2024-10"


@pytest.fixture
def drafted(world):
    """Return a world with a draft of October. The draft has five invoices and a credit note."""
    world.invoices = [world.saves(taxable=1_000 * n) for n in range(1, 6)]
    world.note = world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000)
    world.goes_to("2024-11-10 10:00")
    world.files(PERIOD)
    world.goes_to("2024-11-15 10:00")
    return world


def line_contents(statement):
    """Return the contents of a statement's lines, in a fixed order."""
    return sorted(StatementLine.objects.of(statement).values_list(*TOLD), key=repr)


def recompute_in_full(world, monkeypatch):
    """Recompute GSTR-2B. The new version stores all its lines again, as a first version does."""
    with monkeypatch.context() as patch:
        patch.setattr(write, "origin_for", lambda desk: None)
        return world.recomputes(PERIOD)


def test_i4_a_recompute_adds_the_lines_that_differ_and_leaves_the_others(drafted):
    first = drafted.statement(PERIOD)
    mine = StatementLine.objects.filter(origin=first)
    before = set(mine.values_list("pk", flat=True))
    drafted.acts("reject", drafted.invoices[0], remarks="not ours")
    drafted.acts("pending", drafted.invoices[1])
    second = drafted.recomputes(PERIOD)
    assert second.origin_id == first.pk
    replaced = mine.filter(until=second.version)
    assert {line.record_id for line in replaced} == {record.pk for record in drafted.invoices[:2]}
    added = mine.exclude(pk__in=before).get()
    assert (added.record_id, added.since, added.section) == (drafted.invoices[0].pk, 2, "REJ")
    kept = set(second.lines.values_list("pk", flat=True))
    assert kept == before - {line.pk for line in replaced} | {added.pk}
    assert set(first.lines.values_list("pk", flat=True)) == before


STEPS = {
    "nothing": lambda w: None,
    "a rejection": lambda w: w.acts("reject", w.invoices[0], remarks="not ours"),
    "kept pending": lambda w: w.acts("pending", w.invoices[1]),
    "accepted, in the same table": lambda w: w.acts("accept", w.invoices[2]),
    "a note rejected": lambda w: w.acts("reject", w.note),
    "everything rejected": lambda w: w.acts("reject", *w.invoices),
    "and reset": lambda w: w.acts("reset", *w.invoices),
    "another remark": lambda w: w.acts("reject", w.invoices[0], remarks="sent back"),
}


def test_i3_a_version_with_shared_lines_equals_a_version_written_whole(drafted, monkeypatch):
    for step, act in STEPS.items():
        act(drafted)
        shared = drafted.recomputes(PERIOD)
        assert shared.origin_id, step
        content, sums = line_contents(shared), _sums(shared)
        again = recompute_in_full(drafted, monkeypatch)
        assert again.origin_id is None
        assert line_contents(again) == content, step
        assert _sums(again) == sums, step
        assert again.line_count == shared.line_count == len(content)
        assert verify() == ""


def _sums(statement):
    skip = {"id", "statement_id"}
    return [
        sorted(({k: v for k, v in row.items() if k not in skip} for row in rows.values()), key=repr)
        for rows in (statement.totals, statement.suppliers)
    ]


def test_i4_every_version_that_shares_lines_stays_readable(drafted):
    contents = {1: line_contents(drafted.statement(PERIOD))}
    for verb in ("reject", "pending", "accept", "reject"):
        drafted.acts(verb, *drafted.invoices[:3])
        version = drafted.recomputes(PERIOD)
        contents[version.version] = line_contents(version)
    for statement in Statement.objects.filter(recipient=drafted.recipient):
        assert statement.has_lines
        assert line_contents(statement) == contents[statement.version]
    # any two versions can be compared, in either order
    one, four = (Statement.objects.get(recipient=drafted.recipient, version=n) for n in (1, 4))
    for found in (differences.compare(one, four), differences.compare(four, one)):
        assert found.adds_up
        assert sum(found.counts.values()) == 6
        assert found.counts["changed"] == 3
    assert (
        len(differences.documents(one, four).rows) == len(differences.documents(one, four, "same").rows) == 3
    )


def test_after_many_changes_a_version_is_written_whole_and_the_lines_before_are_dropped(drafted, monkeypatch):
    monkeypatch.setattr(write, "FEW", 3)
    origins = []
    for verb in ("reject", "accept", "reject", "accept"):
        drafted.acts(verb, *drafted.invoices[:2])
        origins.append(drafted.recomputes(PERIOD).origin_id)
    first = Statement.objects.get(recipient=drafted.recipient, version=1)
    # Each recompute replaces two lines. With the third version, four lines would be replaced in total. `FEW`
    # allows three, so the third version stores all its lines.
    assert origins[0] == first.pk
    assert origins[1] is None
    assert origins[2] is not None
    kept = Statement.objects.filter(recipient=drafted.recipient).order_by("version")
    assert [s.has_lines for s in kept] == [False, False, True, True, True]
    assert not StatementLine.objects.filter(origin=first).exists()


def test_i1_wrong_counters_leave_no_document_out_of_a_recompute(drafted):
    """The test deletes the counters before a recompute. The recompute finds every document in the records,
    even if the new version shares lines with the earlier version."""
    drafted.acts("reject", drafted.invoices[0])
    DeskTally.objects.filter(recipient_id=drafted.recipient.pk).delete()
    second = drafted.recomputes(PERIOD)
    assert second.origin_id
    assert second.line_count == 6
    assert second.lines.get(record_id=drafted.invoices[0].pk).section == "REJ"


def test_r098_a_reversal_stays_the_same_line_through_recomputing(world):
    record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files(PERIOD)
    world.goes_to("2024-11-18 10:00")
    world.files_3b(PERIOD)
    while world.recipient.opens.iso <= "2025-08":
        period = world.recipient.opens
        world.goes_to(f"{period.offset(1).iso}-16 10:00")
        filing.file(world.recipient, period, by=BY)
    world.goes_to("2025-10-02 10:00")
    assert rule37a.flag(world.supplier, OCTOBER, by=BY) == 1
    world.goes_to("2025-10-15 10:00")
    first = world.statement("2025-09")
    second = world.recomputes("2025-09")
    assert second.origin_id == first.pk
    line = StatementLine.objects.get(recipient_id=world.recipient.pk, record_id=record.pk, section="REV_37A")
    assert (line.until, line.reversed_igst) == (STANDS, 180_000)
    assert list(first.lines) == list(second.lines) == [line]
    assert [t.reversed_igst for t in second.totals.all()] == [180_000]


def test_recomputing_looks_for_each_line_by_an_index(drafted):
    """A recompute compares the lines of the new version with the lines of the earlier version. Before this
    comparison used an index, it took a minute for ten thousand lines. On SQLite, nobody else could write
    during this minute."""
    plans = []

    def explained(execute, sql, params, many, context):
        if sql.startswith("CREATE TEMPORARY TABLE gstr2b_differing"):
            how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
            with connection.cursor() as cursor:
                cursor.execute(f"{how} {sql}", params)
                plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        drafted.recomputes(PERIOD)
    (told,) = plans
    if connection.vendor == "sqlite":
        assert "SEARCH gstr2b_statementline USING INDEX line_by_" in told, told
        assert "SEARCH m USING INDEX gstr2b_made_by_record (record_id=?) LEFT-JOIN" in told, told
    else:
        assert "Hash Full Join" in told or "Merge Full Join" in told, told
