"""The figures of Home and of the summary equal the sums of the records. `verify` finds a counter that differs
from the records."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db.models import F

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts
from invoices import counters
from invoices.desk import actions
from invoices.journal import writing as journal
from invoices.models import Decision, DeskTally, Record
from invoices.queries import situations, tallies
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.situation import Action, Kind

BY = ("section", "reverse_charge", "claim_period", "last_claim_period", "land", "root_year")


@pytest.fixture
def busy(world):
    """Return a world whose recipient has filed, saved, decided and pending records, and a record that is not
    in IMS."""
    first, second, third, fourth = (world.saves(taxable=n) for n in (10_000, 200_000, 30_000, 40_000))
    world.saves(kind=Kind.CREDIT_NOTE, taxable=900)
    world.saves(reverse_charge=True)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.saves(period="2024-11", document_date="2024-11-02")
    world.acts("accept", first)
    world.acts("reject", second)
    world.acts("pending", third)
    world.acts("pending", fourth)
    world.goes_to("2024-11-20 10:00")
    if world.statement("2024-10") is None:
        world.recomputes("2024-10")
    world.recomputes("2024-10")
    world.files_3b("2024-10")
    world.acts("accept", third)
    return world


def test_the_counters_group_a_desk_as_the_records_do(busy):
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    mine = Record.objects.filter(recipient_id=busy.recipient.pk)
    asked = situations.tally(mine, view, by=BY, sums=True)
    assert len(asked) > 4
    kept = tallies.of_desk(busy.recipient, view, by=BY)
    key = lambda group: (group.where, group.keys)  # noqa: E731
    assert sorted(kept, key=key) == sorted(asked, key=key)


def test_folding_makes_fewer_rows_and_changes_no_figure(busy):
    DeskTally.objects.update(folded=False)
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    before = tallies.of_desk(busy.recipient, view)
    for _ in range(2):
        counters.fold_one(busy.recipient.pk)
        assert counters.drifts() == []
    assert not DeskTally.objects.filter(recipient=busy.recipient, folded=False).exists()
    assert DeskTally.objects.filter(recipient=busy.recipient, records=0).count() == 0
    after = tallies.of_desk(busy.recipient, view)
    assert sorted(after, key=lambda g: g.where) == sorted(before, key=lambda g: g.where)


def test_folding_waits_until_there_are_many_rows(busy):
    DeskTally.objects.update(folded=False)
    assert counters.fold() == 0
    one = DeskTally.objects.filter(recipient=busy.recipient).first()
    nothing = dict.fromkeys(counters.COUNTED, 0)
    keys = {name: getattr(one, name) for name in counters.KEYS}
    DeskTally.objects.bulk_create(DeskTally(**keys, **nothing) for _ in range(counters.FOLD_FROM))
    assert counters.fold() == 1


def test_the_counters_follow_every_write(busy):
    """The database triggers count every write: writes of the portal, and SQL statements that a person
    types."""
    record = Record.objects.filter(recipient=busy.recipient, decision__action="P").first()
    Record.objects.filter(pk=record.pk).update(taxable=F("taxable") + 12_345, claim_period=202501)
    Decision.objects.filter(pk=record.pk).update(action="A", answer="D", reduction_igst=7)
    assert counters.drifts() == []
    Record.objects.filter(pk=record.pk).delete()
    assert counters.drifts() == []


def test_verify_finds_an_altered_counter(busy, capsys):
    call_command("verify")
    assert "ok      counters equal the counts of records" in capsys.readouterr().out
    one = DeskTally.objects.filter(recipient=busy.recipient, records__gt=0).first()
    DeskTally.objects.filter(pk=one.pk).update(taxable=F("taxable") + 1)
    for asked in ({}, {"gstin": busy.recipient.gstin}):
        with pytest.raises(SystemExit):
            call_command("verify", **asked)
        told = capsys.readouterr().out
        for word in ("BROKEN  counters equal the counts of records", busy.recipient.gstin, "taxable"):
            assert word in told
    counters.rebuild()
    assert counters.drifts() == []


def test_deleted_counters_are_found_and_rebuilt(busy):
    """The check counts the records again and does not rely on the counters that the triggers wrote."""
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    DeskTally.objects.filter(recipient=busy.recipient).delete()
    assert tallies.of_desk(busy.recipient, view) == []
    assert counters.drifts([busy.recipient.pk]) != []
    counters.rebuild()
    total = TaxAmounts()
    for group in tallies.of_desk(busy.recipient, view):
        total += group.tax
    assert total.total > 0


@pytest.mark.django_db(transaction=True)
def test_a_flush_leaves_no_remainder(busy):
    call_command("flush", interactive=False, verbosity=0)
    assert not DeskTally.objects.exists()
    assert counters.drifts() == []


def test_i2_the_counters_and_the_records_agree_on_what_a_statement_is_made_of(busy):
    view = DeskView.of(busy.recipient, clock.today(), calendar())
    period = busy.recipient.opens
    asked = situations.tally(generation.scope(busy.recipient, period), view)
    kept = generation._groups([busy.recipient.pk], view, period)
    assert {(g.where, g.count) for g in kept} == {(g.where, g.count) for g in asked}
    assert asked


def test_any_selection_is_grouped_by_its_records_as_the_counters_group_the_desk(busy):
    view = DeskView.of(busy.recipient, clock.today(), calendar())

    def key(row):
        return row.where, row.section, row.claim_period, row.moved_to, row.count, row.edited, row.large

    asked = tallies.rows_among(Record.objects.filter(recipient_id=busy.recipient.pk), view)
    assert sorted(asked, key=key) == sorted(tallies.rows(busy.recipient, view), key=key)
    assert len(asked) > 4


@pytest.mark.parametrize("late", [False, True], ids=["as grouped", "one more came in between"])
def test_a_bulk_action_counts_its_changes_and_records_that_arrive_meanwhile(busy, monkeypatch, late):
    if late:
        real = tallies.rows_among
        monkeypatch.setattr(tallies, "rows_among", lambda records, view: real(records, view)[:-1])
    taken = actions.take_all(
        busy.recipient,
        Record.objects.filter(route="M"),
        actions.Asked(Action.REJECTED, "not ours"),
        by=journal.By(),
    )
    assert taken.saved > 1
    assert Decision.objects.filter(recipient=busy.recipient, action="R").count() >= taken.saved
    assert counters.drifts() == []
