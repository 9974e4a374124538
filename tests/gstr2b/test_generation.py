"""The draft GSTR-2B of the 14th and its later versions (R-090 to R-097)."""

from __future__ import annotations

import pytest

from gstr2b import generation, midnight
from gstr2b.lines import write
from gstr2b.models import Statement, StatementLine
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices import jobs, portal_clock
from invoices.models import DeskTally, Job, JournalEntry
from tests.world import BY

OCTOBER = TaxPeriod(2024, 10)


@pytest.fixture
def filed(world):
    world.record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    return world


def test_drafts_are_made_on_the_14th_and_only_once(filed):
    filed.goes_to("2024-11-13 23:59")
    assert not Statement.objects.exists()
    filed.goes_to("2024-11-14 00:00")
    drafted = Statement.objects.count()
    assert drafted == 2  # the supplier gets a draft too, because every taxpayer can also be a recipient
    filed.goes_to("2024-11-15 12:00")
    assert Statement.objects.count() == drafted


def test_a_missed_14th_is_caught_up_by_the_next_run_of_the_nights(filed):
    portal_clock.set_to(
        portal_clock.in_ist(__import__("datetime").datetime(2024, 11, 20, 9)), run_nights=True, frozen=True
    )
    nights = list(midnight.walk(here=True))
    assert [n.on.day for n in nights] == list(range(11, 21))
    assert filed.statement("2024-10").line_count == 1


def test_i19_a_night_run_twice_has_one_effect(filed):
    filed.goes_to("2024-11-14 00:00")
    before = (Statement.objects.count(), JournalEntry.objects.count())
    midnight.run_night(__import__("datetime").date(2024, 11, 14), here=True)
    for job in Job.objects.all():
        jobs.run(job.pk)
    assert (Statement.objects.count(), JournalEntry.objects.count()) == before


def test_r090_the_night_drafts_one_recipient_once_and_no_other_period_than_the_open_one(filed):
    filed.goes_to("2024-11-13 23:59")
    october, november = TaxPeriod(2024, 10), TaxPeriod(2024, 11)
    assert generation.draft_if_due(filed.recipient, november) is None
    assert generation.draft_if_due(filed.recipient, october).version == 1
    assert generation.draft_if_due(filed.recipient, october) is None
    assert Statement.objects.filter(recipient=filed.recipient).count() == 1


def test_one_recipients_failure_stops_nobody_elses_draft(filed, monkeypatch):
    real = generation.draft_if_due

    def breaks_for_the_supplier(recipient, period):
        if recipient == filed.supplier:
            raise RuntimeError("disk full")
        return real(recipient, period)

    real_many = generation.draft_many_due

    def breaks_together(recipients, period):
        if filed.supplier in recipients:
            raise RuntimeError("disk full")
        return real_many(recipients, period)

    monkeypatch.setattr("gstr2b.midnight.generation.draft_many_due", breaks_together)
    monkeypatch.setattr("gstr2b.midnight.generation.draft_if_due", breaks_for_the_supplier)
    filed.goes_to("2024-11-14 00:00")
    assert filed.statement("2024-10") is not None
    job = Job.objects.get(kind="draft")
    assert job.state == Job.State.QUEUED
    assert "disk full" in job.error
    monkeypatch.setattr("gstr2b.midnight.generation.draft_if_due", real)
    monkeypatch.setattr("gstr2b.midnight.generation.draft_many_due", real_many)
    Job.objects.update(lease_until=None)
    jobs.run(job.pk)
    assert filed.statement("2024-10", of=filed.supplier) is not None


def test_r094_versions_are_kept_and_of_those_written_whole_only_the_two_last_keep_lines(filed, monkeypatch):
    monkeypatch.setattr(write, "origin_for", lambda desk: None)
    filed.goes_to("2024-11-15 10:00")
    for action in ("reject", "accept", "reject"):
        filed.acts(action, filed.record)
        filed.recomputes("2024-10")
    versions = Statement.objects.filter(recipient=filed.recipient).order_by("version")
    assert [v.version for v in versions] == [1, 2, 3, 4]
    assert [v.is_current for v in versions] == [False, False, False, True]
    assert [v.has_lines for v in versions] == [False, False, True, True]
    assert all(v.totals.count() for v in versions)
    assert {v.origin_id for v in versions} == {None}
    assert StatementLine.objects.of(versions[0]).count() == 0


def test_r095_a_record_filed_after_the_window_never_enters_an_earlier_statement(filed):
    late = filed.saves(by=filed.taxpayer("33", 3001), number="LATE-1", document_date="2024-10-10")
    filed.goes_to("2024-11-15 10:00")
    filed.files("2024-10", by=late.supplier) if late.tax_period == 202410 else filed.files(
        "2024-11", by=late.supplier
    )
    statement = filed.recomputes("2024-10")
    assert list(statement.lines.values_list("record_id", flat=True)) == [filed.record.pk]


@pytest.mark.parametrize(
    ("moment", "period", "code"),
    [
        ("2024-11-12 10:00", TaxPeriod(2024, 10), "TOO_EARLY"),
        ("2024-12-16 10:00", TaxPeriod(2024, 11), "PREV_3B_PENDING"),
        ("2024-11-12 10:00", TaxPeriod(2024, 9), "BAD_PERIOD"),
    ],
)
def test_r091_a_statement_that_is_not_made_has_a_reason(filed, moment, period, code):
    filed.goes_to(moment)
    with pytest.raises(Refused) as refusal:
        generation.generate(filed.recipient, period, by=BY)
    assert refusal.value.code == code


def test_i5_a_crash_midway_leaves_the_former_version_current_and_whole(filed, monkeypatch):
    filed.goes_to("2024-11-15 10:00")
    first = filed.statement("2024-10")
    filed.acts("reject", filed.record)
    monkeypatch.setattr("gstr2b.generation._switch", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filed.recomputes("2024-10")
    assert filed.statement("2024-10") == first
    assert Statement.objects.filter(recipient=filed.recipient).count() == 1
    assert first.lines.get().section == "AV_A1"


@pytest.mark.django_db
def test_r010_no_gstr2b_is_made_for_a_registration_without_ims(world):
    without = world.taxpayer("33", 2009, registration="composition")
    world.goes_to("2024-11-15 10:00")
    with pytest.raises(Refused) as told:
        generation.generate(without, TaxPeriod(2024, 10), by=BY)
    assert told.value.code == "NO_ACCESS"
    assert world.statement("2024-10", of=without) is None
    with pytest.raises(Refused) as first:
        generation.generate(without, TaxPeriod(2024, 9), by=BY)
    assert first.value.code == "BAD_PERIOD"


def test_i2_wrong_counters_leave_no_document_out_of_the_statement(filed):
    filed.goes_to("2024-11-15 10:00")
    before = filed.statement("2024-10")
    DeskTally.objects.filter(recipient_id=filed.recipient.pk).delete()
    again = filed.recomputes("2024-10")
    assert (again.version, again.line_count) == (before.version + 1, before.line_count)
    assert before.line_count > 0
    content = [sorted(s.lines.values_list("record_id", "section", "effect_igst")) for s in (before, again)]
    assert content[0] == content[1]
