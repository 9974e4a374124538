"""The history of a record is in the order in which things happened, newest first."""

from __future__ import annotations

import pytest

from invoices.journal import history

pytestmark = pytest.mark.once


def test_events_of_one_day_are_in_their_order_around_the_filing(world):
    """The portal knows only the day of the filing. A supplier changes a document only before the filing, so the
    supplier's events of the same day are older."""
    world.goes_to("2024-11-05 09:00")
    record = world.saves(period="2024-10", document_date="2024-10-20")
    world.goes_to("2024-11-05 10:00")
    world.edits(record, taxable=11_000)
    world.goes_to("2024-11-05 11:00")
    world.files("2024-10")
    world.goes_to("2024-11-05 12:00")
    world.acts("accept", record)
    world.goes_to("2024-11-06 12:00")
    world.acts("reject", record)
    events = history.of_record(world.now(record), world.recipient)
    told = [(event.who, event.after) for event in events]
    assert told[0][1] == "R"
    assert told[1][1] == "A"
    assert events[2].real_time is None, "the portal knows only the day of the filing"
    assert {event.who for event in events[2:]} == {"Supplier"}
    times = [event.portal_time for event in events if event.real_time]
    assert times == sorted(times, reverse=True)
