"""The portal's clock shows a fixed moment, or the time that a source function returns, or real time. The time
is always in IST."""

from __future__ import annotations

from contextvars import Context
from datetime import UTC, date, datetime, timedelta

import pytest

from ims_portal.kernel import clock

NOON = datetime(2024, 11, 14, 12, tzinfo=clock.IST)


@pytest.fixture(autouse=True)
def _own_source(monkeypatch):
    # The tests of this module begin without a source. Afterwards monkeypatch restores the portal's own
    # source, which all other tests use.
    monkeypatch.setattr(clock, "_source", None)


def test_without_a_source_the_clock_shows_real_time():
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().utcoffset() == timedelta(hours=5, minutes=30)


def test_a_source_is_asked_each_time_and_shown_in_ist():
    moments = iter([NOON.astimezone(UTC), NOON + timedelta(hours=12)])
    clock.set_source(lambda: next(moments))
    assert clock.now().isoformat() == "2024-11-14T12:00:00+05:30"
    assert clock.today() == date(2024, 11, 15)


def test_a_source_without_a_zone_is_refused():
    clock.set_source(lambda: NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="aware"):
        clock.now()


def test_a_fixed_moment_overrides_the_source_and_then_ends():
    clock.set_source(lambda: NOON)
    with clock.at(NOON + timedelta(days=1)):
        with clock.at(NOON + timedelta(days=2)) as moment:
            assert clock.now() == moment == NOON + timedelta(days=2)
        assert clock.now() == NOON + timedelta(days=1)
    assert clock.now() == NOON


def test_the_fixed_moment_ends_after_an_error_too():
    clock.set_source(lambda: NOON)
    with pytest.raises(KeyError), clock.at(NOON + timedelta(days=1)):
        raise KeyError
    assert clock.now() == NOON


def test_a_naive_moment_is_ist():
    with clock.at(datetime(2024, 11, 14, 0, 30)) as moment:  # noqa: DTZ001
        assert moment.utcoffset() == timedelta(hours=5, minutes=30)
        assert clock.now().isoformat() == "2024-11-14T00:30:00+05:30"


def test_real_time_goes_on_while_the_clock_is_fixed():
    with clock.at(datetime(2024, 11, 14, tzinfo=clock.IST)):
        assert abs(clock.real_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_another_context_keeps_its_own_time():
    clock.set_source(lambda: NOON)
    with clock.at(NOON + timedelta(days=1)):
        assert Context().run(clock.now) == NOON


def test_midnight_is_ist():
    assert clock.midnight(date(2024, 11, 14)).astimezone(UTC) == datetime(2024, 11, 13, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        # 18:30 UTC is midnight in India
        (datetime(2024, 11, 13, 18, 29, tzinfo=UTC), datetime(2024, 11, 13, 18, 30, tzinfo=UTC), [14]),
        (datetime(2024, 11, 13, 18, 30, tzinfo=UTC), datetime(2024, 11, 14, 18, 29, tzinfo=UTC), []),
        (NOON, NOON + timedelta(days=3), [15, 16, 17]),
        (NOON, NOON - timedelta(days=3), []),
        (datetime(2024, 11, 14, 23, 59), datetime(2024, 11, 15, 0, 0), [15]),  # noqa: DTZ001
    ],
)
def test_midnights_between_two_moments_of_any_zone(start, end, days):
    assert [day.day for day in clock.midnights_between(start, end)] == days


def test_midnights_cross_years():
    start, end = datetime(2024, 12, 31, 22, tzinfo=clock.IST), datetime(2025, 1, 1, 22, tzinfo=clock.IST)
    assert list(clock.midnights_between(start, end)) == [date(2025, 1, 1)]
