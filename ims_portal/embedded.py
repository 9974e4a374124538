"""Embedded mode: one Celery worker and one beat as threads of the server process, on the in-memory broker.

Embedded mode runs the same timetable as production, for example the drafts of the 14th. Only one process may
run, because each process would have its own broker. A separate thread sends webhooks, so a slow receiver does
not block the worker's two threads."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery.beat import EmbeddedService, Scheduler
from django.conf import settings
from django.db import connections

from ims_portal.celery import app
from ims_portal.timetable import DELIVERIES, TIMETABLE

log = logging.getLogger(__name__)
_started = threading.Lock()


def start() -> bool:
    """Start worker, beat and deliveries once. Return True if this call started them. Do nothing if a broker
    is configured."""
    if not settings.PORTAL_EMBEDDED or not _started.acquire(blocking=False):
        return False
    # The worker is started through its controller, because Celery's command-line worker would take over the
    # signals of the process.
    worker = app.WorkController(
        app=app,
        pool="threads",
        concurrency=2,
        hostname="embedded@portal",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    app.conf.beat_schedule = by_beat()
    beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
    beat.daemon = True
    beat.start()
    never = threading.Event()
    threading.Thread(target=deliver, args=(never,), name="webhook-deliveries", daemon=True).start()
    log.info("worker, beat and deliveries run inside this process")
    return True


def by_beat() -> dict[str, dict[str, Any]]:
    """Return beat's timetable in embedded mode. The timetable has no webhook deliveries, because no worker of
    embedded mode reads their queue."""
    return {name: entry for name, entry in TIMETABLE.items() if name != DELIVERIES}


def deliver(over: threading.Event) -> None:
    """Send the due webhooks again and again, until `over` is set. If a round fails, the next round still
    runs."""
    from invoices.webhooks import sending as webhooks

    every = float(TIMETABLE[DELIVERIES]["schedule"])
    while not over.wait(every):
        try:
            webhooks.deliver_due()
        except Exception:
            log.exception("deliveries failed; they are tried again in %d s", every)
        finally:
            connections.close_all()
