"""The portal clock, in IST. Only this module reads the system time, so tests and the sandbox can use any
date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")

Source = Callable[[], datetime]
_fixed: ContextVar[datetime | None] = ContextVar("portal_clock_fixed", default=None)
_source: Source | None = None


def _in_ist(moment: datetime) -> datetime:
    # A moment without a time zone is read as IST. `astimezone` alone would read it in the server's time zone.
    return (moment if moment.tzinfo else moment.replace(tzinfo=IST)).astimezone(IST)


def real_now() -> datetime:
    """Return the real time in IST."""
    return datetime.now(IST)


def now() -> datetime:
    """Return the portal's time in IST: the moment that `at` fixes. Without such a moment, return the time of
    the source (`set_source`). Without a source, return real time."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    moment = _source() if _source is not None else real_now()
    if moment.tzinfo is None:
        raise ValueError("The portal clock's source gave a time without a zone; give an aware datetime.")
    return moment.astimezone(IST)


def today() -> date:
    """The portal's date in IST."""
    return now().date()


def set_source(source: Source | None) -> None:
    """Set the source of the portal's time. The source is a function that returns aware datetimes. None means
    real time."""
    global _source
    _source = source


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Inside the `with` block, the portal's time is always `moment`. A moment without a time zone is read as
    IST."""
    moment = _in_ist(moment)
    token = _fixed.set(moment)
    try:
        yield moment
    finally:
        _fixed.reset(token)


def midnight(day: date) -> datetime:
    """00:00 IST of a date."""
    return datetime.combine(day, time(0), tzinfo=IST)


def midnights_between(start: datetime, end: datetime) -> Iterator[date]:
    """Yield the dates whose midnight (00:00 IST) is after `start` and not after `end`. A moment without a
    time zone is read as IST."""
    start, end = _in_ist(start), _in_ist(end)
    day = start.date() + timedelta(days=1)
    while midnight(day) <= end:
        yield day
        day += timedelta(days=1)
