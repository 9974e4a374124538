"""The portal clock. The only module that reads the system time."""

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


def real_now() -> datetime:
    """Wall-clock time in IST."""
    return datetime.now(IST)


def now() -> datetime:
    """The portal's time in IST: what `at` fixes, else what the source says, else real time."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    return (_source() if _source is not None else real_now()).astimezone(IST)


def today() -> date:
    """The portal's date in IST."""
    return now().date()


def set_source(source: Source | None) -> None:
    """Where the portal's time comes from; None is real time."""
    global _source
    _source = source


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Fix the clock for a block; a naive moment is IST."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=IST)
    token = _fixed.set(moment.astimezone(IST))
    try:
        yield moment
    finally:
        _fixed.reset(token)


def midnight(day: date) -> datetime:
    """00:00 IST of a date."""
    return datetime.combine(day, time(0), tzinfo=IST)


def midnights_between(start: datetime, end: datetime) -> Iterator[date]:
    """Dates whose 00:00 IST lies in (start, end]."""
    day = start.astimezone(IST).date() + timedelta(days=1)
    while midnight(day) <= end:
        yield day
        day += timedelta(days=1)
