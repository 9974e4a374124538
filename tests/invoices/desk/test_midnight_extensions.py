"""Extensions that are narrower than a State move the dates of their taxpayers only (R-067)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel.errors import Refused
from invoices.desk import midnight_events, undo
from invoices.models import DueDateExtension
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.situation import Kind
from tests.world import BY, World

MOST_STATEMENTS = 10


def extend(form: str, period: int, due_on: date, *places: str, state: str = "") -> None:
    DueDateExtension.objects.create(
        form=form, period=period, due_on=due_on, state=state, places="\n".join(places), source="N-1"
    )


def test_r067_r073_a_saved_document_waits_for_the_extended_window_of_its_supplier(world):
    world.goes_to("2025-01-05 10:00")
    near = world.taxpayer(world.supplier.state, 31)
    near.district = "Raigad"
    near.save()
    named = world.taxpayer(world.supplier.state, 32)
    given = {"period": "2024-12", "document_date": "2024-12-20"}
    usual, extended, by_gstin = (world.saves(by=by, **given) for by in (world.supplier, near, named))
    extend("GSTR-1", 202412, date(2025, 1, 16), "Raigad", state=world.supplier.state)
    extend("GSTR-1", 202412, date(2025, 1, 13), named.gstin)

    def months(night: date) -> list[int]:
        midnight_events.move_provisional_periods(night)
        return [world.now(record).natural_period for record in (usual, extended, by_gstin)]

    assert months(date(2025, 1, 12)) == [202501, 202412, 202412]
    assert months(date(2025, 1, 14)) == [202501, 202412, 202501]
    assert months(date(2025, 1, 17)) == [202501, 202501, 202501]
    # the extended window also decides when the supplier files
    assert midnight_events.move_provisional_periods(date(2025, 1, 17)) == 0


@pytest.mark.parametrize("suppliers", [1, 3])
def test_r067_r073_the_statements_of_a_night_do_not_grow_with_the_named_places(world, suppliers):
    world.goes_to("2025-01-05 10:00")
    named = [world.taxpayer("27", 40 + nth) for nth in range(suppliers)]
    records = [world.saves(by=one, period="2024-12", document_date="2024-12-20") for one in named]
    extend("GSTR-1", 202412, date(2025, 1, 16), "Raigad", "402107", *[one.gstin for one in named])
    with CaptureQueriesContext(connection) as ran:
        assert midnight_events.move_provisional_periods(date(2025, 1, 17)) == suppliers
    assert {world.now(record).natural_period for record in records} == {202501}
    assert len(ran) <= MOST_STATEMENTS
    # a place is compared with the one fact that it can be
    assert sum(query["sql"].count("Raigad") for query in ran if "DISTINCT" in query["sql"]) <= 1


def test_r067_r064_pending_ends_later_in_the_district_whose_gstr3b_is_extended(world_2025):
    world = world_2025
    other = world.taxpayer(world.recipient.state, 33)
    other.district = "Palghar"
    other.save()
    view = {
        one.pk: DeskView.of(one, date(2025, 12, 22), calendar()).expired.last
        for one in (world.recipient, other)
    }
    assert set(view.values()) == {202510}
    extend("GSTR-3B", 202511, date(2025, 12, 27), "Palghar", state=world.recipient.state)
    for day, expected in ((22, [202510, 202509]), (28, [202510, 202510])):
        today = date(2025, 12, day)
        both = DeskView.of_many([world.recipient, other], today, calendar())
        assert [both[one.pk].expired.last for one in (world.recipient, other)] == expected
        alone = [DeskView.of(one, today, calendar()) for one in (world.recipient, other)]
        assert alone == [both[one.pk] for one in (world.recipient, other)]


def test_r067_a_record_may_stay_pending_until_the_extended_day(world_2025):
    world = world_2025
    note = world.saves(kind=Kind.CREDIT_NOTE, document_date="2025-10-05", number="CN-1")
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    world.acts("pending", note)
    world.recipient.pin_code = "421501"
    world.recipient.save()
    extend("GSTR-3B", 202511, date(2025, 12, 27), "421501")
    assert midnight_events.expire(date(2025, 12, 21)) == 0
    assert midnight_events.expire(date(2025, 12, 28)) == 1


def test_r067_r064_a_long_extension_is_not_overruled_by_the_next_period(world_2025):
    world = world_2025
    october = world.saves(kind=Kind.CREDIT_NOTE, document_date="2025-10-05", number="CN-1")
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    november = world.saves(kind=Kind.CREDIT_NOTE, document_date="2025-11-05", number="CN-2")
    world.goes_to("2025-12-10 10:00")
    world.files("2025-11")
    extend("GSTR-3B", 202511, date(2026, 1, 31))
    world.acts("pending", october, november)
    world.goes_to("2026-01-21 00:30")
    assert [world.now(one).decision.action for one in (october, november)] == ["P", "N"]
    assert ["pending" in world.allowed(one) for one in (october, november)] == [True, False]
    world.goes_to("2026-02-01 00:30")
    assert world.now(october).decision.action == "N"


LATE = date(2025, 1, 18)


@pytest.fixture
def december(db) -> World:
    return World("2024-12-31 10:00", filed_through="2024-11")


def _drafted_before_a_late_form(world, *, entered_late: bool):
    """Return a saved document of December whose supplier may file until 18 January. The drafts of December
    were made on 14 January."""
    given = {"period": "2024-12", "document_date": "2024-12-20"}
    late = world.saves(**given)
    if not entered_late:
        extend("GSTR-1", 202412, LATE, state=world.supplier.state)
    world.goes_to("2025-01-15 10:00")
    if entered_late:
        extend("GSTR-1", 202412, LATE)
    return late


@pytest.mark.parametrize("entered_late", [False, True])
def test_r067_r086_a_form_filed_in_its_extended_window_makes_the_draft_stale(december, entered_late):
    world = december
    late = _drafted_before_a_late_form(world, entered_late=entered_late)
    assert world.statement("2024-12").line_count == 0
    world.goes_to("2025-01-18 10:00")
    world.files("2024-12")
    assert world.now(late).claim_period == 202412
    with pytest.raises(Refused, match="Recompute GSTR-2B"):
        world.files_3b("2024-12")
    world.recomputes("2024-12")
    assert world.statement("2024-12").line_count == 1
    world.files_3b("2024-12")
    assert world.allowed(late) == set()


@pytest.mark.parametrize("entered_late", [False, True])
def test_r067_r090_a_form_filed_in_its_extended_window_reaches_the_next_gstr2b_after_gstr3b(
    december, entered_late
):
    world = december
    late = _drafted_before_a_late_form(world, entered_late=entered_late)
    world.files_3b("2024-12")
    world.goes_to("2025-01-18 10:00")
    world.files("2024-12")
    assert world.allowed(late) == {"accepted", "rejected", "pending"}
    world.goes_to("2025-02-15 10:00")
    assert world.statement("2025-01").line_count == 1


def test_r067_r090_an_undo_leaves_a_late_form_in_the_open_period(december):
    late = _drafted_before_a_late_form(december, entered_late=False)
    taken = december.acts("reject", late)
    december.files_3b("2024-12")
    december.goes_to("2025-01-18 10:00")
    december.files("2024-12")
    undo.undo(december.recipient, [taken.entry_id], by=BY)
    assert december.now(late).decision.label == "N -"
    assert december.allowed(late) == {"accepted", "rejected", "pending"}
