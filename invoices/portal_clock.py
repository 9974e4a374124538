"""The portal clock: real time, or a simulated time that goes on from the moment it was set to.

Every process reads the clock from the same row, so that web, worker and beat have the same time.
"""

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

# Another process may move the clock. This process notices the move after this many seconds at the latest.
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
    """Return the clock's reading, at most `REMEMBER_SECONDS` old."""
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
    """Make the next `reading` read the row again. Callers that write the row call this."""
    global _remembered
    _remembered = None


def portal_now() -> datetime:
    """Return the portal's time; `kernel.clock` uses this as its source. Return real time if the database
    cannot answer, as before the first migration."""
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
    """Set the portal clock, without the nights in between (for building sandboxes and for tests).
    `nights_through` becomes the day of `moment`. With `run_nights` it stays, so that the nights up to
    `moment` still run. A naive `moment` is IST."""
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
    """Set the portal clock back to real time. The heartbeat runs the nights in between."""
    require_sandbox()
    with transaction.atomic():
        row, _ = PortalClock.objects.select_for_update().get_or_create(pk=1)
        row.real_anchor = row.portal_anchor = None
        row.frozen = False
        row.set_by = user if isinstance(user, User) else None
        row.save()
    forget()


def ask_to_move(target: datetime, *, user: User | AnonymousUser | None = None) -> None:
    """Save the time that the clock shall move to. The runner of the nights then moves the clock there, night
    by night. Raises `Invalid` for a time that is not later than now, or more than four years ahead. A naive
    `target` is IST."""
    require_sandbox()
    target = in_ist(target)
    if target <= clock.now():
        raise Invalid("CLOCK_BACKWARDS", "The clock moves forward only. Start the sandbox afresh to go back.")
    if target > clock.now() + timedelta(days=366 * 4):
        raise Invalid("CLOCK_TOO_FAR", "Move at most four years at a time.")
    with transaction.atomic():
        row, _ = PortalClock.objects.select_for_update().get_or_create(pk=1)
        if row.nights_through is None:
            row.nights_through = clock.today()
        row.moving_to = target
        row.set_by = user if isinstance(user, User) else None
        row.save()
    forget()


def state() -> PortalClock:
    """Return the clock's row. The first call makes the row, with the coming midnight as the first night to
    run."""
    row, _ = PortalClock.objects.get_or_create(pk=1, defaults={"nights_through": clock.today()})
    return row


def nights_due() -> list[date]:
    """Return the dates whose midnight jobs must run: their midnight has passed or lies on the way of a move,
    and their jobs have not run."""
    row = state()
    until = max(clock.now(), row.moving_to) if row.moving_to else clock.now()
    start = row.nights_through or clock.today()
    return [
        start + timedelta(days=n) for n in range(1, (until.astimezone(clock.IST).date() - start).days + 1)
    ]


def arrive_at_night(night: date) -> None:
    """During a move, stop the clock at 00:00 of `night`, as the night's jobs expect."""
    row = state()
    if row.moving_to and clock.midnight(night) > clock.now():
        PortalClock.objects.filter(pk=1).update(
            real_anchor=clock.real_now(), portal_anchor=clock.midnight(night), frozen=True
        )
        forget()


def night_done(night: date) -> None:
    # another process may have finished a later night already
    PortalClock.objects.filter(pk=1, nights_through__lt=night).update(nights_through=night)


def arrive() -> None:
    """Set the clock to the target of its move after the nights have run, and let it go on from there."""
    with transaction.atomic():
        row = PortalClock.objects.select_for_update().get(pk=1)
        if row.moving_to:
            row.real_anchor, row.portal_anchor = clock.real_now(), row.moving_to
            row.moving_to, row.frozen = None, False
            row.save()
    forget()


def in_ist(moment: datetime) -> datetime:
    """Return the moment with a time zone. A naive moment is taken as IST; any other keeps its time zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.IST)
