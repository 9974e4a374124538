"""I22: the portal has one clock, in IST. The host's time zone has no effect."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ims_portal.kernel import clock


def test_a_fixed_moment_is_read_in_ist():
    with clock.at(datetime(2024, 11, 13, 18, 30, tzinfo=UTC)):
        assert clock.today() == date(2024, 11, 14)
        assert clock.now().isoformat() == "2024-11-14T00:00:00+05:30"


def test_midnights_between_are_open_at_the_start_and_closed_at_the_end():
    start = clock.midnight(date(2024, 11, 13))
    end = clock.midnight(date(2024, 11, 15))
    assert list(clock.midnights_between(start, end)) == [date(2024, 11, 14), date(2024, 11, 15)]
    assert list(clock.midnights_between(start, start)) == []
