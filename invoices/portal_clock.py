"""The portal clock as the database keeps it: real time, or a simulated time that runs on from where it was set.

Every process reads the same row, so that web, worker and beat live in the same moment.
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

# Another process may move the clock; this is how long this one may not have noticed.
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
    """How the clock stands, at most half a second old."""
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
    """Read the row again at the next question; called wherever the row is written."""
    global _remembered
    _remembered = None


def portal_now() -> datetime:
    """Source for `kernel.clock`. Before the tables exist (migrations), real time."""
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
    """Set the portal clock without running what lies between (world building, tests). `nights_through` becomes
    the day of `moment`, unless the nights up to it are still to run."""
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
    """Back to real time; nights in between are caught up by the heartbeat."""
    require_sandbox()
    with transaction.atomic():
        row, _ = PortalClock.objects.select_for_update().get_or_create(pk=1)
        row.real_anchor = row.portal_anchor = None
        row.frozen = False
        row.set_by = user if isinstance(user, User) else None
        row.save()
    forget()


def ask_to_move(target: datetime, *, user: User | AnonymousUser | None = None) -> None:
    """Note where the clock shall go; whoever walks the nights takes it there in order. Only forward."""
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
    """The clock's row, made on first use with tonight as the first night to come."""
    row, _ = PortalClock.objects.get_or_create(pk=1, defaults={"nights_through": clock.today()})
    return row


def nights_due() -> list[date]:
    """Dates whose midnight has passed, or lies on the way of a move, and whose jobs have not run."""
    row = state()
    until = max(clock.now(), row.moving_to) if row.moving_to else clock.now()
    start = row.nights_through or clock.today()
    return [
        start + timedelta(days=n) for n in range(1, (until.astimezone(clock.IST).date() - start).days + 1)
    ]


def arrive_at_night(night: date) -> None:
    """While moving: the clock stands at 00:00 of `night`, as its jobs expect."""
    row = state()
    if row.moving_to and clock.midnight(night) > clock.now():
        PortalClock.objects.filter(pk=1).update(
            real_anchor=clock.real_now(), portal_anchor=clock.midnight(night), frozen=True
        )
        forget()


def night_done(night: date) -> None:
    # another walker may be further already
    PortalClock.objects.filter(pk=1, nights_through__lt=night).update(nights_through=night)


def arrive() -> None:
    """The nights are run: the clock stands at its target and ticks on."""
    with transaction.atomic():
        row = PortalClock.objects.select_for_update().get(pk=1)
        if row.moving_to:
            row.real_anchor, row.portal_anchor = clock.real_now(), row.moving_to
            row.moving_to, row.frozen = None, False
            row.save()
    forget()


def in_ist(moment: datetime) -> datetime:
    """The moment with its time zone; a naive one is read as IST."""
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.IST)
