"""The portal clock, which shows real time or simulated time. Simulated time starts at a date and time that a
person has set. Then simulated time runs as fast as real time, or stands still (`frozen`).

Every process (web, worker, beat) reads the clock from one database row, so all processes have equal time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Forbidden, Invalid
from invoices.models import PortalClock

# The seconds for which a process remembers the clock's row. If another process sets the clock, this process
# notices after at most this time.
REMEMBER_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    real_anchor: datetime | None
    portal_anchor: datetime | None
    frozen: bool

    def now(self) -> datetime:
        real = clock.real_now()
        if self.portal_anchor is None or self.real_anchor is None:
            return real
        if self.frozen:
            return self.portal_anchor.astimezone(clock.IST)
        return (self.portal_anchor + (real - self.real_anchor)).astimezone(clock.IST)


REAL = Reading(None, None, False)
_lock = threading.Lock()
_remembered: tuple[float, Reading] | None = None


def reading() -> Reading:
    """Return the values of the clock's database row, read at most `REMEMBER_SECONDS` ago."""
    global _remembered
    known = _remembered
    if known is not None and time.monotonic() - known[0] < REMEMBER_SECONDS:
        return known[1]
    row = PortalClock.objects.filter(pk=1).first()
    found = Reading(row.real_anchor, row.portal_anchor, row.frozen) if row else REAL
    with _lock:
        _remembered = (time.monotonic(), found)
    return found


def forget() -> None:
    """Make the next `reading` read the row again. Every writer of the row calls this function."""
    global _remembered
    _remembered = None


def portal_now() -> datetime:
    """Return the portal's time, for `kernel.clock`. If the database does not answer, for example before the
    first migration, return real time."""
    try:
        return reading().now()
    except DatabaseError:
        return clock.real_now()


def is_simulated() -> bool:
    return reading().portal_anchor is not None


def require_sandbox() -> None:
    if not settings.PORTAL_SANDBOX:
        raise Forbidden(
            "NOT_A_SANDBOX", "The clock can be moved in a sandbox only; this portal runs on real time."
        )


def set_to(
    moment: datetime,
    *,
    user: User | AnonymousUser | None = None,
    frozen: bool = False,
    run_nights: bool = False,
) -> None:
    """Set the portal clock to `moment`, for new sandboxes and tests. The midnight jobs of the skipped days do
    not run: `nights_through` becomes the day of `moment`.

    With `run_nights`, `nights_through` is unchanged, so the midnight jobs up to `moment` still run. A
    `moment` without a time zone is IST."""
    require_sandbox()
    moment = in_ist(moment)
    with transaction.atomic():
        row, _ = PortalClock.objects.select_for_update().get_or_create(pk=1)
        row.real_anchor = clock.real_now()
        row.portal_anchor = moment
        row.frozen = frozen
        if not run_nights or row.nights_through is None:
            row.nights_through = moment.astimezone(clock.IST).date()
        row.set_by = user if isinstance(user, User) else None
        row.save()
    forget()


def use_real_time(*, user: User | AnonymousUser | None = None) -> None:
    """Set the portal clock back to real time. The heartbeat task later runs the midnight jobs of the skipped
    days."""
    require_sandbox()
    with transaction.atomic():
        row, _ = PortalClock.objects.select_for_update().get_or_create(pk=1)
        row.real_anchor = row.portal_anchor = None
        row.frozen = False
        row.set_by = user if isinstance(user, User) else None
        row.save()
    forget()


def ask_to_move(target: datetime, *, user: User | AnonymousUser | None = None) -> None:
    """Store the time to which the clock must move. The task that runs the midnight jobs then moves the clock
    from midnight to midnight. Raises `Invalid` for a time that is not after now, or more than four years
    ahead. A `target` without a time zone is IST."""
    require_sandbox()
    target = in_ist(target)
    if target <= clock.now():
        raise Invalid("CLOCK_BACKWARDS", "The clock only moves forward. To go back, start a new sandbox.")
    if target > clock.now() + timedelta(days=366 * 4):
        raise Invalid("CLOCK_TOO_FAR", "Move the clock by at most four years at a time.")
    with transaction.atomic():
        row, _ = PortalClock.objects.select_for_update().get_or_create(pk=1)
        if row.nights_through is None:
            row.nights_through = clock.today()
        row.moving_to = target
        row.set_by = user if isinstance(user, User) else None
        row.save()
    forget()


def state() -> PortalClock:
    """Return the clock's row. The first call creates the row, and the next midnight is then the first night
    to run."""
    row, _ = PortalClock.objects.get_or_create(pk=1, defaults={"nights_through": clock.today()})
    return row


def nights_due() -> list[date]:
    """Return the dates whose midnight jobs must still run. Their midnight has passed, or will pass while the
    clock moves to its target time."""
    row = state()
    until = max(clock.now(), row.moving_to) if row.moving_to else clock.now()
    start = row.nights_through or clock.today()
    return [
        start + timedelta(days=n) for n in range(1, (until.astimezone(clock.IST).date() - start).days + 1)
    ]


def arrive_at_night(night: date) -> bool:
    """Return false if the jobs of `night` have already run, in this process or another. Otherwise return true.
    During a move of the clock, first stop the clock at 00:00 of `night`: the jobs of the night expect this
    time."""
    row = state()
    if row.nights_through is not None and row.nights_through >= night:
        return False
    if row.moving_to and clock.midnight(night) > clock.now():
        PortalClock.objects.filter(pk=1).update(
            real_anchor=clock.real_now(), portal_anchor=clock.midnight(night), frozen=True
        )
        forget()
    return True


def night_done(night: date) -> None:
    # the date never moves back: another process may already have finished a later night
    PortalClock.objects.filter(pk=1, nights_through__lt=night).update(nights_through=night)


def arrive() -> None:
    """End a move of the clock after the midnight jobs have run: set the clock to the target time and let the
    clock run again."""
    with transaction.atomic():
        row = PortalClock.objects.select_for_update().get(pk=1)
        if row.moving_to:
            row.real_anchor, row.portal_anchor = clock.real_now(), row.moving_to
            row.moving_to, row.frozen = None, False
            row.save()
    forget()


def in_ist(moment: datetime) -> datetime:
    """Return the moment with a time zone. A moment without a time zone is taken as IST."""
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.IST)
