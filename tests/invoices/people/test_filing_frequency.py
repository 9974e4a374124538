"""R-005: the filing frequency does not change during a quarter. A new frequency starts with a quarter that
has no draft yet."""

from __future__ import annotations

import pytest

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import Frequency
from invoices.journal import chain
from invoices.models import JournalEntry, RecipientDesk
from invoices.people import registrations
from tests.world import BY


def test_r005_waiting_records_go_to_the_quarter_that_contains_their_month_and_back(world):
    record = world.saves()
    other = world.taxpayer("24", 3001)
    changed = registrations.change_frequency(world.recipient, Frequency.QUARTERLY, by=BY)
    record.refresh_from_db()
    assert (changed.open_period, record.natural_period, record.claim_period) == (202412, 202410, 202412)
    assert RecipientDesk.objects.get(recipient=changed, filed_at=None).period == 202412
    assert JournalEntry.objects.filter(taxpayer=changed, event="filing frequency changed").count() == 1
    assert not list(chain.breaks(changed.pk))
    registrations.change_frequency(changed, Frequency.QUARTERLY, by=BY)
    assert JournalEntry.objects.filter(event="filing frequency changed").count() == 1
    back = registrations.change_frequency(changed, Frequency.MONTHLY, by=BY)
    record.refresh_from_db()
    assert (back.open_period, record.claim_period) == (202410, 202410)
    other.refresh_from_db()
    assert other.open_period == 202410


def test_r005_an_amendment_of_the_same_quarter_takes_its_originals_place_only_while_the_quarter_is_one_period(
    world,
):
    record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    quarterly = registrations.change_frequency(world.recipient, Frequency.QUARTERLY, by=BY)
    amended = world.saves(amends=record, taxable=9_000, period="2024-11")
    world.goes_to("2024-12-10 10:00")
    world.files("2024-11")
    record.refresh_from_db()
    assert record.superseded == "X"
    registrations.change_frequency(quarterly, Frequency.MONTHLY, by=BY)
    record.refresh_from_db()
    amended.refresh_from_db()
    assert (record.superseded, amended.standing) == ("-", "B")


def test_r005_a_change_inside_a_quarter_or_after_the_draft_or_a_report_is_refused_and_changes_nothing(world):
    world.saves()
    with pytest.raises(Refused, match="reported"):
        registrations.change_frequency(world.supplier, Frequency.QUARTERLY, by=BY)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    with pytest.raises(Refused, match="drafted"):
        registrations.change_frequency(world.recipient, Frequency.QUARTERLY, by=BY)
    world.files_3b("2024-10")
    with pytest.raises(Refused, match="start of a quarter"):
        registrations.change_frequency(world.recipient, Frequency.QUARTERLY, by=BY)
    world.recipient.refresh_from_db()
    assert (world.recipient.frequency, world.recipient.open_period) == ("M", 202411)
