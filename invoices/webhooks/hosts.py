"""The hosts of webhooks: which hosts are paused, and which run of `sending.deliver_due` may send to a host.

The portal pauses a host after `MOST_SILENCES` deliveries without an answer, because each of these deliveries
takes the whole deadline. Each further pause is longer, up to `LONGEST_PAUSE`. After a pause, the portal tries
one delivery. An answer of any kind ends the pauses. The host's row stores these facts for all processes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Min, Q

from ims_portal.kernel import clock
from invoices.models import Delivery, WebhookHost

# a host is paused after this many deliveries without an answer
MOST_SILENCES = 3
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# the largest number of deliveries that are sent to one host at the same time
AT_ONCE = 2
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Hold:
    """The right of one run to send to a host until `until`. `width` is the number of deliveries at the same
    time. With `trial`, the run may send only one delivery, because the host did not answer the latest
    deliveries."""

    host: str
    until: datetime
    width: int = AT_ONCE
    trial: bool = False


def due(most: int) -> list[str]:
    """Return at most `most` hosts with deliveries that are due. The host whose delivery has been due longest
    comes first. A host is left out if it is paused, or if another run is sending to it."""
    now = clock.real_now()
    busy = WebhookHost.objects.filter(Q(paused_until__gt=now) | Q(held_until__gt=now)).values("host")
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now)
    hosts = waiting.exclude(webhook__host__in=busy).order_by().values("webhook__host")
    oldest = hosts.annotate(oldest=Min("next_at")).order_by("oldest", "webhook__host")
    return [row["webhook__host"] for row in oldest[:most]]


def paused(hosts: Iterable[str]) -> dict[str, datetime]:
    """Return the paused hosts among `hosts`, each with the real time at which its pause ends."""
    found = WebhookHost.objects.filter(host__in=set(hosts), paused_until__gt=clock.real_now())
    return {row.host: row.paused_until for row in found if row.paused_until is not None}


def hold(host: str, lasts: timedelta) -> Hold | None:
    """Reserve a host for this run, and return the `Hold`. Return None if another run has the host, or if the
    host is paused.

    Several runs can reserve a host that is not allowed, because this host has no row. This does no harm: the
    portal refuses deliveries to the host before it sends anything."""
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
    """End a run's right to send to the host."""
    WebhookHost.objects.filter(host=held.host, held_until=held.until).update(held_until=None)


def answered(host: str) -> None:
    """Store that the host gave an answer of any kind. This ends the host's pauses."""
    now = clock.real_now()
    silent = WebhookHost.objects.filter(host=host, silences__gt=0)
    silent.filter(paused_until__gt=now).update(paused_until=now)
    silent.update(silences=0)


def silent(host: str) -> bool:
    """Store that the host gave no answer. After `MOST_SILENCES` deliveries without an answer, pause the host.
    Return True if the host is paused now."""
    now = clock.real_now()
    mine = WebhookHost.objects.filter(host=host)
    mine.update(silences=F("silences") + 1)
    row = mine.filter(silences__gte=MOST_SILENCES).first()
    if row is None:
        return False
    if row.paused_until is None or row.paused_until <= now:
        # a delivery that began before the pause does not make the pause longer
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.silences - MOST_SILENCES, 10))
        mine.update(paused_at=now, paused_until=now + pause)
        log.warning("webhook host %s gives no answer; paused for %d s", host, pause.total_seconds())
    return True
