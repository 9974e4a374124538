"""The preview of an action on many records equals the sum of the previews of the single records."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts
from invoices.desk.actions import Asked, judge
from invoices.desk.foreseen import foresee
from invoices.models import Record
from invoices.queries import effects, situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, Group
from invoices.rules.reduction import Declaration
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Answer, Book, Kind
from tests.invoices.rules.domain import possible


@pytest.fixture
def decided(world_2025):
    """Return a world with invoices, debit notes and credit notes. The records have every status.

    The declared reductions are full, partial and zero. Only the document CARRIED is filed. The recipient kept
    CARRIED pending until GSTR-3B of October 2025 was filed, and accepted CARRIED afterwards."""
    world = world_2025
    carried = world.saves(number="CARRIED")
    world.goes_to("2025-11-05 10:00")
    world.files("2025-10")
    world.acts("pending", carried)
    world.goes_to("2025-11-16 10:00")
    world.files_3b("2025-10")
    kinds = [Kind.INVOICE, Kind.DEBIT_NOTE, Kind.CREDIT_NOTE]
    records = [
        world.saves(kind=kind, taxable=1000 * nth, period="2025-11", document_date="2025-11-03")
        for nth, kind in enumerate(kinds * 4, start=1)
    ]
    world.acts("accept", carried, *records[:2])
    part = Declaration(True, TaxAmounts(igst=100_00))
    world.acts("accept", records[2], remarks="Paid back before", declaration=part)
    world.acts("accept", records[5], remarks="Never taken", declaration=Declaration(False))
    world.acts("accept", records[8], declaration=Declaration(True))
    world.acts("reject", records[3], records[11])
    world.acts("pending", records[4])
    return world


@pytest.mark.parametrize("action", Action)
def test_a_preview_in_one_pass_equals_the_sum_of_single_previews(decided, action):
    view = DeskView.of(decided.recipient, clock.today(), calendar())
    records = Record.objects.filter(recipient=decided.recipient)
    refused: Counter[str] = Counter()
    unchanged, asks, changing = 0, 0, []
    for record in records.select_related("decision"):
        ruling = situations.ruling_of(record, view)
        if action in ruling.refusals:
            refused[ruling.refusals[action].code] += 1
        elif ruling.situation.action is action:
            unchanged += 1
        else:
            changing.append(record)
            asks += action is Action.ACCEPTED and ruling.asks_reduction
    before, after, after_no, after_skip = TaxAmounts(), TaxAmounts(), TaxAmounts(), TaxAmounts()
    for record in changing:
        as_it_is = rule(effects.once_filed(situations.situation_of(record, view)))
        is_now = effects.of_ruling(as_it_is, record, effects.reduction_of(record.decision))
        becomes = effects.of_ruling(effects.if_taken(record, view, action), record)
        before += is_now
        after += becomes
        asked = action is Action.ACCEPTED and situations.ruling_of(record, view).asks_reduction
        no = effects.of_ruling(effects.if_taken(record, view, action, Answer.NO), record)
        after_no += no if asked else becomes
        after_skip += is_now if asked else becomes
    foreseen = foresee(records, view, action)
    assert len(changing) > 3
    assert (foreseen.allowed, foreseen.unchanged, foreseen.asks) == (len(changing), unchanged, asks)
    assert foreseen.refused == refused
    assert (foreseen.change.before, foreseen.change.after) == (before, after)
    assert (foreseen.after_no, foreseen.after_skip) == (after_no, after_skip)
    assert foreseen.change.unfiled == sum(record.filing == "S" for record in changing)
    assert foreseen.already == records.filter(decision__action=action.value).count()
    assert foreseen.fingerprint == {
        "n": len(records),
        "versions": sum(records.values_list("decision__version", flat=True)),
        "revisions": sum(records.values_list("revision", flat=True)),
        "last": max(records.values_list("pk", flat=True)),
    }


def test_a_preview_does_not_depend_on_the_order_of_the_records():
    clock_facets = ("closed", "time_barred", "pending_limit_reached", "past_cutoff")
    groups = [
        Group(s, rule(s), (), (s.record_label, s.decision_label, *(getattr(s, name) for name in clock_facets)), 1)
        for s in possible(Book.B2510)
    ]  # fmt: skip
    one, other = (judge(found, Asked(Action.PENDING)) for found in (groups, groups[::-1]))
    assert len(one.refused) > 2
    assert list(one.refused) == list(other.refused)
    assert one.reasons == other.reasons


@pytest.mark.sqlite_only
def test_a_preview_neither_waits_for_a_writer_nor_delays_one(decided):
    view = DeskView.of(decided.recipient, clock.today(), calendar())
    with CaptureQueriesContext(connection) as asked:
        foresee(Record.objects.filter(recipient=decided.recipient), view, Action.ACCEPTED)
    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}
