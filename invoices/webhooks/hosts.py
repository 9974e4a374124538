"""Hosts of webhooks: which run sends to a host at this moment, and which hosts are paused because they gave
no answer.

Each delivery to a silent host takes the whole deadline. So the portal pauses a host after `MOST_SILENCES`
deliveries without an answer. Each further pause is longer, up to `LONGEST_PAUSE`. After a pause, the portal
tries one delivery. An answer of any kind ends the pauses. The host's row holds all of this, so that every
process knows."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Min, Q

from ims_portal.kernel import clock
from invoices.models import Delivery, WebhookHost

# deliveries without an answer after which a host is paused; then the lengths of the first and the longest
# pause
MOST_SILENCES = 3
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# deliveries to one host at once
AT_ONCE = 2
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Hold:
    """A run's right to send to a host until `until`. `width` is how many deliveries may be under way at once.
    `trial` means that the run may make only one delivery, because the host was silent until now."""

    host: str
    until: datetime
    width: int = AT_ONCE
    trial: bool = False


def due(most: int) -> list[str]:
    """Return at most `most` hosts with deliveries that are due, the longest waiting first. Hosts that are
    paused or held by a run are left out."""
    now = clock.real_now()
    busy = WebhookHost.objects.filter(Q(paused_until__gt=now) | Q(held_until__gt=now)).values("host")
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now)
    hosts = waiting.exclude(webhook__host__in=busy).order_by().values("webhook__host")
    oldest = hosts.annotate(oldest=Min("next_at")).order_by("oldest", "webhook__host")
    return [row["webhook__host"] for row in oldest[:most]]


def paused(hosts: Iterable[str]) -> dict[str, datetime]:
    """Return the paused ones of these hosts, each with the real time at which its pause ends."""
    found = WebhookHost.objects.filter(host__in=set(hosts), paused_until__gt=clock.real_now())
    return {row.host: row.paused_until for row in found if row.paused_until is not None}


def hold(host: str, lasts: timedelta) -> Hold | None:
    """Take a host for this run. Return None if another run holds the host or if the host was paused
    meanwhile.

    A host that is not on the list of allowed hosts has no row to hold. Its deliveries are refused before
    anything is sent."""
    now = clock.real_now()
    mine = Hold(host, now + lasts)
    row = WebhookHost.objects.filter(host=host).first()
    if row is None:
        return mine
    free = Q(held_until=None) | Q(held_until__lte=now)
    open_ = Q(paused_until=None) | Q(paused_until__lte=now)
    if not WebhookHost.objects.filter(free, open_, pk=row.pk).update(held_until=mine.until):
        return None
    if row.silences >= MOST_SILENCES:
        mine.width, mine.trial = 1, True
    return mine


def release(held: Hold) -> None:
    """Give the host back after the run."""
    WebhookHost.objects.filter(host=held.host, held_until=held.until).update(held_until=None)


def answered(host: str) -> None:
    """Note that the host gave an answer of any kind. This ends the host's pauses."""
    now = clock.real_now()
    silent = WebhookHost.objects.filter(host=host, silences__gt=0)
    silent.filter(paused_until__gt=now).update(paused_until=now)
    silent.update(silences=0)


def silent(host: str) -> bool:
    """Note that the host gave no answer, and pause the host after too many silences. Return True if it is
    paused now."""
    now = clock.real_now()
    mine = WebhookHost.objects.filter(host=host)
    mine.update(silences=F("silences") + 1)
    row = mine.filter(silences__gte=MOST_SILENCES).first()
    if row is None:
        return False
    if row.paused_until is None or row.paused_until <= now:
        # deliveries that were under way when the pause began do not prolong the pause
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.silences - MOST_SILENCES, 10))
        mine.update(paused_at=now, paused_until=now + pause)
        log.warning("webhook host %s gives no answer; paused for %d s", host, pause.total_seconds())
    return True
